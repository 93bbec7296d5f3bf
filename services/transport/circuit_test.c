/* Whole hosts with a relay between two that know no address of each other. */
#include <criterion/criterion.h>

#include "codes.h"
#include "net_relay.h"
#include "ping.h"
#include "relays.h"

static struct net net;
static struct net_node *relay, *a, *b;

static bool has_reservation(void *node)
{
	return net_has_reservation(relay, node);
}

static void set_up(void)
{
	net_init(&net);
	relay = net_add(&net);
	a = net_add(&net);
	b = net_add(&net);
	net_serve(relay);
	net_use_relays(a, &relay, 1);
	net_use_relays(b, &relay, 1);
	cr_assert(net_until(&net, 2000, has_reservation, a));
	cr_assert(net_until(&net, 2000, has_reservation, b));
	a->unnamed = b->unnamed = true;
}

static void tear_down(void)
{
	net_fini(&net);
}

TestSuite(circuit, .init = set_up, .fini = tear_down);

static struct transport_conn *join(void)
{
	struct net_wait wait;
	net_connect(a, b, &wait);
	cr_assert(net_until(&net, 5000, net_wait_done, &wait));
	cr_assert_not_null(wait.conn, "%s", wait.text);
	net_sleep(&net, 500);
	return wait.conn;
}

struct pong {
	bool done;
	enum pu_err err;
};

static void on_pong(void *user, enum pu_err err, const char *text, uint64_t rtt_ns)
{
	(void)text, (void)rtt_ns;
	*(struct pong *)user = (struct pong){.done = true, .err = err};
}

static bool is_done(void *pong)
{
	return ((struct pong *)pong)->done;
}

Test(circuit, carries_a_connection_between_two_that_have_no_other)
{
	struct pong pong = {0};
	struct transport_conn *conn = join();
	cr_assert_str_eq(transport_conn_path(conn), "relayed");
	cr_assert(pu_peer_id_eq(pu_mux_peer(conn->mux), &b->sim->id));
	transport_ping_start(conn, false, on_pong, &pong);
	cr_assert(net_until(&net, 1000, is_done, &pong));
	cr_assert_eq(pong.err, PU_OK);
	cr_assert_eq(relay->transport.splices.len, 1);
}

Test(circuit, ends_with_the_connection_that_it_carries)
{
	struct pu_relay_counts counts;
	(void)join();
	transport_peer_disconnect(net_peer(a, b), CONN_CODE_NONE, "test");
	net_sleep(&net, 1000);
	pu_relay_counts(relay->transport.relay.books, &counts);
	cr_assert_eq(counts.circuits, 0);
	cr_assert_not_null(transport_peer_best(net_peer(relay, a)),
	                   "the connection to the relay stays");
}

Test(circuit, takes_its_connection_with_it_when_the_relay_is_gone)
{
	(void)join();
	transport_peer_disconnect(net_peer(relay, b), CONN_CODE_NONE, "test");
	net_sleep(&net, 1000);
	struct transport_peer *peer = net_peer(a, b);
	cr_assert(peer == NULL || transport_peer_best(peer) == NULL);
}

Test(circuit, counts_as_a_connection_like_any_other)
{
	struct net_wait wait;
	b->config.limits.connections = 1; /* that to the relay */
	net_connect(a, b, &wait);
	cr_assert(net_until(&net, 5000, net_wait_done, &wait));
	cr_assert_null(wait.conn);
	cr_assert_eq(b->transport.swarm.conns, 1);
}

/* ---- beside direct addresses ---- */

static void forget_relays(struct net_node *node)
{
	node->config.relay.addresses = (struct pu_strings){0};
	transport_relays_reload(node->transport.relays);
}

/* The next attempt at b has nothing but a TCP address, which fails at once. */
Test(circuit, may_end_while_an_attempt_at_direct_addresses_fails_at_once)
{
	const struct transport_conn *conn = join();
	struct transport_peer *peer = net_peer(a, b);
	forget_relays(a);
	a->also = "/ip4/10.0.0.77/tcp/9";
	transport_peer_need(peer, true);
	net_step(&net, 0);
	cr_assert_not_null(peer->dial, "it asks naming");
	pu_mux_close(conn->mux, CONN_CODE_NONE, "test");
	net_sleep(&net, 100);
	cr_assert_null(transport_peer_best(peer));
	cr_assert_null(peer->dial);
	transport_peer_need(peer, false);
}

