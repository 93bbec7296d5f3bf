/* The relays that we use (relay.addresses): connected to all of them, with a reservation at
 * each, in the order of their worth. */
#ifndef TRANSPORT_RELAYS_H
#define TRANSPORT_RELAYS_H

#include "p2p/multiaddr.h"
#include "proto/messages.h"
#include "swarm.h"

struct transport_relays;

/* Begins with what the configuration says. */
struct transport_relays *transport_relays_new(struct transport *transport);
void transport_relays_free(struct transport_relays *relays); /* accepts NULL */
/* The configuration has changed. */
void transport_relays_reload(struct transport_relays *relays);

/* The connection is gone. */
void transport_relays_conn_down(struct transport_relays *relays,
                                const struct transport_conn *conn);
/* The peer has told what it serves. */
void transport_relays_identified(struct transport_relays *relays,
                                 const struct transport_conn *conn);
/* Something changed that lets hope: tries at once those that are not reserved. */
void transport_relays_retry(struct transport_relays *relays);

/* Whether we use this peer as a relay. */
bool transport_relays_has(const struct transport_relays *relays, const struct pu_peer_id *id);
/* `/p2p/RELAY` of each that is connected, the best first, then of the others; answers how many.
 */
size_t transport_relays_list(const struct transport_relays *relays, struct pu_multiaddr *out,
                             size_t max);
/* Our addresses through them, the best first: what others may be told. */
size_t transport_relays_addrs(const struct transport_relays *relays, struct pu_multiaddr *out,
                              size_t max);
/* transport_peer_connect() with the addresses that are configured for the relay, and `also`,
 * which may be no more than /p2p/RELAY. */
void transport_relays_connect(struct transport_peer *relay, const struct pu_multiaddr *also,
                              struct transport_waiter *waiter);

/* For transport.relays: fills in `out`, whose texts are views that live until the next change,
 * its addresses in `texts`. Answers how many. */
size_t transport_relays_describe(const struct transport_relays *relays,
                                 struct pu_relay_info *out, size_t max);

#endif
