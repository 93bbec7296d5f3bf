/* The connection manager: lets go of connections that nobody uses before there is no room for
 * new ones. */
#ifndef TRANSPORT_TRIM_H
#define TRANSPORT_TRIM_H

#include "swarm.h"

/* Above 7/8 of limits.connections: closes idle connections (no substream, peer not needed,
 * older than TRANSPORT_TRIM_GRACE_MS), longest idle first, until 3/4 are left; looks again
 * every TRANSPORT_TRIM_INTERVAL_MS while there are too many. */
void transport_trim(struct transport *transport);
/* Whether the peer may have one more connection: TRANSPORT_CONNS_PER_PEER. Its longest idle one
 * goes to make room. */
bool transport_trim_peer(struct transport_peer *peer);

#endif
