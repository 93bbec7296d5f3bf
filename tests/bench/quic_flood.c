/* Knows how to be a crowd of strangers: first packets of QUIC connections, at a given rate,
 * each from another forged address. Half of them are those of real handshakes that nobody will
 * finish; of the others one half has a good header and garbage inside, the rest is garbage.
 *
 *   quic_flood HOST PORT PER_SECOND SECONDS PREFIX
 *
 * PREFIX: the two first bytes of the forged addresses, as in 10.88. Needs CAP_NET_RAW. Prints
 * one line of JSON. */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/rand.h"
#include "p2p/tls_cert.h"
#include "quic/endpoint.h"

enum { KINDS = 4096, PAYLOAD = 1200, BATCH = 64 };

struct packet {
	struct iphdr ip;
	struct udphdr udp;
	uint8_t payload[PAYLOAD];
};

static struct packet packets[KINDS];
static uint8_t *taken; /* where the endpoint's next datagram goes */

__attribute__((noreturn)) static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- what is sent ---- */

static size_t on_send(void *user, const struct pu_quic_datagrams *out)
{
	(void)user;
	if (taken != NULL && out->len == PAYLOAD)
		memcpy(taken, out->data, PAYLOAD);
	taken = NULL;
	return out->len;
}

static enum pu_err verify_nobody(void *user, struct pu_bytes der, struct pu_peer_id *out)
{
	(void)user, (void)der, (void)out;
	return PU_ECRYPTO;
}

static struct pu_quic_endpoint *endpoint(void)
{
	static const struct pu_quic_callbacks callbacks = {.send = on_send};
	struct pu_quic_config config;
	struct pu_quic_endpoint *ep;
	struct pu_tls_cert cert;
	struct pu_key key;

	pu_quic_config_default(&config);
	config.verify_cert = verify_nobody;
	config.conns_max = KINDS;
	config.udp_payload_max = PAYLOAD;
	pu_key_generate(&key);
	if (pu_tls_cert_make(&cert, &key, 1800000000) != PU_OK ||
	    pu_tls_cert_credentials(&cert, &config.credentials) != PU_OK ||
	    pu_quic_endpoint_new(&config, &callbacks, NULL, &ep) != PU_OK)
		die("cannot make an endpoint");
	return ep;
}

static void make_handshake(struct pu_quic_endpoint *ep, uint8_t *payload)
{
	struct pu_quic_path path = {0};
	struct pu_quic_dial dial = {.path = &path};
	struct pu_quic_conn *conn;

	path.local.len = path.remote.len = sizeof(struct sockaddr_in);
	path.local.in.sin_family = path.remote.in.sin_family = AF_INET;
	taken = payload;
	if (pu_quic_endpoint_dial(ep, 1, &dial, &conn) != PU_OK)
		die("cannot dial");
	pu_quic_endpoint_flush(ep, 1);
	if (taken != NULL)
		die("no first packet");
}

/* A header as of a first packet with IDs of 8 bytes and no token; the rest stays random. */
static void make_header(uint8_t *payload)
{
	static const uint8_t begin[] = {0xc3, 0, 0, 0, 1, 8};
	size_t left = PAYLOAD - 26;

	memcpy(payload, begin, sizeof(begin));
	payload[14] = 8;
	payload[23] = 0;
	payload[24] = 0x40 | (uint8_t)(left >> 8);
	payload[25] = (uint8_t)left;
}

static void make_packets(const struct sockaddr_in *to)
{
	struct pu_quic_endpoint *ep = endpoint();

	for (size_t i = 0; i < KINDS; i++) {
		struct packet *packet = &packets[i];

		pu_rand_bytes(packet->payload, PAYLOAD);
		if (i % 2 == 0)
			make_handshake(ep, packet->payload);
		else if (i % 4 == 1)
			make_header(packet->payload);
		packet->ip = (struct iphdr){.version = 4,
		                            .ihl = 5,
		                            .ttl = 64,
		                            .protocol = IPPROTO_UDP,
		                            .daddr = to->sin_addr.s_addr};
		packet->ip.tot_len = htons(sizeof(*packet));
		packet->udp.dest = to->sin_port;
		packet->udp.len = htons(sizeof(packet->udp) + PAYLOAD);
	}
	pu_quic_endpoint_free(ep);
}

/* ---- sending ---- */

static struct mmsghdr messages[BATCH];
static struct iovec pieces[BATCH];

static void forge(struct packet *packet, uint32_t prefix)
{
	packet->ip.saddr = htonl(prefix | (uint32_t)(random() & 0xffff));
	packet->udp.source = htons((uint16_t)(1024 + random() % 60000));
}

static size_t send_batch(int fd, const struct sockaddr_in *to, size_t next, uint32_t prefix)
{
	int sent;

	for (size_t i = 0; i < BATCH; i++) {
		struct packet *packet = &packets[(next + i) % KINDS];

		forge(packet, prefix);
		pieces[i] = (struct iovec){packet, sizeof(*packet)};
		messages[i].msg_hdr = (struct msghdr){.msg_name = (void *)to,
		                                      .msg_namelen = sizeof(*to),
		                                      .msg_iov = &pieces[i],
		                                      .msg_iovlen = 1};
	}
	sent = sendmmsg(fd, messages, BATCH, 0);
	return sent > 0 ? (size_t)sent : 0;
}

static void wait_until(uint64_t ns)
{
	struct timespec at = {.tv_sec = (time_t)(ns / PU_NS_PER_S),
	                      .tv_nsec = (long)(ns % PU_NS_PER_S)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	unsigned first, second;
	uint64_t per_s, begin, end, sent = 0;
	int fd;

	if (argc != 6 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 ||
	    sscanf(argv[5], "%u.%u", &first, &second) != 2) {
		fprintf(stderr, "usage: quic_flood HOST PORT PER_SECOND SECONDS PREFIX\n");
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[2]));
	per_s = strtoull(argv[3], NULL, 10);
	make_packets(&to);
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0)
		die("socket");
	to.sin_port = 0;
	begin = pu_now_ns();
	end = begin + strtoull(argv[4], NULL, 10) * PU_NS_PER_S;
	while (pu_now_ns() < end) {
		sent += send_batch(fd, &to, (size_t)sent, first << 24 | second << 16);
		wait_until(begin + sent * PU_NS_PER_S / per_s);
	}
	printf("{\"sent\": %llu, \"per_second\": %.0f}\n", (unsigned long long)sent,
	       (double)sent * 1e9 / (double)(pu_now_ns() - begin));
	return 0;
}
