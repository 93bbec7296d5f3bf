/* A loop and a directory for the tests of what runs on loops and makes sockets. */
#ifndef PU_TEST_LOOP_H
#define PU_TEST_LOOP_H

#include <criterion/criterion.h>
#include <uv.h>

#define PATIENCE_MS 20000 /* only a test that fails waits so long */

struct pu_test_loop {
	uv_loop_t loop;
	uv_timer_t guard;
	uint64_t give_up;
	bool late;
	char dir[64];
};

extern struct pu_test_loop test_loop; /* each test is a process of its own */

void test_loop_begin(void);
/* The test has closed all its handles. What is still in the directory stays. */
void test_loop_end(void);
/* A file of the directory. */
void test_loop_unlink(const char *name);

/* Runs the loop until the condition holds; fails when that takes too long. */
#define RUN_UNTIL(condition)                                                                   \
	do {                                                                                       \
		while (!(condition) && !test_loop.late)                                                \
			uv_run(&test_loop.loop, UV_RUN_ONCE);                                              \
		cr_assert(!test_loop.late, "waited in vain for " #condition);                          \
	} while (0)

#endif
