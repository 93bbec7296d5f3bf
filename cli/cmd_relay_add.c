/* `peerup relay add`: one more relay for this node. Edits the configuration, and lets the relay
 * in: what we dial must be authorized. */
#include "relay.h"

#include <stdio.h>

#include "auth.h"
#include "daemon.h"
#include "files.h"
#include "identity.h"
#include "json.h"
#include "relay_address.h"
#include "relay_learn.h"

struct relays {
	struct cli_relay_address items[CLI_RELAYS_MAX];
	bool added[CLI_RELAYS_MAX]; /* to authorized_keys */
	size_t len;
};

/* What --peer-id says, or the address itself, or whoever answers there. */
static enum cli_exit identify(struct cli *cli, const char *typed,
                              struct cli_relay_address *relay)
{
	const char *id = cli_value(cli, "peer-id");
	struct pu_peer_id told = {0};

	if (id != NULL && pu_peer_id_parse(id, &told) != PU_OK)
		return cli_fail(cli, CLI_USAGE, "peerup relay info prints it on the relay",
		                "--peer-id: \"%s\" is not a peer ID", id);
	if (told.len != 0 && relay->peer.len != 0 && !pu_peer_id_eq(&told, &relay->peer))
		return cli_fail(cli, CLI_USAGE, NULL, "%s is the address of another peer", typed);
	if (told.len != 0)
		relay->peer = told;
	return relay->peer.len != 0 ? CLI_DONE : cli_relay_learn(cli, typed, relay);
}

static enum cli_exit read_relays(struct cli *cli, struct relays *relays)
{
	if (cli->args.words_len > CLI_RELAYS_MAX)
		return cli_fail(cli, CLI_USAGE, NULL, "at most %d relays", CLI_RELAYS_MAX);
	for (size_t i = 0; i < cli->args.words_len; i++) {
		const char *typed = cli_word(cli, i);
		struct cli_relay_address *relay = &relays->items[relays->len++];
		enum cli_exit code;

		if (cli_relay_address_parse(typed, CLI_RELAY_PORT, relay) != PU_OK)
			return cli_fail(cli, CLI_USAGE, CLI_RELAY_FORMS, "\"%s\" is no address of a relay",
			                typed);
		code = identify(cli, typed, relay);
		if (code != CLI_DONE)
			return code;
	}
	return CLI_DONE;
}

static enum pu_err write_relays(struct cli_edit *edit, const struct relays *relays)
{
	enum pu_err err = PU_OK;

	for (size_t i = 0; i < relays->len; i++) {
		const struct cli_relay_address *relay = &relays->items[i];

		for (size_t a = 0; a < relay->len && err == PU_OK; a++) {
			char text[PU_MULTIADDR_TEXT_MAX];

			cli_relay_address_print(&relay->addresses[a], &relay->peer, text);
			err = pu_yaml_list_add(&edit->text, PU_YAML_PATH("relay", "addresses"), text);
			if (err == PU_EEXIST)
				err = PU_OK;
		}
	}
	return err;
}

static enum cli_exit authorize(struct cli *cli, struct relays *relays)
{
	struct pu_config config = {0};
	enum cli_exit code = cli_files_load(cli, &config);

	for (size_t i = 0; code == CLI_DONE && i < relays->len; i++)
		code = cli_auth_allow(cli, &config, &relays->items[i].peer, "relay", &relays->added[i]);
	pu_config_fini(&config);
	return code;
}

static void added_json(const struct relays *relays)
{
	struct cli_json json;

	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_list(&json, "relays");
	for (size_t i = 0; i < relays->len; i++) {
		const struct cli_relay_address *relay = &relays->items[i];
		char text[PU_MULTIADDR_TEXT_MAX], id[PU_PEER_ID_TEXT_MAX];

		cli_json_object(&json, NULL);
		cli_json_str(&json, "peer_id", pu_peer_id_print(&relay->peer, id));
		cli_json_list(&json, "addresses");
		for (size_t a = 0; a < relay->len; a++)
			cli_json_str(&json, NULL,
			             cli_relay_address_print(&relay->addresses[a], &relay->peer, text));
		cli_json_end(&json);
		cli_json_bool(&json, "authorized", relays->added[i]);
		cli_json_end(&json);
	}
	cli_json_end(&json);
	cli_json_str(&json, "done", "added");
	cli_json_end(&json);
}

static void report_added(const struct cli *cli, const struct relays *relays)
{
	char id[PU_PEER_ID_TEXT_MAX];
	struct cli_identity self;

	if (cli->json) {
		added_json(relays);
		return;
	}
	for (size_t i = 0; i < relays->len; i++) {
		cli_say(cli, "%s is a relay of this node now", cli_word(cli, i));
		cli_say(cli, "  %s, %s", pu_peer_id_print(&relays->items[i].peer, id),
		        relays->added[i] ? "now in authorized_keys, too" : "authorized already");
	}
	if (cli->quiet || cli_identity_own(cli, &self) != CLI_DONE)
		return;
	cli_say(cli, "It must know this node. Over there:");
	cli_say(cli, "  peerup relay authorize %s", self.peer_id);
}

static enum cli_exit run_add(struct cli *cli)
{
	struct relays relays = {0};
	struct cli_edit edit;
	enum cli_exit code = read_relays(cli, &relays);

	if (code == CLI_DONE)
		code = cli_edit_begin(cli, &edit);
	if (code != CLI_DONE)
		return code;
	for (size_t i = 0; code == CLI_DONE && i < relays.len; i++)
		code = cli_auth_check_not_self(cli, &edit.config, &relays.items[i].peer);
	if (code != CLI_DONE) {
		cli_edit_abort(&edit);
		return code;
	}
	code = cli_edit_write(cli, &edit, write_relays(&edit, &relays));
	if (code == CLI_DONE)
		code = authorize(cli, &relays);
	if (code != CLI_DONE)
		return code;
	cli_daemon_reload(cli); /* last, so that the first attempt to connect is allowed */
	report_added(cli, &relays);
	return CLI_DONE;
}

/* ---- the command ---- */

static const struct cli_positional positionals[] = {
    {.name = "ADDR",
     .repeated = true,
     .help =
         "an IP address or a name, with or without :PORT (default: 4001, over QUIC and TCP), "
         "or a multiaddr; /p2p/PEERID may follow"},
};
static const struct cli_option options[] = {
    {.name = "peer-id",
     .kind = CLI_STRING,
     .value = "ID",
     .help = "who the relay is (default: who answers there, once you have confirmed it)"},
    {.name = "yes",
     .letter = 'y',
     .kind = CLI_FLAG,
     .help = "trust who answers, and ask nothing"},
};

const struct cli_command cli_relay_add = {
    .name = "add",
    .summary = "be reachable through a relay",
    .about = "  peerup relay add 203.0.113.50\n"
             "  peerup relay add relay.example.org:4001 --peer-id 12D3KooW...\n\n"
             "Without --peer-id the running daemon connects to the address and shows who "
             "answers. The relay becomes authorized, because this node connects to it. The "
             "relay must know this node as well: peerup relay authorize, over there.",
    CLI_ROWS(positionals, positionals),
    CLI_ROWS(options, options),
    .run = run_add,
};
