/* `peerup disconnect PEER`. */
#include "commands.h"

#include "peer.h"

static enum cli_exit run(struct cli *cli)
{
	struct pu_transport_disconnect question = {0};
	struct cli_peer peer;
	enum cli_exit code = cli_peer_resolve(cli->daemon, cli_word(cli, 0), &peer);

	if (code != CLI_DONE)
		return code;
	question.peer = peer.peer_id;
	if (cli_daemon_ask(cli->daemon, PU_MSG_TRANSPORT_DISCONNECT, &question, NULL, NULL) !=
	    PU_OK)
		return cli_daemon_fail(cli->daemon, false, "cannot disconnect %s", peer.typed);
	cli_done(cli, "peer_id", peer.peer_id, "disconnected", "disconnected from %s", peer.typed);
	return CLI_DONE;
}

static const struct cli_positional positionals[] = {
    {.name = "PEER", .offer = CLI_OFFER_PEER, .help = "a name or a peer ID"},
};

const struct cli_command cli_cmd_disconnect = {
    .name = "disconnect",
    .summary = "close the connections to a peer",
    .about = "Permanent forwards to the peer connect again by themselves.",
    CLI_ROWS(positionals, positionals),
    .needs_daemon = true,
    .run = run,
};
