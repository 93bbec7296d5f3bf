/* Knows what the QUIC endpoint costs by itself: two of them back to back in one thread,
 * datagrams copied in memory, real time. Prints throughput, handshakes, memory, and what
 * strangers cost.
 *
 *   quic_bench [GB [transfer|handshakes|idle|flood]...] */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "p2p/tls_cert.h"
#include "quic/conn.h"
#include "quic/limits.h"
#include "quic/stream.h"

#define RING_LEN 64

struct run {
	size_t len, segment;
	uint8_t ecn;
	uint8_t data[65536];
};

struct peer {
	struct pu_quic_endpoint *ep;
	struct peer *other;
	struct pu_quic_path path;
	struct run *ring; /* what waits to be read by us */
	size_t head, len;
	struct pu_quic_conn *conn;
	struct pu_quic_stream *stream;
	uint64_t got, ups, downs;
	bool source;
};

static size_t on_send(void *user, const struct pu_quic_datagrams *out)
{
	const struct peer *peer = user;
	struct peer *to = peer->other;
	struct run *run;

	if (to->len == RING_LEN)
		return 0;
	run = &to->ring[(to->head + to->len++) % RING_LEN];
	run->len = out->len;
	run->segment = out->segment;
	run->ecn = out->ecn;
	memcpy(run->data, out->data, out->len);
	return out->len;
}

static void on_up(void *user, struct pu_quic_conn *conn)
{
	struct peer *peer = user;

	peer->conn = conn;
	peer->ups++;
}

static void on_down(void *user, struct pu_quic_conn *conn, const struct pu_mux_end *why)
{
	struct peer *peer = user;

	(void)conn;
	peer->downs++;
	if (why->err != PU_OK)
		fprintf(stderr, "connection lost: %s %s\n", pu_strerror(why->err), why->reason);
}

static void fill(struct peer *peer)
{
	struct iovec out[2];
	size_t given;

	while ((given = pu_quic_stream_reserve(peer->stream, 65536, out)) > 0)
		pu_quic_stream_commit(peer->stream, given);
}

static void on_data(void *user, struct pu_quic_stream *stream)
{
	struct peer *peer = user;
	struct iovec in[16];
	size_t count;

	enum pu_recv state = PU_RECV_OPEN;

	while ((count = pu_quic_stream_peek(stream, in, 16, &state)) > 0) {
		size_t len = 0;

		for (size_t i = 0; i < count; i++)
			len += in[i].iov_len;
		peer->got += len;
		pu_quic_stream_consume(stream, len);
	}
	if (pu_quic_stream_conn(stream) == NULL || state != PU_RECV_OPEN)
		pu_quic_stream_close(stream);
}

static void on_writable(void *user, struct pu_quic_stream *stream)
{
	(void)stream;
	fill(user);
}

static const struct pu_quic_callbacks callbacks = {
    .send = on_send,
    .on_conn_up = on_up,
    .on_conn_down = on_down,
    .on_stream_data = on_data,
    .on_stream_writable = on_writable,
};

static enum pu_err verify_cert(void *user, struct pu_bytes der, struct pu_peer_id *out)
{
	(void)user;
	return pu_tls_cert_verify(der, 1800000000, out);
}

