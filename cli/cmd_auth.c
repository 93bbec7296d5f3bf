/* `peerup auth`: who may connect. Works on the file itself; a running daemon notices. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/unit.h"
#include "config/check.h"
#include "daemon.h"
#include "files.h"
#include "identity.h"
#include "json.h"
#include "table.h"
#include "text.h"
#include "trust/authorized_keys_file.h"
#include "trust/key_file.h"
#include "trust/rfc3339.h"

/* The file and, when there is one, the configuration beside it (names). */
struct place {
	char *path;
	bool configured;
	bool in_force; /* the daemon's, if it runs */
	struct pu_config config;
};

/* With --file the configuration is read only for names, and only if `names` are needed. */
static enum cli_exit open_place(const struct cli *cli, const char *file, bool names,
                                struct place *place)
{
	enum cli_exit code = CLI_DONE;

	*place = (struct place){0};
	if (file == NULL || names) {
		code = cli_files_load(cli, &place->config);
		if (code != CLI_DONE)
			return code;
		place->configured = true;
	}
	place->in_force = file == NULL;
	place->path = file != NULL ? pu_path_expand(file)
	                           : pu_strdup(place->config.security.authorized_keys_file);
	return CLI_DONE;
}

static void close_place(struct place *place)
{
	pu_config_fini(&place->config);
	pu_free(place->path);
}

static enum cli_exit load(const struct cli *cli, const char *path,
                          struct pu_authorized_keys **keys)
{
	enum pu_err err = pu_authorized_keys_file_load(path, keys);

	if (err == PU_ENOTFOUND)
		return cli_fail(cli, CLI_FAILED, "peerup auth add PEERID makes it",
		                "there is no file %s", path);
	return err == PU_OK ? CLI_DONE : cli_fail_err(cli, err, NULL, "cannot read %s", path);
}

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

