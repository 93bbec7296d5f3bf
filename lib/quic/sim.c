/* Knows how datagrams travel in a test: a heap of arrivals, drawn from one seeded generator, so
 * that a run is decided by its seed (but for what the endpoints draw themselves). */
#include "quic/sim.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "p2p/tls_cert.h"

/* Certificates of the simulation are made at this time. */
#define SIM_UNIX_S UINT64_C(1800000000)

struct datagram {
	struct pu_heap_node arrival;
	struct sim_host *from;
	struct pu_quic_addr source, target;
	size_t len;
	uint8_t ecn;
	uint8_t data[];
};

uint64_t sim_random(struct sim *sim)
{
	uint64_t x = sim->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return sim->random = x;
}

static bool chance(struct sim *sim, double probability)
{
	return probability > 0 &&
	       (double)(sim_random(sim) >> 11) / 9007199254740992.0 < probability;
}

void sim_init(struct sim *sim, uint64_t seed)
{
	*sim = (struct sim){.now = PU_NS_PER_S, .random = seed * 2654435761u + 88172645463325252u};
	sim->wire =
	    (struct sim_wire){.delay = 5 * PU_NS_PER_MS, .mtu = 65535, .queue_max = 1 << 20};
	pu_heap_init(&sim->flying);
	for (int i = 0; i < 10; i++)
		sim_random(sim);
}

void sim_kill(struct sim_host *host)
{
	pu_quic_endpoint_free(host->ep);
	host->ep = NULL;
}

void sim_fini(struct sim *sim)
{
	struct pu_heap_node *node;

	for (size_t i = 0; i < sim->hosts_len; i++)
		sim_kill(&sim->hosts[i]);
	while ((node = pu_heap_min(&sim->flying)) != NULL) {
		pu_heap_remove(&sim->flying, node);
		pu_free(PU_CONTAINER_OF(node, struct datagram, arrival));
	}
	pu_heap_fini(&sim->flying);
}

static struct sim_host *find_host(struct sim *sim, const struct pu_quic_addr *addr)
{
	for (size_t i = 0; i < sim->hosts_len; i++)
		if (memcmp(&sim->hosts[i].addr.in, &addr->in, sizeof(addr->in)) == 0)
			return &sim->hosts[i];
	return NULL;
}

static uint64_t arrival_of(struct sim *sim, const struct sim_host *from, size_t len)
{
	const struct sim_wire *wire = &sim->wire;
	uint64_t *free_at = &sim->link_free_at[from->index], at = sim->now;

	if (wire->rate > 0) {
		if (*free_at < sim->now)
			*free_at = sim->now;
		if ((*free_at - sim->now) * wire->rate / PU_NS_PER_S > wire->queue_max)
			return 0;
		*free_at += len * PU_NS_PER_S / wire->rate;
		at = *free_at;
	}
	at += wire->delay + (wire->jitter > 0 ? sim_random(sim) % wire->jitter : 0);
	if (chance(sim, wire->reorder))
		return at + wire->delay / 2 + 1;
	if (wire->jitter == 0 && at <= sim->last_arrival[from->index])
		at = sim->last_arrival[from->index] + 1;
	sim->last_arrival[from->index] = at;
	return at;
}

static void fly_once(struct sim_host *from, const struct pu_quic_datagrams *out, size_t at,
                     size_t len)
{
	struct sim *sim = from->sim;
	struct datagram *datagram;
	uint64_t arrival = arrival_of(sim, from, len);

	if (arrival == 0) {
		sim->lost++;
		return;
	}
	datagram = pu_zalloc(sizeof(*datagram) + len);
	datagram->from = from;
	datagram->source = from->addr;
	if (from->spoof_ports)
		datagram->source.in.sin_port = (in_port_t)sim_random(sim);
	datagram->target = out->path->remote;
	datagram->len = len;
	datagram->ecn = out->ecn;
	memcpy(datagram->data, out->data + at, len);
	pu_heap_set(&sim->flying, &datagram->arrival, arrival);
}

static void fly(struct sim_host *from, const struct pu_quic_datagrams *out, size_t at,
                size_t len, int copies)
{
	while (copies-- > 0)
		fly_once(from, out, at, len);
}

static size_t on_send(void *user, const struct pu_quic_datagrams *out)
{
	struct sim_host *from = user;
	struct sim *sim = from->sim;
	size_t at = 0;

	while (at < out->len && !from->blocked) {
		size_t len = out->len - at < out->segment ? out->len - at : out->segment;

		sim->datagrams++;
		if (len > sim->wire.mtu || chance(sim, sim->wire.loss) ||
		    (sim->tap != NULL && !sim->tap(sim, from, out->data + at, len)))
			sim->lost++;
		else
			fly(from, out, at, len, chance(sim, sim->wire.duplicate) ? 2 : 1);
		at += len;
		if (from->gso_left > 0 && --from->gso_left == 0)
			from->blocked = true;
	}
	return at;
}

static enum pu_err verify_cert(void *user, struct pu_bytes der, struct pu_peer_id *out)
{
	(void)user;
	return pu_tls_cert_verify(der, SIM_UNIX_S, out);
}

struct sim_host *sim_add(struct sim *sim, const struct pu_quic_callbacks *cb, void *test)
{
	struct sim_host *host = &sim->hosts[sim->hosts_len];

