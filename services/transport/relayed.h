/* Connections through a relay: a circuit (libp2p specs, relay/circuit-v2.md) carries the byte
 * stream that the upgrader makes a connection of. The relay sees none of it but its length. */
#ifndef TRANSPORT_RELAYED_H
#define TRANSPORT_RELAYED_H

#include "p2p/relay_message.h"
#include "swarm.h"

struct transport_substream;

/* Dials conn->peer through a relay; `relay` is the relay's multiaddr with its /p2p, or nothing
 * but that: then its addresses must be known (relays.h, naming). Connects to the relay first if
 * need be; what fails later is told as the end of the connection. */
enum pu_err transport_relayed_dial(struct transport_conn *conn,
                                   const struct pu_multiaddr *relay) PU_MUST_CHECK;

/* A circuit from `source` has come in through the relay at the other end of `via`: takes over
 * the substream, whose stop protocol is done. */
void transport_relayed_accept(struct transport_conn *via, struct transport_substream *substream,
                              const struct pu_peer_id *source,
                              const struct pu_relay_limit *limit);

#endif
