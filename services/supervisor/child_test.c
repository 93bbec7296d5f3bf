/* The policy of one service, with virtual time and no process. */
#include "child.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"

#define S(seconds) ((uint64_t)(seconds)*PU_NS_PER_S)
#define MS(ms)     ((uint64_t)(ms)*PU_NS_PER_MS)

/* What the machine asked for. */
struct record {
	enum pu_err spawn_fails;
	unsigned spawned, asked, configs, changed;
	int signals[8];
	size_t signals_len;
};

static enum pu_err fake_spawn(struct sup_child *child, pid_t *pid)
{
	struct record *record = child->user;

	if (record->spawn_fails != PU_OK)
		return record->spawn_fails;
	record->spawned++;
	*pid = (pid_t)(1000 + record->spawned);
	return PU_OK;
}

static void fake_ask(struct sup_child *child)
{
	((struct record *)child->user)->asked++;
}

static void fake_hand_config(struct sup_child *child)
{
	((struct record *)child->user)->configs++;
}

static void fake_signal(struct sup_child *child, int signo)
{
	struct record *record = child->user;

	record->signals[record->signals_len++ % 8] = signo;
}

static void fake_changed(struct sup_child *child)
{
	((struct record *)child->user)->changed++;
}

static const struct sup_child_ops ops = {fake_spawn, fake_ask, fake_hand_config, fake_signal,
                                         fake_changed};

static struct record record;
static struct sup_child child;

static void fresh(void)
{
	record = (struct record){0};
	sup_child_init(&child, PU_SERVICE_PROXY, true, &ops, &record);
}

static void start_at(uint64_t now)
{
	sup_child_handle(&child, CHILD_START, now);
}

static void run_at(uint64_t now)
{
	start_at(now);
	sup_child_handle(&child, CHILD_READY, now);
}

static int last_signal(void)
{
	return record.signals_len == 0 ? 0 : record.signals[(record.signals_len - 1) % 8];
}

TestSuite(child, .init = fresh);

Test(child, starts_and_runs_when_it_says_so)
{
	start_at(S(1));
	cr_assert(eq(int, child.state, CHILD_STARTING));
	cr_assert(eq(int, child.pid, 1001));
	sup_child_handle(&child, CHILD_READY, S(2));
	cr_assert(eq(int, child.state, CHILD_RUNNING));
	cr_assert(eq(u64, child.restarts, 0));
	cr_assert(eq(uint, record.changed, 2));
}

Test(child, comes_back_after_a_short_pause_when_it_dies)
{
	run_at(S(1));
	sup_child_exited(&child, "killed by signal 9", false, S(2));
	cr_assert(eq(int, child.state, CHILD_BACKOFF));
	cr_assert(eq(int, child.pid, 0));
	cr_assert(child.deadline_ns >= S(2) + MS(50) && child.deadline_ns <= S(2) + MS(100));
	sup_child_tick(&child, S(2) + MS(49));
	cr_assert(eq(int, child.state, CHILD_BACKOFF));
	sup_child_tick(&child, S(2) + MS(100));
	cr_assert(eq(int, child.state, CHILD_STARTING));
	cr_assert(eq(int, child.pid, 1002));
	cr_assert(eq(u64, child.restarts, 1));
	cr_assert_str_eq(sup_child_reason(&child), "killed by signal 9");
}

Test(child, waits_longer_each_time_up_to_ten_seconds)
{
	uint64_t now = S(1), longest = 0;

	start_at(now);
	for (int i = 0; i < 12; i++) {
		uint64_t most = MS(100) << i;
		sup_child_exited(&child, "exited with status 1", false, now);
		uint64_t pause = child.deadline_ns - now;
		cr_assert(pause <= most && pause <= S(10));
		cr_assert(pause >= (most < S(10) ? most : S(10)) / 2);
		longest = pause > longest ? pause : longest;
		now = child.deadline_ns;
		sup_child_tick(&child, now);
	}
	cr_assert(longest >= S(5));
	cr_assert(eq(u64, child.restarts, 12));
}

