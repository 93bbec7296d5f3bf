/* A session and its streams, as the yamux*.c files of this folder see them. */
#ifndef PU_MUX_YAMUX_STATE_H
#define PU_MUX_YAMUX_STATE_H

#include "base/list.h"
#include "base/map.h"
#include "mux/yamux.h"
#include "mux/yamux_frame.h"
#include "mux/yamux_limits.h"

enum pu_yamux_event {
	PU_YAMUX_EV_NEW = 1,
	PU_YAMUX_EV_DATA = 2,
	PU_YAMUX_EV_STOPPED = 4,
	PU_YAMUX_EV_WRITABLE = 8,
};

struct pu_yamux_stream {
	struct pu_stream base;
	struct pu_yamux *yamux; /* NULL: lost */
	struct pu_chunk_pool *pool;
	struct pu_list_node in_session, in_sendable, in_control, in_events, in_linger;
	struct pu_queue send, recv; /* sent bytes are gone at once: the carrier is reliable */
	uint64_t epoch;             /* when the last window update went */
	uint64_t linger_until;
	uint32_t id;          /* 0 until its first frame goes */
	uint32_t send_window; /* bytes the peer takes */
	uint32_t window;      /* the receive window */
	uint32_t recv_left;   /* bytes of it that the peer may send */
	uint32_t discarded;
	uint64_t reset_code; /* of the receive side */
	uint32_t rst_code;
	uint8_t events; /* enum pu_yamux_event */

	bool inbound : 1;
	bool on_wire : 1; /* the peer may still say or hear something about it */
	bool host_closed : 1;
	bool syn_sent : 1; /* or inbound */
	bool unacked : 1;  /* opened by us, the peer has not said a word about it */
	bool ack_wanted : 1;
	bool rst_wanted : 1;
	bool window_wanted : 1;
	bool fin_wanted : 1, fin_sent : 1;
	bool send_ended : 1; /* reset, by either side */
	bool room_wanted : 1;
	bool recv_fin : 1, recv_reset : 1;
	bool recv_stopped : 1; /* what comes is dropped */
};

/* The frames of one output(). sent() reads them again to learn what has happened. */
struct pu_yamux_plan {
	uint8_t headers[PU_YAMUX_PLAN_MAX][PU_YAMUX_HEADER_LEN];
	struct pu_yamux_stream *streams[PU_YAMUX_PLAN_MAX]; /* NULL: of the session */
	uint32_t len;
};

struct pu_yamux {
	const struct pu_yamux_config *config;
	const struct pu_yamux_callbacks *cb;
	void *user;
	struct pu_map by_id; /* streams on the wire */
	struct pu_list streams, sendable, control, events, linger;
	size_t send_len, recv_len;
	uint64_t window_extra; /* sum of receive windows beyond the initial ones */
	uint64_t now;
	uint64_t heard_at;                   /* the last input */
	uint64_t ping_started, ping_sent_at; /* wanted, and really sent */
	uint64_t rtt, rtt_at;
	uint32_t ping_value, pong_value;
	uint32_t next_id, newest_id; /* ours; the peer's */
	uint32_t streams_len, inbound_len, unacked_len;
	uint32_t *refused; /* IDs of streams to be refused */
	uint32_t refused_len;
	uint32_t goaway_code, peer_goaway_code;
	uint32_t payload_left; /* of the frame being received */
	struct pu_yamux_header frame;
	enum pu_err err; /* why it is over */
	uint8_t header[PU_YAMUX_HEADER_LEN];
	uint8_t header_len;

	bool initiator : 1;
	bool over : 1;
	bool goaway_wanted : 1, pong_wanted : 1;
	bool ping_wanted : 1, ping_out : 1;
	bool streams_wanted : 1, tell_streams : 1;
	bool woken_output : 1, woken_events : 1;
	struct pu_yamux_plan plan;
};

static inline struct pu_yamux_stream *pu_yamux_stream_of(struct pu_stream *stream)
{
	return PU_CONTAINER_OF(stream, struct pu_yamux_stream, base);
}

static inline const struct pu_yamux_stream *pu_yamux_stream_of_const(const struct pu_stream *s)
{
	return PU_CONTAINER_OF(s, const struct pu_yamux_stream, base);
}

/* yamux.c: the session */
void pu_yamux_wake_output(struct pu_yamux *yamux);
void pu_yamux_wake_events(struct pu_yamux *yamux);
size_t pu_yamux_memory_left(const struct pu_yamux *yamux);
/* The session is over; with anything but PU_ECLOSED the peer is told. */
void pu_yamux_fail(struct pu_yamux *yamux, enum pu_err err);

