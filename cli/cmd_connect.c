/* `peerup connect PEER`. */
#include "commands.h"

#include <stdio.h>

#include "json.h"
#include "peer.h"
#include "text.h"

static void use_connected(void *user, const void *answer)
{
	const struct pu_transport_connected *connected = answer;
	const struct cli *cli = user;
	char rtt[CLI_AMOUNT_MAX];
	struct cli_json json;

	if (!cli->json) {
		cli_say(cli, "%s to %s, %s, %s, rtt %s",
		        connected->already ? "already connected" : "connected", cli_word(cli, 0),
		        connected->path, connected->address, cli_text_rtt(connected->rtt_us, rtt));
		return;
	}
	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_str(&json, "peer_id", connected->peer_id);
	cli_json_str(&json, "address", connected->address);
	cli_json_str(&json, "path", connected->path);
	cli_json_milli(&json, "rtt_ms", connected->rtt_us);
	cli_json_bool(&json, "already", connected->already);
	cli_json_end(&json);
}

static enum cli_exit run(struct cli *cli)
{
	struct pu_transport_connect question = {0};
	struct cli_peer peer;
	enum cli_exit code = cli_peer_resolve(cli->daemon, cli_word(cli, 0), &peer);

	for (size_t i = 1; i < cli->args.words_len && code == CLI_DONE; i++) {
		struct pu_multiaddr address;

		code = cli_peer_address(cli, cli_word(cli, i), &address);
	}
	if (code != CLI_DONE)
		return code;
	question.peer = peer.peer_id;
	question.addresses =
	    (struct pu_strings){.items = cli->args.words + 1, .len = cli->args.words_len - 1};
	if (cli_daemon_ask_within(cli->daemon, PU_MSG_TRANSPORT_CONNECT, &question,
	                          CLI_PEER_DEADLINE_MS, use_connected, cli) != PU_OK)
		return cli_daemon_fail(cli->daemon, true, "cannot connect to %s", peer.typed);
	return CLI_DONE;
}

static const struct cli_positional positionals[] = {
    {.name = "PEER", .offer = CLI_OFFER_PEER, .help = "a name or a peer ID"},
    {.name = "MULTIADDR",
     .optional = true,
     .repeated = true,
     .help = "addresses to try besides the known ones"},
};

const struct cli_command cli_cmd_connect = {
    .name = "connect",
    .summary = "connect to a peer now",
    CLI_ROWS(positionals, positionals),
    .needs_daemon = true,
    .run = run,
};
