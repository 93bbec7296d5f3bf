#include "trust/authorized_keys_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

#define ALICE "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define BOB   "12D3KooWLU2znyJMtDiHArqAGbZn8CgUGp92kxDBtefftEEaHSZS"

static char dir[64];
static char *path;
static struct pu_peer_id alice, bob;

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/authorized_keys_test.XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	path = pu_asprintf("%s/authorized_keys", dir);
	cr_assert_eq(pu_peer_id_parse(ALICE, &alice), PU_OK);
	cr_assert_eq(pu_peer_id_parse(BOB, &bob), PU_OK);
}

static void remove_dir(void)
{
	char *lock = pu_asprintf("%s.lock", path);

	unlink(path);
	rmdir(path);
	unlink(lock);
	cr_assert_eq(rmdir(dir), 0, "something was left behind in %s", dir);
	pu_free(lock);
	pu_free(path);
}

static void write_text(const char *text)
{
	cr_assert_eq(pu_file_write(path, pu_bytes_of_str(text)), PU_OK);
}

static void assert_holds(const char *expected)
{
	struct pu_buffer text;

	pu_buffer_init(&text, PU_AUTHORIZED_KEYS_FILE_MAX);
	cr_assert_eq(pu_file_read(path, false, &text), PU_OK);
	cr_assert(pu_bytes_eq(pu_buffer_bytes(&text), pu_bytes_of_str(expected)), "%.*s",
	          (int)text.len, (const char *)text.data);
	pu_buffer_fini(&text);
}

TestSuite(authorized_keys_file, .init = make_dir, .fini = remove_dir);

Test(authorized_keys_file, loads_what_stands_in_it)
{
	struct pu_authorized_keys *keys;

	write_text(ALICE " # home\n");
	cr_assert_eq(pu_authorized_keys_file_load(path, &keys), PU_OK);
	cr_assert_str_eq(pu_authorized_keys_find(keys, &alice)->comment, "home");
	pu_authorized_keys_free(keys);
}

Test(authorized_keys_file, says_when_it_is_missing_or_no_file)
{
	struct pu_authorized_keys *keys;

	cr_assert_eq(pu_authorized_keys_file_load(path, &keys), PU_ENOTFOUND);
	cr_assert_eq(mkdir(path, 0700), 0);
	cr_assert_eq(pu_authorized_keys_file_load(path, &keys), PU_EINVAL);
	cr_assert_eq(pu_authorized_keys_file_add(path, &alice, "", 0), PU_EINVAL);
}

Test(authorized_keys_file, is_made_private_by_the_first_addition)
{
	struct stat st;

	cr_assert_eq(pu_authorized_keys_file_add(path, &alice, "home", 0), PU_OK);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	assert_holds(ALICE "  # home\n");
}

Test(authorized_keys_file, is_not_made_by_other_edits)
{
	cr_assert_eq(pu_authorized_keys_file_remove(path, &alice), PU_ENOTFOUND);
	cr_assert_eq(pu_authorized_keys_file_set(path, &alice, "role", "admin"), PU_ENOTFOUND);
	cr_assert_neq(access(path, F_OK), 0);
}

Test(authorized_keys_file, keeps_everything_else_through_edits)
{
	write_text("# mine\n\n" ALICE " x=1 # home\nbad line\n");
	cr_assert_eq(pu_authorized_keys_file_add(path, &bob, "laptop", 0), PU_OK);
	cr_assert_eq(pu_authorized_keys_file_add(path, &bob, "laptop", 0), PU_EEXIST);
	cr_assert_eq(pu_authorized_keys_file_set(path, &bob, "role", "admin"), PU_OK);
	assert_holds("# mine\n\n" ALICE " x=1 # home\nbad line\n" BOB "  role=admin  # laptop\n");
	cr_assert_eq(pu_authorized_keys_file_set(path, &bob, "role", NULL), PU_OK);
	cr_assert_eq(pu_authorized_keys_file_remove(path, &alice), PU_OK);
	assert_holds("# mine\n\nbad line\n" BOB "  # laptop\n");
}

Test(authorized_keys_file, is_untouched_while_another_program_edits_it)
{
	struct pu_file_lock lock;

	write_text(ALICE "\n");
	cr_assert_eq(pu_file_lock(&lock, path, 0), PU_OK);
	cr_assert_eq(pu_authorized_keys_file_remove(path, &alice), PU_ETIMEOUT);
	assert_holds(ALICE "\n");
	pu_file_unlock(&lock);
	cr_assert_eq(pu_authorized_keys_file_remove(path, &alice), PU_OK);
	assert_holds("");
}
