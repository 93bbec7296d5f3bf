/* Knows how long a test waits for what does not come. */
#include "proto/test_loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TICK_MS 5

struct pu_test_loop test_loop;

/* Ticks, because one turn of the loop may run a timer and then wait for what never comes. */
static void on_guard(uv_timer_t *timer)
{
	test_loop.late = uv_now(timer->loop) > test_loop.give_up;
}

void test_loop_begin(void)
{
	uv_loop_init(&test_loop.loop);
	uv_timer_init(&test_loop.loop, &test_loop.guard);
	uv_timer_start(&test_loop.guard, on_guard, TICK_MS, TICK_MS);
	test_loop.give_up = uv_now(&test_loop.loop) + PATIENCE_MS;
	snprintf(test_loop.dir, sizeof(test_loop.dir), "/tmp/peerup-test-XXXXXX");
	cr_assert_not_null(mkdtemp(test_loop.dir));
}

void test_loop_unlink(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", test_loop.dir, name);
	unlink(path);
}

void test_loop_end(void)
{
	uv_close((uv_handle_t *)&test_loop.guard, NULL);
	uv_run(&test_loop.loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&test_loop.loop), 0, "a handle was left on the loop");
	rmdir(test_loop.dir);
}
