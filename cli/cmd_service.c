/* `peerup service`: local services that peers may use. Edits the configuration. */
#include "commands.h"

#include <stdio.h>

#include "base/alloc.h"
#include "config/check.h"
#include "entry.h"
#include "files.h"
#include "listen.h"
#include "show.h"
#include "words.h"

/* ---- add ---- */

static enum cli_exit check_words(const struct cli *cli, const struct cli_words *words,
                                 const char *option, const char *(*check)(const char *value))
{
	for (size_t i = 0; i < words->len; i++) {
		if (check(words->items[i]) != NULL)
			return cli_fail(cli, CLI_USAGE, NULL, "--%s: expected %s, not \"%s\"", option,
			                check(words->items[i]), words->items[i]);
	}
	return CLI_DONE;
}

static enum pu_err write_service(struct cli_edit *edit, const char *name, const char *target,
                                 const struct cli_words *peers, const struct cli_words *tags)
{
	struct pu_strings allowed = cli_words_strings(peers), words = cli_words_strings(tags);
	enum pu_err err =
	    pu_yaml_set(&edit->text, PU_YAML_PATH("services", name, "local_address"), target);

	if (err == PU_OK && allowed.len > 0)
		err = pu_yaml_set_list(&edit->text, PU_YAML_PATH("services", name, "allowed_peers"),
		                       &allowed);
	if (err == PU_OK && words.len > 0)
		err = pu_yaml_set_list(&edit->text, PU_YAML_PATH("services", name, "tags"), &words);
	return err;
}

static enum cli_exit add_checked(struct cli *cli, const char *target,
                                 const struct cli_words *peers, const struct cli_words *tags)
{
	const char *name = cli_word(cli, 0);
	struct pu_peer_id peer;
	struct cli_edit edit;
	enum cli_exit code = cli_edit_begin(cli, &edit);

	if (code != CLI_DONE)
		return code;
	if (pu_config_service(&edit.config, name) != NULL) {
		cli_edit_abort(&edit);
		return cli_fail(cli, CLI_FAILED, "remove it first: peerup service remove NAME",
		                "there is a service \"%s\" already", name);
	}
	for (size_t i = 0; i < peers->len; i++) {
		if (cli_files_peer(&edit.config, peers->items[i], &peer) != PU_OK)
			cli_warn(cli, "nobody is called \"%s\" yet", peers->items[i]);
	}
	code = cli_edit_commit(cli, &edit, write_service(&edit, name, target, peers, tags));
	if (code == CLI_DONE)
		cli_done(cli, "service", name, "added", "%s leads to %s, for %s", name, target,
		         peers->len > 0 ? cli_value(cli, "peers") : "every authorized peer");
	return code;
}

static enum cli_exit run_add(struct cli *cli)
{
	const char *name = cli_word(cli, 0);
	char target[CLI_LISTEN_MAX];
	struct cli_words peers, tags;
	enum cli_exit code;

	if (pu_check_label(name) != NULL)
		return cli_fail(cli, CLI_USAGE, "such as web or ssh-2", "expected %s, not \"%s\"",
		                pu_check_label(name), name);
	if (cli_target_parse(cli_word(cli, 1), target) != PU_OK)
		return cli_fail(cli, CLI_USAGE, "such as localhost:8000 or unix:/run/app.sock",
		                "\"%s\" is no address of a service", cli_word(cli, 1));
	if (!cli_words_split(&peers, cli_value(cli, "peers")))
		return cli_fail(cli, CLI_USAGE, NULL, "--peers: too many");
	if (!cli_words_split(&tags, cli_value(cli, "tags"))) {
		cli_words_fini(&peers);
		return cli_fail(cli, CLI_USAGE, NULL, "--tags: too many");
	}
	code = check_words(cli, &peers, "peers", pu_check_peer);
	if (cli_value(cli, "peers") != NULL && peers.len == 0)
		code = cli_fail(cli, CLI_USAGE, "leave it away for every authorized peer",
		                "--peers names nobody");
	if (code == CLI_DONE)
		code = check_words(cli, &tags, "tags", pu_check_tag);
	if (code == CLI_DONE)
		code = add_checked(cli, target, &peers, &tags);
	cli_words_fini(&peers);
	cli_words_fini(&tags);
	return code;
}

/* ---- list ---- */

static enum cli_exit run_list(struct cli *cli)
{
	struct pu_config config = {0};
	enum cli_exit code = cli_files_load(cli, &config);
	struct pu_exposed *rows;
	struct pu_items items;
	struct cli_json json;

	if (code != CLI_DONE)
		return code;
	rows = pu_calloc(config.services.len + 1, sizeof(*rows));
	items = (struct pu_items){.items = rows, .len = config.services.len};
	cli_show_exposed_rows(&config, rows);
	if (cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_exposed(&json, "services", &items);
		cli_json_end(&json);
	} else {
		cli_show_exposed(cli, &items, NULL);
	}
	pu_free(rows);
	pu_config_fini(&config);
	return CLI_DONE;
}

/* ---- remove, enable, disable ---- */

static bool is_there(const struct pu_config *config, const char *name)
{
	return pu_config_service(config, name) != NULL;
}

static const struct cli_entry_kind kind = {
    .section = "services",
    .noun = "service",
    .words = "service",
    .hint = "peerup service list shows all",
    .is_there = is_there,
};

/* ---- the command ---- */

static const struct cli_positional add_positionals[] = {
    {.name = "NAME", .help = "a DNS label, such as web"},
    {.name = "TARGET", .help = "host:port, a port of localhost, or unix:/path"},
};
static const struct cli_positional positionals[] = {
    {.name = "NAME", .offer = CLI_OFFER_EXPOSED, .help = "which service"},
};
static const struct cli_option add_options[] = {
    {.name = "peers",
     .kind = CLI_STRING,
     .value = "A,B",
     .offer = CLI_OFFER_PEER,
     .help = "the only peers that may use it (default: every authorized peer)"},
    {.name = "tags",
     .kind = CLI_STRING,
     .value = "X,Y",
     .help = "words that peers see beside it"},
};

static const struct cli_command cmd_add = {
    .name = "add",
    .summary = "offer a local service to peers",
    .about = "  peerup service add web localhost:8000\n"
             "  peerup service add db unix:/run/postgresql/.s.PGSQL.5432 --peers laptop",
    CLI_ROWS(positionals, add_positionals),
    CLI_ROWS(options, add_options),
    .run = run_add,
};
static const struct cli_command cmd_list = {
    .name = "list",
    .alias = "ls",
    .summary = "list the local services that are offered",
    .run = run_list,
};
static const struct cli_command cmd_remove = {
    .name = "remove",
    .alias = "rm",
    .summary = "offer a service no more",
    CLI_ROWS(positionals, positionals),
    .entry = &kind,
    .run = cli_entry_remove,
};
static const struct cli_command cmd_enable = {
    .name = "enable",
    .summary = "offer a disabled service again",
    CLI_ROWS(positionals, positionals),
    .entry = &kind,
    .run = cli_entry_enable,
};
static const struct cli_command cmd_disable = {
    .name = "disable",
    .summary = "keep a service but do not offer it",
    CLI_ROWS(positionals, positionals),
    .entry = &kind,
    .run = cli_entry_disable,
};
static const struct cli_command *const subs[] = {&cmd_add, &cmd_list, &cmd_remove, &cmd_enable,
                                                 &cmd_disable};

const struct cli_command cli_cmd_service = {
    .name = "service",
    .summary = "say which local services peers may use",
    CLI_ROWS(subs, subs),
};
