/* Knows how one delimited message is taken off a substream and not a byte more. */
#include "relay_talk.h"

#include "base/alloc.h"
#include "codes.h"
#include "transport.h"

static void heard(struct transport_relay_talk *talk, enum pu_err err, const char *text,
                  struct pu_bytes message)
{
	transport_deadline_clear(&talk->transport->timers, &talk->deadline);
	talk->heard(talk, err, text, message);
}

static void on_late(struct transport_deadline *deadline)
{
	heard(PU_CONTAINER_OF(deadline, struct transport_relay_talk, deadline), PU_ETIMEOUT,
	      "no answer in time", pu_bytes(NULL, 0));
}

static void ended(struct transport_relay_talk *talk, enum pu_recv state)
{
	if (state == PU_RECV_FIN)
		heard(talk, PU_EPROTOCOL, "the stream ended before its message", pu_bytes(NULL, 0));
	else if (state == PU_RECV_RESET)
		heard(talk, PU_ECLOSED, "the stream was reset", pu_bytes(NULL, 0));
}

void transport_relay_talk_on_data(struct transport_substream *substream)
{
	struct transport_relay_talk *talk = substream->handler;
	struct iovec piece;
	enum pu_recv state;
	while (pu_stream_peek(substream->stream, &piece, 1, &state) > 0) {
		struct pu_bytes in = pu_bytes(piece.iov_base, piece.iov_len), message;
		enum pu_err err = pu_relay_reader_read(&talk->reader, &in, &message);
		pu_stream_consume(substream->stream, piece.iov_len - in.len);
		if (err == PU_EAGAIN)
			continue;
		heard(talk, err, err == PU_OK ? "" : "the peer broke the relay protocol",
		      err == PU_OK ? message : pu_bytes(NULL, 0));
		return;
	}
	ended(talk, state);
}

void transport_relay_talk_on_failed(struct transport_substream *substream, enum pu_err err,
                                    const char *text)
{
	heard(substream->handler, err, text, pu_bytes(NULL, 0));
}

void transport_relay_talk_listen(struct transport_relay_talk *talk,
                                 struct transport_substream *substream, uint64_t deadline_ms)
{
	talk->substream = substream;
	talk->transport = substream->transport;
	substream->handler = talk;
	transport_deadline_set(&talk->transport->timers, &talk->deadline, deadline_ms, on_late);
}

enum pu_err transport_relay_talk_say(struct transport_relay_talk *talk, struct pu_bytes message)
{
	size_t written = pu_stream_write(talk->substream->stream, message.data, message.len);
	return written == message.len ? PU_OK : PU_ELIMIT;
}

struct transport_substream *transport_relay_talk_release(struct transport_relay_talk *talk)
{
	struct transport_substream *substream = talk->substream;
	transport_deadline_clear(&talk->transport->timers, &talk->deadline);
	pu_relay_reader_fini(&talk->reader);
	talk->substream = NULL;
	return substream;
}

/* ---- after the last word ---- */

/* A stream that is stopped just behind an answer makes some implementations forget it. */
struct farewell {
	struct transport_substream *substream;
	struct transport_deadline deadline;
};

static void depart(struct farewell *farewell)
{
	transport_deadline_clear(&farewell->substream->transport->timers, &farewell->deadline);
	transport_substream_close(farewell->substream);
	pu_free(farewell);
}

static void on_depart_late(struct transport_deadline *deadline)
{
	depart(PU_CONTAINER_OF(deadline, struct farewell, deadline));
}

static void on_depart_data(struct transport_substream *substream)
{
	struct iovec piece;
	enum pu_recv state;
	while (pu_stream_peek(substream->stream, &piece, 1, &state) > 0)
		pu_stream_consume(substream->stream, piece.iov_len);
	if (state == PU_RECV_FIN || state == PU_RECV_RESET)
		depart(substream->handler);
}

static void on_depart_failed(struct transport_substream *substream, enum pu_err err,
                             const char *text)
{
	(void)err, (void)text;
	depart(substream->handler);
}

static const struct transport_substream_ops farewell_ops = {
    .on_data = on_depart_data,
    .on_failed = on_depart_failed,
};

void transport_relay_talk_close(struct transport_relay_talk *talk)
{
	struct farewell *farewell = PU_NEW(struct farewell);
	struct transport_substream *substream = transport_relay_talk_release(talk);
	farewell->substream = substream;
	substream->ops = &farewell_ops;
	substream->handler = farewell;
	transport_deadline_set(&substream->transport->timers, &farewell->deadline,
	                       TRANSPORT_RELAY_FAREWELL_MS, on_depart_late);
	pu_stream_finish(substream->stream);
	on_depart_data(substream);
}

void transport_relay_talk_abort(struct transport_relay_talk *talk, uint64_t code)
{
	transport_substream_abort(transport_relay_talk_release(talk), code);
}
