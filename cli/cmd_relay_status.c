/* `peerup relay status`: the relays that we use, and what we carry as one. */
#include "relay.h"

#include <stdio.h>

#include "show.h"

#define CIRCUITS_SHOWN 50 /* to people; --json has as many as fit in a message */

struct view {
	const struct cli *cli;
	struct cli_names *names;
	struct cli_json json;
	bool uses; /* a relay */
};

static void use_relays(void *user, const void *answer)
{
	const struct pu_transport_reserved *reserved = answer;
	struct view *view = user;

	view->uses = reserved->relays.len > 0;
	if (!view->cli->json) {
		if (!view->uses)
			return;
		cli_show_relays(view->cli, &reserved->relays, view->names, "relays");
		cli_show_relayed(view->cli, &reserved->relays, "this node through them");
		return;
	}
	cli_json_init(&view->json, stdout);
	cli_json_object(&view->json, NULL);
	cli_json_relays(&view->json, "relays", &reserved->relays, view->names);
}

static void use_circuits(void *user, const void *answer)
{
	const struct pu_transport_circuits *circuits = answer;
	struct view *view = user;

	if (view->cli->json && !circuits->serving)
		cli_json_null(&view->json, "relaying");
	else if (view->cli->json)
		cli_json_circuits(&view->json, "relaying", circuits, view->names);
	else if (circuits->serving)
		cli_show_circuits(view->cli, circuits, view->names);
	else if (!view->uses)
		cli_say(view->cli, "This node uses no relay and is none: peerup relay add, peerup "
		                   "relay setup");
}

static enum pu_err ask_both(struct cli *cli, struct view *view)
{
	const struct pu_transport_relays relays = {0};
	const struct pu_transport_relaying relaying = {.limit = cli->json ? 0 : CIRCUITS_SHOWN};
	enum pu_err err =
	    cli_daemon_ask(cli->daemon, PU_MSG_TRANSPORT_RELAYS, &relays, use_relays, view);

	if (err != PU_OK)
		return err;
	err = cli_daemon_ask(cli->daemon, PU_MSG_TRANSPORT_RELAYING, &relaying, use_circuits, view);
	if (cli->json && err != PU_OK)
		cli_json_null(&view->json, "relaying");
	if (cli->json)
		cli_json_end(&view->json);
	return err;
}

static enum cli_exit run(struct cli *cli)
{
	struct view view = {.cli = cli, .names = cli_names_load(cli->daemon)};
	enum pu_err err = ask_both(cli, &view);

	cli_names_free(view.names);
	return err == PU_OK ? CLI_DONE
	                    : cli_daemon_fail(cli->daemon, false, "cannot tell about relays");
}

const struct cli_command cli_relay_status = {
    .name = "status",
    .summary = "show the relays that are used, and what this relay carries",
    .about = "Limits are those that a relay puts on each circuit through it: how long it may "
             "last, and how much it may carry each way.",
    .needs_daemon = true,
    .run = run,
};