static void die(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void peer_init(struct peer *peer, struct peer *other, uint16_t port,
                      const struct pu_quic_config *base, const struct pu_quic_callbacks *cb)
{
	struct pu_quic_config config = *base;
	struct pu_tls_cert cert;
	struct pu_key key;

	*peer = (struct peer){.other = other, .ring = calloc(RING_LEN, sizeof(struct run))};
	peer->path.local.len = peer->path.remote.len = sizeof(struct sockaddr_in);
	peer->path.local.in.sin_family = peer->path.remote.in.sin_family = AF_INET;
	peer->path.local.in.sin_port = htons(port);
	peer->path.remote.in.sin_port = htons((uint16_t)(port ^ 1));
	config.verify_cert = verify_cert;
	pu_key_generate(&key);
	if (pu_tls_cert_make(&cert, &key, 1800000000) != PU_OK ||
	    pu_tls_cert_credentials(&cert, &config.credentials) != PU_OK ||
	    pu_quic_endpoint_new(&config, cb, peer, &peer->ep) != PU_OK)
		die("cannot make an endpoint");
	pu_tls_cert_fini(&cert);
	pu_key_fini(&key);
}

static void peer_fini(struct peer *peer)
{
	pu_quic_endpoint_free(peer->ep);
	free(peer->ring);
}

/* Time a peer takes, when somebody wants to know. */
static uint64_t server_ns;

static bool turn(struct peer *peer, bool timed)
{
	uint64_t now = pu_now_ns();
	bool busy = peer->len > 0;

	while (peer->len > 0) {
		struct run *run = &peer->ring[peer->head];
		struct pu_quic_datagrams in = {.path = &peer->path,
		                               .data = run->data,
		                               .len = run->len,
		                               .segment = run->segment,
		                               .ecn = run->ecn};

		pu_quic_endpoint_input(peer->ep, now, &in);
		peer->head = (peer->head + 1) % RING_LEN;
		peer->len--;
	}
	if (pu_quic_endpoint_deadline(peer->ep) <= now)
		pu_quic_endpoint_expire(peer->ep, now);
	if (pu_quic_endpoint_blocked(peer->ep))
		pu_quic_endpoint_writable(peer->ep, now);
	else
		pu_quic_endpoint_flush(peer->ep, now);
	if (timed)
		server_ns += pu_now_ns() - now;
	return busy;
}

static double cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct peer client, server;

static void wait_ups(uint64_t count)
{
	uint64_t end = pu_now_ns() + 60 * PU_NS_PER_S;

	while (client.ups < count || server.ups < count) {
		turn(&client, false);
		turn(&server, true);
		if (pu_now_ns() > end)
			die("handshakes take too long");
	}
}

static void dial(size_t count)
{
	struct pu_quic_dial dial = {.path = &client.path};

	for (size_t i = 0; i < count; i++)
		if (pu_quic_endpoint_dial(client.ep, pu_now_ns(), &dial, &client.conn) != PU_OK)
			die("cannot dial");
}

static void start(const struct pu_quic_config *config)
{
	peer_init(&client, &server, 4000, config, &callbacks);
	peer_init(&server, &client, 4001, config, &callbacks);
}

static void stop(void)
{
	peer_fini(&client);
	peer_fini(&server);
}

static void bench_transfer(const char *name, const struct pu_quic_config *config,
                           uint64_t bytes)
{
	struct pu_quic_stats stats;
	struct pu_quic_conn_info info;
	double cpu, wall;
	uint64_t begin;

	start(config);
	dial(1);
	wait_ups(1);
	if (pu_quic_stream_open(client.conn, NULL, &client.stream) != PU_OK)
		die("cannot open a stream");
	fill(&client);
	cpu = cpu_s();
	begin = pu_now_ns();
	while (server.got < bytes) {
		turn(&client, false);
		turn(&server, false);
	}
	cpu = cpu_s() - cpu;
	wall = (double)(pu_now_ns() - begin) / 1e9;
	pu_quic_endpoint_stats(client.ep, &stats);
	pu_quic_conn_info(client.conn, &info);
	printf("%-24s %6.2f Gbit/s %6.2f CPU s/GB %6.0f ns/packet  (%.1f datagrams/send, %.1f "
	       "data/ack, "
	       "%u B, cwnd %lu, rtt %lu us)\n",
	       name, (double)server.got * 8 / wall / 1e9, cpu / ((double)server.got / 1e9),
	       cpu * 1e9 / (double)stats.datagrams_out,
	       (double)stats.datagrams_out / (double)stats.sends,
	       (double)stats.datagrams_out / (double)stats.datagrams_in, info.udp_payload,
	       (unsigned long)info.cwnd, (unsigned long)(info.rtt_ns / 1000));
	stop();
}

static void lift_limits(struct pu_quic_config *config)
{
	config->unverified_max = config->unverified_per_ip_max = config->handshakes_max =
	    UINT32_MAX;
	config->unverified_per_s = config->source_per_s = UINT32_MAX;
	config->conns_max = UINT32_MAX;
}

static void bench_handshakes(const char *name, const struct pu_quic_config *base,
                             uint64_t count, bool cached)
{
	struct pu_quic_config config = *base;
	double cpu;

	lift_limits(&config);
	start(&config);
	if (cached) {
		dial(1);
		wait_ups(1);
	}
	server_ns = 0;
	cpu = cpu_s();
	for (uint64_t i = 1; i <= count; i++) {
		if (!cached) {
			stop();
			start(&config);
		}
		dial(1);
		wait_ups(cached ? i + 1 : 1);
	}
	cpu = cpu_s() - cpu;
	printf("%-24s %6.0f accepted/s on one core (%.0f us server, %.0f us both ends)\n", name,
	       (double)count * 1e9 / (double)server_ns, (double)server_ns / 1e3 / (double)count,
	       cpu * 1e6 / (double)count);
	stop();
}

/* KiB that this process alone holds. */
static double private_kib(void)
{
	FILE *rollup = fopen("/proc/self/smaps_rollup", "r");
	double sum = 0, kib;
	char line[128];

	while (rollup != NULL && fgets(line, sizeof(line), rollup) != NULL)
		if (sscanf(line, "Private_%*[^:]: %lf", &kib) == 1)
			sum += kib;
	if (rollup != NULL)
		fclose(rollup);
	return sum;
}

/* What a connection does before it is idle: an exchange like that of identify. */
static void use_a_stream(void)
{
	uint64_t expected = server.got + 100;
	uint8_t bytes[100] = {0};

	if (pu_quic_stream_open(client.conn, NULL, &client.stream) != PU_OK ||
	    pu_quic_stream_write(client.stream, bytes, sizeof(bytes)) != sizeof(bytes))
		die("cannot use a stream");
	pu_quic_stream_finish(client.stream);
	pu_quic_stream_close(client.stream);
	while (server.got < expected) {
		turn(&client, false);
		turn(&server, false);
	}
}

static void make_idle(uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i <= to; i++) {
		dial(1);
		wait_ups(i);
		use_a_stream();
	}
}

