#include "base/map.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { ENTRIES = 5000 };

struct entry {
	char key[16];
	bool seen;
};

static struct entry entries[ENTRIES];

static struct pu_bytes key_of(const struct entry *entry)
{
	return pu_bytes_of_str(entry->key);
}

static void fill(struct pu_map *map)
{
	pu_map_init(map);
	for (size_t i = 0; i < ENTRIES; i++) {
		snprintf(entries[i].key, sizeof(entries[i].key), "key-%zu", i);
		cr_assert_null(pu_map_put(map, key_of(&entries[i]), &entries[i]));
	}
}

Test(map, finds_what_was_put)
{
	struct pu_map map;

	fill(&map);
	cr_assert_eq(pu_map_len(&map), ENTRIES);
	for (size_t i = 0; i < ENTRIES; i++)
		cr_assert_eq(pu_map_get(&map, key_of(&entries[i])), &entries[i]);
	cr_assert_null(pu_map_get(&map, pu_bytes_of_str("key-")));
	pu_map_fini(&map);
}

Test(map, is_empty_without_memory)
{
	struct pu_map map;
	size_t pos = 0;

	pu_map_init(&map);
	cr_assert_null(pu_map_get(&map, pu_bytes_of_str("a")));
	cr_assert_null(pu_map_del(&map, pu_bytes_of_str("a")));
	cr_assert_not(pu_map_next(&map, &pos, NULL, NULL));
	pu_map_fini(&map);
}

Test(map, replaces_and_answers_the_old_value)
{
	struct pu_map map;
	int one, two;

	pu_map_init(&map);
	cr_assert_null(pu_map_put(&map, pu_bytes(NULL, 0), &one));
	cr_assert_eq(pu_map_put(&map, pu_bytes(NULL, 0), &two), &one);
	cr_assert_eq(pu_map_get(&map, pu_bytes_of_str("")), &two);
	cr_assert_eq(pu_map_len(&map), 1);
	pu_map_fini(&map);
}

Test(map, tells_keys_with_zero_bytes_apart)
{
	struct pu_map map;
	int one, two;

	pu_map_init(&map);
	pu_map_put(&map, pu_bytes("a\0b", 3), &one);
	pu_map_put(&map, pu_bytes("a\0c", 3), &two);
	cr_assert_eq(pu_map_get(&map, pu_bytes("a\0b", 3)), &one);
	cr_assert_eq(pu_map_get(&map, pu_bytes("a\0c", 3)), &two);
	cr_assert_null(pu_map_get(&map, pu_bytes("a", 1)));
	pu_map_fini(&map);
}

Test(map, iterates_over_every_entry_once_and_may_lose_it)
{
	struct pu_map map;
	struct pu_bytes key;
	void *value;
	size_t pos = 0, count = 0;

	fill(&map);
	while (pu_map_next(&map, &pos, &key, &value)) {
		struct entry *entry = value;

		cr_assert_not(entry->seen);
		entry->seen = true;
		cr_assert_eq(pu_map_del(&map, key), entry);
		count++;
	}
	cr_assert_eq(count, ENTRIES);
	cr_assert_eq(pu_map_len(&map), 0);
	cr_assert_null(map.slots);
	pu_map_fini(&map);
}

Test(map, does_not_grow_from_coming_and_going)
{
	struct pu_map map;
	struct entry one;

	pu_map_init(&map);
	pu_map_put(&map, pu_bytes_of_str("stays"), &one);
	for (size_t i = 0; i < 100000; i++) {
		snprintf(one.key, sizeof(one.key), "%zu", i);
		pu_map_put(&map, key_of(&one), &one);
		cr_assert_eq(pu_map_del(&map, key_of(&one)), &one);
	}
	cr_assert_leq(map.cap, 16);
	pu_map_fini(&map);
}

Test(map, shrinks_after_most_entries_left)
{
	struct pu_map map;
	size_t full_cap;

	fill(&map);
	full_cap = map.cap;
	for (size_t i = 1; i < ENTRIES; i++)
		pu_map_del(&map, key_of(&entries[i]));
	pu_map_put(&map, key_of(&entries[1]), &entries[1]);
	cr_assert_lt(map.cap, full_cap / 100);
	cr_assert_eq(pu_map_get(&map, key_of(&entries[0])), &entries[0]);
	cr_assert_eq(pu_map_get(&map, key_of(&entries[1])), &entries[1]);
	pu_map_fini(&map);
}
