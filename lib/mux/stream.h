/* A stream of a libp2p connection, whatever carries it: QUIC, or yamux over a secured byte
 * stream. Both halves end independently. The host reads into and out of the memory that the
 * stream sends from and receives into.
 *
 * Sending:   reserve() -> fill the memory -> commit(); finish() or reset()
 * Receiving: on_stream_data -> peek() -> consume(), until peek() says how it ended
 *
 * After the connection is gone (PU_ECLOSED everywhere) peek(), consume() and close() still
 * work. A stream belongs to the host from mux_open or on_stream_new until close(). */
#ifndef PU_MUX_STREAM_H
#define PU_MUX_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/bytes.h"

struct pu_stream;

/* How the receive side stands when everything received has been consumed. */
enum pu_recv {
	PU_RECV_OPEN,  /* more may come */
	PU_RECV_FIN,   /* the peer finished: nothing will come */
	PU_RECV_RESET, /* the peer (or our stop_sending) ended it with pu_stream_reset_code() */
	PU_RECV_LOST,  /* the connection ended */
};

/* What a muxer implements, one table each. */
struct pu_stream_ops {
	size_t (*reserve)(struct pu_stream *stream, size_t want, struct iovec out[2]);
	void (*commit)(struct pu_stream *stream, size_t len);
	void (*finish)(struct pu_stream *stream);
	void (*reset)(struct pu_stream *stream, uint64_t code);
	bool (*can_send)(const struct pu_stream *stream);
	size_t (*pending)(const struct pu_stream *stream, bool unsent);
	size_t (*peek)(struct pu_stream *stream, struct iovec *out, size_t max,
	               enum pu_recv *state);
	void (*consume)(struct pu_stream *stream, size_t len);
	size_t (*readable)(const struct pu_stream *stream);
	uint64_t (*reset_code)(const struct pu_stream *stream);
	void (*stop_sending)(struct pu_stream *stream, uint64_t code);
	void (*close)(struct pu_stream *stream);
};

/* Embedded first in a muxer's own stream. */
struct pu_stream {
	const struct pu_stream_ops *ops;
	void *user; /* the host's */
};

/* Writable memory in at most two pieces, at most `want` bytes in all; answers the bytes given
 * (0: none now). If it is less than `want`, on_stream_writable follows when there is room. The
 * memory is valid until the next call for this stream. Every reserve() is followed by a
 * commit() before the host returns to its loop. `want` should be what may really come: small
 * for a stream of messages, 64 KiB or more for a bulk transfer. 0 too when the send side has
 * ended. */
static inline size_t pu_stream_reserve(struct pu_stream *stream, size_t want,
                                       struct iovec out[2])
{
	return stream->ops->reserve(stream, want, out);
}

/* Sends the first `len` (0 is fine) bytes of what was reserved; gives back the rest. */
static inline void pu_stream_commit(struct pu_stream *stream, size_t len)
{
	stream->ops->commit(stream, len);
}

/* Both for bytes that exist already; answers how many were taken, as reserve() does. */
size_t pu_stream_write(struct pu_stream *stream, const void *data, size_t len);

/* No more bytes after those written (FIN). Twice does nothing. */
static inline void pu_stream_finish(struct pu_stream *stream)
{
	stream->ops->finish(stream);
}

/* Abandons the send side; bytes that have not arrived are lost. Nothing if all of it, FIN
 * included, has been confirmed. On yamux a reset ends both halves. */
static inline void pu_stream_reset(struct pu_stream *stream, uint64_t code)
{
	stream->ops->reset(stream, code);
}

/* The send side takes bytes: not finished, not reset, not stopped, connection there. */
static inline bool pu_stream_can_send(const struct pu_stream *stream)
{
	return stream->ops->can_send(stream);
}

/* Bytes written and held for the peer; with `unsent`, only those never sent. */
static inline size_t pu_stream_pending(const struct pu_stream *stream, bool unsent)
{
	return stream->ops->pending(stream, unsent);
}

/* Borrows received bytes, in order, as up to `max` pieces; answers the number of pieces.
 * `state` (may be NULL) tells how the stream ends after these bytes if all of them are in
 * `out`, else PU_RECV_OPEN. The pieces are valid until consume() or the next flush. */
static inline size_t pu_stream_peek(struct pu_stream *stream, struct iovec *out, size_t max,
                                    enum pu_recv *state)
{
	return stream->ops->peek(stream, out, max, state);
}

/* Drops the first `len` received bytes and lets the peer send as many more. */
static inline void pu_stream_consume(struct pu_stream *stream, size_t len)
{
	stream->ops->consume(stream, len);
}

/* Bytes that peek() could show. */
static inline size_t pu_stream_readable(const struct pu_stream *stream)
{
	return stream->ops->readable(stream);
}

/* The code of PU_RECV_RESET. */
static inline uint64_t pu_stream_reset_code(const struct pu_stream *stream)
{
	return stream->ops->reset_code(stream);
}

/* Wants no more bytes (QUIC: STOP_SENDING); what has been and will be received is dropped. No
 * more on_stream_data but for the loss of the connection. Nothing if the receive side has
 * ended. */
static inline void pu_stream_stop_sending(struct pu_stream *stream, uint64_t code)
{
	stream->ops->stop_sending(stream, code);
}

/* Gives the stream back; exactly once per stream, from anywhere. A finished send side goes on
 * sending in the background; one that is not finished is reset with code 0; a receive side that
 * has not ended is stopped with code 0. No callback for it afterwards. */
static inline void pu_stream_close(struct pu_stream *stream)
{
	stream->ops->close(stream);
}

#endif