static enum cli_exit check_not_self(const struct cli *cli, const struct place *place,
                                    const char *peer_text)
{
	struct cli_identity self;
	struct pu_key key;

	if (!place->configured || pu_key_file_load(place->config.identity.key_file, &key) != PU_OK)
		return CLI_DONE;
	cli_identity_of_key(&key, &self);
	pu_key_fini(&key);
	if (strcmp(self.peer_id, peer_text) != 0)
		return CLI_DONE;
	return cli_fail(cli, CLI_FAILED,
	                "authorize the other node's ID: peerup whoami prints it there",
	                "this is the peer ID of this node itself");
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

static void report_added(const struct cli *cli, const char *peer_text, const char *name,
                         uint64_t expires_ms, bool added)
{
	char time[CLI_AMOUNT_MAX] = "";
	struct cli_json json;

	if (expires_ms != 0)
		cli_text_time(expires_ms, time);
	if (!cli->json) {
		cli_say(cli, "%s %s%s%s%s%s", peer_text,
		        added ? "may connect now" : "was authorized already",
		        expires_ms != 0 ? " until " : "", time, name != NULL ? "; it is called " : "",
		        name != NULL ? name : "");
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

static enum cli_exit add(struct cli *cli, const struct place *place,
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
		code = check_not_self(cli, place, text);
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
	if (code == CLI_DONE)
		report_added(cli, text, name, err == PU_OK ? expires_ms : 0, err == PU_OK);
	return code;
}

static enum cli_exit run_add(struct cli *cli)
{
	struct pu_peer_id peer;
	struct place place;
	enum cli_exit code;

	if (pu_peer_id_parse(cli_word(cli, 0), &peer) != PU_OK)
		return cli_fail(cli, CLI_USAGE, "run this on the other node: peerup whoami",
		                "\"%s\" is not a peer ID", cli_word(cli, 0));
	code = open_place(cli, cli_value(cli, "file"), cli_value(cli, "name") != NULL, &place);
	if (code != CLI_DONE)
		return code;
	code = add(cli, &place, &peer);
	close_place(&place);
	return code;
}

/* ---- remove ---- */

static enum cli_exit remove_peer(struct cli *cli, const struct place *place)
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
	struct place place;
	bool named = pu_peer_id_parse(cli_word(cli, 0), &peer) != PU_OK;
	enum cli_exit code = open_place(cli, cli_value(cli, "file"), named, &place);

	if (code != CLI_DONE)
		return code;
	code = remove_peer(cli, &place);
	close_place(&place);
	return code;
}

/* ---- list and validate ---- */

static void put_problems_json(struct cli_json *json, const struct pu_authorized_keys *keys)
{
	cli_json_list(json, "problems");
	for (size_t i = 0; i < pu_authorized_keys_problems(keys); i++) {
		const struct pu_authorized_problem *problem = pu_authorized_keys_problem(keys, i);

		cli_json_object(json, NULL);
		cli_json_u64(json, "line", problem->line);
		cli_json_str(json, "reason", problem->reason);
		cli_json_end(json);
	}
	cli_json_end(json);
}

static void list_json(const struct place *place, const struct pu_authorized_keys *keys)
{
	struct cli_json json;

	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_str(&json, "file", place->path);
	cli_json_list(&json, "peers");
	for (size_t i = 0; i < pu_authorized_keys_len(keys); i++) {
		const struct pu_authorized_peer *peer = pu_authorized_keys_at(keys, i);
		char text[PU_PEER_ID_TEXT_MAX], time[CLI_AMOUNT_MAX] = "";

		if (peer->expires_ms != 0)
			cli_text_time(peer->expires_ms, time);
		cli_json_object(&json, NULL);
		cli_json_str(&json, "peer_id", pu_peer_id_print(&peer->peer, text));
		cli_json_str(&json, "name", cli_files_name_of(&place->config, &peer->peer));
		cli_json_str(&json, "comment", peer->comment);
		cli_json_str(&json, "expires", time);
		cli_json_bool(&json, "expired", pu_authorized_peer_expired(peer, pu_unix_ms()));
		cli_json_strings(
		    &json, "attributes",
		    (struct pu_strings){.items = peer->attributes, .len = peer->attributes_len});
		cli_json_end(&json);
	}
	cli_json_end(&json);
	put_problems_json(&json, keys);
	cli_json_end(&json);
}

static void list_text(const struct cli *cli, const struct place *place,
                      const struct pu_authorized_keys *keys)
{
	static const char *const heads[] = {"name", "peer ID", "until", "comment"};
	struct cli_table *table = cli_table_new(heads, PU_ARRAY_LEN(heads));

	for (size_t i = 0; i < pu_authorized_keys_len(keys); i++) {
		const struct pu_authorized_peer *peer = pu_authorized_keys_at(keys, i);
		bool expired = pu_authorized_peer_expired(peer, pu_unix_ms());
		char text[PU_PEER_ID_TEXT_MAX], time[CLI_AMOUNT_MAX] = "";

		if (peer->expires_ms != 0)
			cli_text_time(peer->expires_ms, time);
		cli_table_cell(table, CLI_PLAIN, "%s", cli_files_name_of(&place->config, &peer->peer));
		cli_table_cell(table, CLI_PLAIN, "%s", pu_peer_id_print(&peer->peer, text));
		cli_table_cell(table, expired ? CLI_BAD : CLI_PLAIN, "%s%s", time,
		               expired ? " (over)" : "");
		cli_table_cell(table, CLI_FAINT, "%s", peer->comment);
	}
	if (cli_table_rows(table) > 0)
		cli_table_print(table, stdout, 0, cli->color);
	else
		cli_say(cli, "Nobody is authorized yet: peerup auth add PEERID --name NAME");
	cli_table_free(table);
}

static enum cli_exit run_list(struct cli *cli)
{
	struct pu_authorized_keys *keys;
	struct place place;
	enum cli_exit code = open_place(cli, cli_value(cli, "file"), false, &place);

	if (code != CLI_DONE)
		return code;
	code = load(cli, place.path, &keys);
	if (code == CLI_DONE) {
		if (cli->json)
			list_json(&place, keys);
		else
			list_text(cli, &place, keys);
		for (size_t i = 0; i < pu_authorized_keys_problems(keys); i++)
			cli_warn(cli, "%s:%zu: %s; this line is skipped", place.path,
			         pu_authorized_keys_problem(keys, i)->line,
			         pu_authorized_keys_problem(keys, i)->reason);
		pu_authorized_keys_free(keys);
	}
	close_place(&place);
	return code;
}

static enum cli_exit validate(struct cli *cli, const char *path,
                              const struct pu_authorized_keys *keys)
{
	size_t problems = pu_authorized_keys_problems(keys);
	struct cli_json json;

	if (cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_str(&json, "file", path);
		cli_json_bool(&json, "valid", problems == 0);
		cli_json_u64(&json, "peers", pu_authorized_keys_len(keys));
		put_problems_json(&json, keys);
		cli_json_end(&json);
	}
	for (size_t i = 0; !cli->json && i < problems; i++)
		printf("%s:%zu: %s\n", path, pu_authorized_keys_problem(keys, i)->line,
		       pu_authorized_keys_problem(keys, i)->reason);
	if (problems > 0)
		return cli_fail(cli, CLI_FAILED, "bad lines are skipped, the others are in force",
		                "%s: %zu %s", path, problems, problems == 1 ? "bad line" : "bad lines");
	cli_say(cli, "%s is right: %zu %s", path, pu_authorized_keys_len(keys),
	        pu_authorized_keys_len(keys) == 1 ? "peer" : "peers");
	return CLI_DONE;
}

static enum cli_exit run_validate(struct cli *cli)
{
	struct pu_authorized_keys *keys;
	struct place place;
	enum cli_exit code = open_place(cli, cli_word(cli, 0), false, &place);

	if (code != CLI_DONE)
		return code;
	code = load(cli, place.path, &keys);
	if (code == CLI_DONE) {
		code = validate(cli, place.path, keys);
		pu_authorized_keys_free(keys);
	}
	close_place(&place);
	return code;
}

/* ---- the command ---- */

#define FILE_OPTION                                                                            \
	{                                                                                          \
		.name = "file", .kind = CLI_STRING, .value = "FILE", .offer = CLI_OFFER_FILE,          \
		.help = "work on this authorized_keys instead of the configured one"                   \
	}

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
    FILE_OPTION,
};
static const struct cli_option file_options[] = {FILE_OPTION};
static const struct cli_positional add_positionals[] = {
    {.name = "PEERID", .help = "what peerup whoami prints on the other node"},
};
static const struct cli_positional remove_positionals[] = {
    {.name = "PEER", .offer = CLI_OFFER_PEER, .help = "a name or a peer ID"},
};
static const struct cli_positional validate_positionals[] = {
    {.name = "FILE",
     .optional = true,
     .offer = CLI_OFFER_FILE,
     .help = "another file than the configured one"},
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
static const struct cli_command cmd_list = {
    .name = "list",
    .alias = "ls",
    .summary = "list who may connect",
    CLI_ROWS(options, file_options),
    .run = run_list,
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
static const struct cli_command cmd_validate = {
    .name = "validate",
    .summary = "check every line of authorized_keys",
    CLI_ROWS(positionals, validate_positionals),
    .run = run_validate,
};
static const struct cli_command *const subs[] = {&cmd_add, &cmd_list, &cmd_remove,
                                                 &cmd_validate};

const struct cli_command cli_cmd_auth = {
    .name = "auth",
    .summary = "say who may connect to this node",
    CLI_ROWS(subs, subs),
};
