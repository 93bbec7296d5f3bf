/* Life of a stream, as the rest of this folder sees it. */
#ifndef PU_QUIC_STREAM_STATE_H
#define PU_QUIC_STREAM_STATE_H

#include "quic/state.h"

struct pu_quic_stream *pu_quic_stream_new(struct pu_quic_conn *conn, bool inbound, int64_t id);
/* QUIC and the host are both done with it, or the endpoint ends. */
void pu_quic_stream_free(struct pu_quic_stream *stream);
/* QUIC knows it still: calls into ngtcp2 make sense. */
bool pu_quic_stream_is_alive(const struct pu_quic_stream *stream);
void pu_quic_stream_event(struct pu_quic_stream *stream, unsigned event);
/* The connection is gone; what was received stays. */
void pu_quic_stream_detach(struct pu_quic_stream *stream);

/* Bytes that may still be allocated. */
size_t pu_quic_memory_left(const struct pu_quic_endpoint *ep);

/* The receive side. PU_ELIMIT: no memory for it. */
enum pu_err pu_quic_stream_received(struct pu_quic_stream *stream, const uint8_t *data,
                                    size_t len) PU_MUST_CHECK;
/* Forgets what was received and lets the peer send as much on other streams. */
void pu_quic_stream_drop_received(struct pu_quic_stream *stream);

#endif
