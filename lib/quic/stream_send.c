/* Knows the send side of a stream: how much may wait in it, which bytes QUIC still points to
 * and which it has never seen. Bytes stay where they were written until the peer confirms
 * them, because ngtcp2 retransmits from there. */
#include "quic/stream_send.h"

#include "quic/stream_state.h"

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t left(size_t max, size_t used)
{
	return used < max ? max - used : 0;
}

/* Bytes that may be added now: never sent bytes wait for at most one congestion window, so
 * that a fast stream has enough and a slow path is not buried under what waits for it. */
static size_t send_room(const struct pu_quic_stream *stream)
{
	const struct pu_quic_config *config = &stream->ep->config;
	const struct pu_quic_conn *conn = stream->conn;
	/* However little is left, a stream that holds nothing may say something. */
	size_t extra = stream->send.len == 0 ? PU_CHUNK_SMALL_LEN / 2 : 0;
	size_t unsent_max =
	    conn->cwnd > PU_QUIC_UNSENT_MIN ? (size_t)conn->cwnd : PU_QUIC_UNSENT_MIN;
	size_t room = min_size(left(config->stream_send_max, stream->send.len),
	                       left(unsent_max, stream->unsent));

	room = min_size(room, left(config->conn_send_max, conn->send_len) + extra);
	return min_size(room, pu_quic_memory_left(stream->ep) + extra);
}

static bool has_more(const struct pu_quic_stream *stream)
{
	return !stream->send_ended &&
	       (stream->unsent > 0 || (stream->fin_wanted && !stream->fin_sent));
}

static void make_sendable(struct pu_quic_stream *stream)
{
	if (stream->flow_blocked || !has_more(stream))
		return;
	if (!pu_list_linked(&stream->in_sendable))
		pu_list_append(&stream->conn->sendable, &stream->in_sendable);
	pu_quic_conn_wake(stream->conn);
}

static void maybe_tell_room(struct pu_quic_stream *stream)
{
	if (!stream->room_wanted || !pu_quic_stream_can_send(stream))
		return;
	if (send_room(stream) < PU_QUIC_ROOM_WORTH_TELLING && stream->send.len > 0)
		return;
	stream->room_wanted = false;
	pu_quic_stream_event(stream, PU_QUIC_EV_WRITABLE);
}

bool pu_quic_stream_can_send(const struct pu_quic_stream *stream)
{
	return pu_quic_stream_is_alive(stream) && !stream->fin_wanted && !stream->send_ended;
}

size_t pu_quic_stream_reserve(struct pu_quic_stream *stream, size_t want, struct iovec out[2])
{
	size_t room;

	out[0] = out[1] = (struct iovec){0};
	if (!pu_quic_stream_can_send(stream))
		return 0;
	room = send_room(stream);
	if (room < want)
		stream->room_wanted = true;
	return pu_queue_reserve(&stream->send, &stream->ep->send_pool, min_size(room, want), out);
}

void pu_quic_stream_commit(struct pu_quic_stream *stream, size_t len)
{
	struct pu_chunk *tail = stream->send.tail;
	uint32_t tail_end = tail != NULL ? tail->end : 0;

	if (!pu_quic_stream_can_send(stream))
		len = 0;
	pu_queue_commit(&stream->send, &stream->ep->send_pool, len);
	if (len == 0)
		return;
	if (stream->unsent == 0) {
		bool in_tail = tail != NULL && tail->end > tail_end;

		stream->unsent_chunk = in_tail ? tail : tail != NULL ? tail->next : stream->send.head;
		stream->unsent_off = in_tail ? tail_end : 0;
	}
	stream->unsent += len;
	stream->conn->send_len += len;
	make_sendable(stream);
}

size_t pu_quic_stream_write(struct pu_quic_stream *stream, const void *data, size_t len)
{
	return pu_stream_write(&stream->base, data, len);
}

void pu_quic_stream_finish(struct pu_quic_stream *stream)
{
	if (!pu_quic_stream_can_send(stream))
		return;
	stream->fin_wanted = true;
	make_sendable(stream);
}

void pu_quic_stream_reset(struct pu_quic_stream *stream, uint64_t code)
{
	if (!pu_quic_stream_is_alive(stream) || stream->send_ended)
		return;
	if (ngtcp2_conn_shutdown_stream_write(stream->conn->quic, 0, stream->id, code) != 0)
		pu_quic_conn_fail(stream->conn, NGTCP2_ERR_NOMEM);
	pu_quic_stream_end_send(stream);
	pu_quic_conn_wake(stream->conn);
}

