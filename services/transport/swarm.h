/* Peers and connections: who is connected and allowed, how to become connected, when to stay
 * connected. One swarm per host. */
#ifndef TRANSPORT_SWARM_H
#define TRANSPORT_SWARM_H

#include "base/list.h"
#include "base/map.h"
#include "conn.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"
#include "proto/messages.h"
#include "timers.h"

struct transport;
struct transport_dial;

struct transport_peer {
	struct pu_peer_id id;
	char text[PU_PEER_ID_TEXT_MAX];
	struct transport *transport;
	struct pu_list conns; /* struct transport_conn, dialing ones too */
	size_t conns_len;
	struct pu_list waiters; /* struct transport_waiter */
	size_t waiters_len;
	struct transport_dial *dial; /* running attempt */
	unsigned held;               /* callers on the stack that still use it */
	/* Reconnecting to peers that somebody needs. */
	unsigned needed;
	unsigned attempt;
	struct transport_deadline retry;
};

/* Somebody who waits for a connection to a peer. Embedded; cancel with
 * transport_waiter_cancel(). conn is NULL when there will be none: err and text say why. */
struct transport_waiter {
	struct pu_list_node node;
	struct transport_peer *peer;
	struct transport_deadline deadline;
	void (*done)(struct transport_waiter *waiter, struct transport_conn *conn, enum pu_err err,
	             const char *text);
};

struct transport_swarm {
	struct pu_map peers; /* peer ID bytes -> struct transport_peer */
	size_t conns_up;
	size_t conns; /* of whatever kind, handshakes too: limits.connections */
};

void transport_swarm_init(struct transport *transport);
void transport_swarm_fini(struct transport *transport);

/* The peer's entry, made if need be. NULL: TRANSPORT_PEERS_MAX. An entry that nobody uses goes
 * away by itself. */
struct transport_peer *transport_swarm_peer(struct transport *transport,
                                            const struct pu_peer_id *id);
/* The best connection that is up, or NULL. */
struct transport_conn *transport_peer_best(const struct transport_peer *peer);
/* The newest that is up and not relayed, a guest's too; or NULL. The peer may have moved and
 * left older ones behind. */
struct transport_conn *transport_peer_direct(const struct transport_peer *peer);
/* How many are up and not about to close. */
size_t transport_peer_conns_up(const struct transport_peer *peer);
/* Calls waiter->done once: at once when there is a connection, else after dialing the
 * addresses that naming knows and `addresses`, or at the deadline (0 = default). */
void transport_peer_connect(struct transport_peer *peer, struct transport_waiter *waiter,
                            struct pu_strings addresses, uint64_t deadline_ms);
void transport_waiter_cancel(struct transport_waiter *waiter);
/* Counted: while somebody needs the peer it is dialed again with backoff. */
void transport_peer_need(struct transport_peer *peer, bool needed);
/* Closes all its connections. */
void transport_peer_disconnect(struct transport_peer *peer, uint64_t code, const char *reason);
/* authorized_keys changed: asks again about every connection. */
void transport_swarm_recheck(struct transport *transport);
/* Something changed that lets hope: dials the needed peers without a connection now, instead of
 * after their backoff. */
void transport_swarm_retry(struct transport *transport);

/* For dial.c: the attempt is over without a connection. */
void transport_peer_dial_failed(struct transport_peer *peer, enum pu_err err, const char *text);
/* For conn.c: a connection came up and is allowed; a connection of the peer is gone. */
void transport_peer_conn_up(struct transport_conn *conn);
void transport_peer_conn_down(struct transport_conn *conn);
/* Frees the entry if nothing needs it; _hold puts that off until _rele. */
void transport_peer_settle(struct transport_peer *peer);
void transport_peer_hold(struct transport_peer *peer);
void transport_peer_rele(struct transport_peer *peer);

#endif
