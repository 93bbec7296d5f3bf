#include "io_audit.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

static char dir[64];
static char *path, *old_path;

static const struct auth_audit_record record = {
    .unix_ms = UINT64_C(1795348800000),
    .peer = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq",
    .action = "connect",
    .service = "",
    .address = "",
    .allowed = true,
    .reason = "authorized",
};

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/io_audit_test.XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	path = pu_asprintf("%s/audit.log", dir);
	old_path = pu_asprintf("%s/audit.log.1", dir);
}

static void remove_dir(void)
{
	unlink(path);
	rmdir(path);
	unlink(old_path);
	rmdir(old_path);
	cr_assert_eq(rmdir(dir), 0);
	pu_free(path);
	pu_free(old_path);
}

static long line_len(void)
{
	struct pu_log_line line;

	auth_audit_format(&record, &line);
	return (long)line.len;
}

static long size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? (long)st.st_size : -1;
}

TestSuite(auth_io_audit, .init = make_dir, .fini = remove_dir);

Test(auth_io_audit, appends_to_a_private_file)
{
	struct auth_audit audit;
	struct stat st;

	auth_audit_init(&audit, path);
	auth_audit_write(&audit, &record);
	auth_audit_fini(&audit);
	auth_audit_init(&audit, path);
	auth_audit_write(&audit, &record);
	auth_audit_fini(&audit);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	cr_assert_eq(size_of(path), 2 * line_len());
}

Test(auth_io_audit, begins_a_new_file_at_its_bound_and_keeps_one)
{
	struct auth_audit audit;

	auth_audit_init(&audit, path);
	audit.rotate_bytes = 3 * (uint64_t)line_len();
	for (int i = 0; i < 3; i++)
		auth_audit_write(&audit, &record);
	cr_assert_eq(size_of(old_path), -1);
	for (int i = 0; i < 5; i++)
		auth_audit_write(&audit, &record);
	cr_assert_eq(size_of(old_path), 3 * line_len());
	cr_assert_eq(size_of(path), 2 * line_len());
	cr_assert_eq(audit.lost, 0);
	auth_audit_fini(&audit);
}

Test(auth_io_audit, loses_lines_but_never_stops_when_it_cannot_rotate)
{
	struct auth_audit audit;

	auth_audit_init(&audit, path);
	audit.rotate_bytes = (uint64_t)line_len();
	cr_assert_eq(mkdir(old_path, 0700), 0);
	for (int i = 0; i < 4; i++)
		auth_audit_write(&audit, &record);
	cr_assert_eq(audit.lost, 3);
	cr_assert_eq(size_of(path), line_len());
	cr_assert_eq(rmdir(old_path), 0);
	auth_audit_write(&audit, &record);
	cr_assert_eq(audit.lost, 0);
	auth_audit_fini(&audit);
}

Test(auth_io_audit, goes_on_in_a_new_file_after_a_reopen)
{
	struct auth_audit audit;

	auth_audit_init(&audit, path);
	auth_audit_write(&audit, &record);
	cr_assert_eq(rename(path, old_path), 0);
	auth_audit_write(&audit, &record);
	auth_audit_reopen(&audit, path);
	auth_audit_write(&audit, &record);
	auth_audit_fini(&audit);
	cr_assert_eq(size_of(old_path), 2 * line_len());
	cr_assert_eq(size_of(path), line_len());
}

Test(auth_io_audit, rotates_even_when_somebody_removed_the_file)
{
	struct auth_audit audit;

	auth_audit_init(&audit, path);
	audit.rotate_bytes = (uint64_t)line_len();
	auth_audit_write(&audit, &record);
	cr_assert_eq(unlink(path), 0);
	auth_audit_write(&audit, &record);
	auth_audit_fini(&audit);
	cr_assert_eq(size_of(path), line_len());
}

Test(auth_io_audit, starts_to_write_once_the_file_can_be_opened)
{
	struct auth_audit audit;

	cr_assert_eq(mkdir(path, 0700), 0);
	auth_audit_init(&audit, path);
	auth_audit_write(&audit, &record);
	auth_audit_write(&audit, &record);
	cr_assert_eq(audit.lost, 2);
	cr_assert_eq(rmdir(path), 0);
	auth_audit_write(&audit, &record);
	cr_assert_eq(audit.lost, 0);
	cr_assert_eq(size_of(path), line_len());
	auth_audit_fini(&audit);
}

Test(auth_io_audit, writes_to_nothing_but_a_file)
{
	struct auth_audit audit;

	cr_assert_eq(symlink("/dev/full", path), 0);
	auth_audit_init(&audit, path);
	auth_audit_write(&audit, &record);
	cr_assert_eq(audit.lost, 1);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkfifo(path, 0600), 0);
	auth_audit_write(&audit, &record);
	cr_assert_eq(audit.lost, 2);
	auth_audit_fini(&audit);
}

/* A file-size limit stands in for a full disk: a part of the line fits. */
Test(auth_io_audit, takes_back_a_line_that_was_cut_by_a_full_disk)
{
	const struct rlimit tight = {.rlim_cur = (rlim_t)line_len() + 10,
	                             .rlim_max = RLIM_INFINITY};
	const struct rlimit wide = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
	struct auth_audit audit;

	signal(SIGXFSZ, SIG_IGN);
	auth_audit_init(&audit, path);
	auth_audit_write(&audit, &record);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
	auth_audit_write(&audit, &record);
	auth_audit_write(&audit, &record);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &wide), 0);
	cr_assert_eq(audit.lost, 2);
	cr_assert_eq(size_of(path), line_len());
	auth_audit_write(&audit, &record);
	cr_assert_eq(audit.lost, 0);
	cr_assert_eq(size_of(path), 2 * line_len());
	auth_audit_fini(&audit);
}
