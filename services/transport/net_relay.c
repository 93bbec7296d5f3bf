/* Knows how hosts in one test become relays and users of relays. */
#include "net_relay.h"

#include <stdio.h>

#include "relays.h"

void net_serve(struct net_node *node)
{
	node->config.relay = (struct pu_config_relay){
	    .serve = true,
	    .max_reservations = 16,
	    .max_reservations_per_ip = 16,
	    .max_circuits = 64,
	    .max_circuits_per_peer = 64,
	    .guest_reservations = 16,
	    .guest_circuits = 16,
	    .reservation_ttl_ms = 3600000,
	};
	transport_relay_reload(&node->transport);
}

const char *net_address(struct net_node *node)
{
	char text[PU_MULTIADDR_TEXT_MAX];
	snprintf(node->address, sizeof(node->address), "%s/p2p/%s",
	         pu_multiaddr_print(&node->transport.own.listen[0], text),
	         node->transport.identity.text);
	return node->address;
}

void net_use_relays(struct net_node *node, struct net_node *const relays[], size_t len)
{
	for (size_t i = 0; i < len; i++)
		node->relays[i] = net_address(relays[i]);
	node->config.relay.addresses = (struct pu_strings){node->relays, len};
	transport_relays_reload(node->transport.relays);
}

bool net_has_reservation(const struct net_node *relay, const struct net_node *node)
{
	return pu_relay_has(relay->transport.relay.books, &node->sim->id);
}
