/* Tests of watching another process. */
#include "io_owner.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_gone(void *user)
{
	(*(int *)user)++;
}

static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

Test(owner, is_missed_once_when_its_process_ends)
{
	struct proxy_owner *owner;
	uv_loop_t loop;
	pid_t child = start_child();
	int gone = 0;

	uv_loop_init(&loop);
	cr_assert_eq(proxy_owner_watch(&owner, &loop, child, on_gone, &gone), PU_OK);
	uv_run(&loop, UV_RUN_NOWAIT);
	cr_assert_eq(gone, 0);
	kill(child, SIGKILL);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(gone, 1);
	proxy_owner_free(owner);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&loop), 0);
	waitpid(child, NULL, 0);
}

Test(owner, cannot_be_a_process_that_has_ended)
{
	struct proxy_owner *owner = NULL;
	uv_loop_t loop;
	pid_t child = start_child();

	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	uv_loop_init(&loop);
	cr_assert_eq(proxy_owner_watch(&owner, &loop, child, on_gone, NULL), PU_ENOTFOUND);
	cr_assert_null(owner);
	cr_assert_eq(uv_loop_close(&loop), 0);
	proxy_owner_free(NULL);
}
