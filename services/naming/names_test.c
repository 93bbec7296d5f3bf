#include "names.h"

#include <criterion/criterion.h>

#include "base/alloc.h"

#define ALICE     "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define ALICE_B32 "bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2pzyt6"
#define ALICE_B36 "k51qzi5uqu5dgy8qsq67hbz73jqkw87l3fgf4a91qb0d9b5173tir7n4vxk1oe"
#define BOB       "12D3KooWLU2znyJMtDiHArqAGbZn8CgUGp92kxDBtefftEEaHSZS"

static struct naming_names names;

static const struct {
	const char *name, *peer;
} configured[] = {
    {"Home", ALICE_B32}, {"laptop", BOB},          {"casa", ALICE},
    {"LAPTOP", ALICE},   {"nobody", "not a peer"},
};

static void begin(void)
{
	struct pu_config_name items[PU_ARRAY_LEN(configured)];
	const struct pu_config config = {.names = {.items = items, .len = PU_ARRAY_LEN(items)}};

	for (size_t i = 0; i < PU_ARRAY_LEN(items); i++) {
		items[i].name = pu_strdup(configured[i].name);
		items[i].peer = pu_strdup(configured[i].peer);
	}
	naming_names_init(&names, &config);
	for (size_t i = 0; i < PU_ARRAY_LEN(items); i++) {
		pu_free(items[i].name);
		pu_free(items[i].peer);
	}
}

static void end(void)
{
	naming_names_fini(&names);
}

static struct pu_peer_id id(const char *text)
{
	struct pu_peer_id peer;

	cr_assert_eq(pu_peer_id_parse(text, &peer), PU_OK);
	return peer;
}

static void assert_means(const char *text, const char *peer_text, const char *name)
{
	const struct naming_name *entry;
	struct pu_peer_id peer, expected = id(peer_text);

	cr_assert_eq(naming_names_resolve(&names, text, &peer, &entry), PU_OK, "%s", text);
	cr_assert(pu_peer_id_eq(&peer, &expected), "%s", text);
	if (name == NULL)
		cr_assert_null(entry);
	else
		cr_assert_str_eq(entry->name, name);
}

TestSuite(naming_names, .init = begin, .fini = end);

Test(naming_names, are_found_whatever_their_case)
{
	assert_means("home", ALICE, "Home");
	assert_means("HOME", ALICE, "Home");
	assert_means("casa", ALICE, "casa");
}

Test(naming_names, given_twice_mean_the_first)
{
	assert_means("laptop", BOB, "laptop");
	assert_means("Laptop", BOB, "laptop");
}

Test(naming_names, may_be_peer_ids_in_any_form)
{
	assert_means(ALICE, ALICE, NULL);
	assert_means(ALICE_B32, ALICE, NULL);
	assert_means(ALICE_B36, ALICE, NULL);
}

Test(naming_names, of_nobody_are_not_found)
{
	struct pu_peer_id peer;

	cr_assert_eq(naming_names_resolve(&names, "", &peer, NULL), PU_ENOTFOUND);
	cr_assert_eq(naming_names_resolve(&names, "hom", &peer, NULL), PU_ENOTFOUND);
	cr_assert_eq(naming_names_resolve(&names, "nobody", &peer, NULL), PU_ENOTFOUND);
}

Test(naming_names, tell_what_a_peer_is_called)
{
	struct pu_peer_id alice = id(ALICE), bob = id(BOB);
	struct pu_peer_id stranger = id("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N");

	cr_assert_str_eq(naming_names_of(&names, &alice), "Home");
	cr_assert_str_eq(naming_names_of(&names, &bob), "laptop");
	cr_assert_str_eq(naming_names_of(&names, &stranger), "");
}

Test(naming_names, may_be_none)
{
	const struct pu_config config = {0};
	struct naming_names none;
	struct pu_peer_id peer;

	naming_names_init(&none, &config);
	cr_assert_eq(naming_names_resolve(&none, "home", &peer, NULL), PU_ENOTFOUND);
	cr_assert_eq(naming_names_resolve(&none, ALICE, &peer, NULL), PU_OK);
	naming_names_fini(&none);
}
