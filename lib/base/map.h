/* Hash map from byte strings to pointers. Keys are hashed with a per-process
 * random key (SipHash), so that a peer cannot choose collisions. */
#ifndef PU_BASE_MAP_H
#define PU_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct pu_map_slot;

struct pu_map {
	struct pu_map_slot *slots; /* NULL while empty */
	size_t len, cap, used;     /* entries; slots; entries + tombstones */
};

/* Borrows keys: the bytes under `key` must live (unchanged) as long as the
 * entry, so let them be part of the value. */
void pu_map_init(struct pu_map *map);
void pu_map_fini(struct pu_map *map); /* frees the table, not the values */

void *pu_map_get(const struct pu_map *map, struct pu_bytes key); /* or NULL */
/* Adds or replaces; answers the value that was there before, or NULL. */
void *pu_map_put(struct pu_map *map, struct pu_bytes key, void *value);
/* Answers the removed value, or NULL. */
void *pu_map_del(struct pu_map *map, struct pu_bytes key);
size_t pu_map_len(const struct pu_map *map);
size_t pu_map_memory(const struct pu_map *map); /* bytes of the table */

/* Iteration: start with *pos = 0; false at the end. The map may lose the entry
 * just answered, and nothing else may change, while iterating. key and value may be NULL. */
bool pu_map_next(const struct pu_map *map, size_t *pos, struct pu_bytes *key, void **value);

#endif
