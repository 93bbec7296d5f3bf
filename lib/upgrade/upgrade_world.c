/* Knows how two upgraders meet in a test, and what hosts do with what they are told. */
#include "upgrade/upgrade_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>
#include <sodium.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "p2p/tls_cert.h"

enum { WIRE_MAX = 1 << 26, CERT_NOW = 1800000000 };

#define MUST(condition)                                                                        \
	do {                                                                                       \
		if (!(condition)) {                                                                    \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                    \
			abort();                                                                           \
		}                                                                                      \
	} while (0)

uint64_t world_random(struct world *world)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return world->random;
}

/* ---- flows ---- */

static uint8_t byte_of(bool opener, uint64_t at)
{
	return (uint8_t)(at * 167 + (at >> 8) * 13 + opener);
}

static struct world_flow *flow_new(struct link_end *end, struct pu_stream *stream, bool opener,
                                   uint64_t len)
{
	struct world_flow *flow = PU_NEW(struct world_flow);

	flow->end = end;
	flow->stream = stream;
	flow->opener = opener;
	flow->to_write = len;
	stream->user = flow;
	pu_list_append(&end->host->flows, &flow->in_host);
	return flow;
}

static void flow_free(struct world_flow *flow)
{
	pu_stream_close(flow->stream);
	pu_list_remove(&flow->in_host);
	pu_free(flow);
}

static void fill(struct world_flow *flow, const struct iovec *piece, size_t len)
{
	uint8_t *out = piece->iov_base;

	len = len < piece->iov_len ? len : piece->iov_len;
	if (flow->end->link->world->checks)
		for (size_t i = 0; i < len; i++)
			out[i] = byte_of(flow->opener, flow->written + i);
	flow->written += len;
}

static void flow_pump(struct world_flow *flow)
{
	while (flow->written < flow->to_write) {
		uint64_t left = flow->to_write - flow->written;
		struct iovec out[2];
		size_t given = pu_stream_reserve(flow->stream, left < 65536 ? left : 65536, out);

		fill(flow, &out[0], given);
		fill(flow, &out[1], given - out[0].iov_len);
		pu_stream_commit(flow->stream, given);
		if (given == 0)
			return;
	}
	pu_stream_finish(flow->stream);
	flow->finished = true;
}

static void check(struct world_flow *flow, const struct iovec *piece)
{
	const uint8_t *in = piece->iov_base;

	if (flow->end->link->world->checks)
		for (size_t i = 0; i < piece->iov_len; i++)
			MUST(in[i] == byte_of(!flow->opener, flow->read + i));
	flow->read += piece->iov_len;
	flow->end->host->got += piece->iov_len;
}

/* Frees it when both halves are over. */
static void flow_read(struct world_flow *flow)
{
	struct world_host *host = flow->end->host;
	struct iovec in[8];
	size_t count;

	while ((count = pu_stream_peek(flow->stream, in, 8, &flow->state)) > 0) {
		uint64_t before = flow->read;

		for (size_t i = 0; i < count; i++)
			check(flow, &in[i]);
		pu_stream_consume(flow->stream, flow->read - before);
	}
	if (flow->state == PU_RECV_OPEN || (flow->state == PU_RECV_FIN && !flow->finished))
		return;
	*(flow->state == PU_RECV_FIN ? &host->done : &host->broken) += 1;
	flow_free(flow);
}

struct world_flow *world_open(struct link_end *end, uint64_t len)
{
	struct pu_stream *stream;
	struct world_flow *flow;

	if (end->mux == NULL || pu_mux_open(end->mux, &stream) != PU_OK)
		return NULL;
	flow = flow_new(end, stream, true, len);
	flow_pump(flow);
	return flow;
}

/* ---- hosts ---- */

static void on_conn_up(void *user, struct pu_mux *mux)
{
	struct link_end *end = mux->user;

	(void)user;
	MUST(end->ups == 0 && end->downs == 0 && pu_mux_is_up(mux) && pu_mux_peer(mux) != NULL);
	end->ups++;
	end->peer = *pu_mux_peer(mux);
	if (end->host->on_up != NULL)
		end->host->on_up(end);
}

static void on_conn_down(void *user, struct pu_mux *mux, const struct pu_mux_end *why)
{
	struct link_end *end = mux->user;

	(void)user;
	MUST(end->downs == 0 && !pu_mux_is_up(mux));
	MUST(why->reason != NULL && strlen(why->reason) <= PU_MUX_REASON_MAX);
	end->downs++;
	end->why = *why;
	memcpy(end->reason, why->reason, strlen(why->reason) + 1);
	end->why.reason = end->reason;
	end->conn = NULL;
	end->mux = NULL;
	end_close(end);
}

