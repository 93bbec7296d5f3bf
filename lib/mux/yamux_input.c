/* Knows what frames of the peer mean. A frame's payload goes to its stream as it comes, whole
 * or not. Frames of streams that are not there (any more) are normal: each side learns late
 * that the other has closed. */
#include "mux/yamux_state.h"

static struct pu_yamux_stream *find(const struct pu_yamux *yamux, uint32_t id)
{
	return pu_map_get(&yamux->by_id, pu_bytes(&id, sizeof(id)));
}

static enum pu_err refuse(struct pu_yamux *yamux, uint32_t id)
{
	if (yamux->refused_len >= PU_YAMUX_REFUSED_MAX)
		return PU_ELIMIT;
	if (yamux->refused == NULL)
		yamux->refused = pu_calloc(PU_YAMUX_REFUSED_MAX, sizeof(*yamux->refused));
	yamux->refused[yamux->refused_len++] = id;
	pu_yamux_wake_output(yamux);
	return PU_OK;
}

/* A stream of the peer's. IDs rise, but a peer whose threads open streams may send the first
 * frames of neighbours in any order. */
static enum pu_err accept_stream(struct pu_yamux *yamux, const struct pu_yamux_header *frame,
                                 struct pu_yamux_stream **out)
{
	bool odd = (frame->id & 1) != 0;

	if (odd == yamux->initiator ||
	    (uint64_t)frame->id + PU_YAMUX_REORDER_MAX < yamux->newest_id)
		return PU_EPROTOCOL;
	if (frame->id > yamux->newest_id)
		yamux->newest_id = frame->id;
	if (frame->flags & PU_YAMUX_RST)
		return PU_OK;
	if (yamux->inbound_len >= yamux->config->streams_max ||
	    pu_yamux_memory_left(yamux) < PU_CHUNK_SMALL_LEN)
		return refuse(yamux, frame->id);
	*out = pu_yamux_stream_new(yamux, true, frame->id);
	pu_yamux_stream_event(*out, PU_YAMUX_EV_NEW);
	return PU_OK;
}

/* FIN counts when all of its frame is there. */
static void end_frame(struct pu_yamux *yamux, struct pu_yamux_stream *stream)
{
	if (stream != NULL && (yamux->frame.flags & PU_YAMUX_FIN))
		pu_yamux_stream_was_finished(stream);
}

static enum pu_err on_data(struct pu_yamux *yamux, struct pu_yamux_stream *stream)
{
	uint32_t len = yamux->frame.len;

	if (len > PU_YAMUX_FRAME_MAX)
		return PU_EPROTOCOL;
	if (stream != NULL && !stream->rst_wanted && !stream->recv_fin && len > stream->recv_left)
		return PU_EPROTOCOL;
	yamux->payload_left = len;
	if (stream == NULL)
		yamux->frame.id = 0; /* not of one that gets this ID before its bytes are here */
	if (len == 0)
		end_frame(yamux, stream);
	return PU_OK;
}

static enum pu_err on_window(struct pu_yamux *yamux, struct pu_yamux_stream *stream)
{
	enum pu_err err;

	if (stream == NULL)
		return PU_OK;
	err = pu_yamux_stream_more_window(stream, yamux->frame.len);
	if (err == PU_OK)
		end_frame(yamux, stream);
	return err;
}

static enum pu_err on_stream_frame(struct pu_yamux *yamux)
{
	const struct pu_yamux_header *frame = &yamux->frame;
	struct pu_yamux_stream *stream = find(yamux, frame->id);
	enum pu_err err = PU_OK;

	if (frame->flags & PU_YAMUX_SYN)
		err = stream != NULL ? PU_EPROTOCOL : accept_stream(yamux, frame, &stream);
	if (err != PU_OK)
		return err;
	if (stream != NULL)
		pu_yamux_stream_was_acked(stream);
	if (stream != NULL && (frame->flags & PU_YAMUX_RST)) {
		pu_yamux_stream_was_reset(stream, frame->type == PU_YAMUX_WINDOW ? frame->len : 0);
		stream = NULL;
	}
	if (frame->type == PU_YAMUX_DATA)
		return on_data(yamux, stream);
	return on_window(yamux, stream);
}

static enum pu_err on_ping(struct pu_yamux *yamux)
{
	pu_yamux_ping_received(yamux, &yamux->frame);
	return PU_OK;
}

static enum pu_err on_goaway(struct pu_yamux *yamux)
{
	yamux->peer_goaway_code = yamux->frame.len;
	return PU_ECLOSED;
}

static enum pu_err (*const handlers[])(struct pu_yamux *yamux) = {
    [PU_YAMUX_DATA] = on_stream_frame,
    [PU_YAMUX_WINDOW] = on_stream_frame,
    [PU_YAMUX_PING] = on_ping,
    [PU_YAMUX_GOAWAY] = on_goaway,
};

static struct pu_bytes take(struct pu_bytes *bytes, size_t want)
{
	struct pu_bytes front = pu_bytes(bytes->data, want < bytes->len ? want : bytes->len);

	*bytes = pu_bytes(bytes->data + front.len, bytes->len - front.len);
	return front;
}

static enum pu_err take_header(struct pu_yamux *yamux, struct pu_bytes *bytes)
{
	struct pu_bytes part = take(bytes, PU_YAMUX_HEADER_LEN - yamux->header_len);

	if (part.len < PU_YAMUX_HEADER_LEN) {
		memcpy(yamux->header + yamux->header_len, part.data, part.len);
		yamux->header_len += (uint8_t)part.len;
		if (yamux->header_len < PU_YAMUX_HEADER_LEN)
			return PU_OK;
		part = pu_bytes(yamux->header, PU_YAMUX_HEADER_LEN);
	}
	yamux->header_len = 0;
	if (pu_yamux_header_read(part, &yamux->frame) != PU_OK)
		return PU_EPROTOCOL;
	return handlers[yamux->frame.type](yamux);
}

static void take_payload(struct pu_yamux *yamux, struct pu_bytes *bytes)
{
	struct pu_yamux_stream *stream = find(yamux, yamux->frame.id);
	struct pu_bytes part = take(bytes, yamux->payload_left);

	yamux->payload_left -= (uint32_t)part.len;
	if (stream != NULL)
		pu_yamux_stream_received(stream, part);
	if (yamux->payload_left == 0)
		end_frame(yamux, stream);
}

enum pu_err pu_yamux_input(struct pu_yamux *yamux, uint64_t now, struct pu_bytes bytes)
{
	enum pu_err err = PU_OK;

	yamux->now = now;
	if (yamux->over)
		return yamux->err;
	if (bytes.len > 0)
		pu_yamux_ping_heard(yamux);
	while (bytes.len > 0 && err == PU_OK) {
		if (yamux->payload_left > 0)
			take_payload(yamux, &bytes);
		else
			err = take_header(yamux, &bytes);
	}
	if (err != PU_OK)
		pu_yamux_fail(yamux, err);
	return err;
}
