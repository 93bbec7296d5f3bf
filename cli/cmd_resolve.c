/* `peerup resolve NAME`. */
#include "commands.h"

#include <stdio.h>

#include "json.h"
#include "peer.h"

static void print(const struct cli *cli, const struct cli_peer *peer)
{
	struct cli_json json;

	if (!cli->json) {
		puts(peer->peer_id);
		return;
	}
	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_str(&json, "name", peer->name);
	cli_json_str(&json, "peer_id", peer->peer_id);
	cli_json_str(&json, "source", peer->source);
	cli_json_end(&json);
}

static enum cli_exit run(struct cli *cli)
{
	struct cli_peer peer;
	enum cli_exit code = cli_peer_resolve(cli->daemon, cli_word(cli, 0), &peer);

	if (code == CLI_DONE)
		print(cli, &peer);
	return code;
}

static const struct cli_positional positionals[] = {
    {.name = "NAME", .offer = CLI_OFFER_PEER, .help = "a name, or a peer ID in any text form"},
};

const struct cli_command cli_cmd_resolve = {
    .name = "resolve",
    .summary = "print the peer ID that a name stands for",
    CLI_ROWS(positionals, positionals),
    .needs_daemon = true,
    .run = run,
};
