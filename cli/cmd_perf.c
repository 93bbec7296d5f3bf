/* `peerup perf PEER`: how many bytes per second reach a peer, over /perf/1.0.0 (libp2p specs,
 * perf/perf.md): 8 bytes say how many bytes shall come back, then bytes go up, then come
 * down. */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "json.h"
#include "peer.h"
#include "proto/streams.h"
#include "text.h"

#define CHUNK_BYTES   (64 * 1024)
#define SILENCE_MS    30000
#define PROGRESS_NS   (200 * PU_NS_PER_MS)
#define CLOSE_WAIT_MS 3000

struct run {
	const struct cli *cli;
	struct cli_daemon *daemon;
	struct cli_peer peer;
	int fd;
	bool connected, opened, closed;
	char code[32], reason[512]; /* of stream.closed */
	uint64_t shown_ns;
};

/* ---- the stream ---- */

static void on_connected(void *user)
{
	struct run *run = user;

	run->connected = true;
	uv_stop(&run->daemon->loop);
}

static void on_opened(void *user, uint64_t id, enum pu_err err, const char *text, int fd)
{
	struct run *run = user;

	(void)id;
	run->opened = true;
	run->fd = fd;
	run->daemon->err = err;
	snprintf(run->daemon->text, sizeof(run->daemon->text), "%s", text != NULL ? text : "");
	uv_stop(&run->daemon->loop);
}

static void on_closed(void *user, const struct pu_stream_closed *closed, bool inbound)
{
	struct run *run = user;

	(void)inbound;
	run->closed = true;
	snprintf(run->code, sizeof(run->code), "%s", closed->code);
	snprintf(run->reason, sizeof(run->reason), "%s", closed->message);
	uv_stop(&run->daemon->loop);
}

static void on_inbound(void *user, const struct pu_stream_inbound *inbound)
{
	(void)user; /* none come: nothing was registered */
	(void)inbound;
}

static const struct pu_streams_ops ops = {
    .on_inbound = on_inbound,
    .on_opened = on_opened,
    .on_closed = on_closed,
    .on_connected = on_connected,
};

static enum cli_exit open_stream(struct run *run, struct pu_streams *streams)
{
	struct cli_daemon *daemon = run->daemon;
	uint64_t id;

	if (!cli_daemon_until(daemon, &run->connected, CLI_SERVICE_DEADLINE_MS))
		return cli_fail(run->cli, CLI_FAILED, "see: peerup status",
		                "the transport service does not answer");
	daemon->err = pu_streams_open(streams, run->peer.peer_id, "/perf/1.0.0", 0, -1, &id);
	daemon->text[0] = '\0';
	if (daemon->err == PU_OK && !cli_daemon_until(daemon, &run->opened, CLI_PEER_DEADLINE_MS))
		daemon->err = PU_ETIMEOUT;
	if (daemon->err != PU_OK)
		return cli_daemon_fail(daemon, true, "cannot measure %s", run->peer.typed);
	return CLI_DONE;
}

/* ---- the bytes ---- */

static void progress(struct run *run, uint64_t bytes, uint64_t total, uint64_t begin_ns)
{
	uint64_t now_ns = pu_now_ns();
	char done[CLI_AMOUNT_MAX], rate[CLI_AMOUNT_MAX];

	if (run->cli->quiet || isatty(STDERR_FILENO) != 1 || now_ns - run->shown_ns < PROGRESS_NS)
		return;
	run->shown_ns = now_ns;
	fprintf(stderr, "\r\033[K%s, %llu %%, %s/s", cli_text_bytes(bytes, done),
	        (unsigned long long)(total > 0 ? bytes * 100 / total : 100),
	        cli_text_bytes((uint64_t)((double)bytes * 1e9 / (double)(now_ns - begin_ns + 1)),
	                       rate));
}

static void progress_end(const struct run *run)
{
	if (run->shown_ns != 0)
		fputs("\r\033[K", stderr);
}

static enum pu_err wait_for(int fd, short events)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	int ready = poll(&poll_fd, 1, SILENCE_MS);

	if (ready < 0)
		return PU_EAGAIN; /* interrupted */
	return ready == 0 ? PU_ETIMEOUT : PU_OK;
}

static enum pu_err send_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		enum pu_err err = wait_for(fd, POLLOUT);
		ssize_t sent;

		if (err != PU_OK)
			return err;
		sent = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return PU_ECLOSED;
		if (sent > 0) {
			data += sent;
			len -= (size_t)sent;
		}
	}
	return PU_OK;
}

static enum pu_err upload(struct run *run, uint64_t want_back, uint64_t bytes,
                          uint64_t begin_ns)
{
	static const uint8_t zeros[CHUNK_BYTES];
	uint8_t head[8];
	uint64_t left = bytes;
	enum pu_err err;

	for (size_t i = 0; i < sizeof(head); i++)
		head[i] = (uint8_t)(want_back >> (56 - 8 * i));
	err = send_all(run->fd, head, sizeof(head));
	while (err == PU_OK && left > 0) {
		size_t len = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);

		err = send_all(run->fd, zeros, len);
		left -= len;
		progress(run, bytes - left, bytes, begin_ns);
	}
	if (err == PU_OK && shutdown(run->fd, SHUT_WR) != 0)
		err = PU_ECLOSED;
	return err;
}