static void bench_idle(const struct pu_quic_config *base, uint64_t count)
{
	struct pu_quic_config config = *base;
	struct pu_quic_stats stats;
	double before_kib, after_kib;
	size_t before, after;

	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TRIM_THRESHOLD, 64 * 1024); /* as the services have it */
	lift_limits(&config);
	start(&config);
	make_idle(1, 32);
	before = mallinfo2().uordblks;
	before_kib = private_kib();
	make_idle(33, 32 + count);
	/* Beyond the next trimming of what only busy connections need. */
	pu_quic_endpoint_expire(client.ep, pu_now_ns() + PU_QUIC_TRIM_INTERVAL);
	pu_quic_endpoint_expire(server.ep, pu_now_ns() + PU_QUIC_TRIM_INTERVAL);
	after_kib = private_kib();
	after = mallinfo2().uordblks;
	pu_quic_endpoint_stats(server.ep, &stats);
	printf("%-24s %6.1f KiB per connection and end, %.1f of them allocated, %.1f by ngtcp2\n",
	       "idle memory", (after_kib - before_kib) / 2 / (double)count,
	       (double)(after - before) / 2048 / (double)count,
	       (double)stats.memory_quic / 1024 / (double)stats.conns);
	malloc_trim(0);
	printf("%-24s %6.1f KiB\n", "  without the gaps",
	       (private_kib() - before_kib) / 2 / (double)count);
	stop();
}

/* ---- strangers ---- */

enum { FLOOD_KINDS = 1024, FLOOD_LEN = 1200, FLOOD_BATCH = 32, FLOOD_TOKEN_LEN = 29 };

/* Different datagrams of one kind, sent again and again. */
static struct {
	size_t len;
	uint8_t data[FLOOD_LEN];
} strangers[FLOOD_KINDS];

static uint64_t random_next(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void fill_random(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)random_next();
}

static void make_short(uint8_t *data)
{
	data[0] = (data[0] & 0x3f) | 0x40;
}

static void make_garbage(uint8_t *data)
{
	data[0] |= 0x80;
}

/* How the last token began: what follows is what a forger has to guess. */
static uint8_t token_head[5];

/* The header of a first packet up to its length field; all behind it stays random. */
static void put_header(uint8_t *data, uint32_t version, size_t token_len)
{
	size_t at = 0;

	data[at++] = 0xc3;
	for (int shift = 24; shift >= 0; shift -= 8)
		data[at++] = (uint8_t)(version >> shift);
	data[at] = 8;
	at += 9;
	data[at] = 8;
	at += 9;
	data[at++] = (uint8_t)token_len;
	if (token_len > 0)
		memcpy(data + at, token_head, sizeof(token_head));
	at += token_len;
	data[at] = 0x40 | (uint8_t)((FLOOD_LEN - at - 2) >> 8);
	data[at + 1] = (uint8_t)(FLOOD_LEN - at - 2);
}

static void make_other_version(uint8_t *data)
{
	put_header(data, 0x1a2a3a4a, 0);
}

static void make_initial(uint8_t *data)
{
	put_header(data, 1, 0);
}

static void make_bad_token(uint8_t *data)
{
	put_header(data, 1, FLOOD_TOKEN_LEN);
}

static size_t on_send_nowhere(void *user, const struct pu_quic_datagrams *out)
{
	(void)user;
	if ((out->data[0] & 0xf0) == 0xf0)
		memcpy(token_head, out->data + 23, sizeof(token_head));
	return out->len;
}

static const struct pu_quic_callbacks server_callbacks = {.send = on_send_nowhere};

