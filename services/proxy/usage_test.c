/* Tests of the accounts. */
#include "usage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct proxy_usage usage;

static void set_up(void)
{
	proxy_usage_init(&usage, 3);
}

static void tear_down(void)
{
	proxy_usage_fini(&usage);
}

TestSuite(usage, .init = set_up, .fini = tear_down);

Test(usage, keeps_services_peers_and_directions_apart)
{
	struct proxy_account *in = proxy_usage_get(&usage, "web", "peer", PROXY_IN);

	cr_assert_neq(in, proxy_usage_get(&usage, "web", "peer", PROXY_OUT));
	cr_assert_neq(in, proxy_usage_get(&usage, "web", "other", PROXY_IN));
	cr_assert_eq(in, proxy_usage_get(&usage, "web", "peer", PROXY_IN));
	cr_assert_str_eq(in->service, "web");
	cr_assert_str_eq(in->peer_id, "peer");
	cr_assert_str_eq(proxy_direction_name(in->direction), "in");
}

Test(usage, counts_streams_and_bytes)
{
	struct proxy_account *account = proxy_usage_get(&usage, "web", "peer", PROXY_OUT);

	proxy_account_begin(account);
	proxy_account_opened(account);
	proxy_account_begin(account);
	cr_assert_eq(account->active, 2);
	proxy_account_end(account, 100, 20, false);
	proxy_account_end(account, 0, 0, true);
	cr_assert_eq(account->active, 0);
	cr_assert_eq(account->total, 1);
	cr_assert_eq(account->failed, 1);
	cr_assert_eq(account->bytes_in, 100);
	cr_assert_eq(account->bytes_out, 20);
}

Test(usage, drops_the_account_idle_for_longest_and_never_an_active_one)
{
	struct proxy_account *first = proxy_usage_get(&usage, "a", "peer", PROXY_IN);

	proxy_account_begin(first);
	proxy_account_opened(proxy_usage_get(&usage, "b", "peer", PROXY_IN));
	proxy_account_opened(proxy_usage_get(&usage, "c", "peer", PROXY_IN));
	cr_assert_not_null(proxy_usage_get(&usage, "d", "peer", PROXY_IN));
	cr_assert_eq(pu_map_len(&usage.accounts), 3);
	cr_assert_eq(proxy_usage_get(&usage, "a", "peer", PROXY_IN), first);
	cr_assert_eq(proxy_usage_get(&usage, "c", "peer", PROXY_IN)->total, 1);
	cr_assert_eq(proxy_usage_get(&usage, "b", "peer", PROXY_IN)->total, 0, "b was dropped");
}

Test(usage, has_no_account_when_all_are_active)
{
	static const char *const names[] = {"a", "b", "c"};

	for (size_t i = 0; i < 3; i++)
		proxy_account_begin(proxy_usage_get(&usage, names[i], "peer", PROXY_IN));
	cr_assert_null(proxy_usage_get(&usage, "d", "peer", PROXY_IN));
}

Test(usage, refuses_names_that_do_not_fit)
{
	char text[80];

	memset(text, 'x', 64);
	text[64] = '\0';
	cr_assert_null(proxy_usage_get(&usage, text, "peer", PROXY_IN));
	cr_assert_null(proxy_usage_get(&usage, "web", text, PROXY_IN));
}
