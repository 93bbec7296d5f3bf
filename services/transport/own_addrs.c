/* Knows under which addresses we can be reached, as far as this machine can tell. */
#include "own_addrs.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "p2p/multiaddr_class.h"
#include "transport.h"

static void add(struct transport_own_addrs *own, const struct pu_multiaddr *addr)
{
	for (size_t i = 0; i < own->listen_len; i++)
		if (pu_multiaddr_eq(&own->listen[i], addr))
			return;
	if (own->listen_len < TRANSPORT_OWN_ADDRS_MAX)
		own->listen[own->listen_len++] = *addr;
}

static bool is_unspecified(const struct pu_quic_addr *addr)
{
	return pu_sockaddr_class(&addr->sa) == PU_ADDR_UNSPECIFIED;
}

/* The interface's address with the socket's port. Link-local ones need a zone that means
 * nothing to others: left out. */
static void add_interface(struct transport_own_addrs *own, const struct ifaddrs *interface,
                          const struct pu_quic_addr *bound, enum pu_carrier carrier)
{
	struct pu_quic_addr addr = {0};
	struct pu_multiaddr multiaddr;
	if (interface->ifa_addr == NULL || !(interface->ifa_flags & IFF_UP) ||
	    interface->ifa_addr->sa_family != bound->sa.sa_family)
		return;
	memcpy(&addr.in6, interface->ifa_addr,
	       bound->sa.sa_family == AF_INET ? sizeof(addr.in) : sizeof(addr.in6));
	if (bound->sa.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&addr.in6.sin6_addr))
		return;
	addr.in.sin_port = bound->in.sin_port; /* at the same place in both families */
	if (pu_multiaddr_from_sockaddr(&addr.sa, carrier, &multiaddr) == PU_OK)
		add(own, &multiaddr);
}

static bool same(const struct transport_own_addrs *a, const struct transport_own_addrs *b)
{
	if (a->listen_len != b->listen_len)
		return false;
	for (size_t i = 0; i < a->listen_len; i++)
		if (!pu_multiaddr_eq(&a->listen[i], &b->listen[i]))
			return false;
	return true;
}

/* What a socket that is bound there can be reached at. */
static void add_bound(struct transport_own_addrs *own, const struct ifaddrs *interfaces,
                      const struct pu_quic_addr *bound, enum pu_carrier carrier)
{
	struct pu_multiaddr multiaddr;
	if (!is_unspecified(bound)) {
		if (pu_multiaddr_from_sockaddr(&bound->sa, carrier, &multiaddr) == PU_OK)
			add(own, &multiaddr);
		return;
	}
	for (const struct ifaddrs *it = interfaces; it != NULL; it = it->ifa_next)
		add_interface(own, it, bound, carrier);
}

static void add_external(struct transport_own_addrs *own, const struct pu_strings *texts)
{
	for (size_t i = 0; i < texts->len; i++) {
		struct pu_multiaddr addr;
		if (pu_multiaddr_parse(texts->items[i], &addr) == PU_OK) {
			pu_multiaddr_strip_peer(&addr);
			add(own, &addr);
		}
	}
}

bool transport_own_addrs_refresh(struct transport *transport)
{
	struct transport_own_addrs *own = &transport->own;
	struct transport_own_addrs *fresh = PU_NEW(struct transport_own_addrs);
	const struct transport_engine *engine = &transport->engine;
	struct ifaddrs *interfaces = NULL;
	if (getifaddrs(&interfaces) != 0)
		interfaces = NULL;
	add_external(fresh, &pu_host_config(transport->host)->network.external_addresses);
	for (size_t i = 0; i < engine->sockets_len; i++)
		add_bound(fresh, interfaces, transport_udp_local(engine->sockets[i]), PU_CARRIER_QUIC);
	for (size_t i = 0; i < engine->listeners_len; i++)
		add_bound(fresh, interfaces, transport_tcp_listener_local(engine->listeners[i].tcp),
		          engine->listeners[i].kind);
	freeifaddrs(interfaces);
	bool changed = !same(fresh, own);
	memcpy(own->listen, fresh->listen, sizeof(fresh->listen));
	own->listen_len = fresh->listen_len;
	pu_free(fresh);
	return changed;
}

void transport_own_addrs_observe(struct transport *transport, const struct pu_multiaddr *addr)
{
	struct transport_own_addrs *own = &transport->own;
	enum pu_addr_class class = pu_multiaddr_class(addr);
	if ((class != PU_ADDR_PUBLIC && class != PU_ADDR_PRIVATE) || pu_multiaddr_is_nat64(addr) ||
	    !pu_multiaddr_has(addr, PU_MA_QUIC_V1) || pu_multiaddr_has(addr, PU_MA_P2P_CIRCUIT))
		return;
	size_t at = 0;
	while (at < own->observed_len && !pu_multiaddr_eq(&own->observed[at], addr))
		at++;
	if (at == own->observed_len && own->observed_len < TRANSPORT_OBSERVED_MAX)
		own->observed_len++;
	if (at == TRANSPORT_OBSERVED_MAX)
		at--;
	memmove(own->observed + 1, own->observed, at * sizeof(own->observed[0]));
	own->observed[0] = *addr;
}

void transport_own_addrs_fini(struct transport_own_addrs *own)
{
	pu_free(own->record);
}
