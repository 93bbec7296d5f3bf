/* Tests of the descriptors that wait to be claimed. */
#include "io_kept.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

static int some_fd(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

Test(kept, gives_a_descriptor_once)
{
	struct proxy_kept_table kept;
	int fd = some_fd();

	proxy_kept_init(&kept);
	proxy_kept_add(&kept, "listen:a", fd);
	cr_assert_eq(proxy_kept_take(&kept, "listen:b"), -1);
	cr_assert_eq(proxy_kept_take(&kept, "listen:a"), fd);
	cr_assert_eq(proxy_kept_take(&kept, "listen:a"), -1);
	close(fd);
	proxy_kept_fini(&kept);
}

Test(kept, closes_what_nobody_claims_and_says_its_name)
{
	struct proxy_kept_table kept;
	char name[PROXY_KEPT_NAME_MAX];
	int first = some_fd(), second = some_fd();

	proxy_kept_init(&kept);
	proxy_kept_add(&kept, "first", first);
	proxy_kept_add(&kept, "second", second);
	cr_assert(proxy_kept_close_next(&kept, name));
	cr_assert_str_eq(name, "first");
	cr_assert_not(is_open(first));
	proxy_kept_fini(&kept);
	cr_assert_not(is_open(second));
	cr_assert_not(proxy_kept_close_next(&kept, name));
}

Test(kept, refuses_a_name_that_does_not_fit)
{
	struct proxy_kept_table kept;
	char name[PROXY_KEPT_NAME_MAX + 1];
	int fd = some_fd();

	memset(name, 'x', sizeof(name));
	name[PROXY_KEPT_NAME_MAX] = '\0';
	proxy_kept_init(&kept);
	proxy_kept_add(&kept, name, fd);
	cr_assert_not(is_open(fd));
	cr_assert_eq(kept.len, 0);
	proxy_kept_fini(&kept);
}