/* b has changed its relay, and the old one does not know yet. */
static void b_wants_no_circuit(void)
{
	static char other[256];
	static const char *others[1] = {other};
	snprintf(other, sizeof(other), "/ip4/10.0.0.99/udp/9/quic-v1/p2p/%s",
	         a->transport.identity.text);
	b->config.relay.addresses = (struct pu_strings){others, 1};
	transport_relays_reload(b->transport.relays);
}

Test(circuit, that_a_relay_denies_says_nothing_of_direct_addresses)
{
	struct net_wait wait;
	b_wants_no_circuit();
	a->also = "/ip4/10.0.0.77/udp/9/quic-v1"; /* is silent */
	net_connect(a, b, &wait);
	net_sleep(&net, 2000);
	cr_assert_not(wait.done, "%s", wait.text);
	net_sleep(&net, TRANSPORT_DIAL_DEADLINE_MS);
	cr_assert_eq(wait.err, PU_EUNREACHABLE, "it is the relay's word, not b's");
}

Test(circuit, is_not_offered_any_more_when_the_relay_is_not_used_any_more)
{
	net_sleep(&net, 2000);
	cr_assert_eq(relay->identified_addresses, 2);
	forget_relays(b);
	net_sleep(&net, 2000);
	cr_assert_eq(relay->identified_addresses, 1, "b's own");
}

/* a knows a second relay, where b is not. */
static void add_relay(struct net_node *other)
{
	struct net_node *const both[2] = {other, relay};
	net_serve(other);
	net_use_relays(a, both, 2);
	net_sleep(&net, 1000);
}

/* One says at once that b is not there, the other waits for b, which does not answer it. */
Test(circuit, that_is_being_made_is_not_asked_for_again)
{
	struct net_wait wait;
	struct pu_relay_counts counts;
	struct transport_conn *at_b = transport_peer_best(net_peer(b, relay));
	add_relay(net_add(&net));
	at_b->state = CONN_CHECKING;
	a->also = "/ip4/10.0.0.77/udp/9/quic-v1"; /* is silent */
	net_connect(a, b, &wait);
	net_sleep(&net, 5000);
	pu_relay_counts(relay->transport.relay.books, &counts);
	cr_assert_eq(counts.circuits, 1);
	at_b->state = CONN_UP;
	transport_waiter_cancel(&wait.waiter);
}

static bool has_reservation_at_b(void *unused)
{
	(void)unused;
	return pu_relay_has(b->transport.relay.books, &a->sim->id);
}

Test(circuit, to_a_relay_of_ours_does_not_keep_us_from_dialing_it)
{
	cr_assert_str_eq(transport_conn_path(join()), "relayed");
	add_relay(b);
	cr_assert(net_until(&net, 5000, has_reservation_at_b, NULL));
	cr_assert_str_eq(transport_conn_path(transport_peer_best(net_peer(a, b))), "direct");
}

static struct net_node *second;
static uint64_t silent_from;

/* One after the other. */
static bool relays_are_silent(struct sim *sim, const struct sim_host *from, const uint8_t *data,
                              size_t len)
{
	(void)data, (void)len;
	return sim->now < silent_from ||
	       (from != relay->sim &&
	        (from != second->sim || sim->now < silent_from + 3 * PU_NS_PER_S));
}

static bool is_not_dialed(void *unused)
{
	(void)unused;
	return net_peer(a, b) == NULL || net_peer(a, b)->dial == NULL;
}

/* The first has been dialed for a while, alone: it will fail long before the second. */
static bool are_out_of_step(void *unused)
{
	static unsigned ms;
	(void)unused;
	bool alone = net_peer(a, relay)->dial != NULL && net_peer(a, second)->dial == NULL;
	ms = alone ? ms + 1 : 0;
	return ms == 3000;
}

Test(circuit, through_relays_that_are_silent_does_not_keep_an_attempt_alive)
{
	struct net_wait wait;
	second = net_add(&net);
	add_relay(second);
	silent_from = net.sim.now;
	net.sim.tap = relays_are_silent;
	cr_assert(net_until(&net, 600000, are_out_of_step, NULL));
	net_connect(a, b, &wait);
	cr_assert_not(is_not_dialed(NULL));
	cr_assert(net_until(&net, 40000, is_not_dialed, NULL));
	cr_assert(wait.done);
	net.sim.tap = NULL;
}