Test(child, forgets_failures_after_thirty_seconds_of_health)
{
	run_at(S(1));
	for (int i = 0; i < 6; i++) {
		sup_child_exited(&child, "exited with status 1", false, S(2));
		sup_child_handle(&child, CHILD_RELOAD, S(2));
		child.attempt = 6;
	}
	sup_child_handle(&child, CHILD_READY, S(2));
	sup_child_exited(&child, "exited with status 1", false, S(31));
	cr_assert(child.deadline_ns - S(31) > MS(100), "29 s are not enough");
	sup_child_tick(&child, child.deadline_ns);
	sup_child_handle(&child, CHILD_READY, S(60));
	sup_child_exited(&child, "exited with status 1", false, S(100));
	cr_assert(child.deadline_ns - S(100) <= MS(100));
}

Test(child, a_long_start_is_not_health)
{
	start_at(S(1));
	child.attempt = 5;
	sup_child_exited(&child, "exited with status 1", false, S(100));
	cr_assert(eq(uint, child.attempt, 6));
}

Test(child, is_given_up_when_it_says_that_it_is_pointless)
{
	start_at(S(1));
	sup_child_exited(&child, "exited with status 100", true, S(2));
	cr_assert(eq(int, child.state, CHILD_FAILED));
	cr_assert(eq(u64, child.deadline_ns, 0));
	sup_child_tick(&child, S(1000));
	cr_assert(eq(uint, record.spawned, 1));
}

Test(child, its_last_words_are_the_reason_when_it_gives_up)
{
	start_at(S(1));
	sup_child_note(&child, "others may read the key");
	sup_child_exited(&child, "exited with status 100", true, S(2));
	cr_assert_str_eq(sup_child_reason(&child), "others may read the key");
}

Test(child, is_given_up_when_its_program_is_missing)
{
	record.spawn_fails = PU_ENOTFOUND;
	start_at(S(1));
	cr_assert(eq(int, child.state, CHILD_FAILED));
	cr_assert_str_eq(sup_child_reason(&child), "its program is missing");
}

Test(child, is_tried_again_when_the_system_cannot_start_it_now)
{
	record.spawn_fails = PU_EAGAIN;
	start_at(S(1));
	cr_assert(eq(int, child.state, CHILD_BACKOFF));
	record.spawn_fails = PU_OK;
	sup_child_tick(&child, child.deadline_ns);
	cr_assert(eq(int, child.state, CHILD_STARTING));
}

Test(child, a_reload_gives_a_failed_service_another_chance)
{
	start_at(S(1));
	sup_child_exited(&child, "exited with status 100", true, S(2));
	sup_child_handle(&child, CHILD_RELOAD, S(3));
	cr_assert(eq(int, child.state, CHILD_STARTING));
	cr_assert(eq(u64, child.restarts, 1));
}

Test(child, a_reload_ends_the_pause)
{
	run_at(S(1));
	sup_child_exited(&child, "exited with status 1", false, S(2));
	sup_child_handle(&child, CHILD_RELOAD, S(2));
	cr_assert(eq(int, child.state, CHILD_STARTING));
}

Test(child, gets_a_changed_configuration_even_while_it_starts)
{
	start_at(S(1));
	sup_child_handle(&child, CHILD_RELOAD, S(1));
	sup_child_handle(&child, CHILD_READY, S(2));
	sup_child_handle(&child, CHILD_RELOAD, S(3));
	cr_assert(eq(uint, record.configs, 2));
	cr_assert(eq(int, child.state, CHILD_RUNNING));
}

Test(child, is_asked_for_its_health_every_ten_seconds)
{
	run_at(S(1));
	sup_child_tick(&child, S(10));
	cr_assert(eq(uint, record.asked, 0));
	sup_child_tick(&child, S(11));
	cr_assert(eq(uint, record.asked, 1));
	sup_child_handle(&child, CHILD_HEALTHY, S(12));
	sup_child_tick(&child, S(21));
	cr_assert(eq(uint, record.asked, 1));
	sup_child_tick(&child, S(22));
	cr_assert(eq(uint, record.asked, 2));
	cr_assert(eq(sz, record.signals_len, 0));
}

Test(child, is_killed_when_it_does_not_answer_for_five_seconds)
{
	run_at(S(1));
	sup_child_tick(&child, S(11));
	sup_child_tick(&child, S(15));
	cr_assert(eq(sz, record.signals_len, 0));
	sup_child_tick(&child, S(16));
	cr_assert(eq(int, last_signal(), SIGKILL));
	cr_assert(eq(int, child.state, CHILD_HUNG));
	sup_child_exited(&child, "killed by signal 9", false, S(16));
	cr_assert(eq(int, child.state, CHILD_BACKOFF));
	cr_assert_str_eq(sup_child_reason(&child), "did not answer the health question");
}

