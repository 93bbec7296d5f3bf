/* Whether connections are still alive, sooner than their idle timeout would say: those to
 * relays always, all of them after the network has changed. */
#ifndef TRANSPORT_WATCH_H
#define TRANSPORT_WATCH_H

#include "timers.h"

struct transport;
struct transport_conn;

struct transport_watch {
	struct transport_deadline tick; /* of the connections that are watched */
};

/* From now on: if it is silent and then does not answer a ping, it is closed. */
void transport_watch(struct transport_conn *conn);
/* The network changed: asks every connection for a sign of life, and closes those that give
 * none in time. */
void transport_watch_all(struct transport *transport);
/* The same for connections to one address, about which there is bad news. */
void transport_watch_address(struct transport *transport, const struct sockaddr *remote);
/* The peer has connected anew, perhaps because it has lost what it had: asks about its older
 * connections. */
void transport_watch_older(const struct transport_conn *fresh);
void transport_watch_fini(struct transport *transport);

#endif
