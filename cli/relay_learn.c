/* Knows how a relay's peer ID is learned from the relay itself, and that a person has to agree:
 * who answers at an address is not yet who was meant. */
#include "relay_learn.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "daemon.h"
#include "files.h"
#include "prompt.h"
#include "text.h"

#define PROBE_MS 10000

struct answer {
	char peer_id[PU_PEER_ID_TEXT_MAX];
	char address[CLI_TEXT_MAX], agent[CLI_TEXT_MAX];
	uint64_t rtt_us;
};

static void use_probed(void *user, const void *message)
{
	const struct pu_transport_probed *probed = message;
	struct answer *answer = user;

	snprintf(answer->peer_id, sizeof(answer->peer_id), "%s", probed->peer_id);
	snprintf(answer->address, sizeof(answer->address), "%s", probed->address);
	snprintf(answer->agent, sizeof(answer->agent), "%s", probed->agent);
	cli_text_clean(answer->address);
	cli_text_clean(answer->agent);
	answer->rtt_us = probed->rtt_us;
}

static enum cli_exit ask_daemon(struct cli_daemon *daemon, const char *typed,
                                const struct cli_relay_address *relay, struct answer *answer)
{
	enum pu_err err = PU_EUNREACHABLE;

	for (size_t i = 0; i < relay->len && err != PU_OK; i++) {
		char text[PU_MULTIADDR_TEXT_MAX];
		const struct pu_transport_probe question = {
		    .address = pu_multiaddr_print(&relay->addresses[i], text),
		    .deadline_ms = PROBE_MS,
		};

		err = cli_daemon_ask_within(daemon, PU_MSG_TRANSPORT_PROBE, &question,
		                            PROBE_MS + CLI_SERVICE_DEADLINE_MS, use_probed, answer);
	}
	if (err == PU_OK)
		return CLI_DONE;
	return cli_fail(daemon->cli, cli_daemon_peer_exit(err),
	                "does the relay run, and are its ports open? --peer-id ID adds it unasked",
	                "cannot learn who answers at %s: %s", typed,
	                daemon->text[0] != '\0' ? daemon->text : pu_strerror(err));
}

static enum cli_exit probe(struct cli *cli, const char *typed,
                           const struct cli_relay_address *relay, struct answer *answer)
{
	struct cli_daemon daemon;
	bool running;
	enum cli_exit code = cli_daemon_find(cli, &daemon, &running);

	if (code != CLI_DONE)
		return code;
	if (!running)
		return cli_fail(cli, CLI_NO_DAEMON,
		                "say who it is with --peer-id ID, or start the daemon: peerup daemon",
		                "cannot learn who answers at %s: the daemon is not running", typed);
	code = ask_daemon(&daemon, typed, relay, answer);
	cli_daemon_close(&daemon);
	return code;
}

static enum cli_exit confirm(const struct cli *cli, const char *typed,
                             const struct answer *answer)
{
	char rtt[CLI_AMOUNT_MAX];

	if (cli_flag(cli, "yes"))
		return CLI_DONE;
	fprintf(stderr, "At %s answers\n  %s\n  %s, %s%s%s\n", typed, answer->peer_id,
	        answer->address, cli_text_rtt(answer->rtt_us, rtt), answer->agent[0] ? ", " : "",
	        answer->agent);
	if (!cli_prompt_possible())
		return cli_fail(cli, CLI_FAILED, "--yes trusts it, --peer-id ID says who it must be",
		                "nobody is here to confirm that this is the relay");
	fputs("On the relay, peerup relay info prints its peer ID.\n", stderr);
	if (cli_prompt_yes(stdin, stderr, "Are they the same?"))
		return CLI_DONE;
	return cli_fail(cli, CLI_FAILED, NULL, "nothing was changed");
}

enum cli_exit cli_relay_learn(struct cli *cli, const char *typed,
                              struct cli_relay_address *relay)
{
	struct answer answer = {0};
	enum cli_exit code = probe(cli, typed, relay, &answer);

	if (code == CLI_DONE)
		code = confirm(cli, typed, &answer);
	if (code == CLI_DONE && pu_peer_id_parse(answer.peer_id, &relay->peer) != PU_OK)
		code = cli_fail(cli, CLI_FAILED, NULL, "the daemon names a peer ID that is none");
	return code;
}
