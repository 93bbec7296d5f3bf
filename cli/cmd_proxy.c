/* `peerup proxy add|list|remove|enable|disable`: permanent forwards, in the configuration. What
 * lives only as long as the command is forward.c. */
#include "commands.h"

#include <stdio.h>

#include "base/alloc.h"
#include "config/check.h"
#include "entry.h"
#include "files.h"
#include "forward.h"
#include "listen.h"
#include "peer.h"
#include "show.h"

static enum cli_exit bad_listen(const struct cli *cli, const char *text)
{
	return cli_fail(cli, CLI_USAGE,
	                "such as 8080, localhost:8080, [::1]:0 or unix:/run/web.sock",
	                "\"%s\" is no address to listen at", text);
}

/* ---- for the life of the command ---- */

/* Proxy would say it in other words, and cannot give the hint. It needs no naming for an ID. */
static enum cli_exit check_peer(struct cli_daemon *daemon, const char *typed)
{
	struct pu_peer_id id;
	struct cli_peer peer;

	return pu_peer_id_parse(typed, &id) == PU_OK ? CLI_DONE
	                                             : cli_peer_resolve(daemon, typed, &peer);
}

static enum cli_exit run_now(struct cli *cli)
{
	char listen[CLI_LISTEN_MAX];
	struct cli_daemon daemon;
	enum cli_exit code;

	if (cli_listen_parse(cli_word(cli, 2), listen) != PU_OK)
		return bad_listen(cli, cli_word(cli, 2));
	if (pu_check_label(cli_word(cli, 1)) != NULL)
		return cli_fail(cli, CLI_USAGE, "peerup services PEER lists them",
		                "\"%s\" cannot be the name of a service", cli_word(cli, 1));
	code = cli_daemon_open(cli, &daemon);
	if (code != CLI_DONE)
		return code;
	code = check_peer(&daemon, cli_word(cli, 0));
	if (code == CLI_DONE)
		code = cli_forward_run(&daemon, cli_word(cli, 0), cli_word(cli, 1), listen);
	cli_daemon_close(&daemon);
	return code;
}

/* ---- add ---- */

static enum pu_err write_forward(const struct cli *cli, struct cli_edit *edit,
                                 const char *listen)
{
	const char *name = cli_word(cli, 0);
	enum pu_err err =
	    pu_yaml_set(&edit->text, PU_YAML_PATH("forwards", name, "peer"), cli_word(cli, 1));

	if (err == PU_OK)
		err = pu_yaml_set(&edit->text, PU_YAML_PATH("forwards", name, "service"),
		                  cli_word(cli, 2));
	if (err == PU_OK)
		err = pu_yaml_set(&edit->text, PU_YAML_PATH("forwards", name, "listen"), listen);
	return err;
}

static enum cli_exit check_add(const struct cli *cli, char listen[CLI_LISTEN_MAX])
{
	const char *name = cli_word(cli, 0), *peer = cli_word(cli, 1), *service = cli_word(cli, 2);

	if (pu_check_label(name) != NULL)
		return cli_fail(cli, CLI_USAGE, "such as web", "expected %s, not \"%s\"",
		                pu_check_label(name), name);
	if (pu_check_peer(peer) != NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "expected %s, not \"%s\"", pu_check_peer(peer),
		                peer);
	if (pu_check_label(service) != NULL)
		return cli_fail(cli, CLI_USAGE, "peerup services PEER lists them",
		                "\"%s\" cannot be the name of a service", service);
	return cli_listen_parse(cli_word(cli, 3), listen) == PU_OK
	           ? CLI_DONE
	           : bad_listen(cli, cli_word(cli, 3));
}

static enum cli_exit run_add(struct cli *cli)
{
	const char *name = cli_word(cli, 0);
	char listen[CLI_LISTEN_MAX];
	struct pu_peer_id peer;
	struct cli_edit edit;
	enum cli_exit code = check_add(cli, listen);

	if (code == CLI_DONE)
		code = cli_edit_begin(cli, &edit);
	if (code != CLI_DONE)
		return code;
	if (pu_config_forward(&edit.config, name) != NULL)
		code = cli_fail(cli, CLI_FAILED, "remove it first: peerup proxy remove NAME",
		                "there is a forward \"%s\" already", name);
	else if (cli_files_peer(&edit.config, cli_word(cli, 1), &peer) != PU_OK)
		code = cli_fail(cli, CLI_FAILED, "peerup auth add PEERID --name NAME",
		                "nobody is called \"%s\"", cli_word(cli, 1));
	if (code != CLI_DONE) {
		cli_edit_abort(&edit);
		return code;
	}
	code = cli_edit_commit(cli, &edit, write_forward(cli, &edit, listen));
	if (code == CLI_DONE)
		cli_done(cli, "forward", name, "added",
		         "%s leads to %s on %s, whenever the daemon runs", listen, cli_word(cli, 2),
		         cli_word(cli, 1));
	return code;
}

