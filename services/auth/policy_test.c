#include "policy.h"

#include <criterion/criterion.h>

#define ALICE  "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define BOB    "12D3KooWLU2znyJMtDiHArqAGbZn8CgUGp92kxDBtefftEEaHSZS"
#define NOON   UINT64_C(1795348800000) /* 2026-11-22T12:00:00Z */
#define RECORD ALICE " expires=2026-11-22T12:00:00Z\n"

static struct auth_verdict judge(const char *text, struct auth_policy policy,
                                 const char *peer_text, const char *action, uint64_t now_ms)
{
	struct pu_authorized_keys *keys;
	struct pu_peer_id peer;
	struct auth_verdict verdict;

	cr_assert_eq(pu_peer_id_parse(peer_text, &peer), PU_OK);
	cr_assert_eq(pu_authorized_keys_parse(pu_bytes_of_str(text), &keys), PU_OK);
	policy.keys = keys;
	verdict = auth_policy_judge(&policy, &peer, action, now_ms);
	pu_authorized_keys_free(keys);
	return verdict;
}

static void assert_judged(const char *text, bool gating, const char *peer_text, uint64_t now_ms,
                          bool allowed, const char *reason)
{
	struct auth_verdict verdict =
	    judge(text, (struct auth_policy){.gating = gating}, peer_text, "connect", now_ms);

	cr_assert_eq(verdict.allowed, allowed);
	cr_assert_not(verdict.guest);
	cr_assert_str_eq(verdict.reason, reason);
}

Test(auth_policy, allows_who_is_listed)
{
	assert_judged(ALICE "\n", true, ALICE, NOON, true, "authorized");
}

Test(auth_policy, refuses_who_is_not_listed)
{
	assert_judged("", true, ALICE, NOON, false, "not in authorized_keys");
	assert_judged(ALICE "\n", true, BOB, NOON, false, "not in authorized_keys");
}

Test(auth_policy, refuses_who_has_expired_and_says_when)
{
	assert_judged(RECORD, true, ALICE, NOON - 1, true, "authorized");
	assert_judged(RECORD, true, ALICE, NOON, false, "expired on 2026-11-22T12:00:00Z");
	assert_judged(ALICE " expires=9999-12-31T23:59:59.999Z", true, ALICE, UINT64_MAX, false,
	              "expired on 9999-12-31T23:59:59.999Z");
}

Test(auth_policy, refuses_whose_line_is_bad)
{
	assert_judged(ALICE " expires=never\n", true, ALICE, NOON, false, "not in authorized_keys");
}

Test(auth_policy, allows_everybody_when_gating_is_off)
{
	assert_judged("", false, BOB, NOON, true, "gating is off");
	assert_judged(RECORD, false, ALICE, NOON, true, "gating is off");
}

Test(auth_policy, knows_three_actions)
{
	cr_assert(auth_policy_knows("connect"));
	cr_assert(auth_policy_knows("dial"));
	cr_assert(auth_policy_knows("service"));
	cr_assert_not(auth_policy_knows(""));
	cr_assert_not(auth_policy_knows("add"));
}

static const struct auth_policy open_relay = {.gating = true, .open_relay = true};

static void assert_guest(const char *text, const char *action)
{
	struct auth_verdict verdict = judge(text, open_relay, ALICE, action, NOON);

	cr_assert(verdict.allowed && verdict.guest);
	cr_assert_str_eq(verdict.reason, "guest of the open relay");
}

Test(auth_policy, has_guests_when_the_relay_is_open)
{
	assert_guest("", "connect");
	assert_guest("", "dial");
	assert_guest(RECORD, "connect");
}

Test(auth_policy, gives_no_service_to_guests)
{
	struct auth_verdict verdict = judge("", open_relay, ALICE, "service", NOON);

	cr_assert_not(verdict.allowed || verdict.guest);
	cr_assert_str_eq(verdict.reason, "not in authorized_keys");
	verdict = judge(RECORD, open_relay, ALICE, "service", NOON);
	cr_assert_not(verdict.allowed || verdict.guest);
	verdict = judge("", open_relay, ALICE, "whatever", NOON);
	cr_assert_not(verdict.allowed || verdict.guest);
}

Test(auth_policy, makes_no_guest_of_who_is_authorized)
{
	struct auth_verdict verdict = judge(ALICE "\n", open_relay, ALICE, "connect", NOON);

	cr_assert(verdict.allowed && !verdict.guest);
	verdict = judge("", (struct auth_policy){.open_relay = true}, ALICE, "connect", NOON);
	cr_assert(verdict.allowed && !verdict.guest, "gating is off");
}