size_t pu_quic_stream_pending(const struct pu_quic_stream *stream, bool unsent)
{
	return unsent ? stream->unsent : stream->send.len;
}

size_t pu_quic_stream_unsent(const struct pu_quic_stream *stream, struct iovec out[2])
{
	struct pu_chunk *chunk = stream->unsent_chunk;
	uint32_t off = stream->unsent_off;
	size_t count = 0;

	for (; stream->unsent > 0 && chunk != NULL && count < 2; chunk = chunk->next) {
		if (chunk->end > off)
			out[count++] = (struct iovec){chunk->data + off, chunk->end - off};
		off = 0;
	}
	return count;
}

static void advance_unsent(struct pu_quic_stream *stream, size_t len)
{
	stream->unsent -= len;
	while (len > 0) {
		uint32_t here = stream->unsent_chunk->end - stream->unsent_off;

		if (len < here) {
			stream->unsent_off += (uint32_t)len;
			return;
		}
		len -= here;
		stream->unsent_chunk = stream->unsent_chunk->next;
		stream->unsent_off = 0;
	}
}

void pu_quic_stream_was_sent(struct pu_quic_stream *stream, size_t len)
{
	struct pu_quic_conn *conn = stream->conn;

	advance_unsent(stream, len);
	stream->turn += len;
	if (stream->unsent == 0) {
		stream->unsent_chunk = NULL;
		stream->fin_sent = stream->fin_wanted;
		pu_list_remove(&stream->in_sendable);
		stream->turn = 0;
	} else if (stream->turn >= PU_QUIC_STREAM_TURN) {
		pu_list_remove(&stream->in_sendable);
		pu_list_append(&conn->sendable, &stream->in_sendable);
		stream->turn = 0;
	}
	maybe_tell_room(stream);
}

void pu_quic_stream_was_acked(struct pu_quic_stream *stream, size_t len)
{
	if (stream->send_ended)
		return;
	pu_queue_consume(&stream->send, &stream->ep->send_pool, len);
	stream->conn->send_len -= len;
	maybe_tell_room(stream);
}

void pu_quic_stream_park(struct pu_quic_stream *stream)
{
	stream->flow_blocked = true;
	stream->turn = 0;
	pu_list_remove(&stream->in_sendable);
	pu_list_append(&stream->conn->flow_blocked, &stream->in_sendable);
}

void pu_quic_stream_unpark(struct pu_quic_stream *stream)
{
	if (!stream->flow_blocked)
		return;
	stream->flow_blocked = false;
	pu_list_remove(&stream->in_sendable);
	make_sendable(stream);
}

void pu_quic_stream_was_stopped(struct pu_quic_stream *stream)
{
	pu_list_remove(&stream->in_sendable);
	stream->flow_blocked = true; /* never to be offered again */
	if (!stream->send_ended)
		pu_quic_stream_event(stream, PU_QUIC_EV_STOPPED);
}

/* ngtcp2 has no callback for a STOP_SENDING that it received. It does say so to somebody who
 * wants to write, before it looks at what he wants to write, which here is nothing that could
 * be sent. */
void pu_quic_stream_look_at_send(struct pu_quic_stream *stream)
{
	const ngtcp2_vec impossible = {NULL, SIZE_MAX};
	uint8_t dest[1];
	ngtcp2_ssize rv;

	if (!pu_quic_stream_is_alive(stream) || stream->send_ended || stream->fin_sent)
		return;
	rv = ngtcp2_conn_writev_stream(stream->conn->quic, NULL, NULL, dest, 0, NULL,
	                               NGTCP2_WRITE_STREAM_FLAG_NONE, stream->id, &impossible, 1,
	                               stream->ep->now);
	if (rv == NGTCP2_ERR_STREAM_SHUT_WR)
		pu_quic_stream_was_stopped(stream);
}

void pu_quic_conn_look_at_parked(struct pu_quic_conn *conn)
{
	PU_LIST_FOREACH(it, &conn->flow_blocked)
		pu_quic_stream_look_at_send(PU_LIST_ENTRY(it, struct pu_quic_stream, in_sendable));
}

void pu_quic_stream_end_send(struct pu_quic_stream *stream)
{
	stream->send_ended = true;
	stream->room_wanted = false;
	pu_list_remove(&stream->in_sendable);
	if (stream->conn != NULL)
		stream->conn->send_len -= stream->send.len;
	stream->unsent = 0;
	stream->unsent_chunk = NULL;
	pu_queue_clear(&stream->send, &stream->ep->send_pool);
}
