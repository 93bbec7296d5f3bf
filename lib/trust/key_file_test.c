#include "trust/key_file.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "p2p/peer_id.h"
#include "trust/limits.h"

#define KEY_HEX                                                                                \
	"080112407e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d"                 \
	"1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"

static char dir[64];
static char *path;

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/key_file_test.XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	path = pu_asprintf("%s/identity.key", dir);
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

static void write_hex(const char *hex)
{
	uint8_t bytes[PU_KEY_FILE_MAX + 1];
	size_t len;

	cr_assert_eq(sodium_hex2bin(bytes, sizeof(bytes), hex, strlen(hex), NULL, &len, NULL), 0);
	cr_assert_eq(pu_file_write(path, pu_bytes(bytes, len)), PU_OK);
}

static void assert_peer(const struct pu_key *key, const char *expected)
{
	struct pu_public_key public = pu_key_public(key);
	struct pu_peer_id id = pu_peer_id_of_key(&public);
	char text[PU_PEER_ID_TEXT_MAX];

	cr_assert_str_eq(pu_peer_id_print(&id, text), expected);
}

TestSuite(key_file, .init = make_dir, .fini = remove_dir);

Test(key_file, loads_the_key_of_the_specification)
{
	struct pu_key key;

	write_hex(KEY_HEX);
	cr_assert_eq(pu_key_file_load(path, &key), PU_OK);
	assert_peer(&key, "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
	pu_key_fini(&key);
}

Test(key_file, is_refused_when_others_may_read_it)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0777};
	struct pu_key key;

	write_hex(KEY_HEX);
	for (size_t i = 0; i < PU_ARRAY_LEN(modes); i++) {
		cr_assert_eq(chmod(path, modes[i]), 0);
		cr_assert_eq(pu_key_file_load(path, &key), PU_EPERM, "mode %o", modes[i]);
	}
	cr_assert_eq(chmod(path, 0400), 0);
	cr_assert_eq(pu_key_file_load(path, &key), PU_OK);
	pu_key_fini(&key);
}

Test(key_file, says_when_it_is_missing)
{
	struct pu_key key;

	cr_assert_eq(pu_key_file_load(path, &key), PU_ENOTFOUND);
	cr_assert_str_eq(pu_key_file_advice(PU_ENOTFOUND), "is missing: run `peerup init`");
}

Test(key_file, is_refused_when_it_is_cut_at_any_byte)
{
	char hex[] = KEY_HEX;
	struct pu_key key;

	for (size_t len = strlen(hex); len > 0;) {
		len -= 2;
		hex[len] = '\0';
		write_hex(hex);
		cr_assert_neq(pu_key_file_load(path, &key), PU_OK, "%zu digits", len);
	}
}

Test(key_file, is_refused_when_it_is_something_else)
{
	char long_hex[2 * (PU_KEY_FILE_MAX + 1) + 1];
	struct pu_key key;

	memset(long_hex, '0', sizeof(long_hex) - 1);
	long_hex[sizeof(long_hex) - 1] = '\0';
	write_hex(long_hex);
	cr_assert_eq(pu_key_file_load(path, &key), PU_ELIMIT);
	write_hex("0802122053DADF1D5A164D6B4ACDB15E24AA4C5B1D3461BDBD42ABEDB0A4404D56CED8FB");
	cr_assert_eq(pu_key_file_load(path, &key), PU_EUNSUPPORTED);
	write_hex("080112400000000000000000000000000000000000000000000000000000000000000000"
	          "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e");
	cr_assert_eq(pu_key_file_load(path, &key), PU_ECRYPTO);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkdir(path, 0700), 0);
	cr_assert_eq(pu_key_file_load(path, &key), PU_EINVAL);
}

Test(key_file, is_not_called_something_else_when_no_descriptor_is_left)
{
	struct rlimit before, none;
	struct pu_key key;
	enum pu_err err;

	write_hex(KEY_HEX);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	err = pu_key_file_load(path, &key);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	cr_assert_eq(err, PU_EIO);
	cr_assert_str_eq(pu_key_file_advice(err), "cannot be read");
}

Test(key_file, has_advice_for_every_error)
{
	for (enum pu_err err = PU_EINVAL; err <= PU_EINTERNAL; err++)
		cr_assert_not_null(pu_key_file_advice(err));
	cr_assert_not_null(strstr(pu_key_file_advice(PU_EPERM), "chmod 600"));
}

Test(key_file, is_created_private_and_loads_back)
{
	struct pu_key made, loaded;
	struct stat st;

	cr_assert_eq(pu_key_file_create(path, &made), PU_OK);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	cr_assert_eq(pu_key_file_load(path, &loaded), PU_OK);
	cr_assert_arr_eq(made.secret, loaded.secret, sizeof(made.secret));
	pu_key_fini(&made);
	pu_key_fini(&loaded);
}

Test(key_file, is_never_written_over)
{
	struct pu_key first, second, loaded;

	cr_assert_eq(pu_key_file_create(path, &first), PU_OK);
	cr_assert_eq(pu_key_file_create(path, &second), PU_EEXIST);
	pu_key_generate(&second);
	cr_assert_eq(pu_key_file_save(path, &second), PU_EEXIST);
	cr_assert_eq(pu_key_file_load(path, &loaded), PU_OK);
	cr_assert_arr_eq(first.secret, loaded.secret, sizeof(first.secret));
	pu_key_fini(&first);
	pu_key_fini(&second);
	pu_key_fini(&loaded);
}

Test(key_file, is_not_created_over_an_empty_file_or_a_directory)
{
	struct pu_key key;

	cr_assert_eq(pu_file_write(path, pu_bytes(NULL, 0)), PU_OK);
	cr_assert_eq(pu_key_file_create(path, &key), PU_EEXIST);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkdir(path, 0700), 0);
	cr_assert_eq(pu_key_file_create(path, &key), PU_EEXIST);
}

Test(key_file, waits_only_a_while_for_another_program)
{
	struct pu_file_lock lock;
	struct pu_key key;

	cr_assert_eq(pu_file_lock(&lock, path, 0), PU_OK);
	cr_assert_eq(pu_key_file_create(path, &key), PU_ETIMEOUT);
	pu_file_unlock(&lock);
}
