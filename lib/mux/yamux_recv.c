/* Knows the receive side of a stream: bytes wait in order until the host consumes them, and
 * only that lets the peer send more. The window doubles while the host is so quick that the
 * peer would have to wait for it. A peer cannot be told to stop: what nobody reads is dropped,
 * up to a bound, and then the stream is reset. */
#include "mux/yamux_state.h"

static void want_credit(struct pu_yamux_stream *stream)
{
	size_t taken = (size_t)stream->recv_left + stream->recv.len;

	if (!pu_yamux_stream_is_alive(stream) || stream->recv_fin || stream->window_wanted)
		return;
	if (stream->recv_stopped && stream->discarded >= PU_YAMUX_DISCARD_MAX)
		return;
	if (taken + stream->window / 2 > stream->window)
		return;
	stream->window_wanted = true;
	pu_yamux_stream_schedule(stream);
}

/* `given`: growth that others have in the same plan. */
static uint32_t growth(const struct pu_yamux_stream *stream, uint64_t given)
{
	const struct pu_yamux *yamux = stream->yamux;
	const struct pu_yamux_config *config = yamux->config;
	uint64_t window_max =
	    config->window_max < PU_YAMUX_WINDOW_LIMIT ? config->window_max : PU_YAMUX_WINDOW_LIMIT;
	uint64_t more = stream->window, extra = yamux->window_extra + given;

	if (stream->recv_stopped || pu_yamux_memory_left(yamux) < config->pool_max / 2)
		return 0;
	if (yamux->rtt != 0 && yamux->now - stream->epoch >= 4 * yamux->rtt)
		return 0;
	if (stream->window >= window_max || extra >= config->conn_window_max)
		return 0;
	if (more > window_max - stream->window)
		more = window_max - stream->window;
	if (more > config->conn_window_max - extra)
		more = config->conn_window_max - extra;
	return (uint32_t)more;
}

uint32_t pu_yamux_stream_credit(const struct pu_yamux_stream *stream, uint64_t *given)
{
	uint32_t taken = stream->recv_left + (uint32_t)stream->recv.len, more;

	if (!stream->window_wanted)
		return 0;
	more = growth(stream, *given);
	*given += more;
	return stream->window - taken + more;
}

void pu_yamux_stream_credit_sent(struct pu_yamux_stream *stream, uint32_t delta)
{
	uint32_t window;

	stream->window_wanted = false;
	stream->recv_left += delta;
	window = stream->recv_left + (uint32_t)stream->recv.len;
	stream->yamux->window_extra += window - stream->window;
	stream->window = window;
	stream->epoch = stream->yamux->now;
}

void pu_yamux_stream_maybe_cut_off(struct pu_yamux_stream *stream)
{
	if (stream->recv_stopped && stream->discarded >= PU_YAMUX_DISCARD_MAX && stream->fin_sent &&
	    pu_yamux_stream_is_alive(stream))
		pu_yamux_stream_want_rst(stream, (uint32_t)stream->reset_code);
}

/* The last of the memory is for sessions that hold little. */
static bool has_memory(const struct pu_yamux *yamux, size_t len)
{
	size_t left = pu_yamux_memory_left(yamux), max = yamux->config->pool_max;
	size_t kept =
	    yamux->recv_len + len > max / PU_YAMUX_LARGE_SHARE ? max / PU_YAMUX_KEPT_SHARE : 0;

	return left >= kept && left - kept >= len;
}

/* The peer sends what it was allowed to, and still there is no memory for it. */
static void refuse_more(struct pu_yamux_stream *stream)
{
	bool stopped = !stream->fin_sent && !stream->send_ended;

	pu_yamux_stream_reset(&stream->base, PU_YAMUX_REFUSED_CODE);
	if (stopped)
		pu_yamux_stream_event(stream, PU_YAMUX_EV_STOPPED);
}

void pu_yamux_stream_received(struct pu_yamux_stream *stream, struct pu_bytes bytes)
{
	struct pu_yamux *yamux = stream->yamux;

	if (stream->rst_wanted || stream->recv_fin)
		return;
	stream->recv_left -= (uint32_t)bytes.len;
	if (stream->recv_stopped) {
		stream->discarded += (uint32_t)bytes.len;
		want_credit(stream);
		pu_yamux_stream_maybe_cut_off(stream);
		return;
	}
	if (!has_memory(yamux, bytes.len)) {
		refuse_more(stream);
		return;
	}
	pu_queue_append(&stream->recv, stream->pool, bytes.data, bytes.len);
	yamux->recv_len += bytes.len;
	pu_yamux_stream_event(stream, PU_YAMUX_EV_DATA);
}

void pu_yamux_stream_was_finished(struct pu_yamux_stream *stream)
{
	if (stream->rst_wanted || stream->recv_fin)
		return;
	stream->recv_fin = true;
	stream->window_wanted = false;
	if (!stream->recv_stopped)
		pu_yamux_stream_event(stream, PU_YAMUX_EV_DATA);
	pu_yamux_stream_schedule(stream);
	pu_yamux_stream_maybe_leave_wire(stream);
}

void pu_yamux_stream_drop_received(struct pu_yamux_stream *stream)
{
	if (stream->yamux != NULL)
		stream->yamux->recv_len -= stream->recv.len;
	pu_queue_clear(&stream->recv, stream->pool);
}

size_t pu_yamux_stream_peek(struct pu_stream *base, struct iovec *out, size_t max,
                            enum pu_recv *state)
{
	struct pu_yamux_stream *stream = pu_yamux_stream_of(base);
	size_t count = pu_queue_peek(&stream->recv, out, max), shown = 0;

	if (state == NULL)
		return count;
	for (size_t i = 0; i < count; i++)
		shown += out[i].iov_len;
	if (shown < stream->recv.len)
		*state = PU_RECV_OPEN;
	else if (stream->recv_reset || stream->recv_stopped)
		*state = PU_RECV_RESET;
	else if (stream->recv_fin)
		*state = PU_RECV_FIN;
	else
		*state = stream->yamux == NULL ? PU_RECV_LOST : PU_RECV_OPEN;
	return count;
}

void pu_yamux_stream_consume(struct pu_stream *base, size_t len)
{
	struct pu_yamux_stream *stream = pu_yamux_stream_of(base);

	if (len > stream->recv.len)
		len = stream->recv.len;
	if (len == 0)
		return;
	pu_queue_consume(&stream->recv, stream->pool, len);
	if (stream->yamux == NULL)
		return;
	stream->yamux->recv_len -= len;
	want_credit(stream);
}

size_t pu_yamux_stream_readable(const struct pu_stream *base)
{
	return pu_yamux_stream_of_const(base)->recv.len;
}

uint64_t pu_yamux_stream_reset_code(const struct pu_stream *base)
{
	return pu_yamux_stream_of_const(base)->reset_code;
}

void pu_yamux_stream_stop_sending(struct pu_stream *base, uint64_t code)
{
	struct pu_yamux_stream *stream = pu_yamux_stream_of(base);
	bool ended = stream->recv_fin || stream->recv_reset || stream->recv_stopped;
	size_t dropped = stream->recv.len;

	pu_yamux_stream_drop_received(stream);
	stream->events &= (uint8_t)~PU_YAMUX_EV_DATA;
	if (ended)
		return;
	stream->recv_stopped = true;
	stream->reset_code = code;
	stream->discarded = (uint32_t)dropped;
	want_credit(stream);
	pu_yamux_stream_maybe_cut_off(stream);
}
