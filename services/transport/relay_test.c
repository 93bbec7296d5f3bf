/* What a relay answers, and how a reservation is kept. */
#include "relay_world.h"

#include <criterion/criterion.h>

#include "codes.h"
#include "identify.h"
#include "p2p/relay_message.h"
#include "p2p/relay_voucher.h"
#include "relay_raw.h"
#include "relays.h"
#include "substream.h"

TestSuite(relay, .init = world_set_up, .fini = world_tear_down);

/* ---- reservations ---- */

Test(relay, reserves_and_says_where_it_is)
{
	struct asked asked = {0};
	char text[PU_MULTIADDR_TEXT_MAX];
	world_reserve(&asked, 500);
	cr_assert_eq(asked.err, PU_OK, "%s", asked.text);
	cr_assert_eq(asked.reservation.expires_s,
	             (UINT64_C(1800000000000) + net.sim.now / PU_NS_PER_MS + 3600000) / 1000);
	cr_assert_eq(asked.reservation.addrs.count, 1);
	cr_assert_str_eq(pu_multiaddr_print(&asked.reservation.addrs.addrs[0], text),
	                 net_address(relay));
	cr_assert_not(pu_relay_limit_is_set(&asked.reservation.limit));
	cr_assert_eq(world_counts().reservations, 2);
}

Test(relay, reserves_nothing_when_auth_does_not_sign)
{
	struct asked asked = {0};
	relay->auth_silent = true;
	world_reserve(&asked, 7000);
	cr_assert_eq(asked.err, PU_EREFUSED, "%s", asked.text);
	cr_assert_not(world_has_reservation(source));
	relay->auth_silent = false;
	net_sleep(&net, 31000);
	cr_assert_eq(world_counts().reservations, 1, "the place is free again");
	world_reserve(&asked, 500);
	cr_assert_eq(asked.err, PU_OK);
}

Test(relay, forgets_a_reservation_with_the_connection)
{
	struct asked asked = {0};
	transport_peer_disconnect(net_peer(relay, target), CONN_CODE_NONE, "test");
	target->config.relay.addresses.len = 0;
	transport_relays_reload(target->transport.relays);
	net_sleep(&net, 100);
	cr_assert_not(world_has_reservation(target));
	world_connect_to(&asked, target, 500);
	cr_assert_eq(asked.err, PU_ENOTFOUND);
	cr_assert_str_eq(asked.text, "the peer is not at this relay");
}

Test(relay, forgets_a_reservation_that_is_not_renewed)
{
	struct asked asked = {0};
	relay->config.relay.reservation_ttl_ms = 20000;
	world_reserve(&asked, 500);
	cr_assert(world_has_reservation(source));
	net_sleep(&net, 21000);
	cr_assert_not(world_has_reservation(source));
}

Test(relay, keeps_a_reservation_that_is_renewed)
{
	target->config.relay.addresses.len = 0;
	transport_relays_reload(target->transport.relays);
	relay->config.relay.reservation_ttl_ms = 20000;
	net_use_relays(target, &relay, 1);
	for (int i = 0; i < 10; i++) {
		net_sleep(&net, 10000);
		cr_assert(world_has_reservation(target), "%d", i);
	}
}

/* What the target tells of its relay. */
static struct pu_relay_info told(void)
{
	struct pu_relay_info info;
	cr_assert_eq(transport_relays_describe(target->transport.relays, &info, 1), 1);
	return info;
}

Test(relay, is_not_asked_all_the_time_for_reservations_that_last_for_a_moment)
{
	relay->config.relay.reservation_ttl_ms = 1000;
	transport_relays_reload(target->transport.relays);
	net_sleep(&net, 2000);
	unsigned signed_before = relay->asked[PU_MSG_AUTH_SIGN];
	net_sleep(&net, 60000);
	cr_assert_leq(relay->asked[PU_MSG_AUTH_SIGN] - signed_before, 12);
}

Test(relay, that_cannot_renew_just_now_keeps_what_it_gave)
{
	relay->config.relay.reservation_ttl_ms = 60000;
	transport_relays_reload(target->transport.relays);
	net_sleep(&net, 1000);
	relay->auth_silent = true;
	net_sleep(&net, 53000);
	cr_assert_str_eq(told().state, "reserved");
	relay->auth_silent = false;
	net_sleep(&net, 5000);
	cr_assert_str_eq(told().state, "reserved");
	cr_assert_gt(told().reserved_for_ms, 30000);
	cr_assert(world_has_reservation(target));
}

