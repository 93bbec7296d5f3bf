#include "base/file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

/* A directory of its own for each test (each runs in its own process). */
static char dir[] = "/tmp/peerup-file-test-XXXXXX";

static void enter(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
}

static void leave(void)
{
	char *command = pu_asprintf("rm -rf '%s'", dir);

	cr_assert_eq(system(command), 0);
	pu_free(command);
}

TestSuite(file, .init = enter, .fini = leave);
TestSuite(dir, .init = enter, .fini = leave);
TestSuite(lock, .init = enter, .fini = leave);

static void expect_content(const char *path, const char *content)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 1 << 20);
	cr_assert_eq(pu_file_read(path, false, &buffer), PU_OK);
	cr_assert(pu_bytes_eq(pu_buffer_bytes(&buffer), pu_bytes_of_str(content)));
	pu_buffer_fini(&buffer);
}

static size_t count_entries(void)
{
	DIR *stream = opendir(".");
	size_t count = 0;

	while (readdir(stream) != NULL)
		count++;
	closedir(stream);
	return count - 2;
}

Test(file, writes_privately_and_reads_back)
{
	struct stat st;

	cr_assert_eq(pu_file_write("a", pu_bytes_of_str("hello\n")), PU_OK);
	expect_content("a", "hello\n");
	cr_assert_eq(stat("a", &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	cr_assert_eq(pu_file_write("a", pu_bytes(NULL, 0)), PU_OK);
	expect_content("a", "");
	cr_assert_eq(count_entries(), 1);
}

Test(file, reads_up_to_the_bound_and_not_beyond)
{
	struct pu_buffer buffer;

	cr_assert_eq(pu_file_write("a", pu_bytes_of_str("12345")), PU_OK);
	pu_buffer_init(&buffer, 5);
	cr_assert_eq(pu_file_read("a", false, &buffer), PU_OK);
	cr_assert_eq(buffer.len, 5);
	pu_buffer_fini(&buffer);
	pu_buffer_init(&buffer, 4);
	cr_assert_eq(pu_file_read("a", false, &buffer), PU_ELIMIT);
	cr_assert_eq(buffer.len, 0);
	pu_buffer_fini(&buffer);
}

Test(file, bounds_files_that_hide_their_size)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 3);
	cr_assert_eq(pu_file_read("/proc/self/status", false, &buffer), PU_ELIMIT);
	cr_assert_eq(buffer.len, 0);
	pu_buffer_fini(&buffer);
}

Test(file, refuses_a_private_file_that_others_may_read)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 100);
	cr_assert_eq(pu_file_write("key", pu_bytes_of_str("secret")), PU_OK);
	cr_assert_eq(pu_file_read("key", true, &buffer), PU_OK);
	pu_buffer_clear(&buffer);
	cr_assert_eq(chmod("key", 0640), 0);
	cr_assert_eq(pu_file_read("key", true, &buffer), PU_EPERM);
	cr_assert_eq(chmod("key", 0601), 0);
	cr_assert_eq(pu_file_read("key", true, &buffer), PU_EPERM);
	pu_buffer_fini(&buffer);
}

Test(file, refuses_what_is_no_regular_file)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 100);
	cr_assert_eq(mkfifo("fifo", 0600), 0);
	cr_assert_eq(pu_file_read("fifo", false, &buffer), PU_EINVAL);
	cr_assert_eq(pu_file_read(".", false, &buffer), PU_EINVAL);
	cr_assert_eq(pu_file_read("missing", false, &buffer), PU_ENOTFOUND);
	pu_buffer_fini(&buffer);
}

/* "Too large" would be about the file, and for ever. */
Test(file, does_not_blame_the_file_when_no_descriptor_is_left)
{
	struct pu_file_lock lock = {.fd = -1};
	struct rlimit before, none;
	struct pu_buffer buffer;
	enum pu_err read, written, locked;

	pu_buffer_init(&buffer, 100);
	cr_assert_eq(pu_file_write("a", pu_bytes_of_str("12345")), PU_OK);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	read = pu_file_read("a", false, &buffer);
	written = pu_file_write("a", pu_bytes_of_str("6"));
	locked = pu_file_lock(&lock, "a", 0);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	cr_assert_eq(read, PU_EIO);
	cr_assert_eq(written, PU_EIO);
	cr_assert_eq(locked, PU_EIO);
	cr_assert_eq(buffer.len, 0);
	pu_buffer_fini(&buffer);
	expect_content("a", "12345");
}

Test(file, leaves_nothing_behind_when_it_cannot_write)
{
	cr_assert_eq(mkdir("target", 0700), 0);
	cr_assert_eq(pu_file_write("target/x", pu_bytes_of_str("x")), PU_OK);
	cr_assert_neq(pu_file_write("target", pu_bytes_of_str("x")), PU_OK);
	cr_assert_eq(pu_file_write("missing/a", pu_bytes_of_str("x")), PU_ENOTFOUND);
	cr_assert_eq(count_entries(), 1);
}

Test(file, replaces_what_a_link_points_to)
{
	struct stat st;

	cr_assert_eq(mkdir("real", 0700), 0);
	cr_assert_eq(pu_file_write("real/a", pu_bytes_of_str("old")), PU_OK);
	cr_assert_eq(symlink("real/a", "link"), 0);
	cr_assert_eq(pu_file_write("link", pu_bytes_of_str("new")), PU_OK);
	expect_content("real/a", "new");
	cr_assert_eq(lstat("link", &st), 0);
	cr_assert(S_ISLNK(st.st_mode));
}

Test(dir, is_made_with_its_parents)
{
	struct stat st;

	cr_assert_eq(pu_dir_ensure("a/b/c"), PU_OK);
	cr_assert_eq(pu_dir_ensure("a/b/c"), PU_OK);
	cr_assert_eq(stat("a/b/c", &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0700);
}

Test(dir, is_refused_when_others_may_write)
{
	cr_assert_eq(pu_dir_ensure("a"), PU_OK);
	cr_assert_eq(chmod("a", 0777), 0);
	cr_assert_eq(pu_dir_ensure("a"), PU_EPERM);
}

Test(dir, is_refused_when_it_is_a_file)
{
	cr_assert_eq(pu_file_write("a", pu_bytes_of_str("x")), PU_OK);
	cr_assert_eq(pu_dir_ensure("a"), PU_EINVAL);
	cr_assert_eq(pu_dir_ensure("a/b"), PU_EINVAL);
	cr_assert_eq(pu_dir_ensure(""), PU_EINVAL);
}

Test(lock, is_held_by_one_at_a_time)
{
	struct pu_file_lock first = {.fd = -1}, second = {.fd = -1};

	cr_assert_eq(pu_file_lock(&first, "config", 0), PU_OK);
	cr_assert_eq(pu_file_lock(&second, "config", 0), PU_ETIMEOUT);
	cr_assert_eq(second.fd, -1);
	pu_file_unlock(&first);
	cr_assert_eq(pu_file_lock(&second, "config", 0), PU_OK);
	pu_file_unlock(&second);
	pu_file_unlock(&second);
}

Test(lock, needs_its_directory)
{
	struct pu_file_lock lock = {.fd = -1};

	cr_assert_eq(pu_file_lock(&lock, "missing/config", 0), PU_ENOTFOUND);
}
