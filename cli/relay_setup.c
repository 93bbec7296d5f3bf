/* Knows what stands in a relay's configuration and in its firewall's rules. */
#include "relay_setup.h"

#include <stdio.h>

#include "node_files.h"

static void put_network(struct pu_buffer *out, const struct cli_relay_setup *setup)
{
	CLI_NODE_PUT(out,
	             "network:\n"
	             "  listen_addresses:\n"
	             "    - /ip4/0.0.0.0/udp/%u/quic-v1\n"
	             "    - /ip6/::/udp/%u/quic-v1\n"
	             "    - /ip4/0.0.0.0/tcp/%u\n"
	             "    - /ip6/::/tcp/%u\n",
	             setup->port, setup->port, setup->port, setup->port);
	if (setup->ws_port != 0)
		CLI_NODE_PUT(out,
		             "    # For networks that let nothing else out.\n"
		             "    - /ip4/0.0.0.0/tcp/%u/ws\n"
		             "    - /ip6/::/tcp/%u/ws\n",
		             setup->ws_port, setup->ws_port);
	if (setup->external.len > 0)
		CLI_NODE_PUT(out, "  # Where others reach it: told besides the addresses of the "
		                  "interfaces.\n"
		                  "  external_addresses:\n");
	for (size_t i = 0; i < setup->external.len; i++)
		CLI_NODE_PUT(out, "    - %s\n", setup->external.items[i]);
}

void cli_relay_setup_config(struct pu_buffer *out, const struct cli_relay_setup *setup)
{
	CLI_NODE_PUT(
	    out, "# The configuration of this peerup relay; `man peerup.yaml` explains every "
	         "key.\n"
	         "# `peerup config validate` checks it, `peerup daemon reload` applies changes.\n"
	         "version: 1\n");
	if (setup->system)
		CLI_NODE_PUT(out, "runtime_dir: /run/peerup\n");
	CLI_NODE_PUT(out, "\nnode:\n  name: %s\n\n", setup->name);
	put_network(out, setup);
	if (setup->system)
		CLI_NODE_PUT(out, "\nsecurity:\n  audit_log: " CLI_SYSTEM_STATE "/audit.log\n");
	CLI_NODE_PUT(
	    out,
	    "\n"
	    "# More than a node has: every peer that is reachable through the relay stays\n"
	    "# connected to it.\n"
	    "limits:\n"
	    "  connections: 16384\n"
	    "  connections_per_ip: 64\n"
	    "  pending_handshakes: 1024\n"
	    "  memory: 1GB\n"
	    "\n"
	    "# Peers use it once they are authorized: peerup relay authorize PEERID. Its\n"
	    "# limits, all of them settable, are shown by: peerup config show\n"
	    "relay:\n"
	    "  serve: true\n"
	    "%s"
	    "\n"
	    "# What you call your peers.\n"
	    "names: {}\n",
	    setup->open ? "  # Strangers may use it too, within the guest_ limits.\n"
	                  "  open: true\n"
	                : "");
}

void cli_relay_setup_rules(struct pu_buffer *out, const struct cli_relay_setup *setup)
{
	char ws[16] = "";

	if (setup->ws_port != 0)
		snprintf(ws, sizeof(ws), ", %u", setup->ws_port);
	CLI_NODE_PUT(
	    out,
	    "#!/usr/sbin/nft -f\n"
	    "# What a peerup relay needs to be let in. Everything else that comes in is dropped, "
	    "but\n"
	    "# for ssh and answers to what the server asks itself: add your other services first.\n"
	    "#   check it:  nft -c -f peerup-relay.nft\n"
	    "#   use it:    nft -f peerup-relay.nft\n"
	    "#   undo it:   nft delete table inet peerup_relay\n"
	    "table inet peerup_relay\n"
	    "delete table inet peerup_relay\n"
	    "table inet peerup_relay {\n"
	    "\tchain input {\n"
	    "\t\ttype filter hook input priority filter; policy drop;\n"
	    "\n"
	    "\t\tiif lo accept\n"
	    "\t\tct state established,related accept\n"
	    "\t\tct state invalid drop\n"
	    "\t\tmeta l4proto { icmp, ipv6-icmp } accept\n"
	    "\t\ttcp dport 22 accept comment \"ssh\"\n"
	    "\n"
	    "\t\t# New UDP flows of one address beyond 50 a second are dropped. The relay defends\n"
	    "\t\t# itself by address tokens; this saves it the work. Remove the # to use it.\n"
	    "\t\t#udp dport %u ct state new meter peerup_flows4 { ip saddr limit rate over "
	    "50/second burst 100 packets } drop\n"
	    "\t\t#udp dport %u ct state new meter peerup_flows6 { ip6 saddr and "
	    "ffff:ffff:ffff:ff00:: limit rate over 50/second burst 100 packets } drop\n"
	    "\n"
	    "\t\tudp dport %u accept comment \"QUIC\"\n"
	    "\t\ttcp dport { %u%s } accept comment \"TCP%s\"\n"
	    "\t}\n"
	    "}\n",
	    setup->port, setup->port, setup->port, setup->port, ws,
	    setup->ws_port != 0 ? " and WebSocket" : "");
}
