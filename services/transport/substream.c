/* Knows how a fresh stream becomes a protocol's, and when it may be let go. */
#include "substream.h"

#include "base/alloc.h"
#include "codes.h"
#include "conn.h"
#include "protocol.h"
#include "transport.h"

static struct transport_timers *timers_of(struct transport_substream *substream)
{
	return &substream->transport->timers;
}

static void release(struct transport_substream *substream)
{
	transport_deadline_clear(timers_of(substream), &substream->negotiation);
	pu_list_remove(&substream->in_conn);
	if (substream->conn != NULL && --substream->conn->substreams_len == 0)
		substream->conn->idle_since_ms = transport_timers_now(timers_of(substream));
	pu_stream_close(substream->stream);
	pu_free(substream->protocol);
	pu_free(substream);
}

static void fail(struct transport_substream *substream, enum pu_err err, const char *text)
{
	bool has_handler = substream->ops != NULL && substream->state != SUBSTREAM_RESPONDING;
	if (has_handler && substream->ops->on_failed != NULL)
		substream->ops->on_failed(substream, err, text);
	else
		release(substream);
}

static void reset_both(struct transport_substream *substream, uint64_t code)
{
	pu_stream_reset(substream->stream, code);
	pu_stream_stop_sending(substream->stream, code);
}

static void on_negotiation_timeout(struct transport_deadline *deadline)
{
	struct transport_substream *substream =
	    PU_CONTAINER_OF(deadline, struct transport_substream, negotiation);
	reset_both(substream, STREAM_CODE_NEGOTIATION);
	fail(substream, PU_ETIMEOUT, "the peer did not agree on a protocol in time");
}

static struct transport_substream *new_substream(struct transport_conn *conn,
                                                 struct pu_stream *stream)
{
	struct transport_substream *substream = PU_NEW(struct transport_substream);
	substream->conn = conn;
	substream->transport = conn->transport;
	substream->stream = stream;
	stream->user = substream;
	pu_list_append(&conn->substreams, &substream->in_conn);
	conn->substreams_len++;
	transport_deadline_set(timers_of(substream), &substream->negotiation,
	                       pu_host_config(conn->transport->host)->limits.negotiation_timeout_ms,
	                       on_negotiation_timeout);
	return substream;
}

/* ---- responding ---- */

void transport_substream_accept(struct transport_conn *conn, struct pu_stream *stream)
{
	struct transport_substream *substream = new_substream(conn, stream);
	substream->inbound = true;
	substream->state = SUBSTREAM_RESPONDING;
	pu_multistream_responder_init(&substream->select.responder);
}

/* A failure to write the answer is no error: the peer may have stopped reading. */
static void flush_responder(struct transport_substream *substream)
{
	struct pu_multistream_responder *responder = &substream->select.responder;
	struct pu_bytes out = pu_multistream_responder_output(responder);
	if (out.len == 0)
		return;
	size_t written = pu_stream_write(substream->stream, out.data, out.len);
	bool deaf = !pu_stream_can_send(substream->stream);
	pu_multistream_responder_written(responder, deaf ? out.len : written);
}

static void deliver(struct transport_substream *substream)
{
	if (substream->ops->on_data != NULL)
		substream->ops->on_data(substream);
}

static void opened(struct transport_substream *substream)
{
	transport_deadline_clear(timers_of(substream), &substream->negotiation);
	substream->state = SUBSTREAM_OPEN;
	if (substream->ops->on_open != NULL)
		substream->ops->on_open(substream);
	else
		deliver(substream);
}

/* Looks up the proposal; answers yes or no. False: it ended the substream. */
static bool consider(struct transport_substream *substream)
{
	struct pu_multistream_responder *responder = &substream->select.responder;
	struct pu_bytes name = pu_multistream_responder_proposal(responder);
	char *protocol = pu_strndup((const char *)name.data, name.len);
	const struct transport_protocol *found = NULL;
	enum pu_err err =
	    transport_protocol_find(substream->transport, substream->conn, protocol, &found);
	if (err == PU_ELIMIT) { /* "na" would say that we do not know it */
		pu_free(protocol);
		reset_both(substream, STREAM_CODE_LIMIT);
		release(substream);
		return false;
	}
	pu_multistream_responder_answer(responder, err == PU_OK);
	if (err != PU_OK) {
		pu_free(protocol);
		return true;
	}
	substream->protocol = protocol;
	substream->ops = found->ops;
	return true;
}

