#include "io_watch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

/* Only to end a test that would hang. */
enum { GIVE_UP_MS = 5000 };

static char dir[64];
static char *path;
static uv_loop_t loop;
static uv_timer_t give_up;
static struct auth_watch watch;
static int calls;

static void on_changed(void *user)
{
	cr_assert_eq(user, &watch);
	calls++;
	uv_stop(&loop);
}

static void on_give_up(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/io_watch_test.XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	path = pu_asprintf("%s/authorized_keys", dir);
	uv_loop_init(&loop);
	uv_timer_init(&loop, &give_up);
	uv_timer_start(&give_up, on_give_up, GIVE_UP_MS, 0);
}

static void end(void)
{
	auth_watch_stop(&watch);
	auth_watch_stop(&watch);
	uv_close((uv_handle_t *)&give_up, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&loop), 0);
	unlink(path);
	rmdir(dir);
	pu_free(path);
}

static void start(void)
{
	cr_assert_eq(auth_watch_start(&watch, &loop, path, on_changed, &watch), PU_OK);
}

TestSuite(auth_watch, .init = begin, .fini = end);

Test(auth_watch, hears_of_a_file_that_is_replaced)
{
	start();
	cr_assert_eq(pu_file_write(path, pu_bytes_of_str("a")), PU_OK);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(calls, 1);
	cr_assert_eq(pu_file_write(path, pu_bytes_of_str("b")), PU_OK);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(calls, 2);
}

Test(auth_watch, hears_of_a_file_that_is_removed)
{
	cr_assert_eq(pu_file_write(path, pu_bytes_of_str("a")), PU_OK);
	start();
	cr_assert_eq(unlink(path), 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(calls, 1);
}

static void write_and_wait(const char *file, const char *text)
{
	int before = calls;

	cr_assert_eq(pu_file_write(file, pu_bytes_of_str(text)), PU_OK);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(calls, before + 1, "%s", file);
}

Test(auth_watch, hears_of_what_a_link_leads_to)
{
	char *there = pu_asprintf("%s/there", dir), *elsewhere = pu_asprintf("%s/elsewhere", dir);
	char *first = pu_asprintf("%s/keys", there), *second = pu_asprintf("%s/keys", elsewhere);

	cr_assert(mkdir(there, 0700) == 0 && mkdir(elsewhere, 0700) == 0);
	cr_assert_eq(pu_file_write(first, pu_bytes_of_str("a")), PU_OK);
	cr_assert_eq(pu_file_write(second, pu_bytes_of_str("a")), PU_OK);
	cr_assert_eq(symlink(first, path), 0);
	start();
	write_and_wait(first, "b");
	write_and_wait(first, "c");
	cr_assert(unlink(path) == 0 && symlink(second, path) == 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(calls, 3);
	write_and_wait(second, "b");
	cr_assert(unlink(first) == 0 && unlink(second) == 0);
	cr_assert(rmdir(there) == 0 && rmdir(elsewhere) == 0);
	pu_free(there);
	pu_free(elsewhere);
	pu_free(first);
	pu_free(second);
}

Test(auth_watch, reports_a_burst_once)
{
	start();
	for (int i = 0; i < 20; i++)
		cr_assert_eq(pu_file_write(path, pu_bytes(&i, sizeof(i))), PU_OK);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(calls, 1);
	while (uv_run(&loop, UV_RUN_NOWAIT) != 0 && uv_is_active((uv_handle_t *)&watch.settle))
		;
	cr_assert_eq(calls, 1);
}

Test(auth_watch, needs_the_directory)
{
	pu_free(path);
	path = pu_asprintf("%s/none/authorized_keys", dir);
	cr_assert_eq(auth_watch_start(&watch, &loop, path, on_changed, &watch), PU_ENOTFOUND);
}
