#include "timers.h"

#include <criterion/criterion.h>

#include "base/alloc.h"

struct entry {
	struct transport_deadline deadline;
	struct transport_timers *timers;
	int *count;
	int order;
};

static void fired(struct transport_deadline *deadline)
{
	struct entry *entry = PU_CONTAINER_OF(deadline, struct entry, deadline);
	entry->order = ++*entry->count;
}

static void again(struct transport_deadline *deadline)
{
	struct entry *entry = PU_CONTAINER_OF(deadline, struct entry, deadline);
	if (++*entry->count < 3)
		transport_deadline_set(entry->timers, deadline, 1, again);
}

Test(timers, fires_in_order_of_time_and_not_what_was_cleared)
{
	uv_loop_t loop;
	struct transport_timers timers;
	int count = 0;
	struct entry late = {.count = &count}, early = {.count = &count}, never = {.count = &count};
	cr_assert_eq(uv_loop_init(&loop), 0);
	transport_timers_init(&timers, &loop);
	transport_deadline_set(&timers, &late.deadline, 3, fired);
	transport_deadline_set(&timers, &never.deadline, 2, fired);
	transport_deadline_set(&timers, &early.deadline, 1, fired);
	transport_deadline_clear(&timers, &never.deadline);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(early.order, 1);
	cr_expect_eq(late.order, 2);
	cr_expect_eq(never.order, 0);
	transport_timers_fini(&timers);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0);
}

Test(timers, a_deadline_may_set_itself_again)
{
	uv_loop_t loop;
	struct transport_timers timers;
	int count = 0;
	struct entry entry = {.count = &count, .timers = &timers};
	cr_assert_eq(uv_loop_init(&loop), 0);
	transport_timers_init(&timers, &loop);
	transport_deadline_set(&timers, &entry.deadline, 0, again);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(count, 3);
	transport_timers_fini(&timers);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0);
}