/* Reads to the end; *bytes counts what came. */
static enum pu_err download(struct run *run, uint64_t total, uint64_t begin_ns, uint64_t *bytes)
{
	uint8_t chunk[CHUNK_BYTES];

	for (;;) {
		enum pu_err err = wait_for(run->fd, POLLIN);
		ssize_t len;

		if (err != PU_OK)
			return err;
		len = recv(run->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (len == 0)
			return PU_OK;
		if (len < 0 && errno != EAGAIN && errno != EINTR)
			return PU_ECLOSED;
		if (len > 0)
			*bytes += (uint64_t)len;
		progress(run, *bytes, total, begin_ns);
	}
}

/* ---- the result ---- */

static void report(const struct run *run, bool down, uint64_t bytes, uint64_t ns)
{
	uint64_t bit_per_s = (uint64_t)((double)bytes * 8e9 / (double)(ns > 0 ? ns : 1));
	char amount[CLI_AMOUNT_MAX];
	struct cli_json json;

	if (!run->cli->json) {
		printf("%s %s: %.3f s, %.1f Mbit/s\n", down ? "downloaded" : "uploaded",
		       cli_text_bytes(bytes, amount), (double)ns / 1e9, (double)bit_per_s / 1e6);
		return;
	}
	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_str(&json, "peer_id", run->peer.peer_id);
	cli_json_str(&json, "direction", down ? "download" : "upload");
	cli_json_u64(&json, "bytes", bytes);
	cli_json_milli(&json, "ms", ns / 1000);
	cli_json_u64(&json, "bits_per_second", bit_per_s);
	cli_json_end(&json);
}

static enum cli_exit broken(struct run *run, enum pu_err err)
{
	struct cli_daemon *daemon = run->daemon;

	if (err == PU_EAGAIN)
		return cli_fail(run->cli, CLI_FAILED, NULL, "interrupted");
	daemon->err = run->closed ? pu_err_from_code(run->code) : err;
	snprintf(daemon->text, sizeof(daemon->text), "%s", run->closed ? run->reason : "");
	return cli_daemon_fail(daemon, true, "the measurement of %s broke off", run->peer.typed);
}

static enum cli_exit measure_once(struct run *run, struct pu_streams *streams, bool down,
                                  uint64_t bytes)
{
	uint64_t begin_ns, end_ns, came = 0;
	enum cli_exit code;
	enum pu_err err;

	run->opened = run->closed = false;
	code = open_stream(run, streams);
	if (code != CLI_DONE)
		return code;
	begin_ns = pu_now_ns();
	err = upload(run, down ? bytes : 0, down ? 0 : bytes, begin_ns);
	if (err == PU_OK)
		err = download(run, bytes, begin_ns, &came);
	end_ns = pu_now_ns();
	close(run->fd);
	progress_end(run);
	/* The end of the stream looks like the end of the bytes; transport knows which it was. */
	(void)cli_daemon_until(run->daemon, &run->closed, CLOSE_WAIT_MS);
	if (err != PU_OK || (run->closed && strcmp(run->code, "ok") != 0) ||
	    (down && came != bytes))
		return broken(run, err != PU_OK ? err : PU_ECLOSED);
	report(run, down, bytes, end_ns - begin_ns);
	fflush(stdout);
	return CLI_DONE;
}

static enum cli_exit measure(struct cli *cli)
{
	bool up = cli_flag(cli, "upload"), down = cli_flag(cli, "download");
	uint64_t bytes = cli_amount(cli, "bytes");
	struct run run = {.cli = cli, .daemon = cli->daemon};
	enum cli_exit code = cli_peer_resolve(cli->daemon, cli_word(cli, 0), &run.peer);
	struct pu_streams *streams;

	if (code != CLI_DONE)
		return code;
	streams = pu_streams_new(&cli->daemon->loop, cli->daemon->runtime_dir, &ops, &run);
	if (up || !down)
		code = measure_once(&run, streams, false, bytes);
	if (code == CLI_DONE && (down || !up))
		code = measure_once(&run, streams, true, bytes);
	pu_streams_free(streams);
	return code;
}

static const struct cli_positional positionals[] = {
    {.name = "PEER", .offer = CLI_OFFER_PEER, .help = "a name or a peer ID"},
};
static const struct cli_option options[] = {
    {.name = "bytes",
     .letter = 'n',
     .kind = CLI_SIZE,
     .value = "SIZE",
     .fallback = "100MB",
     .help = "how much each way"},
    {.name = "upload", .kind = CLI_FLAG, .help = "only to the peer"},
    {.name = "download", .kind = CLI_FLAG, .help = "only from the peer"},
};

const struct cli_command cli_cmd_perf = {
    .name = "perf",
    .summary = "measure the throughput to and from a peer",
    .about =
        "Both ways, one after the other, over one stream each. With --json one line for each "
        "way {peer_id, direction, bytes, ms, bits_per_second}.",
    CLI_ROWS(positionals, positionals),
    CLI_ROWS(options, options),
    .needs_daemon = true,
    .run = measure,
};