/* yamux_ping.c: is the peer there, and how far away */
void pu_yamux_ping_start(struct pu_yamux *yamux);
void pu_yamux_ping_heard(struct pu_yamux *yamux); /* any input */
void pu_yamux_ping_received(struct pu_yamux *yamux, const struct pu_yamux_header *header);
void pu_yamux_ping_was_sent(struct pu_yamux *yamux);

/* yamux_stream.c: life of a stream */
struct pu_yamux_stream *pu_yamux_stream_new(struct pu_yamux *yamux, bool inbound, uint32_t id);
void pu_yamux_stream_free(struct pu_yamux_stream *stream);
/* Its ID for the first frame, unless it has one. */
void pu_yamux_stream_number(struct pu_yamux_stream *stream);
/* The peer has said something about it. */
void pu_yamux_stream_was_acked(struct pu_yamux_stream *stream);
/* On the wire, not about to be reset, session there. */
bool pu_yamux_stream_is_alive(const struct pu_yamux_stream *stream);
/* Both halves have ended: forgets the ID. Frees the stream if the host has closed it. */
void pu_yamux_stream_leave_wire(struct pu_yamux_stream *stream);
/* If both have. */
void pu_yamux_stream_maybe_leave_wire(struct pu_yamux_stream *stream);
/* Session and stream part; what was received stays. */
void pu_yamux_stream_detach(struct pu_yamux_stream *stream);
void pu_yamux_stream_event(struct pu_yamux_stream *stream, unsigned event);
void pu_yamux_stream_linger(struct pu_yamux_stream *stream);
/* Puts it into (or out of) the lists of those that have something to send. */
void pu_yamux_stream_schedule(struct pu_yamux_stream *stream);

/* yamux_send.c */
extern const struct pu_stream_ops pu_yamux_stream_ops;
size_t pu_yamux_stream_reserve(struct pu_stream *base, size_t want, struct iovec out[2]);
void pu_yamux_stream_commit(struct pu_stream *base, size_t len);
void pu_yamux_stream_finish(struct pu_stream *base);
void pu_yamux_stream_reset(struct pu_stream *base, uint64_t code);
bool pu_yamux_stream_can_send(const struct pu_stream *base);
size_t pu_yamux_stream_pending(const struct pu_stream *base, bool unsent);
bool pu_yamux_stream_has_data(const struct pu_yamux_stream *stream);
bool pu_yamux_stream_has_fin(const struct pu_yamux_stream *stream); /* and nothing before it */
void pu_yamux_stream_data_sent(struct pu_yamux_stream *stream, uint32_t len);
/* PU_EPROTOCOL: more than can be. */
enum pu_err pu_yamux_stream_more_window(struct pu_yamux_stream *stream,
                                        uint32_t delta) PU_MUST_CHECK;
void pu_yamux_stream_was_reset(struct pu_yamux_stream *stream, uint32_t code);
void pu_yamux_stream_end_send(struct pu_yamux_stream *stream);
/* RST as soon as possible, nothing else any more. */
void pu_yamux_stream_want_rst(struct pu_yamux_stream *stream, uint32_t code);

/* yamux_recv.c */
size_t pu_yamux_stream_peek(struct pu_stream *base, struct iovec *out, size_t max,
                            enum pu_recv *state);
void pu_yamux_stream_consume(struct pu_stream *base, size_t len);
size_t pu_yamux_stream_readable(const struct pu_stream *base);
uint64_t pu_yamux_stream_reset_code(const struct pu_stream *base);
void pu_yamux_stream_stop_sending(struct pu_stream *base, uint64_t code);
void pu_yamux_stream_drop_received(struct pu_yamux_stream *stream);
/* Resets the stream if there is no memory for it. */
void pu_yamux_stream_received(struct pu_yamux_stream *stream, struct pu_bytes bytes);
void pu_yamux_stream_was_finished(struct pu_yamux_stream *stream);
/* What the next window update says. `given`: by how much those before it in the same plan let
 * windows grow. */
uint32_t pu_yamux_stream_credit(const struct pu_yamux_stream *stream, uint64_t *given);
void pu_yamux_stream_credit_sent(struct pu_yamux_stream *stream, uint32_t delta);
/* Dropped as much as it may: RST, if our own bytes are out. */
void pu_yamux_stream_maybe_cut_off(struct pu_yamux_stream *stream);

/* yamux_stream.c */
void pu_yamux_stream_close(struct pu_stream *base);

#endif
