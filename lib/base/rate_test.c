#include "base/rate.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/clock.h"

#define START UINT64_C(5000000000)

static const struct pu_rate_rule rule = {.per_minute = 60, .burst = 5};
static struct pu_rates rates;

static void begin(void)
{
	pu_rates_init(&rates, 1000);
}

static void end(void)
{
	pu_rates_fini(&rates);
}

static bool ask(const char *who, uint64_t now)
{
	return pu_rates_take(&rates, pu_bytes_of_str(who), &rule, now);
}

TestSuite(rates, .init = begin, .fini = end);

Test(rates, let_a_burst_pass_and_then_what_is_earned)
{
	for (unsigned i = 0; i < 5; i++)
		cr_assert(ask("a", START), "%u", i);
	cr_assert_not(ask("a", START));
	cr_assert_not(ask("a", START + PU_NS_PER_S - 1));
	cr_assert(ask("a", START + PU_NS_PER_S));
	cr_assert_not(ask("a", START + PU_NS_PER_S));
}

Test(rates, keep_to_so_many_a_minute)
{
	unsigned passed = 0;

	for (uint64_t now = START; now < START + 60 * PU_NS_PER_S; now += PU_NS_PER_MS)
		passed += ask("a", now);
	cr_assert_eq(passed, 5 + 59);
}

Test(rates, are_each_ones_own)
{
	for (unsigned i = 0; i < 5; i++)
		cr_assert(ask("a", START));
	cr_assert_not(ask("a", START));
	cr_assert(ask("b", START));
}

Test(rates, forget_who_has_earned_all_back)
{
	for (unsigned i = 0; i < 5; i++)
		cr_assert(ask("a", START));
	cr_assert(ask("b", START + 4 * PU_NS_PER_S));
	cr_assert_eq(pu_map_len(&rates.by_key), 2);
	cr_assert(ask("b", START + 5 * PU_NS_PER_S));
	cr_assert_eq(pu_map_len(&rates.by_key), 1);
	for (unsigned i = 0; i < 5; i++)
		cr_assert(ask("a", START + 5 * PU_NS_PER_S));
}

Test(rates, remember_a_bounded_number)
{
	char name[16];

	for (unsigned i = 0; i < 5; i++)
		cr_assert(ask("greedy", START));
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "%u", i);
		cr_assert(ask(name, START));
	}
	cr_assert_eq(pu_map_len(&rates.by_key), 1000);
	cr_assert_eq(rates.by_end.len, 1000);
	/* It asked more than all the others, so it is not the one to go. */
	cr_assert_not(ask("greedy", START));
}
