#include "swarm.h"

#include <criterion/criterion.h>

#include "codes.h"
#include "conn_limit.h"
#include "limits.h"
#include "net_sim.h"
#include "ping.h"
#include "quic/conn.h"

static struct net net;
static struct net_node *a, *b;

static void set_up(void)
{
	net_init(&net);
	a = net_add(&net);
	b = net_add(&net);
}

static void tear_down(void)
{
	net_fini(&net);
}

TestSuite(swarm, .init = set_up, .fini = tear_down);

static bool b_has_none(void *unused)
{
	(void)unused;
	return b->transport.swarm.conns_up == 0 && a->transport.swarm.conns_up == 0;
}

static bool is_connected(void *unused)
{
	(void)unused;
	return a->transport.swarm.conns_up > 0 && b->transport.swarm.conns_up > 0;
}

static struct transport_peer *need(struct net_node *node, const struct net_node *other)
{
	struct transport_peer *peer = transport_swarm_peer(&node->transport, &other->sim->id);
	transport_peer_need(peer, true);
	return peer;
}

Test(swarm, both_sides_announce_each_other)
{
	net_join(a, b);
	cr_assert(a->events[PU_MSG_PEER_UP] == 1 && b->events[PU_MSG_PEER_UP] == 1);
	cr_assert(a->events[PU_MSG_PEER_IDENTIFIED] == 1 && b->events[PU_MSG_PEER_IDENTIFIED] == 1);
	cr_assert(a->identified_addresses == 1);
}

Test(swarm, a_second_wait_takes_the_connection_that_is_there)
{
	struct net_wait again;
	const struct transport_conn *conn = net_join(a, b);
	net_connect(a, b, &again);
	cr_assert(again.done && again.conn == conn);
}

Test(swarm, those_who_wait_share_one_attempt)
{
	struct net_wait waits[3];
	for (int i = 0; i < 3; i++)
		net_connect(a, b, &waits[i]);
	cr_assert(net_until(&net, 1000, net_wait_done, &waits[2]));
	cr_assert(waits[0].conn != NULL && waits[0].conn == waits[2].conn);
	cr_assert(a->asked[PU_MSG_NAMING_ADDRESSES] == 1);
}

Test(swarm, a_peer_that_we_do_not_allow_is_not_used)
{
	struct net_wait wait;
	a->denied = true;
	net_connect(a, b, &wait);
	cr_assert(net_until(&net, 1000, net_wait_done, &wait));
	cr_assert(wait.conn == NULL && wait.err == PU_EFORBIDDEN);
	cr_assert(strstr(wait.text, "this node does not authorize it") != NULL, "%s", wait.text);
	cr_assert(a->events[PU_MSG_PEER_UP] == 0);
}

Test(swarm, a_peer_that_does_not_allow_us_closes_with_a_code)
{
	struct net_wait wait;
	b->denied = true;
	net_connect(a, b, &wait);
	cr_assert(net_until(&net, 1000, net_wait_done, &wait));
	cr_assert(net_until(&net, 1000, b_has_none, NULL));
	cr_assert(b->events[PU_MSG_PEER_UP] == 0);
	if (wait.conn != NULL) /* it was up for a moment on our side */
		cr_assert(a->down_code == CONN_CODE_GATED);
	else
		cr_assert(wait.err == PU_ENOTAUTHORIZED);
}

static bool a_checks(void *unused)
{
	(void)unused;
	return a->asked[PU_MSG_AUTH_CHECK] > 0;
}

Test(swarm, a_connection_that_ended_before_the_verdict_does_not_come_up)
{
	struct net_wait wait;
	a->auth_silent = b->auth_silent = true;
	net_connect(a, b, &wait);
	cr_assert(net_until(&net, 100, a_checks, NULL));
	/* It has ended, which is not told yet when auth says yes. */
	struct pu_list_node *node = pu_list_first(&net_peer(a, b)->conns);
	pu_mux_close(PU_LIST_ENTRY(node, struct transport_conn, in_peer)->mux, CONN_CODE_NONE,
	             "test");
	a->auth_silent = false;
	net_sleep(&net, 100);
	cr_assert(wait.done && wait.conn == NULL);
	cr_assert(a->events[PU_MSG_PEER_UP] == 0);
}

