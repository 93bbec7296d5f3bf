/* `peerup services PEER`: what a peer offers to us. */
#include "commands.h"

#include <stdio.h>

#include "base/alloc.h"
#include "json.h"
#include "peer.h"
#include "table.h"

static void print_json(const struct pu_naming_offers *offers)
{
	const struct pu_offer *offer = offers->services.items;
	struct cli_json json;

	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_str(&json, "peer_id", offers->peer_id);
	cli_json_list(&json, "services");
	for (size_t i = 0; i < offers->services.len; i++) {
		cli_json_object(&json, NULL);
		cli_json_str(&json, "name", offer[i].name);
		cli_json_str(&json, "protocol", offer[i].protocol);
		cli_json_strings(&json, "tags", offer[i].tags);
		cli_json_end(&json);
	}
	cli_json_end(&json);
	cli_json_end(&json);
}

static void use_offers(void *user, const void *answer)
{
	static const char *const heads[] = {"service", "protocol", "tags"};
	const struct pu_naming_offers *offers = answer;
	const struct pu_offer *offer = offers->services.items;
	const struct cli *cli = user;
	struct cli_table *table;

	if (cli->json) {
		print_json(offers);
		return;
	}
	if (offers->services.len == 0) {
		cli_say(cli, "%s offers nothing to you.", cli_word(cli, 0));
		return;
	}
	table = cli_table_new(heads, PU_ARRAY_LEN(heads));
	for (size_t i = 0; i < offers->services.len; i++) {
		char tags[512] = "";
		size_t len = 0;

		for (size_t t = 0; t < offer[i].tags.len && len < sizeof(tags); t++)
			len += (size_t)snprintf(tags + len, sizeof(tags) - len, "%s%s", t > 0 ? ", " : "",
			                        offer[i].tags.items[t]);
		cli_table_cell(table, CLI_PLAIN, "%s", offer[i].name);
		cli_table_cell(table, CLI_FAINT, "%s", offer[i].protocol);
		cli_table_cell(table, CLI_PLAIN, "%s", tags);
	}
	cli_table_print(table, stdout, 0, cli->color);
	cli_table_free(table);
}

static enum cli_exit run(struct cli *cli)
{
	struct pu_naming_services question = {0};
	struct cli_peer peer;
	enum cli_exit code = cli_peer_resolve(cli->daemon, cli_word(cli, 0), &peer);

	if (code != CLI_DONE)
		return code;
	question.peer = peer.peer_id;
	if (cli_daemon_ask_within(cli->daemon, PU_MSG_NAMING_SERVICES, &question,
	                          CLI_PEER_DEADLINE_MS, use_offers, cli) != PU_OK)
		return cli_daemon_fail(cli->daemon, true, "cannot ask %s", peer.typed);
	return CLI_DONE;
}

static const struct cli_positional positionals[] = {
    {.name = "PEER", .offer = CLI_OFFER_PEER, .help = "a name or a peer ID"},
};

const struct cli_command cli_cmd_services = {
    .name = "services",
    .summary = "list the services that a peer offers to you",
    CLI_ROWS(positionals, positionals),
    .needs_daemon = true,
    .run = run,
};
