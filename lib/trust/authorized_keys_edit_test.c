#include "trust/authorized_keys.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/alloc.h"
#include "trust/rfc3339.h"

#define ALICE     "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define ALICE_CID "k51qzi5uqu5dgy8qsq67hbz73jqkw87l3fgf4a91qb0d9b5173tir7n4vxk1oe"
#define BOB       "12D3KooWLU2znyJMtDiHArqAGbZn8CgUGp92kxDBtefftEEaHSZS"

static struct pu_peer_id id(const char *text)
{
	struct pu_peer_id peer;

	cr_assert_eq(pu_peer_id_parse(text, &peer), PU_OK);
	return peer;
}

static struct pu_authorized_keys *parse(const char *text)
{
	struct pu_authorized_keys *keys;

	cr_assert_eq(pu_authorized_keys_parse(pu_bytes_of_str(text), &keys), PU_OK);
	return keys;
}

static enum pu_err add(struct pu_authorized_keys *keys, const char *peer, const char *comment,
                       uint64_t expires_ms)
{
	struct pu_peer_id peer_id = id(peer);

	return pu_authorized_keys_add(keys, &peer_id, comment, expires_ms);
}

static enum pu_err del(struct pu_authorized_keys *keys, const char *peer)
{
	struct pu_peer_id peer_id = id(peer);

	return pu_authorized_keys_remove(keys, &peer_id);
}

static enum pu_err set(struct pu_authorized_keys *keys, const char *peer, const char *name,
                       const char *value)
{
	struct pu_peer_id peer_id = id(peer);

	return pu_authorized_keys_set(keys, &peer_id, name, value);
}

/* The text is `expected`; the document is freed. */
static void assert_ends_as(struct pu_authorized_keys *keys, const char *expected)
{
	struct pu_buffer out;

	pu_buffer_init(&out, PU_AUTHORIZED_KEYS_FILE_MAX);
	cr_assert_eq(pu_authorized_keys_print(keys, &out), PU_OK);
	cr_assert_eq(pu_buffer_append(&out, "", 1), PU_OK);
	cr_assert_str_eq((const char *)out.data, expected);
	pu_buffer_fini(&out);
	pu_authorized_keys_free(keys);
}

Test(authorized_keys_edit, adds_a_line_at_the_end)
{
	struct pu_authorized_keys *keys = parse("# mine\n\n");

	cr_assert_eq(add(keys, ALICE, "home", 0), PU_OK);
	cr_assert_eq(add(keys, BOB, NULL, UINT64_C(1795354800000)), PU_OK);
	cr_assert_eq(pu_authorized_keys_len(keys), 2);
	assert_ends_as(keys,
	               "# mine\n\n" ALICE "  # home\n" BOB "  expires=2026-11-22T13:40:00Z\n");
}

Test(authorized_keys_edit, ends_a_last_line_that_had_no_newline)
{
	struct pu_authorized_keys *keys = parse(BOB);

	cr_assert_eq(add(keys, ALICE, "", 0), PU_OK);
	assert_ends_as(keys, BOB "\n" ALICE "\n");
}

Test(authorized_keys_edit, writes_every_peer_id_as_base58)
{
	struct pu_authorized_keys *keys = parse("");

	cr_assert_eq(add(keys, ALICE_CID, "", 0), PU_OK);
	assert_ends_as(keys, ALICE "\n");
}

Test(authorized_keys_edit, lets_no_comment_add_a_line)
{
	struct pu_authorized_keys *keys = parse("");

	cr_assert_eq(add(keys, ALICE, "home\n" BOB, 0), PU_OK);
	cr_assert_eq(pu_authorized_keys_len(keys), 1);
	assert_ends_as(keys, ALICE "  # home " BOB "\n");
}

Test(authorized_keys_edit, adds_nobody_twice)
{
	struct pu_authorized_keys *keys = parse(ALICE_CID "\n");

	cr_assert_eq(add(keys, ALICE, "again", 0), PU_EEXIST);
	assert_ends_as(keys, ALICE_CID "\n");
}

Test(authorized_keys_edit, adds_a_peer_whose_only_line_is_bad)
{
	struct pu_authorized_keys *keys = parse(ALICE " expires=soon\n");

	cr_assert_eq(add(keys, ALICE, "", 0), PU_OK);
	cr_assert_eq(pu_authorized_keys_at(keys, 0)->line, 2);
	assert_ends_as(keys, ALICE " expires=soon\n" ALICE "\n");
}

Test(authorized_keys_edit, refuses_impossible_additions)
{
	const struct pu_peer_id nobody = {0};
	struct pu_authorized_keys *keys = parse("");

	cr_assert_eq(pu_authorized_keys_add(keys, &nobody, "", 0), PU_EINVAL);
	cr_assert_eq(add(keys, ALICE, "", PU_RFC3339_MAX_MS + 1), PU_EINVAL);
	assert_ends_as(keys, "");
}

Test(authorized_keys_edit, adds_nothing_to_a_full_file)
{
	char *text = pu_alloc(PU_AUTHORIZED_KEYS_FILE_MAX + 1);
	struct pu_authorized_keys *keys;
	size_t room = strlen(ALICE) + 1;

	memset(text, '#', PU_AUTHORIZED_KEYS_FILE_MAX);
	text[PU_AUTHORIZED_KEYS_FILE_MAX - room] = '\0';
	keys = parse(text);
	cr_assert_eq(add(keys, ALICE, "", 0), PU_ELIMIT);
	pu_authorized_keys_free(keys);
	text[PU_AUTHORIZED_KEYS_FILE_MAX - room - 1] = '\0';
	keys = parse(text);
	cr_assert_eq(add(keys, ALICE, "", 0), PU_OK);
	cr_assert_eq(set(keys, ALICE, "a", "b"), PU_ELIMIT);
	pu_authorized_keys_free(keys);
	pu_free(text);
}

