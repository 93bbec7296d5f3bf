/* Memory of one decoded message: taken piece by piece, given back at once. */
#ifndef PU_PROTO_ARENA_H
#define PU_PROTO_ARENA_H

#include <stddef.h>

#include "base/error.h"

struct pu_arena_chunk;

struct pu_arena {
	struct pu_arena_chunk
	    *chunks; /* the newest first; the oldest is kept for the next message */
	size_t used; /* bytes taken since the last reset */
	size_t max;
};

void pu_arena_init(struct pu_arena *arena, size_t max);
void pu_arena_fini(struct pu_arena *arena);
/* Everything that was taken is gone. */
void pu_arena_reset(struct pu_arena *arena);
/* Cleared, aligned for any type; PU_ELIMIT beyond the bound. */
enum pu_err pu_arena_take(struct pu_arena *arena, size_t size, void **out) PU_MUST_CHECK;

#endif
