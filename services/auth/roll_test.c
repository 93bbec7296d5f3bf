#include "roll.h"

#include <criterion/criterion.h>

#define ALICE "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define NOON  UINT64_C(1795348800000) /* 2026-11-22T12:00:00Z */
#define FIRST 100

static struct auth_roll roll;

static void begin(void)
{
	auth_roll_init(&roll, FIRST);
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

Test(auth_roll, changes_when_somebody_expires)
{
	cr_assert(take(ALICE " expires=2026-11-22T12:00:00Z\n"));
	cr_assert_not(auth_roll_expire(&roll, NOON - 2, NOON - 1));
	cr_assert(auth_roll_expire(&roll, NOON - 1, NOON));
	cr_assert_eq(roll.generation, FIRST + 2);
	cr_assert_not(auth_roll_expire(&roll, NOON, NOON + 1));
	cr_assert(auth_roll_expire(&roll, NOON - 100, NOON + 100));
}
