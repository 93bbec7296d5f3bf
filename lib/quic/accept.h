/* First packets of connections that we do not know. */
#ifndef PU_QUIC_ACCEPT_H
#define PU_QUIC_ACCEPT_H

#include "quic/state.h"

/* A long-header packet for which there is no connection. Makes one, or answers with Retry or
 * a refusal, or drops it. */
void pu_quic_accept(struct pu_quic_endpoint *ep, const struct pu_quic_datagrams *in,
                    struct pu_bytes datagram);
/* The handshake of an inbound connection is over, one way or the other. */
void pu_quic_accept_done(struct pu_quic_conn *conn);

#endif