static enum pu_multistream_event read_selection(struct transport_substream *substream,
                                                struct pu_bytes *in)
{
	return substream->inbound ? pu_multistream_responder_read(&substream->select.responder, in)
	                          : pu_multistream_initiator_read(&substream->select.initiator, in);
}

static void flush_initiator(struct transport_substream *substream)
{
	struct pu_multistream_initiator *initiator = &substream->select.initiator;
	struct pu_bytes out = pu_multistream_initiator_output(initiator);
	if (out.len > 0)
		pu_multistream_initiator_written(initiator,
		                                 pu_stream_write(substream->stream, out.data, out.len));
}

/* Answers true when nothing is left to write. */
static bool flush_selection(struct transport_substream *substream)
{
	if (substream->inbound) {
		flush_responder(substream);
		return pu_multistream_responder_output(&substream->select.responder).len == 0;
	}
	flush_initiator(substream);
	return pu_multistream_initiator_output(&substream->select.initiator).len == 0;
}

/* The receive side ended before the protocol was agreed on. */
static void ended_early(struct transport_substream *substream, enum pu_recv state)
{
	if (state == PU_RECV_LOST)
		return; /* on_lost will say why */
	uint64_t code = state == PU_RECV_RESET ? pu_stream_reset_code(substream->stream) : 0;
	pu_stream_reset(substream->stream, STREAM_CODE_NEGOTIATION);
	if (state == PU_RECV_RESET)
		fail(substream, transport_stream_code_err(code), transport_stream_code_text(code));
	else
		fail(substream, PU_EPROTOCOL, "the peer closed the stream before its answer");
}

/* Acts on the machine's event; false when the substream's negotiation is over. */
static bool step(struct transport_substream *substream, enum pu_multistream_event event)
{
	switch (event) {
	case PU_MULTISTREAM_MORE:
	case PU_MULTISTREAM_FLUSH:
		return flush_selection(substream); /* else the peer reads none of our answers: wait */
	case PU_MULTISTREAM_PROPOSAL:
		return consider(substream) && flush_selection(substream);
	case PU_MULTISTREAM_DONE:
		(void)flush_selection(substream);
		return false;
	case PU_MULTISTREAM_REFUSED:
		reset_both(substream, STREAM_CODE_NEGOTIATION);
		fail(substream, PU_ENOTFOUND, "the peer does not speak this protocol");
		return false;
	case PU_MULTISTREAM_FAILED:
		break;
	}
	reset_both(substream, STREAM_CODE_NEGOTIATION);
	fail(substream, PU_EPROTOCOL, "the peer broke the protocol negotiation");
	return false;
}

/* Feeds what has arrived to the negotiation. Answers true when it is done and the rest of
 * the stream is the protocol's; false when it needs more or the substream is gone. */
static bool negotiate(struct transport_substream *substream)
{
	for (;;) {
		struct iovec piece = {0};
		enum pu_recv state;
		size_t pieces = pu_stream_peek(substream->stream, &piece, 1, &state);
		struct pu_bytes in = pu_bytes(piece.iov_base, pieces > 0 ? piece.iov_len : 0);
		size_t given = in.len;
		/* Also without input: after an answer the machine may be done at once. */
		enum pu_multistream_event event = read_selection(substream, &in);
		pu_stream_consume(substream->stream, given - in.len);
		if (event == PU_MULTISTREAM_MORE && given == 0) {
			(void)flush_selection(substream);
			if (state != PU_RECV_OPEN)
				ended_early(substream, state);
			return false;
		}
		if (!step(substream, event))
			return event == PU_MULTISTREAM_DONE;
	}
}

