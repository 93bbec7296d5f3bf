/* The send side of streams, as output.c and the callbacks of ngtcp2 see it. */
#ifndef PU_QUIC_STREAM_SEND_H
#define PU_QUIC_STREAM_SEND_H

#include "quic/state.h"

/* The first bytes never sent, in up to two pieces; answers the number of pieces. */
size_t pu_quic_stream_unsent(const struct pu_quic_stream *stream, struct iovec out[2]);
/* QUIC took that many of them. With the last, FIN has gone too if it was wanted. */
void pu_quic_stream_was_sent(struct pu_quic_stream *stream, size_t len);
/* The first `len` bytes not confirmed so far now are. */
void pu_quic_stream_was_acked(struct pu_quic_stream *stream, size_t len);
/* Not to be asked for data until the peer allows more. */
void pu_quic_stream_park(struct pu_quic_stream *stream);
void pu_quic_stream_unpark(struct pu_quic_stream *stream);
/* The peer sent STOP_SENDING: the host will be told. */
void pu_quic_stream_was_stopped(struct pu_quic_stream *stream);
/* Asks ngtcp2 whether it did. */
void pu_quic_stream_look_at_send(struct pu_quic_stream *stream);
void pu_quic_conn_look_at_parked(struct pu_quic_conn *conn);
/* Nothing more will be sent; forgets all bytes. Nobody may still point to them. */
void pu_quic_stream_end_send(struct pu_quic_stream *stream);

#endif
