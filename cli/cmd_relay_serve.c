/* `peerup relay serve|info`: a relay that is set up. */
#include "relay.h"

#include <stdio.h>

#include "base/alloc.h"
#include "commands.h"
#include "daemon.h"
#include "files.h"
#include "identity.h"
#include "json.h"
#include "relay_reach.h"

/* ---- serve ---- */

static enum cli_exit run_serve(struct cli *cli)
{
	struct pu_config config = {0};
	enum cli_exit code = cli_files_load(cli, &config);
	bool serve = config.relay.serve;

	pu_config_fini(&config);
	if (code != CLI_DONE)
		return code;
	if (!serve)
		return cli_fail(cli, CLI_FAILED,
		                "peerup relay setup adds it, and makes what is missing",
		                "the configuration does not say relay.serve: true");
	return cli_cmd_daemon.run(cli);
}

/* ---- info ---- */

struct info {
	const struct cli *cli;
	const struct pu_config *config;
	struct cli_identity self;
	bool answered; /* by the daemon, which knows what it really listens at */
};

static void put(struct info *info, struct pu_strings listen)
{
	struct cli_reach reach;
	struct cli_json json;

	cli_reach_find(&reach, info->config->network.external_addresses, listen,
	               info->self.peer_id);
	if (info->cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_str(&json, "peer_id", info->self.peer_id);
		cli_json_strings(&json, "addresses",
		                 (struct pu_strings){(const char *const *)reach.items, reach.len});
		cli_json_bool(&json, "public", reach.is_public);
		cli_json_bool(&json, "serve", info->config->relay.serve);
		cli_json_bool(&json, "open", info->config->relay.open);
		cli_json_end(&json);
	} else {
		puts(info->self.peer_id);
		for (size_t i = 0; i < reach.len; i++)
			printf("  %s\n", reach.items[i]);
	}
	if (!reach.is_public)
		cli_warn(info->cli,
		         "none of these is a public address: see network.external_addresses");
	if (!info->config->relay.serve)
		cli_warn(info->cli, "this node is no relay: see peerup relay setup");
	cli_reach_fini(&reach);
}

static void use_transport(void *user, const void *answer)
{
	const struct pu_transport_state *state = answer;
	struct info *info = user;

	if (state->listen.len == 0)
		return;
	info->answered = true;
	put(info, state->listen);
}

static void ask_daemon(struct cli *cli, struct info *info)
{
	const struct pu_transport_status question = {0};
	struct cli_daemon daemon;

	if (cli_daemon_probe(info->config->runtime_dir) != PU_OK ||
	    cli_daemon_open(cli, &daemon) != CLI_DONE)
		return;
	if (cli_daemon_ask(&daemon, PU_MSG_TRANSPORT_STATUS, &question, use_transport, info) !=
	    PU_OK)
		cli_warn(cli, "the daemon does not tell its addresses: %s", daemon.text);
	cli_daemon_close(&daemon);
}

static enum cli_exit run_info(struct cli *cli)
{
	struct pu_config config = {0};
	struct info info = {.cli = cli, .config = &config};
	enum cli_exit code = cli_files_load(cli, &config);

	if (code == CLI_DONE)
		code = cli_identity_load(cli, config.identity.key_file, &info.self);
	if (code == CLI_DONE) {
		ask_daemon(cli, &info);
		if (!info.answered)
			put(&info, config.network.listen_addresses);
	}
	pu_config_fini(&config);
	return code;
}

/* ---- the commands ---- */

const struct cli_command cli_relay_serve = {
    .name = "serve",
    .summary = "run this relay in the foreground",
    .about = "The same as peerup daemon, for a configuration with relay.serve: true.",
    .run = run_serve,
};
const struct cli_command cli_relay_info = {
    .name = "info",
    .summary = "print this relay's peer ID and addresses, for peerup relay add",
    .run = run_info,
};