Test(swarm, a_change_of_the_rules_closes_a_live_connection)
{
	net_join(a, b);
	b->denied = true;
	transport_on_auth_changed(&b->transport, NULL);
	cr_assert(net_until(&net, 500, b_has_none, NULL));
	cr_assert(a->down_code == CONN_CODE_GATED);
	cr_assert(strstr(a->down_reason, "does not authorize our peer ID") != NULL, "%s",
	          a->down_reason);
}

Test(swarm, a_live_connection_outlives_an_auth_that_does_not_answer)
{
	net_join(a, b);
	b->auth_silent = true;
	transport_on_auth_changed(&b->transport, NULL);
	net_sleep(&net, 20000);
	cr_assert(is_connected(NULL));
	b->auth_silent = false;
	b->denied = true;
	cr_assert(net_until(&net, 10000, b_has_none, NULL));
}

static bool nothing_from_b(struct sim *sim, const struct sim_host *from, const uint8_t *data,
                           size_t len)
{
	(void)sim, (void)data, (void)len;
	return from != b->sim;
}

static bool b_has_one(void *unused)
{
	(void)unused;
	return b->transport.swarm.conns == 1;
}

static bool has_counted(unsigned connections)
{
	return transport_source_full(&b->transport.sources, &a->sim->addr.sa, connections);
}

/* Anybody can forge the address of a first packet: it must not take the place of who is there.
 */
Test(swarm, a_quic_connection_counts_for_its_address_once_that_is_proved)
{
	struct net_wait wait;
	net.sim.tap = nothing_from_b;
	net_connect(a, b, &wait);
	cr_assert(net_until(&net, 1000, b_has_one, NULL));
	cr_assert_not(has_counted(1));
	net.sim.tap = NULL;
	cr_assert(net_until(&net, 5000, net_wait_done, &wait));
	cr_assert_not_null(wait.conn);
	net_sleep(&net, 100);
	cr_assert(has_counted(1) && !has_counted(2));
}

Test(swarm, a_question_that_fails_is_no_verdict)
{
	net_join(a, b);
	b->auth_fails = PU_ELIMIT; /* as when more is asked at once than may be */
	transport_on_auth_changed(&b->transport, NULL);
	net_sleep(&net, 2 * TRANSPORT_RECHECK_MS);
	cr_assert(is_connected(NULL));
	b->auth_fails = PU_OK;
	b->denied = true;
	cr_assert(net_until(&net, 2 * TRANSPORT_RECHECK_MS, b_has_none, NULL));
}

Test(swarm, a_new_connection_does_not_get_in_while_auth_is_away)
{
	struct net_wait wait;
	b->auth_silent = true;
	net_connect(a, b, &wait);
	net_sleep(&net, 6000);
	cr_assert(b_has_none(NULL) && b->events[PU_MSG_PEER_UP] == 0);
	cr_assert(a->down_code != CONN_CODE_GATED);
}

Test(swarm, another_identity_at_the_address_is_refused)
{
	struct net_wait wait;
	struct net_node *c = net_add(&net);
	a->unnamed = true;
	a->also = "/ip4/10.0.0.3/udp/4001/quic-v1"; /* c's */
	(void)c;
	net_connect(a, b, &wait);
	cr_assert(net_until(&net, 1000, net_wait_done, &wait));
	cr_assert(wait.conn == NULL && wait.err == PU_ECRYPTO, "%s", wait.text);
}

Test(swarm, a_peer_without_addresses_is_unreachable_at_once)
{
	struct net_wait wait;
	a->unnamed = true;
	net_connect(a, b, &wait);
	cr_assert(net_until(&net, 10, net_wait_done, &wait));
	cr_assert(wait.err == PU_EUNREACHABLE);
	cr_assert_str_eq(wait.text, "no address of it is known");
	cr_assert_null(net_peer(a, b), "nobody uses the entry any more");
}