static void on_streams_available(void *user, struct pu_mux *mux)
{
	struct link_end *end = mux->user;

	(void)user;
	end->available++;
}

static void on_stream_new(void *user, struct pu_mux *mux, struct pu_stream *stream)
{
	struct link_end *end = mux->user;

	(void)user;
	MUST(end->ups == 1);
	end->news++;
	flow_pump(flow_new(end, stream, false, end->host->reply_len));
}

static void on_stream_data(void *user, struct pu_stream *stream)
{
	const struct world_host *host = user;
	struct world_flow *flow = stream->user;

	MUST(flow->end->host == host);
	if (!host->deaf)
		flow_read(flow);
}

static void on_stream_writable(void *user, struct pu_stream *stream)
{
	const struct world_host *host = user;
	struct world_flow *flow = stream->user;

	flow_pump(flow);
	if (flow->finished && !host->deaf)
		flow_read(flow);
}

static void on_stream_stopped(void *user, struct pu_stream *stream)
{
	struct world_flow *flow = stream->user;

	(void)user;
	flow->finished = true;
}

static const struct pu_upgrade_callbacks callbacks = {
    .on_conn_up = on_conn_up,
    .on_conn_down = on_conn_down,
    .on_streams_available = on_streams_available,
    .on_stream_new = on_stream_new,
    .on_stream_data = on_stream_data,
    .on_stream_writable = on_stream_writable,
    .on_stream_stopped = on_stream_stopped,
};

/* ---- identities ---- */

/* Made once in a process, since a fuzzer has no time for them. */
static struct identity {
	struct pu_peer_id id;
	struct pu_noise_identity noise;
	struct pu_tls_context *tls;
} identities[2];
static struct pu_tls_context *web_server, *web_client;

static gnutls_certificate_credentials_t peer_credentials(const struct pu_key *key)
{
	struct pu_tls_cert cert;
	gnutls_certificate_credentials_t credentials;

	MUST(pu_tls_cert_make(&cert, key, CERT_NOW) == PU_OK);
	MUST(pu_tls_cert_credentials(&cert, &credentials) == PU_OK);
	pu_tls_cert_fini(&cert);
	return credentials;
}

static enum pu_err verify(void *user, struct pu_bytes der, struct pu_peer_id *out)
{
	(void)user;
	return pu_tls_cert_verify(der, CERT_NOW, out);
}

/* A certificate of the web that vouches for itself and never ends. */
static void make_web_cert(gnutls_x509_crt_t *crt, gnutls_x509_privkey_t *key)
{
	MUST(gnutls_x509_privkey_init(key) == 0 && gnutls_x509_crt_init(crt) == 0);
	MUST(gnutls_x509_privkey_generate(
	         *key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) == 0);
	MUST(gnutls_x509_crt_set_version(*crt, 3) == 0 &&
	     gnutls_x509_crt_set_serial(*crt, "\1", 1) == 0 &&
	     gnutls_x509_crt_set_activation_time(*crt, 0) == 0 &&
	     gnutls_x509_crt_set_expiration_time(*crt, (time_t)-1) == 0 &&
	     gnutls_x509_crt_set_subject_alt_name(*crt, GNUTLS_SAN_DNSNAME, WORLD_NAME,
	                                          strlen(WORLD_NAME), GNUTLS_FSAN_SET) == 0 &&
	     gnutls_x509_crt_set_key(*crt, *key) == 0 &&
	     gnutls_x509_crt_sign2(*crt, *crt, *key, GNUTLS_DIG_SHA256, 0) == 0);
}

