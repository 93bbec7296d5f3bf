#include "base/rand.h"

#include <criterion/criterion.h>
#include <string.h>

Test(rand, gives_different_bytes_each_time)
{
	unsigned char a[32] = {0}, b[32] = {0};

	pu_rand_bytes(a, sizeof(a));
	pu_rand_bytes(b, sizeof(b));
	cr_assert_neq(memcmp(a, b, sizeof(a)), 0);
}

Test(rand, stays_below_its_bound)
{
	for (uint32_t bound = 1; bound < 100; bound++)
		cr_assert_lt(pu_rand_uniform(bound), bound);
}

Test(backoff, doubles_between_half_and_all_of_it)
{
	uint64_t full = 1000;

	for (unsigned attempt = 0; attempt < 6; attempt++, full *= 2) {
		for (int i = 0; i < 100; i++) {
			uint64_t delay = pu_backoff_ms(attempt, 1000, 60000);

			cr_assert_geq(delay, full / 2);
			cr_assert_leq(delay, full);
		}
	}
}

Test(backoff, never_exceeds_its_maximum)
{
	cr_assert_leq(pu_backoff_ms(1000000, 1000, 60000), 60000);
	cr_assert_geq(pu_backoff_ms(1000000, 1000, 60000), 30000);
	cr_assert_leq(pu_backoff_ms(0, 5000, 100), 100);
	cr_assert_eq(pu_backoff_ms(3, 0, 0), 0);
	cr_assert_leq(pu_backoff_ms(200, 1, UINT64_MAX), UINT64_MAX);
}