Test(swarm, a_dead_address_does_not_hold_up_the_next_one)
{
	struct net_wait wait;
	a->also = "/ip4/10.0.0.1/udp/9/quic-v1"; /* sorts before b's */
	net_connect(a, b, &wait);
	cr_assert(net_until(&net, 500, net_wait_done, &wait));
	cr_assert_not_null(wait.conn);
}

Test(swarm, a_refusal_ends_the_attempt_and_its_other_handshakes)
{
	struct net_wait wait;
	a->also = "/ip4/10.0.0.1/udp/9/quic-v1";
	a->denied = true;
	net_connect(a, b, &wait);
	cr_assert(net_until(&net, 500, net_wait_done, &wait));
	cr_assert(wait.err == PU_EFORBIDDEN);
	net_sleep(&net, 100);
	cr_assert_null(net_peer(a, b));
}

Test(swarm, who_waits_has_an_answer_by_the_deadline)
{
	struct net_wait wait;
	a->unnamed = true;
	a->also = "/ip4/10.0.0.77/udp/9/quic-v1";
	net_connect(a, b, &wait);
	net_sleep(&net, TRANSPORT_DIAL_DEADLINE_MS + 100);
	cr_assert(wait.done && wait.conn == NULL && wait.err == PU_EUNREACHABLE);
}

Test(swarm, a_cancelled_wait_is_not_called_and_leaves_nothing)
{
	struct net_wait wait;
	net_connect(a, b, &wait);
	transport_waiter_cancel(&wait.waiter);
	a->denied = true;
	net_sleep(&net, 12000);
	cr_assert_not(wait.done);
	cr_assert_null(net_peer(a, b));
}

/* ---- keeping connected ---- */

Test(swarm, a_needed_peer_is_connected_by_itself_and_again)
{
	need(a, b);
	cr_assert(net_until(&net, 1000, is_connected, NULL));
	transport_peer_disconnect(net_peer(b, a), CONN_CODE_NONE, "test");
	cr_assert(net_until(&net, 500, b_has_none, NULL));
	cr_assert(net_until(&net, TRANSPORT_RECONNECT_BASE_MS + 500, is_connected, NULL));
}

Test(swarm, a_peer_that_refuses_us_is_asked_less_and_less)
{
	need(a, b);
	b->denied = true;
	net_sleep(&net, 300000);
	/* 1, 2, 4 ... 32 seconds, then one a minute; each with up to half of jitter. */
	cr_assert(a->asked[PU_MSG_NAMING_ADDRESSES] <= 20, "%u attempts",
	          a->asked[PU_MSG_NAMING_ADDRESSES]);
	cr_assert(a->asked[PU_MSG_NAMING_ADDRESSES] >= 6);
	b->denied = false;
	net_sleep(&net, TRANSPORT_RECONNECT_MAX_MS + 1000);
	cr_assert(is_connected(NULL));
}

Test(swarm, a_peer_that_we_refuse_is_asked_less_and_less_until_we_allow_it)
{
	need(a, b);
	a->denied = true;
	net_sleep(&net, 300000);
	cr_assert(a->asked[PU_MSG_NAMING_ADDRESSES] <= 20);
	a->denied = false;
	transport_on_auth_changed(&a->transport, NULL);
	cr_assert(net_until(&net, 500, is_connected, NULL), "without waiting for the backoff");
}

Test(swarm, an_address_that_becomes_known_is_tried_at_once)
{
	need(a, b);
	a->unnamed = true;
	net_sleep(&net, 100000);
	a->unnamed = false;
	transport_on_naming_changed(&a->transport, NULL);
	cr_assert(net_until(&net, 500, is_connected, NULL));
}

