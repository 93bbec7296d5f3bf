/* Knows what we tell of ourselves and what we believe of others. */
#include "identify.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rate.h"
#include "codes.h"
#include "identify_message.h"
#include "p2p/identify.h"
#include "protocol.h"
#include "transport.h"

/* ---- reading ---- */

/* One message on its way in: the answer to our question, or a push. */
struct reading {
	struct transport_substream *substream;
	struct transport_timers *timers;
	struct transport_deadline deadline;
	struct pu_buffer bytes;
};

static void reading_end(struct reading *reading)
{
	transport_deadline_clear(reading->timers, &reading->deadline);
	pu_buffer_fini(&reading->bytes);
	transport_substream_close(reading->substream);
	pu_free(reading);
}

static void reading_abort(struct reading *reading, uint64_t code)
{
	pu_stream_reset(reading->substream->stream, code);
	pu_stream_stop_sending(reading->substream->stream, code);
	reading_end(reading);
}

static void on_again(struct transport_deadline *deadline)
{
	transport_identify_begin(PU_CONTAINER_OF(deadline, struct transport_conn, identify));
}

/* The peer may have been busy, or its auth away. */
static void ask_again_later(struct transport_conn *conn)
{
	if (conn->agent == NULL && conn->identify_tries < TRANSPORT_IDENTIFY_TRIES)
		transport_deadline_set(
		    &conn->transport->timers, &conn->identify,
		    (uint64_t)TRANSPORT_IDENTIFY_AGAIN_MS << (conn->identify_tries - 1), on_again);
}

/* There is no message; a push is not asked for. */
static void reading_failed(struct reading *reading, uint64_t code)
{
	struct transport_conn *conn = reading->substream->conn;
	bool asked = !reading->substream->inbound;
	reading_abort(reading, code);
	if (asked && conn != NULL)
		ask_again_later(conn);
}

static void on_late(struct transport_deadline *deadline)
{
	reading_failed(PU_CONTAINER_OF(deadline, struct reading, deadline), STREAM_CODE_NONE);
}

static void complete(struct reading *reading)
{
	struct transport_conn *conn = reading->substream->conn;
	if (conn != NULL)
		transport_identify_apply(conn, pu_buffer_bytes(&reading->bytes));
	reading_end(reading);
}

static void on_data(struct transport_substream *substream)
{
	struct reading *reading = substream->handler;
	struct iovec piece;
	enum pu_recv state;
	while (pu_stream_peek(substream->stream, &piece, 1, &state) > 0) {
		if (pu_buffer_append(&reading->bytes, piece.iov_base, piece.iov_len) != PU_OK) {
			reading_abort(reading, STREAM_CODE_LIMIT);
			return;
		}
		pu_stream_consume(substream->stream, piece.iov_len);
	}
	if (state == PU_RECV_FIN)
		complete(reading);
	else if (state == PU_RECV_RESET)
		reading_failed(reading, STREAM_CODE_NONE);
}

static void on_failed(struct transport_substream *substream, enum pu_err err, const char *text)
{
	struct transport_conn *conn = substream->inbound ? NULL : substream->conn;
	pu_debug("identify.failed", "code=%s reason=%s", pu_err_code(err), text);
	reading_end(substream->handler);
	if (conn != NULL && err != PU_ENOTFOUND) /* who does not speak it never will */
		ask_again_later(conn);
}

static struct reading *reading_new(struct transport *transport)
{
	struct reading *reading = PU_NEW(struct reading);
	reading->timers = &transport->timers;
	pu_buffer_init(&reading->bytes, PU_IDENTIFY_STREAM_MAX);
	transport_deadline_set(reading->timers, &reading->deadline, TRANSPORT_IDENTIFY_MS, on_late);
	return reading;
}

static const struct transport_substream_ops asking_ops = {
    .on_data = on_data,
    .on_failed = on_failed,
};

void transport_identify_begin(struct transport_conn *conn)
{
	struct reading *reading = reading_new(conn->transport);
	conn->identify_tries++;
	if (transport_substream_open(conn, PU_IDENTIFY_PROTOCOL, false, &asking_ops, reading,
	                             &reading->substream) == PU_OK)
		return;
	transport_deadline_clear(reading->timers, &reading->deadline);
	pu_buffer_fini(&reading->bytes);
	pu_free(reading);
	ask_again_later(conn);
}

/* Each is an event for all processes that listen. */
static bool may_push(struct transport_conn *conn)
{
	static const struct pu_rate_rule rule = {TRANSPORT_PUSHES, TRANSPORT_PUSHES_BURST};
	uint64_t now_ms = transport_timers_now(&conn->transport->timers);
	return pu_rate_take(&conn->pushes_end_ns, &rule, now_ms * PU_NS_PER_MS);
}

static void on_push(struct transport_substream *substream)
{
	if (substream->conn == NULL || !may_push(substream->conn)) {
		transport_substream_abort(substream, STREAM_CODE_LIMIT);
		return;
	}
	struct reading *reading = reading_new(substream->transport);
	reading->substream = substream;
	substream->handler = reading;
	on_data(substream);
}

const struct transport_substream_ops transport_identify_push_ops = {
    .on_open = on_push,
    .on_data = on_data,
    .on_failed = on_failed,
};

/* ---- telling ---- */

static void tell(struct transport_substream *substream)
{
	uint8_t message[PU_IDENTIFY_SEND_MAX];
	struct pu_writer writer = pu_writer(message, sizeof(message));
	if (substream->conn == NULL ||
	    transport_identify_write(substream->conn, &writer) != PU_OK ||
	    pu_stream_write(substream->stream, message, writer.len) < writer.len) {
		transport_substream_abort(substream, STREAM_CODE_LIMIT);
		return;
	}
	pu_stream_finish(substream->stream);
	transport_substream_close(substream);
}

static void on_tell_failed(struct transport_substream *substream, enum pu_err err,
                           const char *text)
{
	(void)err;
	(void)text;
	transport_substream_close(substream);
}

/* An inbound question needs only its answer; a push of ours only the peer's agreement. */
const struct transport_substream_ops transport_identify_ops = {
    .on_open = tell,
    .on_failed = on_tell_failed,
};

static void push_to(struct transport_conn *conn)
{
	struct transport_substream *substream;
	/* A peer without credit or without the protocol learns of it at the next connection. */
	if (conn->state == CONN_UP &&
	    transport_substream_open(conn, PU_IDENTIFY_PUSH_PROTOCOL, false,
	                             &transport_identify_ops, NULL, &substream) != PU_OK)
		pu_debug("identify.push", "peer=%s error=no_stream", conn->peer->text);
}

static void on_push_due(struct transport_deadline *deadline)
{
	struct transport *transport = PU_CONTAINER_OF(deadline, struct transport, push);
	size_t pos = 0;
	struct pu_bytes key;
	void *value;
	while (pu_map_next(&transport->swarm.peers, &pos, &key, &value)) {
		struct transport_peer *peer = value;
		PU_LIST_FOREACH(node, &peer->conns)
			push_to(PU_LIST_ENTRY(node, struct transport_conn, in_peer));
	}
}

void transport_push_later(struct transport *transport)
{
	if (transport->push.node.index == 0)
		transport_deadline_set(&transport->timers, &transport->push, TRANSPORT_PUSH_DEBOUNCE_MS,
		                       on_push_due);
}
