/* At which addresses others can reach this machine. */
#ifndef CLI_RELAY_REACH_H
#define CLI_RELAY_REACH_H

#include <stdbool.h>

#include "base/strings.h"

#define CLI_REACH_MAX 32 /* addresses */

struct cli_reach {
	char *items[CLI_REACH_MAX]; /* multiaddrs with /p2p/ID */
	size_t len;
	bool is_public; /* else all that there is are addresses of a private network */
};

/* The external addresses, and the listening ones: of those that mean every interface, the
 * interfaces' own. Besides the external ones, only public addresses are there if there is one,
 * and loopback only if there is nothing else. */
void cli_reach_find(struct cli_reach *reach, struct pu_strings external,
                    struct pu_strings listen, const char *peer_id);
void cli_reach_fini(struct cli_reach *reach);

/* Whether one of the machine's interfaces has the address of this multiaddr. */
bool cli_reach_is_ours(const char *address);

#endif
