/* The texts that make a server a relay. Pure. */
#ifndef CLI_RELAY_SETUP_H
#define CLI_RELAY_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/strings.h"

/* The place of the Debian package and of the units in packaging/systemd. */
#define CLI_SYSTEM_DIR   "/etc/peerup"
#define CLI_SYSTEM_STATE "/var/lib/peerup"

struct cli_relay_setup {
	const char *name;
	uint16_t port, ws_port;     /* ws_port 0: no WebSocket */
	bool open;                  /* for guests too */
	bool system;                /* in CLI_SYSTEM_DIR: sockets and the audit log go elsewhere */
	struct pu_strings external; /* multiaddrs */
};

/* The configuration. */
void cli_relay_setup_config(struct pu_buffer *out, const struct cli_relay_setup *setup);
/* Rules for nft -f that let in what the relay needs. */
void cli_relay_setup_rules(struct pu_buffer *out, const struct cli_relay_setup *setup);

#endif
