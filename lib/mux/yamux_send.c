/* Knows the send side of a stream: how much may wait in it, and how much of that the peer's
 * window lets go. */
#include "mux/yamux_state.h"

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t left(size_t max, size_t used)
{
	return used < max ? max - used : 0;
}

static size_t send_room(const struct pu_yamux_stream *stream)
{
	const struct pu_yamux *yamux = stream->yamux;
	const struct pu_yamux_config *config = yamux->config;
	/* However little is left, a stream that holds nothing may say something. */
	size_t extra = stream->send.len == 0 ? PU_CHUNK_SMALL_LEN / 2 : 0;
	size_t room = left(config->stream_send_max, stream->send.len);

	room = min_size(room, left(config->conn_send_max, yamux->send_len) + extra);
	return min_size(room, pu_yamux_memory_left(yamux) + extra);
}

bool pu_yamux_stream_has_data(const struct pu_yamux_stream *stream)
{
	return !stream->rst_wanted && stream->send.len > 0 && stream->send_window > 0;
}

bool pu_yamux_stream_has_fin(const struct pu_yamux_stream *stream)
{
	return stream->fin_wanted && !stream->fin_sent && !stream->send_ended &&
	       stream->send.len == 0;
}

static bool can_send(const struct pu_yamux_stream *stream)
{
	return pu_yamux_stream_is_alive(stream) && !stream->fin_wanted && !stream->send_ended;
}

static void maybe_tell_room(struct pu_yamux_stream *stream)
{
	if (!stream->room_wanted || !can_send(stream))
		return;
	if (send_room(stream) < PU_YAMUX_ROOM_WORTH_TELLING && stream->send.len > 0)
		return;
	stream->room_wanted = false;
	pu_yamux_stream_event(stream, PU_YAMUX_EV_WRITABLE);
}

bool pu_yamux_stream_can_send(const struct pu_stream *base)
{
	return can_send(pu_yamux_stream_of_const(base));
}

size_t pu_yamux_stream_reserve(struct pu_stream *base, size_t want, struct iovec out[2])
{
	struct pu_yamux_stream *stream = pu_yamux_stream_of(base);
	size_t room;

	out[0] = out[1] = (struct iovec){0};
	if (!can_send(stream))
		return 0;
	room = send_room(stream);
	if (room < want)
		stream->room_wanted = true;
	return pu_queue_reserve(&stream->send, stream->pool, min_size(room, want), out);
}

void pu_yamux_stream_commit(struct pu_stream *base, size_t len)
{
	struct pu_yamux_stream *stream = pu_yamux_stream_of(base);

	if (!can_send(stream))
		len = 0;
	pu_queue_commit(&stream->send, stream->pool, len);
	if (len == 0)
		return;
	stream->yamux->send_len += len;
	pu_yamux_stream_schedule(stream);
}

void pu_yamux_stream_finish(struct pu_stream *base)
{
	struct pu_yamux_stream *stream = pu_yamux_stream_of(base);

	if (!can_send(stream))
		return;
	stream->fin_wanted = true;
	stream->room_wanted = false;
	pu_yamux_stream_schedule(stream);
}

void pu_yamux_stream_end_send(struct pu_yamux_stream *stream)
{
	stream->send_ended = true;
	stream->room_wanted = false;
	pu_list_remove(&stream->in_sendable);
	stream->yamux->send_len -= stream->send.len;
	pu_queue_clear(&stream->send, stream->pool);
}

void pu_yamux_stream_want_rst(struct pu_yamux_stream *stream, uint32_t code)
{
	pu_yamux_stream_end_send(stream);
	pu_list_remove(&stream->in_linger);
	if (!stream->syn_sent) {
		pu_yamux_stream_leave_wire(stream);
		return;
	}
	stream->rst_wanted = true;
	stream->rst_code = code;
	pu_yamux_stream_schedule(stream);
}

void pu_yamux_stream_reset(struct pu_stream *base, uint64_t code)
{
	struct pu_yamux_stream *stream = pu_yamux_stream_of(base);

	if (!pu_yamux_stream_is_alive(stream))
		return;
	stream->events &= (uint8_t) ~(PU_YAMUX_EV_STOPPED | PU_YAMUX_EV_WRITABLE);
	if (!stream->recv_fin && !stream->recv_stopped) {
		pu_yamux_stream_drop_received(stream);
		stream->recv_reset = true;
		stream->reset_code = code;
		pu_yamux_stream_event(stream, PU_YAMUX_EV_DATA);
	}
	pu_yamux_stream_want_rst(stream, code <= UINT32_MAX ? (uint32_t)code : 0);
}

size_t pu_yamux_stream_pending(const struct pu_stream *base, bool unsent)
{
	(void)unsent; /* what has been sent is not held */
	return pu_yamux_stream_of_const(base)->send.len;
}

void pu_yamux_stream_data_sent(struct pu_yamux_stream *stream, uint32_t len)
{
	pu_queue_consume(&stream->send, stream->pool, len);
	stream->send_window -= len;
	stream->yamux->send_len -= len;
	pu_list_remove(&stream->in_sendable); /* the others first */
	pu_yamux_stream_schedule(stream);
	maybe_tell_room(stream);
}

enum pu_err pu_yamux_stream_more_window(struct pu_yamux_stream *stream, uint32_t delta)
{
	if (delta > UINT32_MAX - stream->send_window)
		return PU_EPROTOCOL;
	stream->send_window += delta;
	pu_yamux_stream_schedule(stream);
	return PU_OK;
}

void pu_yamux_stream_was_reset(struct pu_yamux_stream *stream, uint32_t code)
{
	bool stopped = !stream->fin_sent && !stream->send_ended;

	if (stream->events & PU_YAMUX_EV_NEW) { /* nobody has seen it */
		pu_yamux_stream_free(stream);
		return;
	}
	if (!stream->rst_wanted && !stream->recv_fin && !stream->recv_stopped) {
		stream->recv_reset = true;
		stream->reset_code = code;
		pu_yamux_stream_event(stream, PU_YAMUX_EV_DATA);
	}
	stream->events &= (uint8_t)~PU_YAMUX_EV_WRITABLE;
	if (stopped)
		pu_yamux_stream_event(stream, PU_YAMUX_EV_STOPPED);
	pu_yamux_stream_leave_wire(stream);
}
