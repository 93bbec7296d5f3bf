/* A relay and three hosts that reach each other only through it, on a wire that delays, loses,
 * doubles and reorders, while at random connections are cut, the relay stops serving, and
 * nothing at all gets through for a while. Each run is told by its seed. Whatever happens, the
 * books of the relay are right; once it stops happening, everybody reaches everybody. */
#include <criterion/criterion.h>

#include "codes.h"
#include "net_relay.h"
#include "ping.h"

#define HOSTS        3
#define SEEDS        15
#define STEPS        300
#define TALKS        8
#define CIRCUITS_MAX 5
#define USUAL_LOSS   0.03

#define DEAD_FOR_SURE_MS 10000

static struct net net;
static struct net_node *relay, *hosts[HOSTS];

/* One host connects to another and pings it. */
struct talk {
	struct net_wait wait;
	bool waits, pings;
};

static struct talk talks[TALKS];
static unsigned answered; /* pings of this run */

static size_t below(size_t bound)
{
	return (size_t)(sim_random(&net.sim) % bound);
}

static void serve(bool serve)
{
	relay->config.relay.serve = serve;
	transport_relay_reload(&relay->transport);
}

static void wire(double loss)
{
	net.sim.wire.delay = 10 * PU_NS_PER_MS;
	net.sim.wire.jitter = 5 * PU_NS_PER_MS;
	net.sim.wire.loss = loss;
	net.sim.wire.duplicate = 0.01;
	net.sim.wire.reorder = 0.05;
}

static void set_up(uint64_t seed)
{
	net_init(&net);
	net.sim.random = seed * UINT64_C(0x9e3779b97f4a7c15);
	relay = net_add(&net);
	net_serve(relay);
	relay->config.relay.max_circuits = CIRCUITS_MAX;
	relay->config.relay.max_circuits_per_peer = CIRCUITS_MAX;
	relay->config.relay.reservation_ttl_ms = 120000;
	serve(true);
	for (size_t i = 0; i < HOSTS; i++) {
		hosts[i] = net_add(&net);
		net_use_relays(hosts[i], &relay, 1);
		hosts[i]->unnamed = true;
	}
	memset(talks, 0, sizeof(talks));
	answered = 0;
}

/* ---- what happens ---- */

static void on_pong(void *user, enum pu_err err, const char *text, uint64_t rtt_ns)
{
	struct talk *talk = user;
	(void)text, (void)rtt_ns;
	talk->pings = false;
	answered += err == PU_OK;
}

static void talk_on(struct talk *talk)
{
	if (!talk->waits || !talk->wait.done)
		return;
	talk->waits = false;
	if (talk->wait.conn == NULL)
		return;
	talk->pings = true;
	transport_ping_start(talk->wait.conn, false, on_pong, talk);
}

static void begin_talk(void)
{
	size_t from = below(HOSTS), to = (from + 1 + below(HOSTS - 1)) % HOSTS;
	struct talk *talk = &talks[below(TALKS)];
	if (talk->waits || talk->pings)
		return;
	talk->waits = true;
	net_connect(hosts[from], hosts[to], &talk->wait);
}

static void disconnect(struct net_node *node, const struct net_node *other)
{
	struct transport_peer *peer = net_peer(node, other);
	if (peer != NULL)
		transport_peer_disconnect(peer, CONN_CODE_NONE, "the test cuts it");
}

static void cut_from_relay(void)
{
	struct net_node *host = hosts[below(HOSTS)];
	if (below(2) == 0)
		disconnect(host, relay);
	else
		disconnect(relay, host);
}

static void cut_circuit(void)
{
	size_t from = below(HOSTS);
	disconnect(hosts[from], hosts[(from + 1) % HOSTS]);
}

static void stop_serving(void)
{
	serve(false);
}

static void break_wire(void)
{
	wire(1);
}

/* What is broken stays so for some ten events. */
static void mend(void)
{
	if (!relay->config.relay.serve && below(10) == 0)
		serve(true);
	if (net.sim.wire.loss == 1 && below(10) == 0)
		wire(USUAL_LOSS);
}

/* Of a hundred events. */
static const struct {
	unsigned share;
	void (*happens)(void);
} events[] = {
    {83, begin_talk}, {6, cut_from_relay}, {6, cut_circuit}, {2, stop_serving}, {3, break_wire},
};

static void happen(void)
{
	size_t dice = below(100), i = 0;
	while (dice >= events[i].share)
		dice -= events[i++].share;
	events[i].happens();
	mend();
}

static void check_books(void)
{
	struct pu_relay_counts counts;
	pu_relay_counts(relay->transport.relay.books, &counts);
	cr_assert_leq(counts.reservations, HOSTS);
	cr_assert_leq(counts.circuits, CIRCUITS_MAX);
	cr_assert_leq(relay->transport.splices.len, counts.circuits);
}

static void pass(uint64_t ms)
{
	for (; ms >= 10; ms -= 10) {
		net_step(&net, 10);
		for (size_t i = 0; i < TALKS; i++)
			talk_on(&talks[i]);
	}
	check_books();
}

static bool pass_until(uint64_t ms, bool (*holds)(void))
{
	for (; !holds(); ms -= 100) {
		if (ms < 100)
			return false;
		pass(100);
	}
	return true;
}

/* ---- how it ends ---- */

static bool all_reserved(void)
{
	for (size_t i = 0; i < HOSTS; i++)
		if (!net_has_reservation(relay, hosts[i]))
			return false;
	return true;
}

static bool all_quiet(void)
{
	for (size_t i = 0; i < TALKS; i++)
		if (talks[i].waits || talks[i].pings)
			return false;
	return true;
}

static bool nothing_carried(void)
{
	struct pu_relay_counts counts;
	pu_relay_counts(relay->transport.relay.books, &counts);
	return counts.circuits == 0 && relay->transport.splices.len == 0;
}

static void everybody_reaches_everybody(uint64_t seed)
{
	for (size_t from = 0; from < HOSTS; from++) {
		size_t to = (from + 1) % HOSTS;
		unsigned before = answered;
		talks[0].waits = true;
		net_connect(hosts[from], hosts[to], &talks[0].wait);
		cr_assert(pass_until(30000, all_quiet));
		cr_assert_eq(answered, before + 1, "seed %zu: %zu to %zu: %s", (size_t)seed, from, to,
		             talks[0].wait.text);
	}
}

static void run(uint64_t seed)
{
	set_up(seed);
	wire(USUAL_LOSS);
	for (int i = 0; i < STEPS; i++) {
		happen();
		pass(50 + 10 * below(40));
	}
	cr_expect_gt(answered, 20, "seed %zu: only %u pings were answered", (size_t)seed, answered);
	wire(0);
	serve(true);
	pass(DEAD_FOR_SURE_MS); /* a reservation may be of a connection that is dead */
	cr_assert(pass_until(90000, all_reserved), "seed %zu: somebody has no reservation",
	          (size_t)seed);
	cr_assert(pass_until(90000, all_quiet), "seed %zu: somebody waits forever", (size_t)seed);
	everybody_reaches_everybody(seed);
	for (size_t i = 0; i < HOSTS; i++)
		disconnect(hosts[i], hosts[(i + 1) % HOSTS]);
	cr_assert(pass_until(5000, nothing_carried), "seed %zu: a circuit is left", (size_t)seed);
	net_fini(&net);
}

Test(circuit_sim, recovers_from_whatever_happens)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed);
}
