/* What is said about processes; starting them is for the end to end tests. */
#include "io_process.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <unistd.h>

/* wait(2): the exit status stands in the second byte, a signal in the first. */
static void expect_words(int wait_status, const char *expected)
{
	char text[64];

	cr_assert_str_eq(sup_process_describe(wait_status, text, sizeof(text)), expected);
}

Test(process, says_how_it_ended)
{
	expect_words(0, "exited with status 0");
	expect_words(100 << 8, "exited with status 100");
	expect_words(9, "was killed by signal 9 (Killed)");
	expect_words(11 | 0x80, "was killed by signal 11 (Segmentation fault)");
}

Test(process, knows_its_own_size)
{
	struct sup_memory memory = sup_process_memory(getpid());

	cr_assert(gt(u64, memory.private_bytes, 0));
	cr_assert(gt(u64, memory.rss_bytes, memory.private_bytes));
}

Test(process, one_that_is_gone_has_no_size)
{
	struct sup_memory memory = sup_process_memory(0x7fffffff);

	cr_assert(eq(u64, memory.rss_bytes, 0));
	cr_assert(eq(u64, memory.private_bytes, 0));
}

Test(process, a_missing_program_is_not_found)
{
	const char *const argv[] = {"/nonexistent/peerup-nothing", NULL};
	pid_t pid = 0;

	cr_assert(
	    eq(int, sup_process_spawn(argv, STDERR_FILENO, STDERR_FILENO, &pid), PU_ENOTFOUND));
	cr_assert(eq(int, pid, 0));
}
