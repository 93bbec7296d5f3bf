/* Tests of the table of forwards and of differences to the configuration. */
#include "forward.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "limits.h"

static struct proxy_forwards forwards;

static void set_up(void)
{
	proxy_forwards_init(&forwards);
}

static void tear_down(void)
{
	PU_LIST_FOREACH(it, &forwards.items)
		proxy_forwards_remove(&forwards, PU_LIST_ENTRY(it, struct proxy_forward, node));
	cr_assert_eq(forwards.len, 0);
}

TestSuite(forward, .init = set_up, .fini = tear_down);

static struct proxy_wish wish(const char *id, pid_t owner)
{
	return (struct proxy_wish){
	    .id = id,
	    .peer = "home",
	    .service = "web",
	    .listen = {.host = "localhost", .port = 8080},
	    .enabled = true,
	    .owner = owner,
	};
}

static struct proxy_forward *add(struct proxy_wish wanted)
{
	struct proxy_forward *forward = NULL;

	cr_assert_eq(proxy_forwards_add(&forwards, &wanted, &forward), PU_OK);
	return forward;
}

Test(forward, numbers_ephemeral_ones_and_names_permanent_ones)
{
	cr_assert_str_eq(add(wish("blog", 0))->id, "blog");
	cr_assert_str_eq(add(wish("", 10))->id, "forward-1");
	cr_assert_str_eq(add(wish("", 11))->id, "forward-2");
	cr_assert_not_null(proxy_forwards_find(&forwards, "forward-2", false));
	cr_assert_null(proxy_forwards_find(&forwards, "forward-2", true));
	cr_assert_null(proxy_forwards_find(&forwards, "blog", false));
}

Test(forward, skips_a_number_that_a_permanent_one_has_as_its_name)
{
	add(wish("forward-1", 0));
	cr_assert_str_eq(add(wish("", 10))->id, "forward-2");
}

Test(forward, finds_the_one_that_a_repeated_question_made)
{
	struct proxy_wish again = wish("", 10);
	struct proxy_forward *forward = add(wish("", 10));

	cr_assert_eq(proxy_forwards_find_same(&forwards, &again), forward);
	again.owner = 11;
	cr_assert_null(proxy_forwards_find_same(&forwards, &again));
	again = wish("", 10);
	again.listen.port = 0;
	cr_assert_null(proxy_forwards_find_same(&forwards, &again));
}

Test(forward, finds_it_by_the_address_that_it_got)
{
	struct proxy_wish again = wish("", 10);
	struct proxy_forward *forward;

	again.listen.port = 0;
	forward = add(again);
	forward->real = (struct proxy_endpoint){.host = "127.0.0.1", .port = 40001};
	cr_assert_eq(proxy_forwards_find_same(&forwards, &again), forward);
	again.listen = forward->real;
	cr_assert_eq(proxy_forwards_find_same(&forwards, &again), forward);
	again.listen.port++;
	cr_assert_null(proxy_forwards_find_same(&forwards, &again));
}

Test(forward, tells_what_differs_from_the_configuration)
{
	struct proxy_forward *forward = add(wish("blog", 0));
	struct proxy_wish now = wish("blog", 0);

	cr_assert_eq(proxy_forward_compare(forward, &now), PROXY_SAME);
	now.service = "web2";
	cr_assert_eq(proxy_forward_compare(forward, &now), PROXY_OTHER_TARGET);
	now = wish("blog", 0);
	now.peer = "nas";
	cr_assert_eq(proxy_forward_compare(forward, &now), PROXY_OTHER_TARGET);
	now.listen.port++;
	cr_assert_eq(proxy_forward_compare(forward, &now), PROXY_OTHER_LISTEN);
	now = wish("blog", 0);
	now.enabled = false;
	cr_assert_eq(proxy_forward_compare(forward, &now), PROXY_OTHER_LISTEN);
	cr_assert_eq(proxy_forward_update(forward, &now), PU_OK);
	cr_assert_eq(proxy_forward_compare(forward, &now), PROXY_SAME);
}

Test(forward, refuses_impossible_wishes)
{
	struct proxy_forward *forward = NULL;
	struct proxy_wish bad = wish("blog", 0);
	char text[200];

	bad.service = "No Label";
	cr_assert_eq(proxy_forwards_add(&forwards, &bad, &forward), PU_EINVAL);
	bad = wish("blog", 0);
	bad.peer = "";
	cr_assert_eq(proxy_forwards_add(&forwards, &bad, &forward), PU_EINVAL);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	bad.peer = text;
	cr_assert_eq(proxy_forwards_add(&forwards, &bad, &forward), PU_ELIMIT);
	cr_assert_null(forward);
	add(wish("blog", 0));
	bad = wish("blog", 0);
	cr_assert_eq(proxy_forwards_add(&forwards, &bad, &forward), PU_EEXIST);
}

Test(forward, has_a_bound)
{
	struct proxy_forward *forward = NULL;
	struct proxy_wish one_more = wish("", 10);

	for (size_t i = 0; i < PROXY_FORWARDS_MAX; i++)
		add(wish("", 10));
	cr_assert_eq(proxy_forwards_add(&forwards, &one_more, &forward), PU_ELIMIT);
}
