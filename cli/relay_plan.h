/* What `peerup relay setup` shall make, and what it has done. */
#ifndef CLI_RELAY_PLAN_H
#define CLI_RELAY_PLAN_H

#include "cli.h"
#include "node_files.h"
#include "relay_setup.h"

#define CLI_RELAY_EXTERNAL_MAX 16 /* as many as the configuration takes */

struct cli_relay_plan {
	struct cli_node_files files;
	struct cli_relay_setup setup;
	char name[PU_CONFIG_NAME_MAX + 1];
	char *external[CLI_RELAY_EXTERNAL_MAX]; /* of --address, as multiaddrs */
	size_t external_len;
	char *rules;            /* path of the firewall rules */
	const char *changed[2]; /* keys of the configuration that was there */
	size_t changed_len;
	bool created;
};

/* What the options say, but for --address. */
enum cli_exit cli_relay_plan_read(const struct cli *cli, struct cli_relay_plan *plan);
/* What --address says; only then the ports are known. */
enum cli_exit cli_relay_plan_addresses(const struct cli *cli, struct cli_relay_plan *plan);
/* Asks for what no option says, when there is somebody who can answer. */
enum cli_exit cli_relay_plan_ask(const struct cli *cli, struct cli_relay_plan *plan);
void cli_relay_plan_fini(struct cli_relay_plan *plan);

#endif
