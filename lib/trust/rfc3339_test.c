#include "trust/rfc3339.h"

#include <criterion/criterion.h>

static uint64_t parsed(const char *text)
{
	uint64_t ms = UINT64_MAX;

	cr_assert_eq(pu_rfc3339_parse(pu_bytes_of_str(text), &ms), PU_OK, "%s", text);
	return ms;
}

Test(rfc3339, reads_times_with_and_without_offset)
{
	cr_assert_eq(parsed("2026-11-22T13:40:00Z"), UINT64_C(1795354800000));
	cr_assert_eq(parsed("2026-11-22t13:40:00z"), UINT64_C(1795354800000));
	cr_assert_eq(parsed("2026-11-22T15:40:00+02:00"), UINT64_C(1795354800000));
	cr_assert_eq(parsed("2026-11-22T08:10:00-05:30"), UINT64_C(1795354800000));
	cr_assert_eq(parsed("1970-01-01T00:00:01Z"), 1000);
	cr_assert_eq(parsed("2000-02-29T00:00:00Z"), UINT64_C(951782400000));
	cr_assert_eq(parsed("9999-12-31T23:59:59.999Z"), PU_RFC3339_MAX_MS);
}

Test(rfc3339, cuts_fractions_to_milliseconds)
{
	cr_assert_eq(parsed("1970-01-01T00:00:00.5Z"), 500);
	cr_assert_eq(parsed("1970-01-01T00:00:00.12Z"), 120);
	cr_assert_eq(parsed("1970-01-01T00:00:00.123456789Z"), 123);
}

Test(rfc3339, reads_a_leap_second_as_the_next_one)
{
	cr_assert_eq(parsed("2016-12-31T23:59:60Z"), parsed("2017-01-01T00:00:00Z"));
}

Test(rfc3339, reads_what_is_before_1970_as_zero)
{
	cr_assert_eq(parsed("1969-12-31T23:59:59Z"), 0);
	cr_assert_eq(parsed("0000-01-01T00:00:00Z"), 0);
	cr_assert_eq(parsed("1970-01-01T00:30:00+01:00"), 0);
}

Test(rfc3339, refuses_everything_else)
{
	static const char *const wrong[] = {
	    "",
	    "2026",
	    "2026-11-22",
	    "2026-11-22 13:40:00Z",
	    "2026-13-01T00:00:00Z",
	    "2026-00-01T00:00:00Z",
	    "2026-02-29T00:00:00Z",
	    "2100-02-29T00:00:00Z",
	    "2026-04-31T00:00:00Z",
	    "2026-01-00T00:00:00Z",
	    "2026-01-01T24:00:00Z",
	    "2026-01-01T00:60:00Z",
	    "2026-01-01T00:00:61Z",
	    "2026-01-01T00:00:00",
	    "2026-01-01T00:00:00.Z",
	    "2026-01-01T00:00:00+0100",
	    "2026-01-01T00:00:00+24:00",
	    "2026-01-01T00:00:00+01:60",
	    "2026-01-01T00:00:00Zx",
	    "+026-01-01T00:00:00Z",
	    "tomorrow",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint64_t ms = 7;

		cr_assert_eq(pu_rfc3339_parse(pu_bytes_of_str(wrong[i]), &ms), PU_EMALFORMED, "%s",
		             wrong[i]);
		cr_assert_eq(ms, 7);
	}
}

Test(rfc3339, refuses_a_time_cut_at_any_byte)
{
	const char *text = "2026-11-22T13:40:00+02:00";

	for (size_t len = 0; len < strlen(text); len++) {
		uint64_t ms;

		cr_assert_eq(pu_rfc3339_parse(pu_bytes(text, len), &ms), PU_EMALFORMED, "%zu", len);
	}
}

Test(rfc3339, prints_what_reads_back)
{
	char out[PU_RFC3339_TEXT_MAX];

	cr_assert_str_eq(pu_rfc3339_print(0, out), "1970-01-01T00:00:00Z");
	cr_assert_str_eq(pu_rfc3339_print(UINT64_C(1795354800000), out), "2026-11-22T13:40:00Z");
	cr_assert_str_eq(pu_rfc3339_print(UINT64_C(1795354800042), out),
	                 "2026-11-22T13:40:00.042Z");
	cr_assert_str_eq(pu_rfc3339_print(UINT64_MAX, out), "9999-12-31T23:59:59.999Z");
	/* Every day of two cycles of the calendar, at an odd time of the day. */
	for (uint64_t day = 0; day < UINT64_C(292194); day++) {
		uint64_t ms = day * UINT64_C(86400000) + UINT64_C(45296789);

		cr_assert_eq(parsed(pu_rfc3339_print(ms, out)), ms, "%s", out);
	}
}
