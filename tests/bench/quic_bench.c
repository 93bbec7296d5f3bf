/* Knows what the QUIC endpoint costs by itself: two of them back to back in one thread,
 * datagrams copied in memory, real time. Prints throughput, handshakes and memory. */
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

static void on_down(void *user, struct pu_quic_conn *conn, const struct pu_quic_close *why)
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

	while ((count = pu_quic_stream_peek(stream, in, 16, NULL)) > 0) {
		size_t len = 0;

		for (size_t i = 0; i < count; i++)
			len += in[i].iov_len;
		peer->got += len;
		pu_quic_stream_consume(stream, len);
	}
	if (pu_quic_stream_conn(stream) == NULL)
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
                      const struct pu_quic_config *base)
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
	    pu_quic_endpoint_new(&config, &callbacks, peer, &peer->ep) != PU_OK)
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
	peer_init(&client, &server, 4000, config);
	peer_init(&server, &client, 4001, config);
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

static void bench_handshakes(const char *name, const struct pu_quic_config *base,
                             uint64_t count, bool cached)
{
	struct pu_quic_config config = *base;
	double cpu;

	config.unverified_max = config.unverified_per_ip_max = config.handshakes_max = UINT32_MAX;
	config.conns_max = UINT32_MAX;
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

static void bench_idle(const struct pu_quic_config *base, uint64_t count)
{
	struct pu_quic_config config = *base;
	struct pu_quic_stats stats;
	size_t before;

	config.unverified_max = config.unverified_per_ip_max = config.handshakes_max = UINT32_MAX;
	config.conns_max = UINT32_MAX;
	start(&config);
	dial(1);
	wait_ups(1);
	before = mallinfo2().uordblks;
	for (uint64_t i = 2; i <= count; i++) {
		dial(1);
		wait_ups(i);
	}
	pu_quic_endpoint_stats(server.ep, &stats);
	printf("%-24s %6.0f bytes per connection and end (ngtcp2 %.0f)\n", "idle memory",
	       (double)(mallinfo2().uordblks - before) / 2 / (double)(count - 1),
	       (double)stats.memory_quic / (double)count);
	stop();
}

int main(int argc, char **argv)
{
	uint64_t bytes = (argc > 1 ? strtoull(argv[1], NULL, 10) : 2) * 1000000000;
	struct pu_quic_config config;

	setvbuf(stdout, NULL, _IOLBF, 0);
	pu_quic_config_default(&config);
	bench_transfer("transfer, bbr", &config, bytes);
	config.cc = PU_QUIC_CC_CUBIC;
	bench_transfer("transfer, cubic", &config, bytes);
	if (argc > 2)
		return 0;
	bench_handshakes("handshakes, new peers", &config, 300, false);
	bench_handshakes("handshakes, known peer", &config, 1000, true);
	bench_idle(&config, 1000);
	return 0;
}
