/* `peerup auth list|validate`, and `peerup relay list-peers`: what authorized_keys says. */
#include "auth.h"
#include "relay.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "files.h"
#include "json.h"
#include "table.h"
#include "text.h"

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

static void list_json(const struct cli_auth_place *place, const struct pu_authorized_keys *keys)
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

static void list_text(const struct cli *cli, const struct cli_auth_place *place,
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
	struct cli_auth_place place;
	enum cli_exit code = cli_auth_open(cli, cli_value(cli, "file"), false, &place);

	if (code != CLI_DONE)
		return code;
	code = cli_auth_load(cli, place.path, &keys);
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
	cli_auth_close(&place);
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
	struct cli_auth_place place;
	enum cli_exit code = cli_auth_open(cli, cli_word(cli, 0), false, &place);

	if (code != CLI_DONE)
		return code;
	code = cli_auth_load(cli, place.path, &keys);
	if (code == CLI_DONE) {
		code = validate(cli, place.path, keys);
		pu_authorized_keys_free(keys);
	}
	cli_auth_close(&place);
	return code;
}

/* ---- the commands ---- */

static const struct cli_option file_options[] = {CLI_AUTH_FILE_OPTION};
static const struct cli_positional validate_positionals[] = {
    {.name = "FILE",
     .optional = true,
     .offer = CLI_OFFER_FILE,
     .help = "another file than the configured one"},
};

const struct cli_command cli_auth_list = {
    .name = "list",
    .alias = "ls",
    .summary = "list who may connect",
    CLI_ROWS(options, file_options),
    .run = run_list,
};
const struct cli_command cli_auth_validate = {
    .name = "validate",
    .summary = "check every line of authorized_keys",
    CLI_ROWS(positionals, validate_positionals),
    .run = run_validate,
};
const struct cli_command cli_relay_list_peers = {
    .name = "list-peers",
    .summary = "list who may use this relay (as: auth list)",
    CLI_ROWS(options, file_options),
    .run = run_list,
};
