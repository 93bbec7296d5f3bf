/* A bidirectional QUIC stream: one libp2p substream. Both halves end independently. The host
 * reads into and out of the memory that QUIC sends from and receives into.
 *
 * Sending:   reserve() -> fill the memory -> commit(); finish() or reset()
 * Receiving: on_stream_data -> peek() -> consume(), until peek() says how it ended
 *
 * After the connection is gone (PU_ECLOSED everywhere) peek(), consume() and close() still
 * work. */
#ifndef PU_QUIC_STREAM_H
#define PU_QUIC_STREAM_H

#include "mux/stream.h"
#include "quic/endpoint.h"

void *pu_quic_stream_user(const struct pu_quic_stream *stream);
void pu_quic_stream_set_user(struct pu_quic_stream *stream, void *user);
/* The same as any stream; they share the host's pointer. */
struct pu_stream *pu_quic_stream_base(struct pu_quic_stream *stream);
/* NULL once the connection is gone. */
struct pu_quic_conn *pu_quic_stream_conn(const struct pu_quic_stream *stream);
int64_t pu_quic_stream_id(const struct pu_quic_stream *stream);
bool pu_quic_stream_is_inbound(const struct pu_quic_stream *stream);

/* Writable memory in at most two pieces, at most `want` bytes in all; answers the bytes given
 * (0: none now). If it is less than `want`, on_stream_writable follows when there is room. The
 * memory is valid until the next call for this stream. Every reserve() is followed by a
 * commit() before the host returns to its loop. `want` should be what may really come: small
 * for a stream of messages, 64 KiB or more for a bulk transfer. 0 too when the send side has
 * ended. */
size_t pu_quic_stream_reserve(struct pu_quic_stream *stream, size_t want, struct iovec out[2]);
/* Sends the first `len` (0 is fine) bytes of what was reserved; gives back the rest. */
void pu_quic_stream_commit(struct pu_quic_stream *stream, size_t len);
/* Both for bytes that exist already; answers how many were taken, as reserve() does. */
size_t pu_quic_stream_write(struct pu_quic_stream *stream, const void *data, size_t len);
/* No more bytes after those written (FIN). Twice does nothing. */
void pu_quic_stream_finish(struct pu_quic_stream *stream);
/* Abandons the send side: RESET_STREAM; bytes not confirmed are lost. Nothing if all of it, FIN
 * included, has been confirmed. */
void pu_quic_stream_reset(struct pu_quic_stream *stream, uint64_t code);
/* Bytes written and not confirmed by the peer; with `unsent`, only those never sent. */
size_t pu_quic_stream_pending(const struct pu_quic_stream *stream, bool unsent);
/* The send side takes bytes: not finished, not reset, not stopped, connection there. */
bool pu_quic_stream_can_send(const struct pu_quic_stream *stream);

/* Borrows received bytes, in order, as up to `max` pieces; answers the number of pieces.
 * `state` (may be NULL) tells how the stream ends after these bytes if all of them are in
 * `out`, else PU_RECV_OPEN. The pieces are valid until consume() or the next flush. */
size_t pu_quic_stream_peek(struct pu_quic_stream *stream, struct iovec *out, size_t max,
                           enum pu_recv *state);
/* Drops the first `len` received bytes and lets the peer send as many more. */
void pu_quic_stream_consume(struct pu_quic_stream *stream, size_t len);
/* Bytes that peek() could show. */
size_t pu_quic_stream_readable(const struct pu_quic_stream *stream);
/* The code of PU_RECV_RESET. */
uint64_t pu_quic_stream_reset_code(const struct pu_quic_stream *stream);
/* Wants no more bytes: STOP_SENDING; what has been and will be received is dropped. No more
 * on_stream_data but for the loss of the connection. Nothing if the receive side has ended. */
void pu_quic_stream_stop_sending(struct pu_quic_stream *stream, uint64_t code);

/* Gives the stream back; exactly once per stream, from anywhere. A finished send side goes on
 * sending in the background; one that is not finished is reset with code 0; a receive side that
 * has not ended is stopped with code 0. No callback for it afterwards. */
void pu_quic_stream_close(struct pu_quic_stream *stream);

#endif
