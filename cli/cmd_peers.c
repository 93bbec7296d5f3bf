/* `peerup peers`: the connections of now. */
#include "commands.h"

#include "show.h"

struct view {
	const struct cli *cli;
	const struct cli_names *names;
};

static void use_connections(void *user, const void *answer)
{
	const struct pu_transport_connections *connections = answer;
	const struct view *view = user;
	struct cli_json json;

	if (!view->cli->json) {
		cli_show_connections(view->cli, &connections->connections, view->names, NULL);
		return;
	}
	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_connections(&json, "peers", &connections->connections, view->names);
	cli_json_end(&json);
}

static enum cli_exit run(struct cli *cli)
{
	const struct pu_transport_peers question = {0};
	struct cli_names *names = cli_names_load(cli->daemon);
	struct view view = {cli, names};
	enum pu_err err =
	    cli_daemon_ask(cli->daemon, PU_MSG_TRANSPORT_PEERS, &question, use_connections, &view);

	cli_names_free(names);
	return err == PU_OK ? CLI_DONE
	                    : cli_daemon_fail(cli->daemon, false, "cannot list the connections");
}

const struct cli_command cli_cmd_peers = {
    .name = "peers",
    .summary = "list the peers that are connected now",
    .needs_daemon = true,
    .run = run,
};
