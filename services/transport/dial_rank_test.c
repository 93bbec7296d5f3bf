#include "dial_rank.h"

#include <criterion/criterion.h>

static struct transport_candidate candidate(const char *text)
{
	struct transport_candidate result = {0};
	socklen_t len;
	cr_assert_eq(pu_multiaddr_parse(text, &result.multiaddr), PU_OK);
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
