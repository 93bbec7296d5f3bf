/* Knows that budgets are spent, refilled, and never paid by somebody else. */
#include "quic/source.h"

#include <criterion/criterion.h>
#include <string.h>

static struct pu_quic_endpoint ep;

static void start(void)
{
	memset(&ep, 0, sizeof(ep));
	ep.now = 100 * PU_NS_PER_S;
	ep.config.source_per_s = 4;
	ep.config.unverified_per_s = 8;
	pu_quic_source_init(&ep);
}

static struct pu_quic_addr addr4(uint32_t host)
{
	struct pu_quic_addr addr = {.len = sizeof(addr.in)};

	addr.in.sin_family = AF_INET;
	addr.in.sin_addr.s_addr = htonl(host);
	return addr;
}

Test(quic_source, a_budget_is_spent_and_fills_up_again)
{
	struct pu_quic_addr addr = addr4(0x01020304);

	start();
	for (int i = 0; i < 4; i++) {
		cr_assert(pu_quic_source_may(&ep, &addr, true));
		pu_quic_source_spend(&ep, &addr, true, 1);
	}
	cr_assert_not(pu_quic_source_may(&ep, &addr, true));
	ep.now += PU_NS_PER_S / 4;
	cr_assert(pu_quic_source_may(&ep, &addr, true));
}

Test(quic_source, what_one_address_spends_another_still_has)
{
	struct pu_quic_addr addr, other;

	start();
	for (uint32_t i = 0; i < 10 * PU_QUIC_SOURCES_MAX; i++) {
		addr = addr4(i);
		pu_quic_source_spend(&ep, &addr, true, 4);
	}
	for (uint32_t i = 0; i < PU_QUIC_SOURCES_MAX; i++) {
		other = addr4(0x7f000000 + i);
		cr_assert(pu_quic_source_may(&ep, &other, true));
	}
}

Test(quic_source, all_unproved_addresses_have_one_budget)
{
	struct pu_quic_addr one = addr4(1), two = addr4(2);

	start();
	pu_quic_source_spend(&ep, &one, false, 8);
	cr_assert_not(pu_quic_source_may(&ep, &two, false));
	cr_assert(pu_quic_source_may(&ep, &two, true));
	cr_assert(pu_quic_source_may(&ep, &one, true));
}

Test(quic_source, an_ipv6_customer_is_one_source)
{
	struct pu_quic_addr one = {.len = sizeof(one.in6)}, two, stranger;

	start();
	one.in6.sin6_family = AF_INET6;
	memcpy(&one.in6.sin6_addr, "\x20\x01\x0d\xb8\1\2\3", 7);
	two = stranger = one;
	two.in6.sin6_addr.s6_addr[7] = 0xff;
	stranger.in6.sin6_addr.s6_addr[6] = 0xff;
	pu_quic_source_spend(&ep, &one, true, 4);
	cr_assert_not(pu_quic_source_may(&ep, &two, true));
	cr_assert(pu_quic_source_may(&ep, &stranger, true));
}