Test(swarm, nobody_dials_for_a_need_that_is_gone)
{
	struct transport_peer *peer = need(a, b);
	b->denied = true;
	net_sleep(&net, 5000);
	transport_peer_need(peer, false);
	net_sleep(&net, 2000);
	unsigned asked = a->asked[PU_MSG_NAMING_ADDRESSES];
	net_sleep(&net, 100000);
	cr_assert(a->asked[PU_MSG_NAMING_ADDRESSES] == asked);
	cr_assert_null(net_peer(a, b));
}

/* ---- limits ---- */

/* More connections of one peer than it would make by itself. */
static void dial_often(int count)
{
	for (int i = 0; i < count; i++) {
		struct transport_peer *peer = transport_swarm_peer(&a->transport, &b->sim->id);
		struct transport_conn *conn = transport_conn_new(&a->transport, peer);
		conn->quic = sim_dial(a->sim, b->sim, &b->sim->id, conn);
		transport_conn_dialed(conn, pu_quic_conn_mux(conn->quic), PU_CARRIER_QUIC,
		                      &b->sim->addr.sa);
		net_sleep(&net, 100);
	}
}

Test(swarm, the_ninth_connection_of_a_peer_takes_the_place_of_an_idle_one)
{
	dial_often(TRANSPORT_CONNS_PER_PEER + 2);
	cr_assert(b->transport.swarm.conns_up == TRANSPORT_CONNS_PER_PEER);
	cr_assert(a->transport.swarm.conns_up == TRANSPORT_CONNS_PER_PEER);
	cr_assert(a->down_code == CONN_CODE_TRIMMED);
}

Test(swarm, idle_connections_go_when_there_are_too_many)
{
	b->config.limits.connections = 8; /* high 7, low 6 */
	dial_often(7);
	net_sleep(&net, TRANSPORT_TRIM_GRACE_MS);
	cr_assert(b->transport.swarm.conns_up == 7);
	dial_often(1);
	cr_assert(b->transport.swarm.conns_up == 6);
	cr_assert(a->down_code == CONN_CODE_TRIMMED);
}

Test(swarm, young_connections_are_spared_until_they_are_old)
{
	b->config.limits.connections = 8;
	dial_often(8);
	cr_assert(b->transport.swarm.conns_up == 8);
	net_sleep(&net, TRANSPORT_TRIM_GRACE_MS + TRANSPORT_TRIM_INTERVAL_MS);
	cr_assert(b->transport.swarm.conns_up == 6);
}

Test(swarm, needed_peers_are_spared)
{
	b->config.limits.connections = 8;
	dial_often(8);
	need(b, a);
	net_sleep(&net, TRANSPORT_TRIM_GRACE_MS + TRANSPORT_TRIM_INTERVAL_MS);
	cr_assert(b->transport.swarm.conns_up == 8);
}

Test(swarm, there_are_only_so_many_connections)
{
	struct net_wait wait;
	b->config.limits.connections = 3;
	dial_often(5);
	cr_assert(b->transport.swarm.conns_up == 3);
	net_connect(b, net_add(&net), &wait);
	cr_assert(net_until(&net, 100, net_wait_done, &wait));
	cr_assert(wait.conn == NULL);
	cr_assert_str_eq(wait.text, TRANSPORT_CONN_NO_ROOM);
	transport_peer_disconnect(net_peer(b, a), CONN_CODE_NONE, "test");
	net_sleep(&net, 100);
	cr_assert(b->transport.swarm.conns == 0);
}

/* ---- the end ---- */

Test(swarm, a_host_that_ends_says_so)
{
	net_join(a, b);
	transport_drain(&b->transport);
	net_sleep(&net, 100);
	cr_assert(b_has_none(NULL));
	cr_assert(a->down_code == CONN_CODE_SHUTDOWN);
}

Test(swarm, a_host_ends_cleanly_in_the_middle_of_everything)
{
	static struct net_wait waits[2]; /* they outlive this function */
	need(a, b);
	net_connect(a, b, &waits[0]);
	net_step(&net, 7);
	net_connect(b, a, &waits[1]);
	/* Handshakes are under way; tear_down() looks for what is left. */
}
