/* yamux 1.0.0 (libp2p specs, yamux/README.md): streams over one reliable, ordered, secured byte
 * stream, without sockets and clocks.
 *
 * The host's turn:
 *
 *     input() for plain bytes that arrived
 *     expire() when deadline() has passed
 *     anything on streams (from its own sources)
 *     deliver()                       <- all on_* callbacks come from here, and from lost()
 *     output() and sent(), as long as the carrier takes bytes
 *
 * Callbacks may call anything of stream.h, pu_yamux_open() and pu_yamux_goaway(), and nothing
 * else of this file; wake() nothing at all.
 *
 * What yamux cannot do, and what streams do instead:
 *
 * reset() ends both halves. Bytes received and not consumed are dropped, peek() says
 * PU_RECV_RESET and on_stream_data comes, unless the peer had finished.
 *
 * stop_sending() cannot be told to the peer. What comes is dropped; after 1 MiB the peer gets
 * no more credit, and once our FIN has gone too the stream is reset.
 *
 * close() does the same for a finished stream whose peer has not finished: what comes is
 * dropped until its FIN or RST, and the stream is reset after 1 MiB or a minute. Until then it
 * counts as a stream. One that never sent anything vanishes without a frame.
 *
 * RST of the peer ends both halves too: on_stream_stopped if ours was open, on_stream_data if
 * the peer's was. What was received before can still be consumed. We send one by ourselves when
 * there is no memory for what the peer was allowed to send. */
#ifndef PU_MUX_YAMUX_H
#define PU_MUX_YAMUX_H

#include "base/error.h"
#include "mux/chunk.h"
#include "mux/stream.h"

#define PU_YAMUX_PROTOCOL "/yamux/1.0.0"

struct pu_yamux;

/* As those of pu_quic_callbacks; all are needed. `user` is the one given to _new(). */
struct pu_yamux_callbacks {
	void (*on_stream_new)(void *user, struct pu_stream *stream);
	void (*on_stream_data)(void *user, struct pu_stream *stream);
	void (*on_stream_writable)(void *user, struct pu_stream *stream);
	void (*on_stream_stopped)(void *user, struct pu_stream *stream);
	void (*on_streams_available)(void *user);
	/* There is something for output(), or an event to deliver(): once for each, until output()
	 * and sent() have left nothing, or deliver() has returned. May come from within any call of
	 * stream.h or of this file but _new(), after which there is output. */
	void (*wake)(void *user);
};

/* Shared by all sessions of a host; borrowed for ever. Times in ns. */
struct pu_yamux_config {
	uint64_t window_max;      /* of a stream's receive window, which begins with 256 KiB */
	uint64_t conn_window_max; /* of all receive windows of a session beyond 256 KiB each */
	size_t streams_max;       /* inbound, at once; more are reset */
	size_t streams_total_max; /* both ways; _open() makes no more */
	size_t stream_send_max;   /* bytes written and not sent, per stream */
	size_t conn_send_max;     /* the same, per session */
	uint64_t keep_alive;      /* a session that hears nothing for so long pings; 0 = never */
	uint64_t ping_timeout;    /* a ping under way and nothing heard for so long: PU_ETIMEOUT */
	struct pu_chunk_pool *pool;
	size_t pool_max; /* bytes used of the pool beyond which no stream gets memory */
};

/* Fills in the defaults; `pool` is NULL. */
void pu_yamux_config_default(struct pu_yamux_config *config);

struct pu_yamux *pu_yamux_new(const struct pu_yamux_config *config,
                              const struct pu_yamux_callbacks *callbacks, void *user,
                              bool initiator, uint64_t now);
/* Frees the session; accepts NULL. Streams that the host has not closed must have been through
 * lost(). */
void pu_yamux_free(struct pu_yamux *yamux);

/* Received bytes, cut anywhere; all are taken. PU_EPROTOCOL, PU_ELIMIT: the session is over,
 * its GoAway is in output(). PU_ECLOSED: the peer sent GoAway; see _goaway_code(). */
enum pu_err pu_yamux_input(struct pu_yamux *yamux, uint64_t now,
                           struct pu_bytes bytes) PU_MUST_CHECK;
/* The next bytes to send, `max` in all at most, as up to `pieces_max` (at least 4) pieces;
 * answers the number of pieces. They are whole frames, so let `max` be what one record holds.
 * Valid until sent() or any other call. Control frames come first, then streams in turn. */
size_t pu_yamux_output(struct pu_yamux *yamux, uint64_t now, struct iovec *out,
                       size_t pieces_max, size_t max);
/* Exactly what output() gave has been sealed; right after it. */
void pu_yamux_sent(struct pu_yamux *yamux);
bool pu_yamux_has_output(const struct pu_yamux *yamux);
void pu_yamux_deliver(struct pu_yamux *yamux);
uint64_t pu_yamux_deadline(const struct pu_yamux *yamux); /* UINT64_MAX = never */
/* Early calls do nothing. PU_ETIMEOUT: the peer is dead. */
enum pu_err pu_yamux_expire(struct pu_yamux *yamux, uint64_t now) PU_MUST_CHECK;

/* Opens a stream: PU_EAGAIN (too many not acknowledged; on_streams_available follows),
 * PU_ECLOSED, PU_ELIMIT. */
enum pu_err pu_yamux_open(struct pu_yamux *yamux, struct pu_stream **out) PU_MUST_CHECK;
/* Puts a GoAway with this code into output(), the last frame of the session: streams send and
 * receive nothing any more. lost() is to follow. */
void pu_yamux_goaway(struct pu_yamux *yamux, uint32_t code);
uint32_t pu_yamux_goaway_code(const struct pu_yamux *yamux); /* the peer's */
/* The carrier is gone: every stream is told (on_stream_data, PU_RECV_LOST) and detached. */
void pu_yamux_lost(struct pu_yamux *yamux);

struct pu_yamux_info {
	uint64_t rtt_ns; /* smoothed; 0 = unknown */
	size_t streams, send_buffered, recv_buffered, memory;
};
void pu_yamux_info(const struct pu_yamux *yamux, struct pu_yamux_info *out);
/* The session of a stream, by its `user`: NULL once it is lost. */
void *pu_yamux_stream_owner(const struct pu_stream *stream);

#endif
