/* Where a relay is, as people write it. Pure. */
#ifndef CLI_RELAY_ADDRESS_H
#define CLI_RELAY_ADDRESS_H

#include "base/error.h"
#include "p2p/multiaddr.h"

#define CLI_RELAY_PORT 4001 /* where relays listen unless somebody says otherwise */
#define CLI_RELAYS_MAX 8    /* as many as the configuration takes */

#define CLI_RELAY_FORMS "such as 203.0.113.50, relay.example.org:4001 or a multiaddr"

struct cli_relay_address {
	struct pu_peer_id peer;           /* { 0 }: not said */
	struct pu_multiaddr addresses[2]; /* without /p2p; the better one first */
	size_t len;
};

/* HOST or HOST:PORT, with or without /p2p/ID behind it: a host is an IPv4 address, an IPv6
 * address (in brackets when a port follows) or a name, and becomes an address for QUIC and one
 * for TCP. Or one multiaddr that a connection can be made to. PU_EINVAL: none of these. */
enum pu_err cli_relay_address_parse(const char *text, uint16_t default_port,
                                    struct cli_relay_address *out) PU_MUST_CHECK;

/* With /p2p/ID, as it stands in the configuration. Returns `out`. */
const char *cli_relay_address_print(const struct pu_multiaddr *address,
                                    const struct pu_peer_id *peer,
                                    char out[PU_MULTIADDR_TEXT_MAX]);

/* Of an address in the configuration: the address without the peer, and the peer. False: it is
 * none of a relay; the configuration's check lets none through. */
bool cli_relay_address_split(const char *text, struct pu_multiaddr *address,
                             struct pu_peer_id *peer);

#endif
