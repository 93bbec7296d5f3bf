/* Knows how a stream lives: from the first byte or open() until both QUIC and the host are done
 * with it; only then an inbound stream's credit goes back to the peer, which bounds them. */
#include "quic/stream_state.h"

#include "quic/stream_send.h"

struct pu_quic_stream *pu_quic_stream_new(struct pu_quic_conn *conn, bool inbound, int64_t id)
{
	struct pu_quic_stream *stream = PU_NEW(struct pu_quic_stream);

	stream->base.ops = &pu_quic_stream_ops;
	stream->ep = conn->ep;
	stream->conn = conn;
	stream->id = id;
	stream->inbound = inbound;
	pu_list_append(&conn->streams, &stream->in_conn);
	conn->streams_len++;
	conn->ep->stats.streams++;
	return stream;
}

/* Takes the stream out of its connection's books. */
static void leave_conn(struct pu_quic_stream *stream)
{
	pu_list_remove(&stream->in_conn);
	pu_list_remove(&stream->in_sendable);
	pu_list_remove(&stream->in_events);
	if (stream->conn == NULL)
		return;
	pu_quic_stream_end_send(stream);
	stream->conn->streams_len--;
}

void pu_quic_stream_free(struct pu_quic_stream *stream)
{
	struct pu_quic_endpoint *ep = stream->ep;
	struct pu_quic_conn *conn = stream->conn;

	leave_conn(stream);
	pu_quic_stream_drop_received(stream);
	pu_queue_clear(&stream->send, &ep->send_pool);
	if (conn != NULL && conn->state != PU_QUIC_CONN_ENDING && stream->inbound) {
		ngtcp2_conn_extend_max_streams_bidi(conn->quic, 1);
		pu_quic_conn_wake(conn);
	}
	ep->stats.streams--;
	pu_free(stream);
}

void pu_quic_stream_detach(struct pu_quic_stream *stream)
{
	leave_conn(stream);
	stream->conn->recv_len -= stream->recv.len;
	stream->conn = NULL;
	stream->events = 0;
	pu_list_append(&stream->ep->orphans, &stream->in_conn);
}

bool pu_quic_stream_is_alive(const struct pu_quic_stream *stream)
{
	return stream->conn != NULL && stream->conn->state != PU_QUIC_CONN_ENDING &&
	       !stream->quic_closed;
}

void pu_quic_stream_event(struct pu_quic_stream *stream, unsigned event)
{
	if (stream->host_closed && event != PU_QUIC_EV_GONE)
		return;
	stream->events |= event;
	if (!pu_list_linked(&stream->in_events))
		pu_list_append(&stream->conn->stream_events, &stream->in_events);
	pu_quic_conn_event(stream->conn, 0);
}

size_t pu_quic_memory_left(const struct pu_quic_endpoint *ep)
{
	size_t used = ep->stats.memory_quic + ep->send_pool.used + ep->recv_pool.used;

	return used < ep->config.memory_max ? ep->config.memory_max - used : 0;
}

enum pu_err pu_quic_stream_open(struct pu_quic_conn *conn, void *user,
                                struct pu_quic_stream **out)
{
	struct pu_quic_stream *stream;
	int rv;

	if (conn->state != PU_QUIC_CONN_UP)
		return PU_ECLOSED;
	if (pu_quic_memory_left(conn->ep) < PU_CHUNK_SMALL_LEN)
		return PU_ELIMIT;
	stream = pu_quic_stream_new(conn, false, -1);
	rv = ngtcp2_conn_open_bidi_stream(conn->quic, &stream->id, stream);
	if (rv != 0) {
		conn->streams_wanted = rv == NGTCP2_ERR_STREAM_ID_BLOCKED;
		pu_quic_stream_free(stream);
		return rv == NGTCP2_ERR_STREAM_ID_BLOCKED ? PU_EAGAIN : PU_ELIMIT;
	}
	conn->ep->stats.streams_opened++;
	stream->base.user = user;
	*out = stream;
	return PU_OK;
}

void pu_quic_stream_close(struct pu_quic_stream *stream)
{
	if (pu_quic_stream_is_alive(stream)) {
		pu_quic_stream_stop_sending(stream, 0);
		if (!stream->fin_wanted)
			pu_quic_stream_reset(stream, 0);
	}
	pu_quic_stream_drop_received(stream);
	stream->host_closed = true;
	stream->events &= PU_QUIC_EV_GONE;
	if (stream->conn == NULL || stream->quic_closed)
		pu_quic_stream_free(stream);
}

void *pu_quic_stream_user(const struct pu_quic_stream *stream)
{
	return stream->base.user;
}

void pu_quic_stream_set_user(struct pu_quic_stream *stream, void *user)
{
	stream->base.user = user;
}

struct pu_quic_conn *pu_quic_stream_conn(const struct pu_quic_stream *stream)
{
	return stream->conn;
}

int64_t pu_quic_stream_id(const struct pu_quic_stream *stream)
{
	return stream->id;
}

bool pu_quic_stream_is_inbound(const struct pu_quic_stream *stream)
{
	return stream->inbound;
}
