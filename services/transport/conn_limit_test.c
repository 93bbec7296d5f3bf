#include "conn_limit.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/clock.h"
#include "limits.h"

static struct sockaddr_storage addr(const char *text)
{
	struct sockaddr_storage result = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&result;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&result;
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
		in->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
		in6->sin6_family = AF_INET6;
	return result;
}

static bool full(struct pu_map *sources, const char *text, unsigned max)
{
	struct sockaddr_storage storage = addr(text);
	return transport_source_full(sources, (struct sockaddr *)&storage, max);
}

static struct transport_source *hold(struct pu_map *sources, const char *text)
{
	struct sockaddr_storage storage = addr(text);
	return transport_source_hold(sources, (struct sockaddr *)&storage);
}

Test(conn_limit, counts_each_ipv4_address_by_itself)
{
	struct pu_map sources;
	pu_map_init(&sources);
	struct transport_source *a = hold(&sources, "45.0.0.1"), *b = hold(&sources, "45.0.0.1");
	cr_expect(full(&sources, "45.0.0.1", 2));
	cr_expect_not(full(&sources, "45.0.0.2", 2));
	transport_source_rele(&sources, a);
	cr_expect_not(full(&sources, "45.0.0.1", 2));
	transport_source_rele(&sources, b);
	cr_expect_eq(pu_map_len(&sources), 0);
	pu_map_fini(&sources);
}

Test(conn_limit, counts_an_ipv6_customer_as_one)
{
	struct pu_map sources;
	pu_map_init(&sources);
	struct transport_source *a = hold(&sources, "2600:45:0:100::1");
	cr_expect(full(&sources, "2600:45:0:1ff::9", 1), "same /56");
	cr_expect_not(full(&sources, "2600:45:0:200::1", 1), "another /56");
	transport_source_rele(&sources, a);
	pu_map_fini(&sources);
}

Test(conn_limit, lets_loopback_through)
{
	struct pu_map sources;
	pu_map_init(&sources);
	struct transport_source *a = hold(&sources, "127.0.0.1"), *b = hold(&sources, "::1");
	cr_expect_not(full(&sources, "127.0.0.1", 1));
	cr_expect_not(full(&sources, "::1", 1));
	transport_source_rele(&sources, a);
	transport_source_rele(&sources, b);
	pu_map_fini(&sources);
}

/* ---- how often ---- */

enum { A_MINUTE = 60 };

static struct pu_rates knocks;

static void begin(void)
{
	pu_rates_init(&knocks, TRANSPORT_KNOCKS_MAX);
}

static void end(void)
{
	pu_rates_fini(&knocks);
}

TestSuite(knock, .init = begin, .fini = end);

static bool knock(const char *text, uint32_t all_rate, uint64_t at_s)
{
	struct sockaddr_storage storage = addr(text);
	return transport_source_may_knock(&knocks, (struct sockaddr *)&storage, A_MINUTE, all_rate,
	                                  (1000 + at_s) * PU_NS_PER_S);
}

/* So many at once, of which this many may. */
static size_t allowed(const char *text, size_t times, uint32_t all_rate, uint64_t at_s)
{
	size_t count = 0;
	while (times-- > 0)
		count += knock(text, all_rate, at_s);
	return count;
}

Test(knock, may_come_in_a_burst_and_then_once_a_second)
{
	cr_expect_eq(allowed("45.0.0.1", 1000, 1000000, 0), TRANSPORT_KNOCK_BURST);
	cr_expect_eq(allowed("45.0.0.1", 1000, 1000000, 1), 1);
	cr_expect_eq(allowed("45.0.0.1", 1000, 1000000, 11), 10);
	cr_expect(knock("45.0.0.2", 1000000, 11), "another one's rate is its own");
}

Test(knock, of_an_ipv6_customer_counts_as_one)
{
	cr_expect_eq(allowed("2600:45:0:100::1", 1000, 1000000, 0), TRANSPORT_KNOCK_BURST);
	cr_expect_not(knock("2600:45:0:1ff::9", 1000000, 0), "same /56");
	cr_expect(knock("2600:45:0:200::1", 1000000, 0), "another /56");
}

Test(knock, of_all_together_is_bounded_too)
{
	char text[32];
	size_t count = 0;
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "45.0.1.%u", i);
		count += allowed(text, 16, A_MINUTE, 0);
	}
	cr_expect_eq(count, TRANSPORT_KNOCKS_BURST);
	cr_expect_not(knock("45.0.2.1", A_MINUTE, 0));
	cr_expect(knock("45.0.2.1", A_MINUTE, 1));
	cr_expect_not(knock("45.0.2.1", A_MINUTE, 1));
}

Test(knock, that_its_source_may_not_costs_the_others_nothing)
{
	cr_expect_eq(allowed("45.0.0.1", 5000, A_MINUTE, 0), TRANSPORT_KNOCK_BURST);
	cr_expect(knock("45.0.0.2", A_MINUTE, 0));
}

Test(knock, from_this_machine_is_free)
{
	cr_expect_eq(allowed("127.0.0.1", 5000, A_MINUTE, 0), 5000);
	cr_expect_eq(allowed("::1", 5000, A_MINUTE, 0), 5000);
	cr_expect(knock("45.0.0.1", A_MINUTE, 0), "and not counted among all");
}
