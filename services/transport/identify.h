/* Identify and identify push, both ends (libp2p specs, identify). */
#ifndef TRANSPORT_IDENTIFY_H
#define TRANSPORT_IDENTIFY_H

#include "swarm.h"

/* Asks the other end of a new connection who it is; publishes peer.identified. */
void transport_identify_begin(struct transport_conn *conn);
/* Our addresses or protocols changed: tells every connected peer, soon (debounced). */
void transport_push_later(struct transport *transport);

#endif
