/* One attempt to reach a peer: all its addresses, ranked, raced against each other
 * (libp2p facts: dial ranking, happy eyeballs). */
#ifndef TRANSPORT_DIAL_H
#define TRANSPORT_DIAL_H

#include "swarm.h"

/* Begins; ends with a connection coming up (transport_dial_won) or with
 * transport_peer_dial_failed(). `addresses` are tried besides those of naming. */
void transport_dial_start(struct transport_peer *peer, struct pu_strings addresses);
/* More addresses for an attempt that runs. */
void transport_dial_add(struct transport_dial *dial, struct pu_strings addresses);
/* There is no connection any more that would do meanwhile: relays are asked, too. */
void transport_dial_widen(struct transport_dial *dial);
/* A connection of the attempt failed, or came up and is allowed. */
void transport_dial_conn_failed(struct transport_conn *conn, enum pu_err err, const char *text);
void transport_dial_won(struct transport_conn *conn);
/* Gives up silently; handshakes that run go on without it. Accepts NULL. */
void transport_dial_free(struct transport_dial *dial);

#endif
