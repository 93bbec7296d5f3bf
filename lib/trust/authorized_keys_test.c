#include "trust/authorized_keys.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/alloc.h"
#include "p2p/key.h"

#define ALICE "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define BOB   "12D3KooWLU2znyJMtDiHArqAGbZn8CgUGp92kxDBtefftEEaHSZS"
#define CAROL "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"
/* The same peer as CAROL. */
#define CAROL_CID "bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe"

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

static const struct pu_authorized_peer *find(const struct pu_authorized_keys *keys,
                                             const char *text)
{
	struct pu_peer_id peer = id(text);

	return pu_authorized_keys_find(keys, &peer);
}

static void assert_prints(const struct pu_authorized_keys *keys, struct pu_bytes expected)
{
	struct pu_buffer out;

	pu_buffer_init(&out, PU_AUTHORIZED_KEYS_FILE_MAX);
	cr_assert_eq(pu_authorized_keys_print(keys, &out), PU_OK);
	cr_assert(pu_bytes_eq(pu_buffer_bytes(&out), expected));
	pu_buffer_fini(&out);
}

Test(authorized_keys, may_be_empty)
{
	struct pu_authorized_keys *keys = parse("");

	cr_assert_eq(pu_authorized_keys_len(keys), 0);
	cr_assert_null(find(keys, ALICE));
	cr_assert_eq(pu_authorized_keys_next_expiry(keys, 0), 0);
	assert_prints(keys, pu_bytes(NULL, 0));
	pu_authorized_keys_free(keys);
	pu_authorized_keys_free(NULL);
}

Test(authorized_keys, finds_peers_in_the_order_of_the_file)
{
	struct pu_authorized_keys *keys =
	    parse("# mine\n\n" ALICE "  # home\n" BOB " role=admin group=0a # laptop");

	cr_assert_eq(pu_authorized_keys_len(keys), 2);
	cr_assert_str_eq(pu_authorized_keys_at(keys, 0)->comment, "home");
	cr_assert_eq(pu_authorized_keys_at(keys, 0)->line, 3);
	cr_assert_eq(find(keys, BOB), pu_authorized_keys_at(keys, 1));
	cr_assert_eq(find(keys, BOB)->attributes_len, 2);
	cr_assert_str_eq(find(keys, BOB)->attributes[1], "group=0a");
	cr_assert_null(find(keys, CAROL));
	cr_assert_eq(pu_authorized_keys_problems(keys), 0);
	pu_authorized_keys_free(keys);
}

Test(authorized_keys, stay_in_force_around_a_bad_line)
{
	struct pu_authorized_keys *keys = parse(ALICE "\nnonsense\n" BOB " expires=never\n" CAROL);

	cr_assert_eq(pu_authorized_keys_len(keys), 2);
	cr_assert_null(find(keys, BOB));
	cr_assert_not_null(find(keys, CAROL));
	cr_assert_eq(pu_authorized_keys_problems(keys), 2);
	cr_assert_eq(pu_authorized_keys_problem(keys, 0)->line, 2);
	cr_assert_str_eq(pu_authorized_keys_problem(keys, 0)->reason,
	                 "the first field is not a peer ID");
	cr_assert_eq(pu_authorized_keys_problem(keys, 1)->line, 3);
	pu_authorized_keys_free(keys);
}

Test(authorized_keys, count_the_first_line_about_a_peer)
{
	struct pu_authorized_keys *keys =
	    parse(CAROL " # first\n" CAROL_CID " # second\n" CAROL " # third\n");

	cr_assert_eq(pu_authorized_keys_len(keys), 1);
	cr_assert_str_eq(find(keys, CAROL)->comment, "first");
	cr_assert_eq(pu_authorized_keys_problems(keys), 2);
	cr_assert_eq(pu_authorized_keys_problem(keys, 0)->line, 2);
	pu_authorized_keys_free(keys);
}

Test(authorized_keys, expire_at_the_very_millisecond)
{
	struct pu_authorized_keys *keys = parse(ALICE " expires=2026-11-22T13:40:00Z\n" BOB
	                                              " expires=2026-11-23T13:40:00Z\n" CAROL);
	const uint64_t at_ms = UINT64_C(1795354800000), day_ms = UINT64_C(86400000);

	cr_assert_not(pu_authorized_peer_expired(find(keys, ALICE), at_ms - 1));
	cr_assert(pu_authorized_peer_expired(find(keys, ALICE), at_ms));
	cr_assert_not(pu_authorized_peer_expired(find(keys, CAROL), UINT64_MAX));
	cr_assert_eq(pu_authorized_keys_next_expiry(keys, 0), at_ms);
	cr_assert_eq(pu_authorized_keys_next_expiry(keys, at_ms - 1), at_ms);
	cr_assert_eq(pu_authorized_keys_next_expiry(keys, at_ms), at_ms + day_ms);
	cr_assert_eq(pu_authorized_keys_next_expiry(keys, at_ms + day_ms), 0);
	pu_authorized_keys_free(keys);
}