Test(authorized_keys_edit, adds_the_longest_line_that_there_is)
{
	struct pu_authorized_keys *keys = parse("");
	char comment[2 * PU_AUTHORIZED_KEYS_COMMENT_MAX + 1];

	memset(comment, 'c', sizeof(comment) - 1);
	comment[sizeof(comment) - 1] = '\0';
	cr_assert_eq(add(keys, ALICE, comment, PU_RFC3339_MAX_MS), PU_OK);
	cr_assert_eq(pu_authorized_keys_len(keys), 1);
	cr_assert_eq(strlen(pu_authorized_keys_at(keys, 0)->comment),
	             PU_AUTHORIZED_KEYS_COMMENT_MAX);
	pu_authorized_keys_free(keys);
}

Test(authorized_keys_edit, removes_every_line_about_a_peer_and_no_other)
{
	struct pu_authorized_keys *keys = parse("# a\n" ALICE "\nbad\n" ALICE_CID " # b\n" BOB
	                                        "\n# " ALICE "\n" ALICE " expires=soon");

	cr_assert_eq(del(keys, ALICE), PU_OK);
	cr_assert_eq(pu_authorized_keys_len(keys), 1);
	assert_ends_as(keys, "# a\nbad\n" BOB "\n# " ALICE "\n");
}

Test(authorized_keys_edit, removes_without_touching_an_unfinished_last_line)
{
	struct pu_authorized_keys *keys = parse(ALICE "\n# end");

	cr_assert_eq(del(keys, ALICE), PU_OK);
	assert_ends_as(keys, "# end");
}

Test(authorized_keys_edit, says_when_there_is_nobody_to_remove)
{
	struct pu_authorized_keys *keys = parse("# " ALICE "\n" BOB);

	cr_assert_eq(del(keys, ALICE), PU_ENOTFOUND);
	assert_ends_as(keys, "# " ALICE "\n" BOB);
}

Test(authorized_keys_edit, sets_an_attribute_and_keeps_all_else)
{
	struct pu_authorized_keys *keys = parse(ALICE " role=admin x=1 # home  # x\n\n" BOB);

	cr_assert_eq(set(keys, ALICE, "verified", "sha256:0a1b2c3d"), PU_OK);
	cr_assert_eq(set(keys, ALICE, "expires", "2026-11-22T13:40:00Z"), PU_OK);
	cr_assert_eq(set(keys, ALICE, "x", "2"), PU_OK);
	cr_assert_eq(pu_authorized_keys_at(keys, 0)->expires_ms, UINT64_C(1795354800000));
	assert_ends_as(keys, ALICE "  expires=2026-11-22T13:40:00Z  verified=sha256:0a1b2c3d"
	                           "  role=admin  x=2  # home  # x\n\n" BOB);
}

Test(authorized_keys_edit, removes_an_attribute)
{
	struct pu_authorized_keys *keys =
	    parse(ALICE_CID " a=1 expires=2026-11-22T13:40:00Z b=2\n");

	cr_assert_eq(set(keys, ALICE, "expires", NULL), PU_OK);
	cr_assert_eq(set(keys, ALICE, "b", NULL), PU_OK);
	cr_assert_eq(set(keys, ALICE, "b", NULL), PU_ENOTFOUND);
	cr_assert_eq(pu_authorized_keys_at(keys, 0)->expires_ms, 0);
	assert_ends_as(keys, ALICE_CID "  a=1\n");
}

Test(authorized_keys_edit, sets_nothing_that_would_not_read_back)
{
	struct pu_authorized_keys *keys = parse(ALICE "\n");

	cr_assert_eq(set(keys, BOB, "role", "admin"), PU_ENOTFOUND);
	cr_assert_eq(set(keys, ALICE, "", "x"), PU_EINVAL);
	cr_assert_eq(set(keys, ALICE, "a b", "x"), PU_EINVAL);
	cr_assert_eq(set(keys, ALICE, "role", "a b"), PU_EINVAL);
	cr_assert_eq(set(keys, ALICE, "role", "a#b"), PU_EINVAL);
	cr_assert_eq(set(keys, ALICE, "role", "a\n" BOB), PU_EINVAL);
	cr_assert_eq(set(keys, ALICE, "expires", "soon"), PU_EINVAL);
	assert_ends_as(keys, ALICE "\n");
}

Test(authorized_keys_edit, sets_no_more_than_a_line_holds)
{
	struct pu_authorized_keys *keys = parse(ALICE "\n");
	char name[8], value[PU_AUTHORIZED_KEYS_VALUE_MAX + 1];

	for (int i = 0; i < PU_AUTHORIZED_KEYS_ATTRIBUTES_MAX; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		cr_assert_eq(set(keys, ALICE, name, "x"), PU_OK);
	}
	cr_assert_eq(set(keys, ALICE, "another", "x"), PU_ELIMIT);
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	cr_assert_eq(set(keys, ALICE, "a0", value), PU_OK);
	cr_assert_eq(set(keys, ALICE, "a1", value), PU_OK);
	cr_assert_eq(set(keys, ALICE, "a2", value), PU_OK);
	cr_assert_eq(set(keys, ALICE, "a3", value), PU_ELIMIT);
	cr_assert_eq(pu_authorized_keys_len(keys), 1);
	pu_authorized_keys_free(keys);
}
