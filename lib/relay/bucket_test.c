#include "relay/bucket.h"

#include <criterion/criterion.h>

#include "base/clock.h"
#include "relay/limits.h"

#define START (UINT64_C(1000) * PU_NS_PER_S)
#define MB    UINT64_C(1000000)

static struct pu_relay_bucket bucket;

static size_t take(uint64_t now, size_t want)
{
	size_t allowed = pu_relay_bucket_allows(&bucket, now, want);

	pu_relay_bucket_take(&bucket, allowed);
	return allowed;
}

static size_t take_all(uint64_t now)
{
	size_t sum = 0, taken;

	while ((taken = take(now, SIZE_MAX)) > 0)
		sum += taken;
	return sum;
}

Test(relay_bucket, lets_a_burst_pass_after_a_pause)
{
	pu_relay_bucket_init(&bucket, 10 * MB, START);
	/* All but what is not worth a turn. */
	cr_assert_geq(take_all(START), MB - PU_RELAY_TURN_MAX);
	cr_assert_leq(take_all(START + 3600 * PU_NS_PER_S), MB);
	pu_relay_bucket_init(&bucket, 1000, START);
	cr_assert_geq(take_all(START), PU_RELAY_BURST_MIN - PU_RELAY_TURN_MIN);
}

Test(relay_bucket, is_exact_over_time)
{
	static const uint64_t rates[] = {1000, 128000, 1234567, 100 * MB, 1000 * MB};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint64_t now = START, sum = 0;

		pu_relay_bucket_init(&bucket, rates[i], now);
		sum = take_all(now);
		/* Steps that no rate divides. */
		for (; now < START + 100 * PU_NS_PER_S; now += 7000003)
			sum += take_all(now);
		cr_assert_geq(sum + PU_RELAY_TURN_MAX, 100 * rates[i], "%zu", i);
		cr_assert_leq(sum,
		              100 * rates[i] + rates[i] / PU_RELAY_BURST_SHARE + PU_RELAY_BURST_MIN +
		                  rates[i] / 100,
		              "%zu", i);
	}
}

Test(relay_bucket, loses_nothing_to_questions_that_come_too_often)
{
	uint64_t now = START, sum = 0;

	pu_relay_bucket_init(&bucket, 128000, now);
	(void)take_all(now);
	for (; now < START + PU_NS_PER_S; now += 100)
		sum += take(now, SIZE_MAX);
	cr_assert_geq(sum, 128000 - 2 * PU_RELAY_TURN_MIN);
	cr_assert_leq(sum, 128000 + 2 * PU_RELAY_TURN_MIN);
}

Test(relay_bucket, gives_what_is_worth_a_turn_or_all_that_is_wanted)
{
	pu_relay_bucket_init(&bucket, 128000, START);
	(void)take_all(START);
	(void)take(START, bucket.level / PU_NS_PER_S);
	cr_assert_eq(take(START, 1), 0);
	/* 1 ms: 128 bytes. */
	cr_assert_eq(take(START + PU_NS_PER_MS, 2000), 0);
	cr_assert_eq(take(START + PU_NS_PER_MS, 100), 100);
	cr_assert_eq(take(START + PU_NS_PER_MS, 29), 0);
}

Test(relay_bucket, says_when_it_is_worth_coming_back)
{
	uint64_t when;

	pu_relay_bucket_init(&bucket, 128000, START);
	(void)take_all(START);
	when = pu_relay_bucket_when(&bucket, START, SIZE_MAX);
	cr_assert_gt(when, START);
	cr_assert_eq(pu_relay_bucket_allows(&bucket, when - 1, SIZE_MAX), 0);
	cr_assert_eq(pu_relay_bucket_allows(&bucket, when, SIZE_MAX), 128000 / PU_RELAY_TURN_SHARE);
	cr_assert_eq(pu_relay_bucket_when(&bucket, when, SIZE_MAX), when);
	cr_assert_lt(pu_relay_bucket_when(&bucket, START, 100), when);
}

Test(relay_bucket, never_waits_longer_than_a_second)
{
	pu_relay_bucket_init(&bucket, 1024, START);
	(void)take_all(START);
	(void)take(START, bucket.level / PU_NS_PER_S);
	cr_assert_leq(pu_relay_bucket_when(&bucket, START, SIZE_MAX), START + PU_NS_PER_S + 1);
}

Test(relay_bucket, keeps_to_a_new_rate)
{
	uint64_t sum = 0;

	pu_relay_bucket_init(&bucket, 1000 * MB, START);
	pu_relay_bucket_set_rate(&bucket, 128000, START);
	cr_assert_leq(take_all(START), PU_RELAY_BURST_MIN);
	for (uint64_t now = START; now < START + PU_NS_PER_S; now += PU_NS_PER_MS)
		sum += take_all(now);
	cr_assert_leq(sum, 128000 + PU_RELAY_TURN_MAX);
}

Test(relay_bucket, bears_the_largest_rate_and_the_longest_pause)
{
	pu_relay_bucket_init(&bucket, UINT64_C(1024) << 30, START);
	(void)take_all(START);
	cr_assert_leq(take_all(UINT64_MAX / 2), PU_RELAY_BURST_MAX);
	(void)take(UINT64_MAX / 2, bucket.level / PU_NS_PER_S);
	cr_assert_leq(pu_relay_bucket_when(&bucket, UINT64_MAX / 2, SIZE_MAX),
	              UINT64_MAX / 2 + PU_NS_PER_MS);
}

Test(relay_bucket, without_a_limit_allows_all)
{
	pu_relay_bucket_init(&bucket, 0, START);
	cr_assert_eq(take(START, 1 << 30), 1 << 30);
	cr_assert_eq(take(START, 1 << 30), 1 << 30);
	cr_assert_eq(pu_relay_bucket_when(&bucket, START, SIZE_MAX), START);
}