	*host = (struct sim_host){.sim = sim, .index = sim->hosts_len++, .cb = *cb, .test = test};
	host->cb.send = on_send;
	host->addr.len = sizeof(host->addr.in);
	host->addr.in.sin_family = AF_INET;
	host->addr.in.sin_port = htons(4001);
	host->addr.in.sin_addr.s_addr = htonl(0x0a000001 + (uint32_t)host->index);
	host->local = host->addr;
	pu_quic_config_default(&host->config);
	host->config.verify_cert = verify_cert;
	memset(host->config.secret, (int)host->index + 1, sizeof(host->config.secret));
	return host;
}

void sim_start(struct sim_host *host)
{
	struct pu_tls_cert cert;
	struct pu_public_key public;

	sim_kill(host);
	pu_key_generate(&host->key);
	public = pu_key_public(&host->key);
	host->id = pu_peer_id_of_key(&public);
	if (pu_tls_cert_make(&cert, &host->key, SIM_UNIX_S) != PU_OK ||
	    pu_tls_cert_credentials(&cert, &host->config.credentials) != PU_OK ||
	    pu_quic_endpoint_new(&host->config, &host->cb, host, &host->ep) != PU_OK)
		abort();
	pu_tls_cert_fini(&cert);
}

struct pu_quic_conn *sim_dial(struct sim_host *from, const struct sim_host *to,
                              const struct pu_peer_id *expected, void *user)
{
	struct pu_quic_path path = {.local = from->local, .remote = to->addr, .user = from};
	struct pu_quic_dial dial = {.path = &path, .expected = expected, .user = user};
	struct pu_quic_conn *conn = NULL;

	if (pu_quic_endpoint_dial(from->ep, from->sim->now, &dial, &conn) != PU_OK)
		abort();
	return conn;
}

/* What a NAT does: the host does not know it. */
void sim_move(struct sim_host *host, uint16_t port)
{
	host->addr.in.sin_port = htons(port);
}

static void arrive(struct sim_host *to, const struct datagram *datagram)
{
	struct pu_quic_path path = {.local = to->local, .remote = datagram->source, .user = to};
	struct pu_quic_datagrams in = {
	    .path = &path, .data = datagram->data, .len = datagram->len, .ecn = datagram->ecn};

	pu_quic_endpoint_input(to->ep, to->sim->now, &in);
}

static uint64_t next_time(const struct sim *sim)
{
	const struct pu_heap_node *first = pu_heap_min(&sim->flying);
	uint64_t next = first != NULL ? first->key : UINT64_MAX;

	for (size_t i = 0; i < sim->hosts_len; i++) {
		uint64_t deadline;

		if (sim->hosts[i].ep == NULL)
			continue;
		deadline = pu_quic_endpoint_deadline(sim->hosts[i].ep);
		if (deadline < next)
			next = deadline;
	}
	return next;
}

static void land(struct sim *sim)
{
	struct pu_heap_node *node;

	while ((node = pu_heap_min(&sim->flying)) != NULL && node->key <= sim->now) {
		struct datagram *datagram = PU_CONTAINER_OF(node, struct datagram, arrival);
		struct sim_host *to = find_host(sim, &datagram->target);

		pu_heap_remove(&sim->flying, node);
		if (to != NULL && to->ep != NULL)
			arrive(to, datagram);
		pu_free(datagram);
	}
}

static void flush_all(struct sim *sim)
{
	for (size_t i = 0; i < sim->hosts_len; i++) {
		struct sim_host *host = &sim->hosts[i];

		if (host->ep == NULL)
			continue;
		if (!host->blocked && pu_quic_endpoint_blocked(host->ep))
			pu_quic_endpoint_writable(host->ep, sim->now);
		else
			pu_quic_endpoint_flush(host->ep, sim->now);
	}
}

bool sim_step(struct sim *sim)
{
	uint64_t next;

	sim->steps++;
	flush_all(sim);
	next = next_time(sim);
	if (next == UINT64_MAX)
		return false;
	if (next > sim->now)
		sim->now = next;
	land(sim);
	for (size_t i = 0; i < sim->hosts_len; i++)
		if (sim->hosts[i].ep != NULL && pu_quic_endpoint_deadline(sim->hosts[i].ep) <= sim->now)
			pu_quic_endpoint_expire(sim->hosts[i].ep, sim->now);
	return true;
}

bool sim_run(struct sim *sim, uint64_t duration, bool (*done)(void *test), void *test)
{
	uint64_t end = sim->now + duration;

	while (done == NULL || !done(test)) {
		uint64_t next;

		flush_all(sim);
		next = next_time(sim);
		if (next > end) {
			sim->now = next == UINT64_MAX ? sim->now : end;
			return done != NULL && done(test);
		}
		sim_step(sim);
	}
	return true;
}

void sim_inject(struct sim_host *to, const struct sim_host *from, const uint8_t *data,
                size_t len)
{
	struct pu_quic_path path = {.local = to->local, .remote = from->addr, .user = to};
	struct pu_quic_datagrams in = {.path = &path, .data = data, .len = len};

	pu_quic_endpoint_input(to->ep, to->sim->now, &in);
}