Test(relay, that_cannot_renew_for_long_is_without_us_in_the_end)
{
	relay->config.relay.reservation_ttl_ms = 60000;
	transport_relays_reload(target->transport.relays);
	net_sleep(&net, 1000);
	relay->auth_silent = true;
	net_sleep(&net, 70000);
	cr_assert_str_neq(told().state, "reserved");
	cr_assert_not(world_has_reservation(target));
}

Test(relay, that_no_longer_serves_is_left_when_it_says_so)
{
	relay->config.relay.reservation_ttl_ms = 60000;
	transport_relays_reload(target->transport.relays);
	net_sleep(&net, 1000);
	relay->config.relay.serve = false;
	transport_relay_reload(&relay->transport);
	net_sleep(&net, 46000);
	cr_assert_str_neq(told().state, "reserved");
}

static void serve(bool on)
{
	relay->config.relay.serve = on;
	transport_relay_reload(&relay->transport);
	transport_push_later(&relay->transport);
}

Test(relay, that_no_longer_serves_is_left_at_once_and_comes_back)
{
	net_sleep(&net, 1000);
	cr_assert_str_eq(told().state, "reserved");
	serve(false);
	net_sleep(&net, 2000);
	cr_assert_str_neq(told().state, "reserved");
	net_sleep(&net, 60000);
	serve(true);
	net_sleep(&net, 2000);
	cr_assert_str_eq(told().state, "reserved");
	cr_assert(world_has_reservation(target));
}

Test(relay, that_stops_while_auth_signs_grants_nothing)
{
	struct asked asked = {0};
	relay->auth_silent = true;
	(void)transport_relay_reserve(to_relay, world_on_reserved, &asked);
	net_sleep(&net, 200);
	serve(false);
	relay->auth_silent = false;
	cr_assert(net_until(&net, 500, world_is_done, &asked));
	cr_assert_neq(asked.err, PU_OK);
	cr_assert_not(world_has_reservation(source));
}

static unsigned requests_in(unsigned seconds)
{
	unsigned before = relay->asked[PU_MSG_AUTH_SIGN];
	for (unsigned i = 0; i < 10 * seconds; i++) {
		struct transport_peer *peer = net_peer(relay, target);
		if (peer != NULL && world_has_reservation(target))
			transport_peer_disconnect(peer, CONN_CODE_NONE, "test");
		net_sleep(&net, 100);
	}
	return relay->asked[PU_MSG_AUTH_SIGN] - before;
}

Test(relay, that_grants_and_closes_is_asked_ever_more_seldom)
{
	cr_assert_leq(requests_in(60), 20);
	cr_assert_leq(requests_in(120), 10);
}

Test(relay, renewal_is_no_news)
{
	relay->config.relay.reservation_ttl_ms = 10000;
	transport_relays_reload(target->transport.relays);
	net_sleep(&net, 20000);
	unsigned signatures = target->asked[PU_MSG_AUTH_SIGN];
	net_sleep(&net, 60000);
	cr_assert_str_eq(told().state, "reserved");
	cr_assert_eq(target->asked[PU_MSG_AUTH_SIGN], signatures);
}

Test(relay, is_asked_again_some_day_even_if_it_promises_everything)
{
	relay->config.relay.reservation_ttl_ms = UINT64_C(1) << 43; /* some centuries */
	transport_relays_reload(target->transport.relays);
	net_sleep(&net, 1000);
	cr_assert_leq(told().reserved_for_ms, TRANSPORT_RELAY_TTL_MAX_MS);
	cr_assert_gt(told().reserved_for_ms, TRANSPORT_RELAY_TTL_MAX_MS / 2);
}

Test(relay, tells_a_duration_that_nobody_misreads)
{
	struct asked asked = {0};
	relay->config.relay.session_duration_ms = UINT64_C(30) * 24 * 3600 * 1000;
	transport_relay_reload(&relay->transport);
	world_reserve(&asked, 500);
	cr_assert_eq(asked.reservation.limit.duration_s, PU_RELAY_DURATION_SURE_S);
}

