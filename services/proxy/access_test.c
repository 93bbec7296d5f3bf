/* Tests of the cache of verdicts. */
#include "access.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct proxy_access access_table;

static void set_up(void)
{
	proxy_access_init(&access_table, 2, 1000);
}

static void tear_down(void)
{
	proxy_access_fini(&access_table);
}

TestSuite(access, .init = set_up, .fini = tear_down);

static struct proxy_verdict *get(const char *peer, uint64_t now_ms)
{
	return proxy_access_get(&access_table, peer, "web", now_ms);
}

static bool answer(struct proxy_verdict *verdict, uint64_t generation)
{
	return proxy_access_answered(&access_table, verdict, true, "authorized", generation, 0);
}

Test(access, asks_once_and_then_knows)
{
	struct proxy_verdict *verdict = get("a", 0);

	cr_assert_not(verdict->known);
	cr_assert_not(verdict->asking);
	proxy_access_asked(verdict);
	cr_assert_eq(get("a", 1), verdict);
	cr_assert(verdict->asking, "the second stream waits for the first one's question");
	cr_assert(answer(verdict, 1));
	verdict = get("a", 2);
	cr_assert(verdict->known);
	cr_assert(verdict->allowed);
	cr_assert_str_eq(verdict->reason, "authorized");
}

Test(access, keeps_peers_and_services_apart)
{
	cr_assert_neq(get("a", 0), get("b", 0));
	cr_assert_neq(get("b", 0), proxy_access_get(&access_table, "b", "ssh", 0));
}

Test(access, forgets_when_authorized_keys_change)
{
	answer(get("a", 0), 1);
	cr_assert(get("a", 0)->known);
	proxy_access_changed(&access_table, 2);
	cr_assert_not(get("a", 0)->known);
}

Test(access, forgets_when_another_answer_shows_that_authorized_keys_changed)
{
	answer(get("a", 0), 1);
	answer(get("b", 0), 2);
	cr_assert_not(get("a", 0)->known);
	cr_assert(get("b", 0)->known);
}

Test(access, forgets_after_its_time)
{
	answer(get("a", 0), 1);
	cr_assert(get("a", 999)->known);
	cr_assert_not(get("a", 1000)->known);
}

Test(access, asks_again_when_the_answer_is_older_than_a_change)
{
	struct proxy_verdict *verdict = get("a", 0);

	proxy_access_asked(verdict);
	proxy_access_changed(&access_table, 5);
	cr_assert_not(answer(verdict, 4));
	cr_assert_not(verdict->known);
	proxy_access_asked(verdict);
	cr_assert(answer(verdict, 5));
}

Test(access, believes_auth_in_the_end_when_its_numbers_start_anew)
{
	struct proxy_verdict *verdict = get("a", 0);

	proxy_access_changed(&access_table, 500);
	for (int i = 1; i < PROXY_OUTDATED_MAX; i++)
		cr_assert_not(answer(verdict, 1));
	cr_assert(answer(verdict, 1));
	cr_assert(get("a", 0)->known);
}

Test(access, knows_nothing_after_a_question_that_failed)
{
	struct proxy_verdict *verdict = get("a", 0);

	proxy_access_asked(verdict);
	proxy_access_unanswered(verdict);
	cr_assert_not(verdict->asking);
	cr_assert_not(get("a", 0)->known);
}

Test(access, drops_the_verdict_used_longest_ago_but_no_open_question)
{
	struct proxy_verdict *open = get("a", 0);

	proxy_access_asked(open);
	answer(get("b", 0), 1);
	cr_assert_not_null(get("c", 0));
	cr_assert_eq(pu_map_len(&access_table.verdicts), 2);
	cr_assert_eq(get("a", 0), open);
	cr_assert(open->asking);
}

Test(access, has_a_bound_on_open_questions)
{
	struct pu_list_node waits = {0};

	proxy_access_asked(get("a", 0));
	pu_list_append(&get("b", 0)->waiting, &waits);
	cr_assert_null(get("c", 0));
	pu_list_remove(&waits);
	cr_assert_not_null(get("c", 0));
}