Test(authorized_keys, print_byte_for_byte_what_was_read_cut_at_any_byte)
{
	const char text[] =
	    "# a\r\n\n \t\n" ALICE "\t x=1   y=2#c\0\xff\n" CAROL_CID "\r\nbad\n\n" BOB;

	for (size_t len = 0; len < sizeof(text); len++) {
		struct pu_authorized_keys *keys;

		cr_assert_eq(pu_authorized_keys_parse(pu_bytes(text, len), &keys), PU_OK);
		assert_prints(keys, pu_bytes(text, len));
		pu_authorized_keys_free(keys);
	}
}

Test(authorized_keys, print_into_a_buffer_that_is_too_small)
{
	struct pu_authorized_keys *keys = parse(ALICE "\n");
	struct pu_buffer out;

	pu_buffer_init(&out, strlen(ALICE));
	cr_assert_eq(pu_authorized_keys_print(keys, &out), PU_ELIMIT);
	pu_buffer_fini(&out);
	pu_authorized_keys_free(keys);
}

Test(authorized_keys, have_bounds_on_the_file)
{
	char *text = pu_alloc(PU_AUTHORIZED_KEYS_FILE_MAX + 1);
	struct pu_authorized_keys *keys = NULL;

	memset(text, '#', PU_AUTHORIZED_KEYS_FILE_MAX + 1);
	cr_assert_eq(
	    pu_authorized_keys_parse(pu_bytes(text, PU_AUTHORIZED_KEYS_FILE_MAX + 1), &keys),
	    PU_ELIMIT);
	memset(text, '\n', PU_AUTHORIZED_KEYS_LINES_MAX + 1);
	cr_assert_eq(
	    pu_authorized_keys_parse(pu_bytes(text, PU_AUTHORIZED_KEYS_LINES_MAX + 1), &keys),
	    PU_ELIMIT);
	cr_assert_null(keys);
	cr_assert_eq(pu_authorized_keys_parse(pu_bytes(text, PU_AUTHORIZED_KEYS_LINES_MAX), &keys),
	             PU_OK);
	pu_authorized_keys_free(keys);
	pu_free(text);
}

/* A file of `count` peers that nobody has. */
static struct pu_authorized_keys *many(size_t count)
{
	struct pu_authorized_keys *keys;
	struct pu_buffer text;

	pu_buffer_init(&text, PU_AUTHORIZED_KEYS_FILE_MAX);
	for (size_t i = 0; i < count; i++) {
		uint8_t raw[PU_ED25519_PUBLIC_LEN] = {(uint8_t)i, (uint8_t)(i >> 8)};
		struct pu_public_key key = {.type = PU_KEY_ED25519,
		                            .bytes = pu_bytes(raw, sizeof(raw))};
		struct pu_peer_id peer = pu_peer_id_of_key(&key);
		char peer_text[PU_PEER_ID_TEXT_MAX];

		cr_assert_eq(pu_buffer_printf(&text, "%s\n", pu_peer_id_print(&peer, peer_text)),
		             PU_OK);
	}
	cr_assert_eq(pu_authorized_keys_parse(pu_buffer_bytes(&text), &keys), PU_OK);
	pu_buffer_fini(&text);
	return keys;
}

Test(authorized_keys, have_a_bound_on_peers)
{
	struct pu_authorized_keys *keys = many(PU_AUTHORIZED_KEYS_PEERS_MAX + 1);
	struct pu_peer_id alice = id(ALICE);

	cr_assert_eq(pu_authorized_keys_len(keys), PU_AUTHORIZED_KEYS_PEERS_MAX);
	cr_assert_eq(pu_authorized_keys_problems(keys), 1);
	cr_assert_eq(pu_authorized_keys_problem(keys, 0)->line, PU_AUTHORIZED_KEYS_PEERS_MAX + 1);
	cr_assert_eq(pu_authorized_keys_add(keys, &alice, "", 0), PU_ELIMIT);
	pu_authorized_keys_free(keys);
}
