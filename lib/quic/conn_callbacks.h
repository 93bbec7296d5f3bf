/* What ngtcp2 tells and asks us. */
#ifndef PU_QUIC_CONN_CALLBACKS_H
#define PU_QUIC_CONN_CALLBACKS_H

#include "quic/state.h"

extern const ngtcp2_callbacks pu_quic_client_callbacks, pu_quic_server_callbacks;

#endif