static void make_web(void)
{
	gnutls_certificate_credentials_t server, client;
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;

	make_web_cert(&crt, &key);
	MUST(gnutls_certificate_allocate_credentials(&server) == 0 &&
	     gnutls_certificate_allocate_credentials(&client) == 0);
	MUST(gnutls_certificate_set_x509_key(server, &crt, 1, key) >= 0);
	MUST(gnutls_certificate_set_x509_trust(client, &crt, 1) == 1);
	web_server = pu_tls_context_new_web_server(server);
	web_client = pu_tls_context_new_web_client(client);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

static void make_identity(struct identity *identity)
{
	struct pu_public_key public_key;
	struct pu_key key;

	pu_key_generate(&key);
	public_key = pu_key_public(&key);
	identity->id = pu_peer_id_of_key(&public_key);
	MUST(pu_noise_identity_make(&identity->noise, &key) == PU_OK);
	identity->tls = pu_tls_context_new(peer_credentials(&key), verify, NULL);
	pu_key_fini(&key);
}

static void make_all(void)
{
	if (web_server != NULL)
		return;
	MUST(sodium_init() >= 0); /* or the ciphers are those of any machine */
	make_identity(&identities[0]);
	make_identity(&identities[1]);
	make_web();
}

/* ---- world ---- */

struct world *world_new(uint64_t seed)
{
	struct world *world = PU_NEW(struct world);

	world->now = PU_NS_PER_S;
	world->random = seed * 0x9e3779b97f4a7c15 + 1;
	world->room = 1 << 20;
	world->chunk_max = 1 << 20;
	world->checks = true;
	pu_list_init(&world->links);
	make_all();
	for (size_t i = 0; i < 2; i++) {
		world->hosts[i].world = world;
		world->hosts[i].id = identities[i].id;
		pu_list_init(&world->hosts[i].flows);
	}
	world->config = (struct pu_upgrader_config){
	    .web_server = web_server,
	    .web_client = web_client,
	    .handshake_timeout = 10 * PU_NS_PER_S,
	    .conns_max = 2000,
	    .handshakes_max = 1000,
	    .memory_max = 64 << 20,
	};
	pu_yamux_config_default(&world->config.yamux);
	return world;
}

void world_start(struct world *world)
{
	for (size_t i = 0; i < 2; i++) {
		struct world_host *host = &world->hosts[i];

		world->config.noise = world->no_noise ? NULL : &identities[i].noise;
		world->config.tls = world->no_tls ? NULL : identities[i].tls;
		host->upgrader = pu_upgrader_new(&world->config, &callbacks, host);
	}
}

static void host_fini(struct world_host *host)
{
	struct pu_upgrader_stats stats;

	pu_upgrader_shutdown(host->upgrader, 0, NULL);
	pu_upgrader_flush(host->upgrader, host->world->now);
	PU_LIST_FOREACH(node, &host->flows)
		flow_free(PU_LIST_ENTRY(node, struct world_flow, in_host));
	pu_upgrader_stats(host->upgrader, &stats);
	MUST(stats.conns == 0 && stats.handshakes == 0 && stats.streams == 0 && stats.memory == 0);
	MUST(pu_heap_min(&host->upgrader->deadlines) == NULL);
	pu_upgrader_free(host->upgrader);
}

void world_free(struct world *world)
{
	for (size_t i = 0; i < 2; i++)
		host_fini(&world->hosts[i]);
	PU_LIST_FOREACH(node, &world->links)
		link_free(PU_LIST_ENTRY(node, struct link, in_world));
	pu_free(world);
}

/* ---- links ---- */

static struct link_end *other(const struct link_end *end)
{
	struct link *link = end->link;

	return &link->ends[end == &link->ends[0]];
}

static void append(struct link_end *end, const void *data, size_t len)
{
	if (end->wire_at > end->wire.len / 2) {
		pu_buffer_consume(&end->wire, end->wire_at);
		end->wire_at = 0;
	}
	MUST(pu_buffer_append(&end->wire, data, len) == PU_OK);
}

struct pu_bytes end_wire(const struct link_end *end)
{
	if (end->wire.len == 0)
		return pu_bytes(NULL, 0);
	return pu_bytes(end->wire.data + end->wire_at, end->wire.len - end->wire_at);
}

void end_take(struct link_end *end, size_t len)
{
	end->wire_at += len;
	MUST(end->wire_at <= end->wire.len);
	if (end->wire_at == end->wire.len) {
		pu_buffer_clear(&end->wire);
		end->wire_at = 0;
	}
}

static size_t carrier_write(void *carrier, const uint8_t *data, size_t len)
{
	struct link_end *end = carrier, *to = other(end);
	size_t used = end_wire(to).len, room = end->link->world->room;
	size_t taken = used < room ? room - used : 0;

	end->host->writes++;
	MUST(len > 0);
	if (to->downs > 0)
		return len;
	taken = taken < len ? taken : len;
	append(to, data, taken);
	end->starved = taken < len;
	return taken;
}

static const struct pu_carrier_ops carrier_ops = {.write = carrier_write};

static struct link *link_new(struct world *world)
{
	struct link *link = PU_NEW(struct link);

	link->world = world;
	for (size_t i = 0; i < 2; i++) {
		link->ends[i].link = link;
		pu_buffer_init(&link->ends[i].wire, WIRE_MAX);
	}
	pu_list_append(&world->links, &link->in_world);
	return link;
}

void link_free(struct link *link)
{
	pu_list_remove(&link->in_world);
	pu_buffer_fini(&link->ends[0].wire);
	pu_buffer_fini(&link->ends[1].wire);
	pu_free(link);
}

static enum pu_err begin(struct link *link, enum pu_carrier kind, int which,
                         const struct pu_peer_id *expected)
{
	struct world *world = link->world;
	struct link_end *end = &link->ends[which];
	const struct pu_upgrade how = {
	    .initiator = which == 0,
	    .kind = kind,
	    .expected = expected,
	    .host = WORLD_NAME,
	    .server_name = WORLD_NAME,
	    .ops = &carrier_ops,
	    .carrier = end,
	    .user = end,
	};
	enum pu_err err;

	end->host = &world->hosts[which];
	err = pu_upgraded_new(end->host->upgrader, world->now, &how, &end->conn);
	if (err == PU_OK)
		end->mux = pu_upgraded_mux(end->conn);
	return err;
}

struct link *world_connect_to(struct world *world, enum pu_carrier kind,
                              const struct pu_peer_id *expected)
{
	struct link *link = link_new(world);

	if (begin(link, kind, 1, NULL) == PU_OK && begin(link, kind, 0, expected) == PU_OK)
		return link;
	if (link->ends[1].conn != NULL) {
		pu_upgraded_lost(link->ends[1].conn, PU_ECLOSED, "never came to be");
		pu_upgrader_flush(world->hosts[1].upgrader, world->now);
	}
	link_free(link);
	return NULL;
}

struct link *world_connect(struct world *world, enum pu_carrier kind)
{
	return world_connect_to(world, kind, NULL);
}

struct link *world_half(struct world *world, enum pu_carrier kind, int which)
{
	struct link *link = link_new(world);

	MUST(begin(link, kind, which, NULL) == PU_OK);
	return link;
}

void end_inject(struct link_end *end, const void *data, size_t len)
{
	append(end, data, len);
}

void end_close(struct link_end *end)
{
	other(end)->fin = true;
}

/* ---- time ---- */

/* Bytes arrive in memory of their own length, so that a sanitizer sees what is read beyond. */
static void deliver(struct link_end *end, size_t len)
{
	uint8_t *copy;

	if (!end->link->world->checks) { /* measured */
		pu_upgraded_input(end->conn, end->link->world->now,
		                  pu_bytes(end->wire.data + end->wire_at, len));
		end_take(end, len);
		return;
	}
	copy = pu_memdup(end->wire.data + end->wire_at, len);
	end_take(end, len);
	pu_upgraded_input(end->conn, end->link->world->now, pu_bytes(copy, len));
	pu_free(copy);
}

static bool step_end(struct link_end *end)
{
	struct world *world = end->link->world;
	size_t have = end_wire(end).len;

	if (end->starved && end_wire(other(end)).len < world->room && end->conn != NULL) {
		end->starved = false;
		pu_upgraded_writable(end->conn, world->now);
	}
	if (end->conn == NULL) {
		if (end->downs > 0)
			end_take(end, have);
		return false;
	}
	if (have > 0) {
		size_t len = 1 + world_random(world) % world->chunk_max;

		deliver(end, len < have ? len : have);
		return true;
	}
	if (!end->fin || end->fin_told)
		return false;
	end->fin_told = true;
	pu_upgraded_input_end(end->conn);
	return true;
}

bool world_step(struct world *world)
{
	bool happened = false;

	PU_LIST_FOREACH(node, &world->links) {
		struct link *link = PU_LIST_ENTRY(node, struct link, in_world);

		happened |= step_end(&link->ends[0]);
		happened |= step_end(&link->ends[1]);
	}
	for (size_t i = 0; i < 2; i++) {
		struct pu_upgrader *upgrader = world->hosts[i].upgrader;

		happened |= pu_upgrader_busy(upgrader);
		pu_upgrader_flush(upgrader, world->now);
	}
	return happened;
}

void world_settle(struct world *world)
{
	while (world_step(world))
		;
}

void world_pass(struct world *world, uint64_t ns)
{
	uint64_t until = world->now + ns;

	world_settle(world);
	while (world->now < until) {
		uint64_t next = until;

		for (size_t i = 0; i < 2; i++) {
			uint64_t at = pu_upgrader_deadline(world->hosts[i].upgrader);

			next = at < next ? at : next;
		}
		world->now = next > world->now ? next : world->now;
		for (size_t i = 0; i < 2; i++)
			pu_upgrader_expire(world->hosts[i].upgrader, world->now);
		world_settle(world);
	}
}
