/* What is asked of others in circuit relay v2 (libp2p specs, relay/circuit-v2.md): of a relay a
 * reservation or a circuit, of a target that it takes one. */
#ifndef TRANSPORT_RELAY_CLIENT_H
#define TRANSPORT_RELAY_CLIENT_H

#include "p2p/relay_addrs.h"
#include "p2p/relay_message.h"

struct transport_conn;
struct transport_relay_ask;
struct transport_substream;

struct transport_reservation {
	uint64_t expires_s; /* Unix time */
	struct pu_relay_limit limit;
	struct pu_relay_addrs addrs; /* of the relay, each with its /p2p; may be none */
};

/* All call `done` once, later or at once (then they answer NULL), unless cancelled. The
 * reservation is NULL, the substream is NULL: err and text say why. A substream is the callee's
 * from then on: the circuit, whose ops and handler it sets; what has arrived is still in it. */
typedef void (*transport_reserved_fn)(void *user,
                                      const struct transport_reservation *reservation,
                                      enum pu_err err, const char *text);
typedef void (*transport_circuit_fn)(void *user, struct transport_substream *substream,
                                     const struct pu_relay_limit *limit, enum pu_err err,
                                     const char *text);

struct transport_relay_ask *transport_relay_reserve(struct transport_conn *relay,
                                                    transport_reserved_fn done, void *user);
struct transport_relay_ask *transport_relay_connect(struct transport_conn *relay,
                                                    const struct pu_peer_id *target,
                                                    transport_circuit_fn done, void *user);
/* As the relay: offers the target a circuit from `source`. */
struct transport_relay_ask *transport_relay_offer(struct transport_conn *target,
                                                  const struct pu_peer_id *source,
                                                  const struct pu_relay_limit *limit,
                                                  transport_circuit_fn done, void *user);
/* `done` will not run. Accepts NULL. */
void transport_relay_cancel(struct transport_relay_ask *ask);

#endif
