/* `peerup relay list`: the relays in the configuration. */
#include "relay.h"

#include <stdio.h>

#include "base/alloc.h"
#include "files.h"
#include "json.h"
#include "relay_address.h"
#include "table.h"

static void list_json(const struct pu_config *config)
{
	const struct pu_strings addresses = config->relay.addresses;
	struct cli_json json;

	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_list(&json, "relays");
	for (size_t i = 0; i < addresses.len; i++) {
		struct pu_multiaddr address;
		struct pu_peer_id peer;
		char id[PU_PEER_ID_TEXT_MAX];

		if (!cli_relay_address_split(addresses.items[i], &address, &peer))
			continue;
		cli_json_object(&json, NULL);
		cli_json_str(&json, "peer_id", pu_peer_id_print(&peer, id));
		cli_json_str(&json, "name", cli_files_name_of(config, &peer));
		cli_json_str(&json, "address", addresses.items[i]);
		cli_json_end(&json);
	}
	cli_json_end(&json);
	cli_json_end(&json);
}

static void list_text(const struct cli *cli, const struct pu_config *config)
{
	static const char *const heads[] = {"name", "peer ID", "address"};
	const struct pu_strings addresses = config->relay.addresses;
	struct cli_table *table = cli_table_new(heads, PU_ARRAY_LEN(heads));

	for (size_t i = 0; i < addresses.len; i++) {
		struct pu_multiaddr address;
		struct pu_peer_id peer;
		char id[PU_PEER_ID_TEXT_MAX], text[PU_MULTIADDR_TEXT_MAX];

		if (!cli_relay_address_split(addresses.items[i], &address, &peer))
			continue;
		cli_table_cell(table, CLI_PLAIN, "%s", cli_files_name_of(config, &peer));
		cli_table_cell(table, CLI_PLAIN, "%s", pu_peer_id_print(&peer, id));
		cli_table_cell(table, CLI_PLAIN, "%s", pu_multiaddr_print(&address, text));
	}
	if (cli_table_rows(table) > 0)
		cli_table_print(table, stdout, 0, cli->color);
	else
		cli_say(cli, "No relay is used yet: peerup relay add 203.0.113.50");
	cli_table_free(table);
}

static enum cli_exit run_list(struct cli *cli)
{
	struct pu_config config = {0};
	enum cli_exit code = cli_files_load(cli, &config);

	if (code != CLI_DONE)
		return code;
	if (cli->json)
		list_json(&config);
	else
		list_text(cli, &config);
	pu_config_fini(&config);
	return CLI_DONE;
}

const struct cli_command cli_relay_list = {
    .name = "list",
    .alias = "ls",
    .summary = "list the relays in the configuration",
    .run = run_list,
};