static void feed(size_t count)
{
	struct pu_quic_path path = server.path;

	for (size_t i = 0; i < count; i++) {
		size_t which = i % FLOOD_KINDS;
		struct pu_quic_datagrams in = {
		    .path = &path, .data = strangers[which].data, .len = strangers[which].len};

		path.remote.in.sin_addr.s_addr = (uint32_t)random_next();
		pu_quic_endpoint_input(server.ep, pu_now_ns(), &in);
		if (i % FLOOD_BATCH != 0)
			continue;
		if (pu_quic_endpoint_deadline(server.ep) <= pu_now_ns())
			pu_quic_endpoint_expire(server.ep, pu_now_ns());
		pu_quic_endpoint_flush(server.ep, pu_now_ns());
	}
}

static void measure_flood(const char *name, size_t count)
{
	struct pu_quic_stats before, after;
	double cpu = cpu_s();

	pu_quic_endpoint_stats(server.ep, &before);
	feed(count);
	cpu = cpu_s() - cpu;
	pu_quic_endpoint_stats(server.ep, &after);
	printf("  %-32s %9.0f /s on one core  (per 1000: %.1f Retry, %.1f begun; %zu handshakes)\n",
	       name, (double)count / cpu,
	       (double)(after.retries_sent - before.retries_sent) * 1e3 / (double)count,
	       (double)(after.accepted - before.accepted) * 1e3 / (double)count, after.handshakes);
}

static void flood_with(const char *name, size_t len, void (*make)(uint8_t *data))
{
	for (size_t i = 0; i < FLOOD_KINDS; i++) {
		fill_random(strangers[i].data, len);
		strangers[i].len = len;
		make(strangers[i].data);
	}
	measure_flood(name, 300000);
}

/* The first packets of real handshakes, which nobody will finish. */
static void take_first_packets(void)
{
	for (size_t i = 0; i < FLOOD_KINDS; i++) {
		const struct run *run = &server.ring[server.head];

		dial(1);
		pu_quic_endpoint_flush(client.ep, pu_now_ns());
		if (server.len == 0 || run->len > FLOOD_LEN)
			die("no first packet");
		strangers[i].len = run->len;
		memcpy(strangers[i].data, run->data, run->len);
		server.len = 0;
	}
}

static void bench_flood(const struct pu_quic_config *base, uint64_t bytes)
{
	struct pu_quic_config config = *base;

	(void)bytes;
	config.conns_max = 2 * FLOOD_KINDS;
	peer_init(&client, &server, 4000, &config, &callbacks);
	peer_init(&server, &client, 4001, base, &server_callbacks);
	puts("strangers, each from another address");
	flood_with("long header, garbage", FLOOD_LEN, make_garbage);
	flood_with("another version", FLOOD_LEN, make_other_version);
	flood_with("short header, nobody's ID", 60, make_short);
	flood_with("first packet, garbage inside", FLOOD_LEN, make_initial);
	flood_with("first packet with a forged token", FLOOD_LEN, make_bad_token);
	take_first_packets();
	measure_flood("first packet of a real handshake", 300000);
	stop();
}

static void bench_transfers(const struct pu_quic_config *base, uint64_t bytes)
{
	struct pu_quic_config config = *base;

	bench_transfer("transfer, bbr", &config, bytes);
	config.cc = PU_QUIC_CC_CUBIC;
	bench_transfer("transfer, cubic", &config, bytes);
}

static void bench_all_handshakes(const struct pu_quic_config *config, uint64_t bytes)
{
	(void)bytes;
	bench_handshakes("handshakes, new peers", config, 300, false);
	bench_handshakes("handshakes, known peer", config, 1000, true);
}

static void bench_all_idle(const struct pu_quic_config *config, uint64_t bytes)
{
	(void)bytes;
	bench_idle(config, 1000);
}

static const struct {
	const char *name;
	void (*run)(const struct pu_quic_config *config, uint64_t bytes);
} benches[] = {
    {"transfer", bench_transfers},
    {"handshakes", bench_all_handshakes},
    {"idle", bench_all_idle},
    {"flood", bench_flood},
};

static bool wanted(int argc, char **argv, const char *name)
{
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc <= 2;
}

int main(int argc, char **argv)
{
	uint64_t bytes = (argc > 1 ? strtoull(argv[1], NULL, 10) : 2) * 1000000000;
	struct pu_quic_config config;

	setvbuf(stdout, NULL, _IOLBF, 0);
	pu_quic_config_default(&config);
	for (size_t i = 0; i < PU_ARRAY_LEN(benches); i++)
		if (wanted(argc, argv, benches[i].name))
			benches[i].run(&config, bytes);
	return 0;
}