Test(child, is_killed_too_when_it_hangs_before_it_is_ready)
{
	start_at(S(1));
	sup_child_tick(&child, S(11));
	sup_child_tick(&child, S(16));
	cr_assert(eq(int, child.state, CHILD_HUNG));
}

Test(child, is_not_blamed_when_the_supervisor_itself_slept)
{
	run_at(S(1));
	sup_child_tick(&child, S(11));
	sup_child_tick(&child, S(60));
	cr_assert(eq(sz, record.signals_len, 0));
	cr_assert(eq(uint, record.asked, 2));
	sup_child_tick(&child, S(65));
	cr_assert(eq(int, last_signal(), SIGKILL));
}

Test(child, an_unasked_answer_changes_nothing)
{
	run_at(S(1));
	sup_child_handle(&child, CHILD_HEALTHY, S(5));
	cr_assert(eq(u64, child.deadline_ns, S(11)));
}

Test(child, stops_when_told_and_stays_stopped)
{
	run_at(S(1));
	sup_child_handle(&child, CHILD_STOP, S(2));
	cr_assert(eq(int, last_signal(), SIGTERM));
	cr_assert(eq(int, child.state, CHILD_STOPPING));
	sup_child_exited(&child, "exited with status 0", false, S(3));
	cr_assert(eq(int, child.state, CHILD_STOPPED));
	sup_child_tick(&child, S(100));
	cr_assert(eq(uint, record.spawned, 1));
}

Test(child, is_killed_when_it_does_not_stop_in_time)
{
	run_at(S(1));
	sup_child_handle(&child, CHILD_STOP, S(2));
	sup_child_tick(&child, S(2) + MS(SUP_STOP_MS));
	cr_assert(eq(int, last_signal(), SIGKILL));
	sup_child_exited(&child, "killed by signal 9", false, S(6));
	cr_assert(eq(int, child.state, CHILD_STOPPED));
}

Test(child, a_permanent_failure_while_stopping_is_just_a_stop)
{
	run_at(S(1));
	sup_child_handle(&child, CHILD_STOP, S(2));
	sup_child_exited(&child, "exited with status 100", true, S(3));
	cr_assert(eq(int, child.state, CHILD_STOPPED));
}

Test(child, stops_at_once_while_it_waits_or_has_failed)
{
	run_at(S(1));
	sup_child_exited(&child, "exited with status 1", false, S(2));
	sup_child_handle(&child, CHILD_STOP, S(2));
	cr_assert(eq(int, child.state, CHILD_STOPPED));
	sup_child_handle(&child, CHILD_START, S(3));
	sup_child_exited(&child, "exited with status 100", true, S(4));
	sup_child_handle(&child, CHILD_STOP, S(5));
	cr_assert(eq(int, child.state, CHILD_STOPPED));
}

Test(child, a_note_is_cut_and_cleaned_and_dies_with_the_process)
{
	char text[2 * SUP_NOTE_MAX];

	run_at(S(1));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text[0] = '\033';
	sup_child_note(&child, text);
	cr_assert(eq(sz, strlen(child.note), SUP_NOTE_MAX - 1));
	cr_assert(eq(chr, child.note[0], ' '));
	sup_child_exited(&child, "exited with status 1", false, S(2));
	cr_assert_str_eq(sup_child_reason(&child), "exited with status 1");
}

/* supervisor.state cannot be sent with half a character in it. */
Test(child, a_note_is_cut_between_characters)
{
	char text[SUP_NOTE_MAX + 1];

	run_at(S(1));
	memset(text, 'x', sizeof(text));
	memcpy(text + SUP_NOTE_MAX - 2, "\xc3\xa9", sizeof("\xc3\xa9"));
	sup_child_note(&child, text);
	cr_assert(eq(sz, strlen(child.note), SUP_NOTE_MAX - 2));
	cr_assert(eq(chr, child.note[SUP_NOTE_MAX - 3], 'x'));
	sup_child_note(&child, "caf\xc3");
	cr_assert_str_eq(child.note, "caf?");
	sup_child_exited(&child, text, false, S(2));
	cr_assert(eq(sz, strlen(child.ended), SUP_NOTE_MAX - 2));
}

Test(child, an_impossible_event_ends_the_program, .exit_code = 1)
{
	sup_child_handle(&child, CHILD_EXITED, S(1));
}
