/* `peerup ping PEER`. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "peer.h"
#include "table.h"
#include "text.h"

struct pinger {
	const struct cli *cli;
	struct cli_daemon *daemon;
	struct cli_peer peer;
	uint64_t seq, received;
	uint64_t min_us, max_us, sum_us;
	enum pu_err last_err;
};

static void count(struct pinger *pinger, uint64_t rtt_us)
{
	if (pinger->received == 0 || rtt_us < pinger->min_us)
		pinger->min_us = rtt_us;
	if (rtt_us > pinger->max_us)
		pinger->max_us = rtt_us;
	pinger->sum_us += rtt_us;
	pinger->received++;
}

static void use_pong(void *user, const void *answer)
{
	const struct pu_transport_pong *pong = answer;
	struct pinger *pinger = user;
	char line[CLI_TEXT_MAX * 3], rtt[CLI_AMOUNT_MAX];
	struct cli_json json;

	count(pinger, pong->rtt_us);
	if (pinger->cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_u64(&json, "seq", pinger->seq);
		cli_json_str(&json, "peer_id", pinger->peer.peer_id);
		cli_json_milli(&json, "rtt_ms", pong->rtt_us);
		cli_json_str(&json, "path", pong->path);
		cli_json_str(&json, "address", pong->address);
		cli_json_end(&json);
		return;
	}
	snprintf(line, sizeof(line), "%llu: %s, %s, %s", (unsigned long long)pinger->seq,
	         cli_text_rtt(pong->rtt_us, rtt), pong->path, pong->address);
	cli_say(pinger->cli, "%s", line);
}

static void put_lost(const struct pinger *pinger)
{
	struct cli_json json;

	if (!pinger->cli->json) {
		cli_say(pinger->cli, "%llu: lost: %s", (unsigned long long)pinger->seq,
		        pinger->daemon->text);
		return;
	}
	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_u64(&json, "seq", pinger->seq);
	cli_json_str(&json, "peer_id", pinger->peer.peer_id);
	cli_json_str(&json, "error", pu_err_code(pinger->last_err));
	cli_json_str(&json, "message", pinger->daemon->text);
	cli_json_end(&json);
}

/* False: interrupted before the answer. */
static bool ping_once(struct pinger *pinger)
{
	const char *protocol = cli_value(pinger->cli, "protocol");
	const struct pu_transport_ping question = {
	    .peer = pinger->peer.peer_id,
	    .protocol = strcmp(protocol, "pingpong") == 0 ? "/pingpong/1.0.0" : "",
	};

	pinger->seq++;
	pinger->last_err = cli_daemon_ask_within(pinger->daemon, PU_MSG_TRANSPORT_PING, &question,
	                                         CLI_PEER_DEADLINE_MS, use_pong, pinger);
	if (pinger->last_err == PU_EAGAIN && pinger->daemon->interrupted) {
		pinger->seq--;
		return false;
	}
	if (pinger->last_err != PU_OK)
		put_lost(pinger);
	fflush(stdout);
	return true;
}

static void put_statistics(const struct pinger *pinger)
{
	uint64_t lost = pinger->seq - pinger->received;
	uint64_t avg_us = pinger->received > 0 ? pinger->sum_us / pinger->received : 0;
	uint64_t lost_milli = pinger->seq > 0 ? lost * 100000 / pinger->seq : 0;
	char min[CLI_AMOUNT_MAX], avg[CLI_AMOUNT_MAX], max[CLI_AMOUNT_MAX];
	struct cli_json json;

	if (pinger->cli->json) {
		cli_json_init(&json, stdout);
		cli_json_object(&json, NULL);
		cli_json_u64(&json, "sent", pinger->seq);
		cli_json_u64(&json, "received", pinger->received);
		cli_json_u64(&json, "lost", lost);
		cli_json_milli(&json, "loss_pct", lost_milli);
		cli_json_milli(&json, "min_ms", pinger->min_us);
		cli_json_milli(&json, "avg_ms", avg_us);
		cli_json_milli(&json, "max_ms", pinger->max_us);
		cli_json_end(&json);
		return;
	}
	printf("%llu sent, %llu received, %llu lost", (unsigned long long)pinger->seq,
	       (unsigned long long)pinger->received, (unsigned long long)lost);
	if (pinger->received > 0)
		printf("; rtt min %s, avg %s, max %s", cli_text_rtt(pinger->min_us, min),
		       cli_text_rtt(avg_us, avg), cli_text_rtt(pinger->max_us, max));
	putchar('\n');
}

static enum cli_exit result(const struct pinger *pinger)
{
	if (pinger->received > 0 || pinger->seq == 0)
		return CLI_DONE;
	if (cli_exit_of(pinger->last_err) == CLI_DENIED)
		return cli_daemon_fail(pinger->daemon, true, "cannot ping %s", pinger->peer.typed);
	return cli_fail(pinger->cli, CLI_UNREACHABLE, CLI_HINT_UNREACHABLE, "%s did not answer: %s",
	                pinger->peer.typed, pinger->daemon->text);
}

static enum cli_exit run(struct cli *cli)
{
	uint64_t rounds = cli_amount(cli, "count"), interval_ms = cli_amount(cli, "interval");
	struct pinger pinger = {.cli = cli, .daemon = cli->daemon};
	enum cli_exit code;

	if (strcmp(cli_value(cli, "protocol"), "ipfs") != 0 &&
	    strcmp(cli_value(cli, "protocol"), "pingpong") != 0)
		return cli_fail(cli, CLI_USAGE, "one of --protocol ipfs, pingpong",
		                "there is no ping protocol \"%s\"", cli_value(cli, "protocol"));
	code = cli_peer_resolve(cli->daemon, cli_word(cli, 0), &pinger.peer);
	if (code != CLI_DONE)
		return code;
	cli_daemon_catch_signals(cli->daemon);
	while (ping_once(&pinger) && (rounds == 0 || pinger.seq < rounds)) {
		if (cli_exit_of(pinger.last_err) == CLI_DENIED ||
		    !cli_daemon_wait(cli->daemon, interval_ms))
			break;
	}
	put_statistics(&pinger);
	return result(&pinger);
}

static const struct cli_positional positionals[] = {
    {.name = "PEER", .offer = CLI_OFFER_PEER, .help = "a name or a peer ID"},
};
static const struct cli_option options[] = {
    {.name = "count",
     .letter = 'c',
     .kind = CLI_NUMBER,
     .value = "N",
     .fallback = "4",
     .help = "how many times; 0 = until Ctrl-C"},
    {.name = "interval",
     .letter = 'i',
     .kind = CLI_DURATION,
     .value = "TIME",
     .fallback = "1s",
     .help = "between two of them"},
    {.name = "protocol",
     .kind = CLI_STRING,
     .value = "NAME",
     .fallback = "ipfs",
     .offer = CLI_OFFER_PING,
     .help = "ipfs (/ipfs/ping/1.0.0) or pingpong (/pingpong/1.0.0)"},
};

const struct cli_command cli_cmd_ping = {
    .name = "ping",
    .summary = "measure the way to a peer and back",
    .about =
        "Connects to the peer if need be. Ends with 3 when nothing came back, with 4 when "
        "the peer refused.\n\n"
        "With --json: one line for each ping {seq, peer_id, rtt_ms, path, address} or {seq, "
        "peer_id, error, message}, then one {sent, received, lost, loss_pct, min_ms, avg_ms, "
        "max_ms}.",
    CLI_ROWS(positionals, positionals),
    CLI_ROWS(options, options),
    .needs_daemon = true,
    .run = run,
};
