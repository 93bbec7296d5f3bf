/* Datagrams in. */
#ifndef PU_QUIC_INPUT_H
#define PU_QUIC_INPUT_H

#include "quic/state.h"

/* Lets the connection read one datagram; answers what ngtcp2 says. */
int pu_quic_input_read(struct pu_quic_conn *conn, const struct pu_quic_datagrams *in,
                       struct pu_bytes datagram);

#endif
