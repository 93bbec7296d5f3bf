/* Knows what `relay setup` says at its end: what was done, and what is left to do. */
#include "relay_report.h"

#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "json.h"
#include "text.h"

static void report_json(const struct cli_relay_plan *plan, const struct pu_config *config,
                        const struct cli_reach *reach)
{
	struct cli_json json;

	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_str(&json, "name", config->node.name != NULL ? config->node.name : "");
	cli_json_str(&json, "peer_id", plan->files.identity.peer_id);
	cli_json_str(&json, "config", plan->files.config);
	cli_json_str(&json, "key_file", config->identity.key_file);
	cli_json_str(&json, "authorized_keys_file", config->security.authorized_keys_file);
	cli_json_str(&json, "rules_file", plan->rules);
	cli_json_strings(&json, "addresses",
	                 (struct pu_strings){(const char *const *)reach->items, reach->len});
	cli_json_bool(&json, "public", reach->is_public);
	cli_json_bool(&json, "created", plan->created);
	cli_json_strings(&json, "changed", (struct pu_strings){plan->changed, plan->changed_len});
	cli_json_end(&json);
}

static void say_what_was_done(const struct cli *cli, const struct cli_relay_plan *plan)
{
	if (plan->created)
		cli_say(cli, "%s is set up as a relay, with its files in %s%s.", plan->name,
		        plan->files.dir,
		        plan->files.key_was_there ? " and the key that was there" : "");
	else if (plan->changed_len == 0)
		cli_say(cli, "%s is a relay's already; nothing was changed.", plan->files.config);
	for (size_t i = 0; i < plan->changed_len; i++)
		cli_say(cli, "%s: true was added to %s; nothing else was changed.", plan->changed[i],
		        plan->files.config);
	cli_say(cli, "Its peer ID: %s", plan->files.identity.peer_id);
}

static void say_firewall(const struct cli *cli, const struct cli_relay_plan *plan)
{
	char *rules = cli_text_quoted(plan->rules);
	char ws[32] = "";

	if (plan->setup.ws_port != 0)
		snprintf(ws, sizeof(ws), " && ufw allow %u/tcp", plan->setup.ws_port);
	cli_say(cli, "%s", "");
	cli_say(cli, "To open in the firewall, one of:");
	cli_say(cli, "  ufw allow %u/udp && ufw allow %u/tcp%s", plan->setup.port, plan->setup.port,
	        ws);
	cli_say(cli, "  nft -f %s", rules);
	cli_say(cli, "    (it drops everything else but ssh: read it first)");
	pu_free(rules);
}

static void say_next(const struct cli *cli, const struct cli_relay_plan *plan)
{
	/* The unit runs as a user of its own: the package makes it, and the directory is its. */
	bool unit = plan->setup.system && geteuid() != 0 && !cli_flag(cli, "no-systemd");

	cli_say(cli, "%s", "");
	cli_say(cli, "Next:");
	if (unit)
		cli_say(cli, "  systemctl enable --now peerup-relay      start it, now and at boot");
	else
		cli_say(cli, "  peerup relay serve                       start it (stays in the "
		             "foreground)");
	cli_say(cli,
	        "  peerup relay authorize PEERID            let a node in (its peerup whoami)");
	cli_say(cli, "  peerup relay status                      see who uses it");
}

void cli_relay_report(const struct cli *cli, const struct cli_relay_plan *plan,
                      const struct pu_config *config, const struct cli_reach *reach)
{
	if (cli->json) {
		report_json(plan, config, reach);
		return;
	}
	if (cli->quiet) {
		puts(plan->files.identity.peer_id);
		return;
	}
	say_what_was_done(cli, plan);
	if (!plan->setup.system)
		cli_node_files_say_where(cli, &plan->files);
	cli_say(cli, "%s", "");
	cli_say(cli, "On each node, one of:");
	for (size_t i = 0; i < reach->len; i++)
		cli_say(cli, "  peerup relay add %s", reach->items[i]);
	if (!reach->is_public)
		cli_say(cli, "  peerup relay add ADDRESS --peer-id %s", plan->files.identity.peer_id);
	if (!reach->is_public)
		cli_say(cli, "  (no interface has a public address: if a router leads here, put what "
		             "it leads from into network.external_addresses)");
	say_firewall(cli, plan);
	say_next(cli, plan);
}
