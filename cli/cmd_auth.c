/* `peerup auth add|remove`: who may connect. Works on the file itself; a running daemon
 * notices. */
#include "auth.h"
#include "commands.h"
#include "relay.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/unit.h"
#include "config/check.h"
#include "daemon.h"
#include "files.h"
#include "json.h"
#include "text.h"
#include "trust/authorized_keys_file.h"
#include "trust/rfc3339.h"

/* ---- add ---- */

static enum cli_exit read_expiry(const struct cli *cli, uint64_t *expires_ms)
{
	const char *text = cli_value(cli, "expires");
	uint64_t duration_ms;

	*expires_ms = 0;
	if (text == NULL)
		return CLI_DONE;
	if (pu_duration_parse(text, &duration_ms) == PU_OK)
		*expires_ms = pu_unix_ms() + duration_ms;
	else if (pu_rfc3339_parse(pu_bytes_of_str(text), expires_ms) != PU_OK)
		return cli_fail(cli, CLI_USAGE, "such as 24h or 2027-01-31T00:00:00Z",
		                "--expires: expected a duration or a time, not \"%s\"", text);
	*expires_ms -= *expires_ms % 1000;
	if (*expires_ms <= pu_unix_ms())
		return cli_fail(cli, CLI_USAGE, NULL, "--expires: %s has passed already", text);
	return CLI_DONE;
}

static enum cli_exit check_name(const struct cli *cli, const struct pu_config *config,
                                const char *name, const struct pu_peer_id *peer)
{
	struct pu_peer_id known;

	if (name == NULL)
		return CLI_DONE;
	if (pu_check_name(name) != NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "--name: expected %s, not \"%s\"",
		                pu_check_name(name), name);
	if (pu_config_name(config, name) != NULL &&
	    (cli_files_peer(config, name, &known) != PU_OK || !pu_peer_id_eq(&known, peer)))
		return cli_fail(cli, CLI_FAILED, "choose another name, or: peerup peer remove NAME",
		                "another peer is called \"%s\" already", name);
	return CLI_DONE;
}

/* The same name in other letters is replaced: case does not count. */
static enum pu_err put_name(struct cli_edit *edit, const char *name, const char *peer_text)
{
	const struct pu_config_name *known = pu_config_name(&edit->config, name);
	enum pu_err err = PU_OK;

	if (known != NULL && strcmp(known->name, name) != 0)
		err = pu_yaml_remove(&edit->text, PU_YAML_PATH("names", known->name));
	return err == PU_OK ? pu_yaml_set(&edit->text, PU_YAML_PATH("names", name), peer_text)
	                    : err;
}

/* Whose name it is was looked up before, but only now, under the lock, it stays so. */
static enum cli_exit set_name(struct cli *cli, const char *name, const struct pu_peer_id *peer)
{
	char text[PU_PEER_ID_TEXT_MAX];
	struct cli_edit edit;
	enum cli_exit code = cli_edit_begin(cli, &edit);

	if (code != CLI_DONE)
		return code;
	code = check_name(cli, &edit.config, name, peer);
	if (code == CLI_DONE)
		return cli_edit_commit(cli, &edit, put_name(&edit, name, pu_peer_id_print(peer, text)));
	cli_edit_abort(&edit);
	return code;
}

/* Until when a peer may connect that has been in the file before; 0: for ever. */
static enum cli_exit known_expiry(const struct cli *cli, const char *path,
                                  const struct pu_peer_id *peer, uint64_t *expires_ms)
{
	const struct pu_authorized_peer *known;
	struct pu_authorized_keys *keys;
	enum cli_exit code = cli_auth_load(cli, path, &keys);

	if (code != CLI_DONE)
		return code;
	known = pu_authorized_keys_find(keys, peer);
	*expires_ms = known != NULL ? known->expires_ms : 0;
	pu_authorized_keys_free(keys);
	return CLI_DONE;
}

static void report_added(const struct cli *cli, const char *peer_text, const char *name,
                         uint64_t expires_ms, bool added)
{
	bool over = expires_ms != 0 && expires_ms <= pu_unix_ms();
	char time[CLI_AMOUNT_MAX] = "";
	struct cli_json json;

	if (expires_ms != 0)
		cli_text_time(expires_ms, time);
	if (!cli->json) {
		cli_say(cli, "%s %s%s%s%s%s%s", peer_text,
		        added ? "may connect now" : "was authorized already",
		        expires_ms != 0 ? " until " : "", time, over ? " (over)" : "",
		        name != NULL ? "; it is called " : "", name != NULL ? name : "");
		return;
	}
	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_str(&json, "peer_id", peer_text);
	cli_json_str(&json, "name", name != NULL ? name : "");
	cli_json_str(&json, "expires", time);
	cli_json_bool(&json, "added", added);
	cli_json_end(&json);
}

static enum cli_exit add(struct cli *cli, const struct cli_auth_place *place,
                         const struct pu_peer_id *peer)
{
	const char *name = cli_value(cli, "name"), *comment = cli_value(cli, "comment");
	char text[PU_PEER_ID_TEXT_MAX];
	uint64_t expires_ms;
	enum cli_exit code;
	enum pu_err err;

	pu_peer_id_print(peer, text);
	code = read_expiry(cli, &expires_ms);
	if (code == CLI_DONE)
		code = check_name(cli, &place->config, name, peer);
	if (code == CLI_DONE)
		code = cli_auth_check_not_self(cli, &place->config, peer);
	if (code != CLI_DONE)
		return code;
	err = pu_authorized_keys_file_add(place->path, peer, comment != NULL ? comment : name,
	                                  expires_ms);
	if (err == PU_EEXIST && (name == NULL || comment != NULL || expires_ms != 0))
		return cli_fail(cli, CLI_FAILED,
		                "to change it, remove it first: peerup auth remove PEERID",
		                "%s is authorized already", text);
	if (err != PU_OK && err != PU_EEXIST)
		return cli_fail_err(cli, err, NULL, "cannot edit %s", place->path);
	if (place->in_force)
		cli_daemon_await_keys(cli);
	if (name != NULL)
		code = set_name(cli, name, peer);
	if (code == CLI_DONE && err == PU_EEXIST)
		code = known_expiry(cli, place->path, peer, &expires_ms);
	if (code == CLI_DONE)
		report_added(cli, text, name, expires_ms, err == PU_OK);
	return code;
}

