/* Connections over TCP and WebSockets: dialled, and accepted on our listeners. */
#ifndef TRANSPORT_CONN_TCP_H
#define TRANSPORT_CONN_TCP_H

#include "dial_rank.h"
#include "io_tcp_listen.h"
#include "swarm.h"

struct transport;

struct transport_listener {
	struct transport *transport;
	struct transport_tcp_listener *tcp;
	enum pu_carrier kind; /* TCP, WS or WSS */
};

/* Listens. PU_ELIMIT: TRANSPORT_LISTENERS_MAX; PU_EUNSUPPORTED: WSS without a certificate; else
 * as transport_tcp_listen(). */
enum pu_err transport_tcp_conn_listen(struct transport *transport, enum pu_carrier kind,
                                      const struct sockaddr *addr) PU_MUST_CHECK;
/* Dials the candidate, which is not relayed and not QUIC, for `conn`; whoever answers if
 * `expected` is NULL. What fails later is told as the end of the connection. */
enum pu_err transport_tcp_conn_dial(struct transport_conn *conn,
                                    const struct pu_peer_id *expected,
                                    const struct transport_candidate *candidate) PU_MUST_CHECK;
/* Listeners, and what still says its last words; the connections have ended before. */
void transport_tcp_conn_fini(struct transport *transport);

#endif