Test(relay, that_no_longer_serves_lets_go)
{
	struct asked asked = {0}, again = {0};
	world_join(&asked);
	relay->config.relay.serve = false;
	transport_relay_reload(&relay->transport);
	net_sleep(&net, 200);
	cr_assert_eq(world_counts().reservations, 0);
	cr_assert_eq(world_counts().circuits, 0);
	cr_assert_eq(asked.end.state, PU_RECV_RESET);
	world_reserve(&again, 500);
	cr_assert_eq(again.err, PU_EUNSUPPORTED, "%s", again.text);
	end_close(&asked.end);
}

/* ---- requests written by hand ---- */

Test(relay, answers_what_it_does_not_understand)
{
	cr_assert_eq(raw_status_of("\0", 1), PU_RELAY_MALFORMED_MESSAGE);
	cr_assert_eq(raw_status_of("\2\x08\2", 3), PU_RELAY_UNEXPECTED_MESSAGE);
	cr_assert_eq(raw_status_of("\2\x08\1", 3), PU_RELAY_MALFORMED_MESSAGE, "to nobody");
	cr_assert_eq(raw_status_of("\4\x08\1\x12\0", 5), PU_RELAY_MALFORMED_MESSAGE);
	cr_assert_eq(raw_status_of("\xff\xff\3", 3), PU_RELAY_MALFORMED_MESSAGE, "too long");
	net_sleep(&net, 11000);
	cr_assert_eq(world_at_relay(source)->substreams_len, 0);
}

Test(relay, signs_a_voucher_that_others_open)
{
	struct raw raw = {0};
	struct pu_relay_voucher voucher;
	raw_begin(&raw, "\2\x08\0", 3);
	net_sleep(&net, 100);
	cr_assert(raw.done && raw.answer.has_reservation);
	cr_assert_eq(pu_relay_voucher_open(raw.answer.reservation.voucher, &voucher), PU_OK);
	cr_assert(pu_peer_id_eq(&voucher.relay, &relay->sim->id));
	cr_assert(pu_peer_id_eq(&voucher.peer, &source->sim->id));
	cr_assert_eq(voucher.expires_s, raw.answer.reservation.expires_s);
	raw_end(&raw);
}

Test(relay, whose_voucher_is_forged_is_not_believed)
{
	struct asked asked = {0};
	relay->forges = true;
	world_reserve(&asked, 500);
	cr_assert_eq(asked.err, PU_ECRYPTO);
	cr_assert_str_eq(asked.text, "the relay's voucher is not its word for us");
	net_sleep(&net, 11000);
	cr_assert_eq(to_relay->substreams_len, 0);
}

Test(relay, lets_the_asker_end_what_was_answered)
{
	struct raw raw = {0};
	raw_begin(&raw, "\2\x08\0", 3);
	net_sleep(&net, 100);
	cr_assert(raw.done);
	cr_assert_eq(raw.state, PU_RECV_FIN);
	/* It has not told us to stop: some forget the answer then. */
	cr_assert(pu_stream_can_send(raw.substream->stream));
	raw_end(&raw);
	net_sleep(&net, 100);
	cr_assert_eq(world_at_relay(source)->substreams_len, 0);
}

Test(relay, does_not_wait_forever_for_a_request)
{
	struct raw raw = {0};
	raw_begin(&raw, "\2", 1);
	net_sleep(&net, 9000);
	cr_assert_eq(raw.state, PU_RECV_OPEN);
	net_sleep(&net, 2000);
	cr_assert_eq(raw.state, PU_RECV_RESET);
	cr_assert_eq(world_at_relay(source)->substreams_len, 0);
	raw_end(&raw);
}

Test(relay, gives_no_circuit_through_another_relay)
{
	struct asked asked = {0};
	world_at_relay(source)->carrier = PU_CARRIER_NONE;
	world_connect_to(&asked, target, 500);
	cr_assert_eq(asked.err, PU_ENOTAUTHORIZED, "%s", asked.text);
	PU_LIST_FOREACH(node, &net_peer(relay, source)->conns)
		PU_LIST_ENTRY(node, struct transport_conn, in_peer)->carrier = PU_CARRIER_QUIC;
	cr_assert_eq(world_counts().circuits, 0);
}

Test(relay, is_none_where_it_does_not_serve)
{
	struct asked asked = {0};
	struct transport_conn *back = world_at_relay(source);
	(void)transport_relay_reserve(back, world_on_reserved, &asked);
	cr_assert(net_until(&net, 500, world_is_done, &asked));
	cr_assert_eq(asked.err, PU_EUNSUPPORTED, "%s", asked.text);
	cr_assert_str_eq(asked.text, "it is no relay");
}
