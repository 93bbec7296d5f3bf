/* In which order and when to try the addresses of a peer. Pure. */
#ifndef TRANSPORT_DIAL_RANK_H
#define TRANSPORT_DIAL_RANK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "p2p/multiaddr.h"

#define DIAL_STEP_PUBLIC_MS  250 /* between families and within one, as go-libp2p */
#define DIAL_STEP_PRIVATE_MS 30

struct transport_candidate {
	struct sockaddr_storage addr;
	struct pu_multiaddr multiaddr; /* as told */
	uint32_t delay_ms;             /* after the start of the attempt */
};

/* Sorts and sets the delays: loopback and private ones first and close together, then public
 * ones, each group with IPv6 before IPv4. Duplicates are removed; answers how many remain. */
size_t transport_dial_rank(struct transport_candidate *candidates, size_t len);

#endif
