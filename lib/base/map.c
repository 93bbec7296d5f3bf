/* Knows the hash table: open addressing with linear probing over a power of two of slots. Only
 * pu_map_put() moves slots, so that deleting while iterating is safe. */
#include "base/map.h"

#include <sodium.h>

#include "base/alloc.h"
#include "base/rand.h"

/* What the tag of a slot says besides the hash of its key. */
enum { EMPTY = 0, TOMBSTONE = 1, HASH_MIN = 2 };
enum { CAP_MIN = 8 };

struct pu_map_slot {
	uint64_t tag;
	struct pu_bytes key;
	void *value;
};

static uint64_t hash_of(struct pu_bytes key)
{
	static unsigned char secret[crypto_shorthash_KEYBYTES];
	static bool have_secret;
	uint64_t hash;

	if (!have_secret) {
		pu_rand_bytes(secret, sizeof(secret));
		have_secret = true;
	}
	crypto_shorthash((unsigned char *)&hash, key.data, key.len, secret);
	return hash < HASH_MIN ? hash + HASH_MIN : hash;
}

void pu_map_init(struct pu_map *map)
{
	*map = (struct pu_map){0};
}

void pu_map_fini(struct pu_map *map)
{
	pu_free(map->slots);
	*map = (struct pu_map){0};
}

/* The slot of the key, or NULL. */
static struct pu_map_slot *find(const struct pu_map *map, uint64_t hash, struct pu_bytes key)
{
	if (map->cap == 0)
		return NULL;
	for (size_t i = hash & (map->cap - 1);; i = (i + 1) & (map->cap - 1)) {
		struct pu_map_slot *slot = &map->slots[i];

		if (slot->tag == EMPTY)
			return NULL;
		if (slot->tag == hash && pu_bytes_eq(slot->key, key))
			return slot;
	}
}

static void insert_new(struct pu_map *map, struct pu_map_slot entry)
{
	size_t i = entry.tag & (map->cap - 1);

	while (map->slots[i].tag >= HASH_MIN)
		i = (i + 1) & (map->cap - 1);
	if (map->slots[i].tag == EMPTY)
		map->used++;
	map->slots[i] = entry;
	map->len++;
}

/* Moves to a table that the entries and one more fill by less than a half. */
static void resize(struct pu_map *map)
{
	struct pu_map old = *map;
	size_t cap = CAP_MIN;

	while (cap < 2 * (old.len + 1))
		cap *= 2;
	*map = (struct pu_map){.slots = pu_calloc(cap, sizeof(struct pu_map_slot)), .cap = cap};
	for (size_t i = 0; i < old.cap; i++) {
		if (old.slots[i].tag >= HASH_MIN)
			insert_new(map, old.slots[i]);
	}
	pu_map_fini(&old);
}

void *pu_map_get(const struct pu_map *map, struct pu_bytes key)
{
	const struct pu_map_slot *slot;

	if (map->len == 0)
		return NULL;
	slot = find(map, hash_of(key), key);
	return slot != NULL ? slot->value : NULL;
}

void *pu_map_put(struct pu_map *map, struct pu_bytes key, void *value)
{
	uint64_t hash = hash_of(key);
	struct pu_map_slot *slot = find(map, hash, key);
	bool too_full, too_empty;

	if (slot != NULL) {
		void *old = slot->value;

		slot->key = key;
		slot->value = value;
		return old;
	}
	too_full = (map->used + 1) * 4 > map->cap * 3;
	too_empty = map->cap > CAP_MIN && map->len * 8 < map->cap;
	if (too_full || too_empty)
		resize(map);
	insert_new(map, (struct pu_map_slot){.tag = hash, .key = key, .value = value});
	return NULL;
}

void *pu_map_del(struct pu_map *map, struct pu_bytes key)
{
	struct pu_map_slot *slot = map->len > 0 ? find(map, hash_of(key), key) : NULL;
	void *value;

	if (slot == NULL)
		return NULL;
	value = slot->value;
	*slot = (struct pu_map_slot){.tag = TOMBSTONE};
	map->len--;
	if (map->len == 0)
		pu_map_fini(map);
	return value;
}

size_t pu_map_len(const struct pu_map *map)
{
	return map->len;
}

size_t pu_map_memory(const struct pu_map *map)
{
	return map->cap * sizeof(struct pu_map_slot);
}

bool pu_map_next(const struct pu_map *map, size_t *pos, struct pu_bytes *key, void **value)
{
	while (*pos < map->cap) {
		const struct pu_map_slot *slot = &map->slots[(*pos)++];

		if (slot->tag < HASH_MIN)
			continue;
		if (key != NULL)
			*key = slot->key;
		if (value != NULL)
			*value = slot->value;
		return true;
	}
	return false;
}
