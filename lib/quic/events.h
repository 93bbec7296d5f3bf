/* Events out: what ngtcp2 and ourselves noted, told to the host. */
#ifndef PU_QUIC_EVENTS_H
#define PU_QUIC_EVENTS_H

#include "quic/state.h"

/* Tells everything that is due; buries connections that have ended. */
void pu_quic_events_deliver(struct pu_quic_endpoint *ep);

#endif
