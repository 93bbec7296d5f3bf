/* Knows how a QUIC connection and its streams look to a host that does not care that they are
 * QUIC's. */
#include "quic/state.h"

static struct pu_quic_conn *conn_of(const struct pu_mux *mux)
{
	return PU_CONTAINER_OF((struct pu_mux *)(uintptr_t)mux, struct pu_quic_conn, base);
}

static struct pu_quic_stream *stream_of(struct pu_stream *stream)
{
	return PU_CONTAINER_OF(stream, struct pu_quic_stream, base);
}

static const struct pu_quic_stream *const_stream_of(const struct pu_stream *stream)
{
	return (const struct pu_quic_stream *)(const void *)stream;
}

/* ---- connections ---- */

static enum pu_err open_stream(struct pu_mux *mux, struct pu_stream **out)
{
	struct pu_quic_stream *stream;
	enum pu_err err = pu_quic_stream_open(conn_of(mux), NULL, &stream);

	if (err == PU_OK)
		*out = &stream->base;
	return err;
}

static void close_conn(struct pu_mux *mux, uint64_t app_code, const char *reason)
{
	pu_quic_conn_close(conn_of(mux), app_code, reason);
}

static bool is_up(const struct pu_mux *mux)
{
	return pu_quic_conn_is_up(conn_of(mux));
}

static const struct pu_peer_id *peer(const struct pu_mux *mux)
{
	return pu_quic_conn_peer(conn_of(mux));
}

static void info(struct pu_mux *mux, struct pu_mux_info *out)
{
	struct pu_quic_conn_info quic;

	pu_quic_conn_info(conn_of(mux), &quic);
	*out = (struct pu_mux_info){.rtt_ns = quic.rtt_ns,
	                            .bytes_in = quic.bytes_in,
	                            .bytes_out = quic.bytes_out,
	                            .streams = quic.streams,
	                            .send_buffered = quic.send_buffered,
	                            .recv_buffered = quic.recv_buffered,
	                            .memory = quic.memory};
}

const struct pu_mux_ops pu_quic_mux_ops = {
    .open = open_stream,
    .close = close_conn,
    .is_up = is_up,
    .peer = peer,
    .info = info,
};

struct pu_mux *pu_quic_conn_mux(struct pu_quic_conn *conn)
{
	return &conn->base;
}

/* ---- streams ---- */

static size_t reserve(struct pu_stream *stream, size_t want, struct iovec out[2])
{
	return pu_quic_stream_reserve(stream_of(stream), want, out);
}

static void commit(struct pu_stream *stream, size_t len)
{
	pu_quic_stream_commit(stream_of(stream), len);
}

static void finish(struct pu_stream *stream)
{
	pu_quic_stream_finish(stream_of(stream));
}

static void reset(struct pu_stream *stream, uint64_t code)
{
	pu_quic_stream_reset(stream_of(stream), code);
}

static bool can_send(const struct pu_stream *stream)
{
	return pu_quic_stream_can_send(const_stream_of(stream));
}

static size_t pending(const struct pu_stream *stream, bool unsent)
{
	return pu_quic_stream_pending(const_stream_of(stream), unsent);
}

static size_t peek(struct pu_stream *stream, struct iovec *out, size_t max, enum pu_recv *state)
{
	return pu_quic_stream_peek(stream_of(stream), out, max, state);
}

static void consume(struct pu_stream *stream, size_t len)
{
	pu_quic_stream_consume(stream_of(stream), len);
}

static size_t readable(const struct pu_stream *stream)
{
	return pu_quic_stream_readable(const_stream_of(stream));
}

static uint64_t reset_code(const struct pu_stream *stream)
{
	return pu_quic_stream_reset_code(const_stream_of(stream));
}

static void stop_sending(struct pu_stream *stream, uint64_t code)
{
	pu_quic_stream_stop_sending(stream_of(stream), code);
}

static void close_stream(struct pu_stream *stream)
{
	pu_quic_stream_close(stream_of(stream));
}

const struct pu_stream_ops pu_quic_stream_ops = {
    .reserve = reserve,
    .commit = commit,
    .finish = finish,
    .reset = reset,
    .can_send = can_send,
    .pending = pending,
    .peek = peek,
    .consume = consume,
    .readable = readable,
    .reset_code = reset_code,
    .stop_sending = stop_sending,
    .close = close_stream,
};

struct pu_stream *pu_quic_stream_base(struct pu_quic_stream *stream)
{
	return &stream->base;
}