static enum cli_exit run_add(struct cli *cli)
{
	struct pu_peer_id peer;
	struct cli_auth_place place;
	enum cli_exit code;

	if (pu_peer_id_parse(cli_word(cli, 0), &peer) != PU_OK)
		return cli_fail(cli, CLI_USAGE, "run this on the other node: peerup whoami",
		                "\"%s\" is not a peer ID", cli_word(cli, 0));
	code = cli_auth_open(cli, cli_value(cli, "file"), cli_value(cli, "name") != NULL, &place);
	if (code != CLI_DONE)
		return code;
	code = add(cli, &place, &peer);
	cli_auth_close(&place);
	return code;
}

/* ---- remove ---- */

static enum cli_exit remove_peer(struct cli *cli, const struct cli_auth_place *place)
{
	const char *who = cli_word(cli, 0);
	char text[PU_PEER_ID_TEXT_MAX];
	struct pu_peer_id peer;
	enum pu_err err = cli_files_peer(&place->config, who, &peer);

	if (err != PU_OK)
		return cli_fail(cli, CLI_FAILED, "peerup auth list shows all",
		                "\"%s\" is neither a known name nor a peer ID", who);
	pu_peer_id_print(&peer, text);
	err = pu_authorized_keys_file_remove(place->path, &peer);
	if (err == PU_ENOTFOUND)
		return cli_fail(cli, CLI_FAILED, "peerup auth list shows all", "%s is not authorized",
		                text);
	if (err != PU_OK)
		return cli_fail_err(cli, err, NULL, "cannot edit %s", place->path);
	if (place->in_force)
		cli_daemon_await_keys(cli);
	cli_done(cli, "peer_id", text, "removed", "%s may not connect any more", text);
	return CLI_DONE;
}

static enum cli_exit run_remove(struct cli *cli)
{
	struct pu_peer_id peer;
	struct cli_auth_place place;
	bool named = pu_peer_id_parse(cli_word(cli, 0), &peer) != PU_OK;
	enum cli_exit code = cli_auth_open(cli, cli_value(cli, "file"), named, &place);

	if (code != CLI_DONE)
		return code;
	code = remove_peer(cli, &place);
	cli_auth_close(&place);
	return code;
}

/* ---- the command ---- */

static const struct cli_option add_options[] = {
    {.name = "name", .kind = CLI_STRING, .value = "NAME", .help = "what to call the peer"},
    {.name = "comment",
     .kind = CLI_STRING,
     .value = "TEXT",
     .help = "stands in the file (default: the name)"},
    {.name = "expires",
     .kind = CLI_STRING,
     .value = "TIME",
     .help = "a duration such as 24h, or a time such as 2027-01-31T00:00:00Z"},
    CLI_AUTH_FILE_OPTION,
};
static const struct cli_option file_options[] = {CLI_AUTH_FILE_OPTION};
static const struct cli_positional add_positionals[] = {
    {.name = "PEERID", .help = "what peerup whoami prints on the other node"},
};
static const struct cli_positional remove_positionals[] = {
    {.name = "PEER", .offer = CLI_OFFER_PEER, .help = "a name or a peer ID"},
};

static const struct cli_command cmd_add = {
    .name = "add",
    .summary = "let a peer connect",
    .about = "Takes effect at once. Both nodes must authorize each other.\n\n"
             "  peerup auth add 12D3KooW... --name home",
    CLI_ROWS(positionals, add_positionals),
    CLI_ROWS(options, add_options),
    .run = run_add,
};
static const struct cli_command cmd_remove = {
    .name = "remove",
    .alias = "rm",
    .summary = "let a peer connect no more",
    .about = "Takes effect at once: its connections are closed. Its name stays.",
    CLI_ROWS(positionals, remove_positionals),
    CLI_ROWS(options, file_options),
    .run = run_remove,
};
static const struct cli_command *const subs[] = {&cmd_add, &cli_auth_list, &cmd_remove,
                                                 &cli_auth_validate};

const struct cli_command cli_cmd_auth = {
    .name = "auth",
    .summary = "say who may connect to this node",
    CLI_ROWS(subs, subs),
};

/* ---- the same for the operator of a relay ---- */

const struct cli_command cli_relay_authorize = {
    .name = "authorize",
    .summary = "let a node use this relay (as: auth add)",
    .about = "Takes effect at once.\n\n"
             "  peerup relay authorize 12D3KooW... --name laptop",
    CLI_ROWS(positionals, add_positionals),
    CLI_ROWS(options, add_options),
    .run = run_add,
};
const struct cli_command cli_relay_deauthorize = {
    .name = "deauthorize",
    .summary = "let a node use this relay no more (as: auth remove)",
    .about = "Takes effect at once: its connections, reservation and circuits end.",
    CLI_ROWS(positionals, remove_positionals),
    CLI_ROWS(options, file_options),
    .run = run_remove,
};
