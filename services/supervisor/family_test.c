/* Order of start and stop, with virtual time and no process. */
#include "family.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"

#define S(seconds) ((uint64_t)(seconds)*PU_NS_PER_S)

static struct sup_child children[3];
static struct sup_family family = {.children = children, .len = 3};
static char events[256]; /* "+a" started, "-a" told to stop, "!a" killed */

static void add(char what, const struct sup_child *child)
{
	size_t len = strlen(events);

	cr_assert(len + 3 < sizeof(events));
	events[len] = what;
	events[len + 1] = *pu_service_name(child->id);
	events[len + 2] = '\0';
}

static enum pu_err fake_spawn(struct sup_child *child, pid_t *pid)
{
	add('+', child);
	*pid = 1000 + (pid_t)child->id;
	return PU_OK;
}

static void fake_ask(struct sup_child *child)
{
	(void)child;
}

static void fake_hand_config(struct sup_child *child)
{
	add('~', child);
}

static void fake_signal(struct sup_child *child, int signo)
{
	add(signo == SIGKILL ? '!' : '-', child);
}

static void fake_changed(struct sup_child *child)
{
	(void)child;
}

static const struct sup_child_ops ops = {fake_spawn, fake_ask, fake_hand_config, fake_signal,
                                         fake_changed};

static void fresh(void)
{
	sup_child_init(&children[0], PU_SERVICE_AUTH, true, &ops, NULL);
	sup_child_init(&children[1], PU_SERVICE_TRANSPORT, true, &ops, NULL);
	sup_child_init(&children[2], PU_SERVICE_NAMING, false, &ops, NULL);
	family.stopping = false;
	events[0] = '\0';
}

static void all_run(void)
{
	sup_family_start(&family, S(1));
	for (size_t i = 0; i < family.len; i++)
		sup_child_handle(&children[i], CHILD_READY, S(1));
}

TestSuite(family, .init = fresh);

Test(family, starts_all_at_once_in_order)
{
	sup_family_start(&family, S(1));
	cr_assert_str_eq(events, "+a+t+n");
}

Test(family, is_ready_when_the_core_services_run)
{
	sup_family_start(&family, S(1));
	sup_child_handle(&children[0], CHILD_READY, S(1));
	cr_assert(not(sup_family_is_ready(&family)));
	sup_child_handle(&children[1], CHILD_READY, S(1));
	cr_assert(sup_family_is_ready(&family));
}

Test(family, stops_one_after_the_other_in_reverse)
{
	all_run();
	events[0] = '\0';
	sup_family_stop(&family, S(2));
	sup_family_step(&family, S(2));
	cr_assert_str_eq(events, "-n");
	sup_child_exited(&children[2], "", false, S(2));
	sup_family_step(&family, S(2));
	cr_assert_str_eq(events, "-n-t");
	sup_child_exited(&children[1], "", false, S(2));
	sup_family_step(&family, S(2));
	cr_assert(not(sup_family_is_stopped(&family)));
	sup_child_exited(&children[0], "", false, S(2));
	sup_family_step(&family, S(2));
	cr_assert_str_eq(events, "-n-t-a");
	cr_assert(sup_family_is_stopped(&family));
	cr_assert(eq(u64, sup_family_deadline_ns(&family), 0));
}

Test(family, goes_on_stopping_after_killing_one_that_will_not)
{
	all_run();
	events[0] = '\0';
	sup_family_stop(&family, S(2));
	sup_family_step(&family, S(5));
	cr_assert_str_eq(events, "-n!n");
	sup_child_exited(&children[2], "", false, S(5));
	sup_family_step(&family, S(5));
	cr_assert_str_eq(events, "-n!n-t");
}

Test(family, does_not_wait_for_those_without_a_process)
{
	sup_family_start(&family, S(1));
	sup_child_exited(&children[2], "", true, S(1));
	sup_child_exited(&children[1], "", false, S(1));
	events[0] = '\0';
	sup_family_stop(&family, S(1));
	cr_assert_str_eq(events, "-a");
}

Test(family, is_not_stopped_before_it_was_told_to)
{
	cr_assert(not(sup_family_is_stopped(&family)));
}

Test(family, wakes_at_the_earliest_deadline)
{
	all_run();
	cr_assert(eq(u64, sup_family_deadline_ns(&family), S(11)));
	sup_child_exited(&children[1], "", false, S(3));
	cr_assert(lt(u64, sup_family_deadline_ns(&family), S(4)));
	sup_family_step(&family, S(4));
	cr_assert(eq(int, children[1].state, CHILD_STARTING));
}

Test(family, passes_a_reload_to_all)
{
	all_run();
	events[0] = '\0';
	sup_family_reload(&family, S(2));
	cr_assert_str_eq(events, "~a~t~n");
}

static void expect_summary(const char *expected)
{
	char text[128];

	cr_assert_str_eq(sup_family_summary(&family, text, sizeof(text)), expected);
}

Test(family, says_how_it_is_and_names_the_worst)
{
	all_run();
	expect_summary("3 of 3 services run");
	sup_child_exited(&children[1], "killed by signal 11", false, S(2));
	expect_summary("2 of 3 services run; transport: backoff, killed by signal 11");
	sup_child_exited(&children[0], "exited with status 100", true, S(2));
	expect_summary("1 of 3 services run; auth: failed, exited with status 100");
}
