/* What a relay carries no further, and what guests may do. */
#include "relay_world.h"

#include <criterion/criterion.h>

#include "codes.h"
#include "p2p/relay_message.h"
#include "relay_raw.h"
#include "substream.h"
#include "trim.h"

TestSuite(relay_limits, .init = world_set_up, .fini = world_tear_down);

/* ---- limits ---- */

Test(relay_limits, cuts_what_has_carried_enough)
{
	struct asked asked = {.end = {.to_send = 100 * KB}};
	relay->config.relay.session_data = 64 * KB;
	transport_relay_reload(&relay->transport);
	world_join(&asked);
	cr_assert_eq(asked.limit.data, 64 * KB);
	cr_assert_eq(ends[0].limit.data, 64 * KB);
	net_sleep(&net, 500);
	cr_assert_leq(ends[0].got, 64 * KB);
	cr_assert_eq(ends[0].state, PU_RECV_RESET);
	cr_assert_eq(asked.end.state, PU_RECV_RESET);
	cr_assert_eq(asked.end.code, STREAM_CODE_LIMIT);
	cr_assert_eq(world_counts().circuits, 0);
	end_close(&asked.end);
}

Test(relay_limits, does_not_cut_what_ends_at_its_limit)
{
	struct asked asked = {.end = {.to_send = 64 * KB, .finishes = true}};
	relay->config.relay.session_data = 64 * KB;
	transport_relay_reload(&relay->transport);
	world_join(&asked);
	net_sleep(&net, 500);
	cr_assert_eq(ends[0].got, 64 * KB);
	cr_assert_eq(ends[0].state, PU_RECV_FIN);
	end_close(&asked.end);
}

Test(relay_limits, cuts_what_has_lasted_long_enough)
{
	struct asked asked = {0};
	relay->config.relay.session_duration_ms = 5000;
	transport_relay_reload(&relay->transport);
	world_join(&asked);
	cr_assert_eq(asked.limit.duration_s, 5);
	net_sleep(&net, 4500);
	cr_assert_eq(world_counts().circuits, 1);
	net_sleep(&net, 1000);
	cr_assert_eq(world_counts().circuits, 0);
	cr_assert_eq(asked.end.state, PU_RECV_RESET);
	end_close(&asked.end);
}

Test(relay_limits, has_only_so_many_circuits)
{
	struct asked first = {0}, second = {0};
	relay->config.relay.max_circuits = 1;
	transport_relay_reload(&relay->transport);
	world_join(&first);
	world_connect_to(&second, target, 500);
	cr_assert_eq(second.err, PU_ELIMIT);
	cr_assert_str_eq(second.text, "the relay is at one of its limits");
	cr_assert_eq(world_counts().refused, 1);
	end_close(&first.end);
}

/* ---- guests ---- */

static void come_as_guest(void)
{
	relay->guests = true;
	if (net_peer(relay, source) != NULL)
		transport_peer_disconnect(net_peer(relay, source), CONN_CODE_NONE, "test");
	net_sleep(&net, 200);
	struct net_wait wait;
	net_connect(source, relay, &wait);
	cr_assert(net_until(&net, 1000, net_wait_done, &wait));
	cr_assert_not_null(wait.conn, "%s", wait.text);
	to_relay = wait.conn;
	net_sleep(&net, 300);
	relay->guests = false;
}

static bool is_offered(const struct transport_conn *conn, const char *name)
{
	for (const char *at = conn->protocols; *at != '\0'; at += strlen(at) + 1)
		if (strcmp(at, name) == 0)
			return true;
	return false;
}

Test(relay_limits, has_guests_that_are_told_of_nothing_else)
{
	unsigned up = relay->events[PU_MSG_PEER_UP], known = relay->events[PU_MSG_PEER_IDENTIFIED];
	cr_assert(is_offered(to_relay, "/perf/1.0.0"));
	come_as_guest();
	cr_assert(world_at_relay(source)->guest);
	cr_assert(is_offered(to_relay, PU_RELAY_HOP_PROTOCOL));
	cr_assert(is_offered(to_relay, "/ipfs/ping/1.0.0"));
	cr_assert_not(is_offered(to_relay, "/perf/1.0.0"));
	cr_assert_not(is_offered(to_relay, "/pingpong/1.0.0"));
	cr_assert_eq(relay->events[PU_MSG_PEER_UP], up, "no service hears of a guest");
	cr_assert_eq(relay->events[PU_MSG_PEER_IDENTIFIED], known);
}

