#include "roll.h"

#include <criterion/criterion.h>

#define ALICE "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define NOON  UINT64_C(1795348800000) /* 2026-11-22T12:00:00Z */
#define FIRST 100

static struct auth_roll roll;

static void begin(void)
{
	auth_roll_init(&roll, (struct auth_moment){.unix_ms = FIRST, .mono_ms = 0});
}

static void end(void)
{
	auth_roll_fini(&roll);
}

static bool take(const char *text)
{
	return auth_roll_take(&roll, PU_OK, pu_bytes_of_str(text), NULL);
}

static bool fail(enum pu_err err)
{
	return auth_roll_take(&roll, err, pu_bytes(NULL, 0), NULL);
}

TestSuite(auth_roll, .init = begin, .fini = end);

Test(auth_roll, begins_with_nobody)
{
	cr_assert_eq(pu_authorized_keys_len(roll.keys), 0);
	cr_assert_eq(roll.generation, FIRST);
	cr_assert_not(take(""));
	cr_assert_not(fail(PU_ENOTFOUND));
}

Test(auth_roll, changes_when_the_content_does)
{
	cr_assert(take(ALICE "\n"));
	cr_assert_eq(roll.generation, FIRST + 1);
	cr_assert_not(take(ALICE "\n"));
	cr_assert_eq(roll.generation, FIRST + 1);
	cr_assert(take("# " ALICE "\n"));
	cr_assert_eq(roll.generation, FIRST + 2);
	cr_assert_eq(pu_authorized_keys_len(roll.keys), 0);
}

Test(auth_roll, authorises_nobody_when_the_file_is_gone_or_closed_to_us)
{
	static const enum pu_err lasting[] = {PU_ENOTFOUND, PU_EPERM, PU_EINVAL, PU_ELIMIT};

	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++) {
		cr_assert(take(ALICE));
		cr_assert(fail(lasting[i]));
		cr_assert_eq(pu_authorized_keys_len(roll.keys), 0);
		cr_assert_eq(roll.state, lasting[i]);
		cr_assert_not(auth_roll_is_doubtful(&roll));
		cr_assert_not(fail(lasting[i]), "the second time nothing changes");
	}
}

Test(auth_roll, authorises_nobody_when_the_text_is_over_its_bounds)
{
	static char text[PU_AUTHORIZED_KEYS_LINES_MAX + 2];

	memset(text, '\n', sizeof(text) - 1);
	cr_assert(take(ALICE));
	cr_assert(take(text));
	cr_assert_eq(roll.state, PU_ELIMIT);
	cr_assert_eq(pu_authorized_keys_len(roll.keys), 0);
}

Test(auth_roll, keeps_the_last_good_content_through_an_error_that_may_pass)
{
	cr_assert(take(ALICE));
	cr_assert_not(fail(PU_EIO));
	cr_assert(auth_roll_is_doubtful(&roll));
	cr_assert_eq(pu_authorized_keys_len(roll.keys), 1);
	cr_assert_eq(roll.generation, FIRST + 1);
	cr_assert_not(take(ALICE));
	cr_assert_not(auth_roll_is_doubtful(&roll));
}

Test(auth_roll, comes_back_after_the_file_does)
{
	cr_assert(take(ALICE));
	cr_assert(fail(PU_ENOTFOUND));
	cr_assert(take(ALICE));
	cr_assert_eq(pu_authorized_keys_len(roll.keys), 1);
}

/* ---- the clock ---- */

static struct auth_moment clocks;

/* Alice's time ends at noon; the last look was at this time. */
static void looked(uint64_t unix_ms)
{
	(void)take(ALICE " expires=2026-11-22T12:00:00Z\n");
	clocks = (struct auth_moment){.unix_ms = unix_ms, .mono_ms = 7};
	(void)auth_roll_expire(&roll, clocks);
}

static void set_clock(uint64_t unix_ms)
{
	clocks.unix_ms = unix_ms;
}

static void wait_for(uint64_t ms)
{
	clocks.unix_ms += ms;
	clocks.mono_ms += ms;
}

static bool expires(void)
{
	uint64_t before = roll.generation;
	bool expired = auth_roll_expire(&roll, clocks);

	cr_assert_eq(roll.generation, before + expired);
	return expired;
}

static uint64_t look_in_ms(void)
{
	return auth_roll_look_in_ms(&roll, clocks);
}

Test(auth_roll, changes_when_somebody_expires)
{
	looked(NOON - 2);
	wait_for(1);
	cr_assert_not(expires());
	wait_for(1);
	cr_assert(expires());
	wait_for(1);
	cr_assert_not(expires());
}

Test(auth_roll, says_once_that_somebody_expired_even_by_a_clock_that_is_slewed)
{
	looked(NOON);
	wait_for(AUTH_ROLL_LOOK_MS);
	set_clock(clocks.unix_ms - 40);
	cr_assert_not(expires());
}

Test(auth_roll, says_who_expired_while_the_clock_was_set_on)
{
	looked(NOON - 3600000);
	set_clock(NOON + 3600000);
	cr_assert_eq(look_in_ms(), 0);
	wait_for(1000);
	cr_assert(expires());
}

Test(auth_roll, says_again_who_expires_after_the_clock_was_set_back)
{
	looked(NOON + 3600000);
	set_clock(NOON - 100000);
	wait_for(AUTH_ROLL_LOOK_MS);
	cr_assert_not(expires());
	cr_assert_eq(look_in_ms(), 40000);
	wait_for(40000);
	cr_assert(expires());
}

Test(auth_roll, says_so_when_the_clock_was_set_back_and_somebody_expired_before_the_next_look)
{
	looked(NOON + 3600000);
	set_clock(NOON - 10000);
	wait_for(AUTH_ROLL_LOOK_MS);
	cr_assert(expires());
	wait_for(AUTH_ROLL_LOOK_MS);
	cr_assert_not(expires());
}

/* The clock shows more than at the last look all the same. */
Test(auth_roll, says_so_when_the_clock_was_set_back_by_less_than_passed)
{
	looked(NOON + 5000);
	set_clock(NOON - 25000);
	wait_for(AUTH_ROLL_LOOK_MS);
	cr_assert(expires());
}

Test(auth_roll, is_due_at_the_next_expiry_or_after_a_while)
{
	looked(NOON - 3600000);
	cr_assert_eq(look_in_ms(), AUTH_ROLL_LOOK_MS);
	looked(NOON - 20000);
	cr_assert_eq(look_in_ms(), 20000);
	set_clock(NOON - 15000);
	cr_assert_eq(look_in_ms(), 15000);
}

Test(auth_roll, is_due_also_when_all_have_expired_because_the_clock_may_be_set_back)
{
	looked(NOON + 3600000);
	cr_assert_eq(look_in_ms(), AUTH_ROLL_LOOK_MS);
	set_clock(NOON - 10000);
	cr_assert_eq(look_in_ms(), 10000);
}

/* However often the file is read meanwhile. */
Test(auth_roll, is_not_due_later_for_being_asked_again)
{
	looked(NOON + 3600000);
	wait_for(AUTH_ROLL_LOOK_MS - 1000);
	cr_assert_eq(look_in_ms(), 1000);
	wait_for(2000);
	cr_assert_eq(look_in_ms(), 0);
}

Test(auth_roll, is_never_due_when_nobody_expires)
{
	cr_assert_eq(look_in_ms(), AUTH_ROLL_NEVER);
	cr_assert(take(ALICE "\n"));
	cr_assert_eq(look_in_ms(), AUTH_ROLL_NEVER);
}