/* ---- list ---- */

static void list(const struct cli *cli, const struct pu_items *forwards)
{
	struct cli_json json;

	if (!cli->json) {
		cli_show_forwards(cli, forwards, NULL);
		return;
	}
	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_forwards(&json, "forwards", forwards);
	cli_json_end(&json);
}

static void use_proxy(void *user, const void *answer)
{
	list(user, &((const struct pu_proxy_state *)answer)->forwards);
}

static enum cli_exit run_list(struct cli *cli)
{
	const struct pu_proxy_status question = {0};
	struct pu_config config = {0};
	struct cli_daemon daemon;
	enum cli_exit code = cli_files_load(cli, &config);
	struct pu_forward *rows;
	bool running;

	if (code != CLI_DONE)
		return code;
	running = cli_daemon_probe(config.runtime_dir) == PU_OK;
	if (running) {
		code = cli_daemon_open(cli, &daemon);
		if (code == CLI_DONE) {
			if (cli_daemon_ask(&daemon, PU_MSG_PROXY_STATUS, &question, use_proxy, cli) !=
			    PU_OK)
				code = cli_daemon_fail(&daemon, false, "cannot list the forwards");
			cli_daemon_close(&daemon);
		}
	} else {
		rows = pu_calloc(config.forwards.len + 1, sizeof(*rows));
		cli_show_forward_rows(&config, rows);
		list(cli, &(struct pu_items){rows, config.forwards.len});
		pu_free(rows);
	}
	pu_config_fini(&config);
	return code;
}

/* ---- remove, enable, disable ---- */

static bool is_there(const struct pu_config *config, const char *name)
{
	return pu_config_forward(config, name) != NULL;
}

static const struct cli_entry_kind kind = {
    .section = "forwards",
    .noun = "forward",
    .words = "permanent forward",
    .hint = "peerup proxy list shows all",
    .is_there = is_there,
};

/* ---- the command ---- */

static const struct cli_positional now_positionals[] = {
    {.name = "PEER", .offer = CLI_OFFER_PEER, .help = "a name or a peer ID"},
    {.name = "SERVICE", .offer = CLI_OFFER_REMOTE, .help = "what the peer calls it"},
    {.name = "LISTEN",
     .optional = true,
     .help = "a port of localhost, host:port or unix:/path (default: any free port)"},
};
static const struct cli_positional add_positionals[] = {
    {.name = "NAME", .help = "what to call the forward"},
    {.name = "PEER", .offer = CLI_OFFER_PEER, .help = "a name or a peer ID"},
    {.name = "SERVICE", .offer = CLI_OFFER_REMOTE, .help = "what the peer calls it"},
    {.name = "LISTEN", .help = "a port of localhost, host:port or unix:/path"},
};
static const struct cli_positional positionals[] = {
    {.name = "NAME", .offer = CLI_OFFER_FORWARD, .help = "which forward"},
};

static const struct cli_command cmd_add = {
    .name = "add",
    .summary = "forward to a peer's service whenever the daemon runs",
    .about = "  peerup proxy add web home web 8080",
    CLI_ROWS(positionals, add_positionals),
    .run = run_add,
};
static const struct cli_command cmd_list = {
    .name = "list",
    .alias = "ls",
    .summary = "list the forwards",
    .run = run_list,
};
static const struct cli_command cmd_remove = {
    .name = "remove",
    .alias = "rm",
    .summary = "remove a permanent forward",
    CLI_ROWS(positionals, positionals),
    .entry = &kind,
    .run = cli_entry_remove,
};
static const struct cli_command cmd_enable = {
    .name = "enable",
    .summary = "let a disabled forward listen again",
    CLI_ROWS(positionals, positionals),
    .entry = &kind,
    .run = cli_entry_enable,
};
static const struct cli_command cmd_disable = {
    .name = "disable",
    .summary = "keep a forward but do not listen",
    CLI_ROWS(positionals, positionals),
    .entry = &kind,
    .run = cli_entry_disable,
};
static const struct cli_command *const subs[] = {&cmd_add, &cmd_list, &cmd_remove, &cmd_enable,
                                                 &cmd_disable};

const struct cli_command cli_cmd_proxy = {
    .name = "proxy",
    .summary = "reach a peer's service at a local address",
    .about =
        "Listens until Ctrl-C, prints the address first, and prints connections that fail. "
        "The commands below keep forwards in the configuration instead.\n\n"
        "  peerup proxy home web 8080",
    CLI_ROWS(positionals, now_positionals),
    CLI_ROWS(subs, subs),
    .run = run_now,
};