Test(relay_limits, gives_guests_nothing_else)
{
	struct raw raw = {0};
	come_as_guest();
	cr_assert_eq(transport_substream_open(to_relay, "/perf/1.0.0", false, &raw_ops, &raw,
	                                      &raw.substream),
	             PU_OK);
	net_sleep(&net, 200);
	cr_assert(raw.failed);
}

/* Somebody here wants to reach the peer, who comes as a guest just then. */
Test(relay_limits, takes_no_guest_for_who_was_asked_for)
{
	struct net_wait wait;
	relay->also = "/ip4/10.0.0.77/udp/9/quic-v1"; /* is silent */
	relay->unnamed = true;
	transport_peer_disconnect(net_peer(relay, source), CONN_CODE_NONE, "test");
	net_sleep(&net, 200);
	net_connect(relay, source, &wait);
	come_as_guest();
	cr_assert_not_null(world_at_relay(source));
	cr_assert_not(wait.done, "%s", wait.text);
	transport_waiter_cancel(&wait.waiter);
}

Test(relay_limits, gives_guests_less)
{
	struct asked asked = {.end = {.to_send = 100 * KB}}, reserved = {0};
	relay->config.relay.guest_session_data = 10 * KB;
	relay->config.relay.guest_session_duration_ms = 120000;
	relay->config.relay.guest_bandwidth = 128 * KB;
	transport_relay_reload(&relay->transport);
	come_as_guest();
	world_reserve(&reserved, 500);
	cr_assert_eq(reserved.err, PU_OK, "%s", reserved.text);
	cr_assert_eq(reserved.reservation.limit.data, 10 * KB);
	cr_assert_eq(reserved.reservation.limit.duration_s, 120);
	world_join(&asked);
	cr_assert_eq(asked.limit.data, 10 * KB);
	net_sleep(&net, 1000);
	cr_assert_leq(ends[0].got, 10 * KB);
	cr_assert_eq(world_counts().circuits, 0);
	end_close(&asked.end);
}

Test(relay_limits, does_not_trim_who_has_a_reservation)
{
	const struct transport_conn *kept = world_at_relay(target);
	relay->config.limits.connections = 1; /* one of the two must go */
	net_sleep(&net, 61000);
	(void)raw_status_of("\0", 1); /* the target is idle for longer */
	net_sleep(&net, 100);
	cr_assert_lt(kept->idle_since_ms, world_at_relay(source)->idle_since_ms);
	transport_trim(&relay->transport);
	net_sleep(&net, 500);
	cr_assert_eq(relay->events[PU_MSG_PEER_DOWN], 1);
	cr_assert_eq(world_at_relay(target), kept);
	cr_assert(world_has_reservation(target));
}

/* ---- many ---- */

Test(relay_limits, holds_nothing_of_circuits_that_are_over)
{
	size_t after = 0;
	for (int i = 0; i < 120; i++) {
		struct asked asked = {.end = {.to_send = 10, .finishes = true}};
		as_target = (struct end){.to_send = 10, .finishes = true};
		ends_len = 0;
		world_join(&asked);
		net_sleep(&net, 100);
		cr_assert_eq(world_counts().circuits, 0, "%d", i);
		end_close(&asked.end);
		end_close(&ends[0]);
		if (i == 20)
			after = world_counts().memory;
	}
	cr_assert_leq(world_counts().memory, after + 2048);
	net_sleep(&net, 200);
	cr_assert_eq(world_at_relay(source)->substreams_len, 0);
	cr_assert_eq(world_at_relay(target)->substreams_len, 0);
	ends_len = 0;
}
