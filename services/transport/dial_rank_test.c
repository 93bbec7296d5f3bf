#include "dial_rank.h"

#include <criterion/criterion.h>

static struct transport_candidate candidate(const char *text)
{
	struct transport_candidate result = {0};
	socklen_t len;
	cr_assert_eq(pu_multiaddr_parse(text, &result.multiaddr), PU_OK);
	result.carrier = pu_multiaddr_carrier(&result.multiaddr);
	if (result.carrier != PU_CARRIER_NONE)
		cr_assert_eq(pu_multiaddr_to_sockaddr(&result.multiaddr, &result.addr, &len), PU_OK);
	return result;
}

static void expect(const struct transport_candidate *candidate, const char *text,
                   uint32_t delay_ms)
{
	char printed[PU_MULTIADDR_TEXT_MAX];
	cr_expect_str_eq(pu_multiaddr_print(&candidate->multiaddr, printed), text);
	cr_expect_eq(candidate->delay_ms, delay_ms, "%s: %u", text, candidate->delay_ms);
}

Test(dial_rank, tries_near_addresses_first_and_ipv6_before_ipv4)
{
	struct transport_candidate all[] = {
	    candidate("/ip4/45.0.0.1/udp/1/quic-v1"),
	    candidate("/ip6/2600:45::1/udp/1/quic-v1"),
	    candidate("/ip4/192.168.0.1/udp/1/quic-v1"),
	    candidate("/ip4/127.0.0.1/udp/1/quic-v1"),
	};
	cr_assert_eq(transport_dial_rank(all, 4), 4);
	expect(&all[0], "/ip4/127.0.0.1/udp/1/quic-v1", 0);
	expect(&all[1], "/ip4/192.168.0.1/udp/1/quic-v1", 30);
	expect(&all[2], "/ip6/2600:45::1/udp/1/quic-v1", 280);
	expect(&all[3], "/ip4/45.0.0.1/udp/1/quic-v1", 530);
}

Test(dial_rank, drops_an_address_told_twice)
{
	struct transport_candidate all[] = {
	    candidate("/ip4/45.0.0.1/udp/1/quic-v1"),
	    candidate("/ip4/45.0.0.1/udp/2/quic-v1"),
	    candidate("/ip4/45.0.0.1/udp/1/quic-v1"),
	};
	cr_assert_eq(transport_dial_rank(all, 3), 2);
	expect(&all[0], "/ip4/45.0.0.1/udp/1/quic-v1", 0);
	expect(&all[1], "/ip4/45.0.0.1/udp/2/quic-v1", 250);
}

Test(dial_rank, accepts_no_address_at_all)
{
	cr_expect_eq(transport_dial_rank(NULL, 0), 0);
}

#define RELAY "/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq/p2p-circuit"

Test(dial_rank, prefers_quic_to_tcp_and_tcp_to_websockets)
{
	struct transport_candidate all[] = {
	    candidate("/ip4/45.0.0.1/tcp/1/ws"),
	    candidate("/ip4/45.0.0.1/tcp/1"),
	    candidate("/ip4/45.0.0.1/udp/1/quic-v1"),
	};
	cr_assert_eq(transport_dial_rank(all, 3), 3);
	expect(&all[0], "/ip4/45.0.0.1/udp/1/quic-v1", 0);
	expect(&all[1], "/ip4/45.0.0.1/tcp/1", 250);
	expect(&all[2], "/ip4/45.0.0.1/tcp/1/ws", 500);
}

Test(dial_rank, gives_direct_addresses_a_start_before_relays)
{
	struct transport_candidate all[] = {
	    candidate("/ip4/45.0.0.9/udp/1/quic-v1" RELAY),
	    candidate("/ip4/45.0.0.1/udp/1/quic-v1"),
	    candidate("/ip4/45.0.0.1/tcp/1"),
	    candidate("/ip4/45.0.0.1/tcp/2"),
	    candidate("/ip4/45.0.0.1/tcp/3"),
	};
	cr_assert_eq(transport_dial_rank(all, 5), 5);
	cr_expect_eq(all[0].carrier, PU_CARRIER_QUIC);
	cr_expect_eq(all[2].delay_ms, 500);
	cr_expect_eq(all[3].delay_ms, 500);
	cr_expect(all[2].carrier == PU_CARRIER_NONE || all[3].carrier == PU_CARRIER_NONE);
}

Test(dial_rank, tries_relays_at_once_when_there_is_nothing_else)
{
	struct transport_candidate all[] = {
	    candidate("/ip4/45.0.0.8/udp/1/quic-v1" RELAY),
	    candidate("/ip4/45.0.0.9/udp/1/quic-v1" RELAY),
	};
	all[0].preference = 1;
	cr_assert_eq(transport_dial_rank(all, 2), 2);
	expect(&all[0], "/ip4/45.0.0.9/udp/1/quic-v1" RELAY, 0);
	expect(&all[1], "/ip4/45.0.0.8/udp/1/quic-v1" RELAY, 250);
}
