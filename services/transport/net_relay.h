/* Relays among the hosts of net_sim.h. Not part of the product. */
#ifndef TRANSPORT_NET_RELAY_H
#define TRANSPORT_NET_RELAY_H

#include "net_sim.h"

/* Makes it a relay with small limits, for guests too. */
void net_serve(struct net_node *node);
/* Where others find it, with its peer ID; lives as long as the node. */
const char *net_address(struct net_node *node);
/* Has it use these relays, at most NET_NODES_MAX, and no others. */
void net_use_relays(struct net_node *node, struct net_node *const relays[], size_t len);
bool net_has_reservation(const struct net_node *relay, const struct net_node *node);

#endif