/* ---- proposing ---- */

enum pu_err transport_substream_open(struct transport_conn *conn, const char *protocol,
                                     bool lazy, const struct transport_substream_ops *ops,
                                     void *handler, struct transport_substream **out)
{
	struct pu_stream *stream;
	if (conn->state != CONN_UP)
		return PU_ECLOSED;
	enum pu_err err = pu_mux_open(conn->mux, &stream);
	if (err != PU_OK)
		return err;
	struct transport_substream *substream = new_substream(conn, stream);
	substream->ops = ops;
	substream->handler = handler;
	substream->protocol = pu_strdup(protocol);
	substream->proposal[0] = substream->protocol;
	substream->state = SUBSTREAM_PROPOSING;
	err = pu_multistream_initiator_init(&substream->select.initiator, substream->proposal, 1);
	if (err != PU_OK) {
		release(substream);
		return err;
	}
	if (flush_selection(substream) && lazy)
		substream->state = SUBSTREAM_LAZY;
	*out = substream;
	return PU_OK;
}

/* The answer to our proposal is still to come, and nobody has said that it is not wanted. */
static bool answer_is_due(struct transport_substream *substream)
{
	enum pu_recv state;
	if (substream->state != SUBSTREAM_LAZY && substream->state != SUBSTREAM_PROPOSING)
		return false;
	(void)pu_stream_peek(substream->stream, NULL, 0, &state);
	return substream->conn != NULL && state == PU_RECV_OPEN &&
	       pu_multistream_initiator_output(&substream->select.initiator).len == 0;
}

void transport_substream_close(struct transport_substream *substream)
{
	if (!answer_is_due(substream)) {
		release(substream);
		return;
	}
	pu_stream_finish(substream->stream);
	substream->ops = NULL;
	substream->state = SUBSTREAM_LINGERING;
}

void transport_substream_abort(struct transport_substream *substream, uint64_t code)
{
	reset_both(substream, code);
	release(substream);
}

/* ---- events ---- */

static void linger(struct transport_substream *substream)
{
	/* negotiate() has released it when it answers false with an end. */
	if (negotiate(substream))
		release(substream);
}

void transport_substream_on_data(struct transport_substream *substream)
{
	if (substream->conn != NULL && substream->conn->state != CONN_UP)
		return; /* policy first; flow control holds the bytes */
	switch (substream->state) {
	case SUBSTREAM_LINGERING:
		linger(substream);
		return;
	case SUBSTREAM_OPEN:
		deliver(substream);
		return;
	case SUBSTREAM_LAZY:
		if (negotiate(substream)) {
			transport_deadline_clear(timers_of(substream), &substream->negotiation);
			substream->state = SUBSTREAM_OPEN;
			deliver(substream);
		}
		return;
	case SUBSTREAM_RESPONDING:
	case SUBSTREAM_PROPOSING:
		if (negotiate(substream))
			opened(substream);
		return;
	}
}

void transport_substream_resume(struct transport_substream *substream)
{
	/* Even if there is nothing to read: it may have ended meanwhile. */
	if (substream->state == SUBSTREAM_RESPONDING)
		transport_substream_on_data(substream);
}

void transport_substream_on_writable(struct transport_substream *substream)
{
	if (substream->state == SUBSTREAM_RESPONDING || substream->state == SUBSTREAM_PROPOSING) {
		if (flush_selection(substream))
			transport_substream_on_data(substream);
		return;
	}
	if (substream->ops != NULL && substream->ops->on_writable != NULL)
		substream->ops->on_writable(substream);
}

void transport_substream_on_stopped(struct transport_substream *substream)
{
	if (substream->ops != NULL && substream->ops->on_stopped != NULL)
		substream->ops->on_stopped(substream);
}

void transport_substream_on_lost(struct transport_substream *substream, enum pu_err err,
                                 const char *text)
{
	substream->conn = NULL;
	pu_list_remove(&substream->in_conn);
	fail(substream, err, text);
}
