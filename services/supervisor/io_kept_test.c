/* The descriptors that services leave behind. */
#include "io_kept.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "limits.h"

static int some_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	cr_assert(ge(int, fd, 0));
	return fd;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

Test(kept, gives_copies_and_keeps_its_own)
{
	struct sup_kept kept = {0};
	int fd = some_fd();

	cr_assert(eq(int, sup_kept_put(&kept, "web", fd), PU_OK));
	int copy = sup_kept_copy(&kept, 0);
	cr_assert(ne(int, copy, fd));
	cr_assert(eq(int, fcntl(copy, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC));
	close(copy);
	cr_assert(is_open(fd));
	sup_kept_fini(&kept);
	cr_assert(not(is_open(fd)));
}

Test(kept, replaces_one_of_the_same_name)
{
	struct sup_kept kept = {0};
	int first = some_fd(), second = some_fd();

	cr_assert(eq(int, sup_kept_put(&kept, "web", first), PU_OK));
	cr_assert(eq(int, sup_kept_put(&kept, "web", second), PU_OK));
	cr_assert(eq(sz, kept.len, 1));
	cr_assert(not(is_open(first)));
	cr_assert(is_open(second));
	sup_kept_fini(&kept);
}

Test(kept, drops_by_name_and_keeps_the_order_of_the_others)
{
	struct sup_kept kept = {0};

	cr_assert(eq(int, sup_kept_put(&kept, "a", some_fd()), PU_OK));
	cr_assert(eq(int, sup_kept_put(&kept, "b", some_fd()), PU_OK));
	cr_assert(eq(int, sup_kept_put(&kept, "c", some_fd()), PU_OK));
	sup_kept_drop(&kept, "b");
	sup_kept_drop(&kept, "unknown");
	cr_assert(eq(sz, kept.len, 2));
	cr_assert_str_eq(kept.entries[0].name, "a");
	cr_assert_str_eq(kept.entries[1].name, "c");
	sup_kept_fini(&kept);
}

Test(kept, refuses_more_than_its_bound_and_closes_what_it_refuses)
{
	struct sup_kept kept = {0};
	char name[16];

	for (int i = 0; i < SUP_KEPT_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		cr_assert(eq(int, sup_kept_put(&kept, name, some_fd()), PU_OK));
	}
	int extra = some_fd();
	cr_assert(eq(int, sup_kept_put(&kept, "extra", extra), PU_ELIMIT));
	cr_assert(not(is_open(extra)));
	cr_assert(eq(int, sup_kept_put(&kept, "7", some_fd()), PU_OK));
	sup_kept_fini(&kept);
}
