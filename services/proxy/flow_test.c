/* Tests of the table of streams. */
#include "flow.h"

#include <criterion/criterion.h>

static struct proxy_flows flows;

static void set_up(void)
{
	proxy_flows_init(&flows, 3);
}

static void tear_down(void)
{
	proxy_flows_fini(&flows);
}

TestSuite(flow, .init = set_up, .fini = tear_down);

Test(flow, keeps_the_directions_apart)
{
	struct proxy_flow *in = proxy_flows_add(&flows, PROXY_IN, 7);
	struct proxy_flow *out = proxy_flows_add(&flows, PROXY_OUT, 7);

	cr_assert_neq(in, out);
	cr_assert_eq(proxy_flows_find(&flows, PROXY_IN, 7), in);
	proxy_flows_remove(&flows, in);
	cr_assert_null(proxy_flows_find(&flows, PROXY_IN, 7));
	cr_assert_eq(proxy_flows_find(&flows, PROXY_OUT, 7), out);
}

Test(flow, refuses_an_id_in_use)
{
	cr_assert_not_null(proxy_flows_add(&flows, PROXY_IN, 7));
	cr_assert_null(proxy_flows_add(&flows, PROXY_IN, 7));
}

Test(flow, has_a_bound_over_both_directions)
{
	proxy_flows_add(&flows, PROXY_IN, 1);
	proxy_flows_add(&flows, PROXY_OUT, 1);
	cr_assert_not(proxy_flows_full(&flows));
	proxy_flows_add(&flows, PROXY_OUT, 2);
	cr_assert(proxy_flows_full(&flows));
	cr_assert_null(proxy_flows_add(&flows, PROXY_IN, 2));
	cr_assert_eq(proxy_flows_len(&flows), 3);
}
