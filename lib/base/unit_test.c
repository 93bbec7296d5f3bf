#include "base/unit.h"

#include <criterion/criterion.h>

static void duration(const char *text, enum pu_err err, uint64_t ms)
{
	uint64_t got = 0;

	cr_assert_eq(pu_duration_parse(text, &got), err, "%s", text);
	cr_assert_eq(got, ms, "%s", text);
}

Test(duration, follows_go)
{
	duration("10m", PU_OK, 600000);
	duration("1h30m", PU_OK, 5400000);
	duration("500ms", PU_OK, 500);
	duration("1.5s", PU_OK, 1500);
	duration("0", PU_OK, 0);
	duration("0s", PU_OK, 0);
	duration("1.5h", PU_OK, 5400000);
	duration("1000us", PU_OK, 1);
	duration("2000\xc2\xb5s", PU_OK, 2);
	duration("1000000ns", PU_OK, 1);
	duration("0.25s250ms", PU_OK, 500);
}

Test(duration, refuses_what_is_none)
{
	static const char *const bad[] = {"",    "5",   "s",      "1x", "-1s", "1 s",     "1s ",
	                                  "1.s", ".5s", "1500us", "1d", "m",   "1.0001s", "1e3s"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		duration(bad[i], PU_EMALFORMED, 0);
	duration("99999999999999999999s", PU_ELIMIT, 0);
	duration("2562048h", PU_ELIMIT, 0);
	duration("2562047h2562047h", PU_ELIMIT, 0);
}

Test(duration, prints_what_it_reads)
{
	static const uint64_t values[] = {0, 1, 999, 1000, 1500, 60000, 90061001, 9223372036854};
	char text[PU_UNIT_TEXT_MAX];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		pu_duration_print(text, values[i]);
		duration(text, PU_OK, values[i]);
	}
	pu_duration_print(text, 90061001);
	cr_assert_str_eq(text, "25h1m1s1ms");
	pu_duration_print(text, UINT64_MAX);
}

static void size(const char *text, enum pu_err err, uint64_t bytes)
{
	uint64_t got = 0;

	cr_assert_eq(pu_size_parse(text, &got), err, "%s", text);
	cr_assert_eq(got, bytes, "%s", text);
}

Test(size, counts_in_powers_of_1024)
{
	size("64MB", PU_OK, 64 << 20);
	size("64mb", PU_OK, 64 << 20);
	size("64M", PU_OK, 64 << 20);
	size("64MiB", PU_OK, 64 << 20);
	size("1 GB", PU_OK, 1 << 30);
	size("10", PU_OK, 10);
	size("10B", PU_OK, 10);
	size("2KB", PU_OK, 2048);
	size("1TB", PU_OK, UINT64_C(1) << 40);
}

Test(size, refuses_what_is_none)
{
	static const char *const bad[] = {"",     "MB",  "1.5MB", "-1",  "1XB",
	                                  "1MBs", "1BB", "0x10",  "1MBB"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		size(bad[i], PU_EMALFORMED, 0);
	size("9223372036854775808", PU_ELIMIT, 0);
	size("8589934592GB", PU_ELIMIT, 0);
}

Test(size, prints_what_it_reads)
{
	static const uint64_t values[] = {
	    0, 1, 1023, 1024, 1536, 64 << 20, UINT64_C(5) << 50, INT64_MAX};
	char text[PU_UNIT_TEXT_MAX];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		pu_size_print(text, values[i]);
		size(text, PU_OK, values[i]);
	}
	pu_size_print(text, 64 << 20);
	cr_assert_str_eq(text, "64MB");
}
