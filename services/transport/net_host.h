/* Of net_sim.c: what stands for the skeleton's host and for auth and naming. */
#ifndef TRANSPORT_NET_HOST_H
#define TRANSPORT_NET_HOST_H

#include "net_sim.h"

void net_host_init(struct net_node *node);
void net_host_fini(struct net_node *node);
/* Answers what has been asked and is due. */
void net_host_answer(struct net_node *node);

#endif
