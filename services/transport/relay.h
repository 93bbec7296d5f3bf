/* This host as a relay for others (circuit relay v2): its books, its circuits. */
#ifndef TRANSPORT_RELAY_H
#define TRANSPORT_RELAY_H

#include "proto/messages.h"
#include "relay/relay.h"
#include "relay_splice.h"
#include "timers.h"

struct transport_conn;
struct transport_peer;

struct transport_relay {
	struct pu_relay *books;
	struct pu_list circuits;       /* struct transport_circuit */
	struct transport_deadline due; /* of the books */
};

/* A circuit that runs, or is being made. */
struct transport_circuit {
	struct pu_relay_circuit entry; /* in the books */
	struct transport *transport;
	struct transport_splice *splice; /* NULL: the target has not agreed yet */
};

void transport_relay_init(struct transport *transport);
void transport_relay_fini(struct transport *transport);
/* The configuration has changed. */
void transport_relay_reload(struct transport *transport);
/* A connection of the peer is gone: its reservation with the last that is not relayed. */
void transport_relay_conn_down(const struct transport_peer *peer);
/* The books may want to be called earlier than before. */
void transport_relay_rearm(struct transport *transport);
/* Source and target agree: bytes move from now on. Takes all three over. */
void transport_relay_join(struct transport_circuit *circuit, struct transport_substream *source,
                          struct transport_substream *target);

/* For transport.relaying: fills in `out`, whose items are allocated; see _described(). `limit`
 * of each list; 0 = as many as fit into a message. */
void transport_relay_describe(const struct transport *transport, size_t limit,
                              struct pu_transport_circuits *out);
void transport_relay_described(struct pu_transport_circuits *out);

#endif
