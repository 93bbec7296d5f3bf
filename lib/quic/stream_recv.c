/* Knows the receive side of a stream: bytes wait in order until the host consumes them, and
 * only that lets the peer send more. */
#include "quic/stream_state.h"

/* Credit for bytes that left the queue. */
static void give_credit(struct pu_quic_stream *stream, size_t len, bool stream_too)
{
	struct pu_quic_conn *conn = stream->conn;

	if (conn == NULL)
		return;
	conn->recv_len -= len;
	if (conn->state == PU_QUIC_CONN_ENDING)
		return;
	ngtcp2_conn_extend_max_offset(conn->quic, len);
	if (stream_too && !stream->quic_closed &&
	    ngtcp2_conn_extend_max_stream_offset(conn->quic, stream->id, len) != 0)
		pu_quic_conn_fail(conn, NGTCP2_ERR_NOMEM);
	pu_quic_conn_wake(conn);
}

enum pu_err pu_quic_stream_received(struct pu_quic_stream *stream, const uint8_t *data,
                                    size_t len)
{
	if (pu_quic_memory_left(stream->ep) < len)
		return PU_ELIMIT;
	pu_queue_append(&stream->recv, &stream->ep->recv_pool, data, len);
	stream->conn->recv_len += len;
	return PU_OK;
}

void pu_quic_stream_drop_received(struct pu_quic_stream *stream)
{
	size_t len = stream->recv.len;

	pu_queue_clear(&stream->recv, &stream->ep->recv_pool);
	if (len > 0)
		give_credit(stream, len, false);
}

size_t pu_quic_stream_peek(struct pu_quic_stream *stream, struct iovec *out, size_t max,
                           enum pu_recv *state)
{
	size_t count = pu_queue_peek(&stream->recv, out, max), shown = 0;

	if (state == NULL)
		return count;
	for (size_t i = 0; i < count; i++)
		shown += out[i].iov_len;
	if (shown < stream->recv.len)
		*state = PU_RECV_OPEN;
	else if (stream->recv_fin)
		*state = PU_RECV_FIN;
	else if (stream->recv_reset || stream->recv_stopped)
		*state = PU_RECV_RESET;
	else
		*state = stream->conn == NULL ? PU_RECV_LOST : PU_RECV_OPEN;
	return count;
}

void pu_quic_stream_consume(struct pu_quic_stream *stream, size_t len)
{
	if (len > stream->recv.len)
		len = stream->recv.len;
	if (len == 0)
		return;
	pu_queue_consume(&stream->recv, &stream->ep->recv_pool, len);
	give_credit(stream, len, !stream->recv_fin && !stream->recv_reset);
}

size_t pu_quic_stream_readable(const struct pu_quic_stream *stream)
{
	return stream->recv.len;
}

uint64_t pu_quic_stream_reset_code(const struct pu_quic_stream *stream)
{
	return stream->reset_code;
}

void pu_quic_stream_stop_sending(struct pu_quic_stream *stream, uint64_t code)
{
	bool ended = stream->recv_fin || stream->recv_reset || stream->recv_stopped;

	pu_quic_stream_drop_received(stream);
	stream->events &= ~(unsigned)PU_QUIC_EV_DATA;
	if (ended)
		return;
	stream->recv_stopped = true;
	stream->reset_code = code;
	if (!pu_quic_stream_is_alive(stream))
		return;
	if (ngtcp2_conn_shutdown_stream_read(stream->conn->quic, 0, stream->id, code) != 0)
		pu_quic_conn_fail(stream->conn, NGTCP2_ERR_NOMEM);
	pu_quic_conn_wake(stream->conn);
}
