/* Chunks behind a decoder: pointers into it stay valid until the reset. */
#include "proto/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/alloc.h"

#define CHUNK_SIZE 2048

struct pu_arena_chunk {
	struct pu_arena_chunk *next;
	size_t len, cap;
	alignas(max_align_t) unsigned char data[];
};

void pu_arena_init(struct pu_arena *arena, size_t max)
{
	*arena = (struct pu_arena){.max = max};
}

static void free_down_to(struct pu_arena *arena, const struct pu_arena_chunk *last)
{
	while (arena->chunks != last) {
		struct pu_arena_chunk *chunk = arena->chunks;
		arena->chunks = chunk->next;
		pu_free(chunk);
	}
}

void pu_arena_fini(struct pu_arena *arena)
{
	free_down_to(arena, NULL);
}

void pu_arena_reset(struct pu_arena *arena)
{
	struct pu_arena_chunk *oldest = arena->chunks;

	arena->used = 0;
	if (oldest == NULL)
		return;
	while (oldest->next != NULL)
		oldest = oldest->next;
	free_down_to(arena, oldest->cap == CHUNK_SIZE ? oldest : NULL);
	if (arena->chunks != NULL)
		arena->chunks->len = 0;
}

static struct pu_arena_chunk *chunk_with(struct pu_arena *arena, size_t size)
{
	struct pu_arena_chunk *chunk = arena->chunks;

	if (chunk != NULL && chunk->cap - chunk->len >= size)
		return chunk;
	size_t cap = size > CHUNK_SIZE ? size : CHUNK_SIZE;
	chunk = pu_alloc(sizeof(*chunk) + cap);
	*chunk = (struct pu_arena_chunk){.next = arena->chunks, .cap = cap};
	arena->chunks = chunk;
	return chunk;
}

enum pu_err pu_arena_take(struct pu_arena *arena, size_t size, void **out)
{
	const size_t align = alignof(max_align_t);

	if (size > arena->max - arena->used)
		return PU_ELIMIT;
	size = (size + align - 1) & ~(align - 1);
	if (size > arena->max - arena->used)
		return PU_ELIMIT;
	struct pu_arena_chunk *chunk = chunk_with(arena, size);
	*out = chunk->data + chunk->len;
	chunk->len += size;
	arena->used += size;
	memset(*out, 0, size);
	return PU_OK;
}
