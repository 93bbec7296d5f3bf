/* Our own addresses: what we listen on (interfaces resolved), what peers observe. */
#ifndef TRANSPORT_OWN_ADDRS_H
#define TRANSPORT_OWN_ADDRS_H

#include "limits.h"
#include "p2p/multiaddr.h"

struct transport;

struct transport_own_addrs {
	struct pu_multiaddr listen[TRANSPORT_OWN_ADDRS_MAX];
	size_t listen_len;
	struct pu_multiaddr observed[TRANSPORT_OBSERVED_MAX]; /* newest first, no duplicates */
	size_t observed_len;
	uint8_t *record; /* signed peer record of the listen addresses */
	size_t record_len;
};

/* Reads the sockets and interfaces anew. True when the list changed: sign and push then. */
bool transport_own_addrs_refresh(struct transport *transport);
/* A peer says that we look like this; unspecified, loopback and NAT64 are not believed. */
void transport_own_addrs_observe(struct transport *transport, const struct pu_multiaddr *addr);
void transport_own_addrs_fini(struct transport_own_addrs *own);

#endif
