#include "base/clock.h"

#include <criterion/criterion.h>

Test(clock, does_not_run_backwards)
{
	uint64_t first = pu_now_ns();

	for (int i = 0; i < 1000; i++)
		cr_assert_geq(pu_now_ns(), first);
}

Test(clock, counts_milliseconds_since_1970)
{
	/* After 2020 and before 2100: the unit is right. */
	cr_assert_gt(pu_unix_ms(), UINT64_C(1577836800000));
	cr_assert_lt(pu_unix_ms(), UINT64_C(4102444800000));
}
