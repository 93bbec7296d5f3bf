/* In which order and when to try the addresses of a peer. Pure. */
#ifndef TRANSPORT_DIAL_RANK_H
#define TRANSPORT_DIAL_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "p2p/multiaddr.h"

#define DIAL_STEP_PUBLIC_MS  250 /* between families, carriers and within them, as go-libp2p */
#define DIAL_STEP_PRIVATE_MS 30
#define DIAL_HOLD_RELAYED_MS 500 /* what direct addresses have for themselves */

struct transport_candidate {
	enum pu_carrier carrier;       /* PU_CARRIER_NONE: through a relay */
	struct sockaddr_storage addr;  /* relayed: zeroed */
	struct pu_multiaddr multiaddr; /* as told: perhaps with a name */
	unsigned preference;           /* among relayed ones: lower is earlier */
	uint32_t delay_ms;             /* after the start of the attempt */
};

/* They lead to the same place. */
bool transport_candidate_eq(const struct transport_candidate *a,
                            const struct transport_candidate *b);
/* Sorts and sets the delays: loopback and private ones first and close together, then public
 * ones, then those through a relay, not before direct ones had DIAL_HOLD_RELAYED_MS; each group
 * of direct ones with QUIC before TCP before WebSockets, and IPv6 before IPv4. Duplicates are
 * removed; answers how many remain. */
size_t transport_dial_rank(struct transport_candidate *candidates, size_t len);

#endif
