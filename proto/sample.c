/* Fills and compares structs by their field tables, as no program needs to: for tests, and for
 * the seeds of the fuzz target. */
#include "proto/sample.h"

#include <stdlib.h>

struct filler {
	struct pu_arena *arena;
	size_t len;
	unsigned count; /* of values so far: makes them differ */
};

static void *take(struct filler *filler, size_t size)
{
	void *out;

	if (pu_arena_take(filler->arena, size, &out) != PU_OK)
		abort();
	return out;
}

static size_t at_most(size_t len, uint32_t max)
{
	return len < max ? len : max;
}

/* Every other string has a character of two bytes. */
static const char *string(struct filler *filler, uint32_t max)
{
	size_t len = at_most(filler->len, max);
	char *text = take(filler, len + 1);

	memset(text, 'a' + (int)(filler->count % 26), len);
	if (filler->count++ % 2 == 0 && len >= 2)
		memcpy(text + len - 2, "\xc3\xa9", 2);
	return text;
}

static void fill(struct filler *filler, const struct pu_shape *shape, void *body);

static void fill_list(struct filler *filler, const struct pu_field *field, void *member)
{
	const size_t len = at_most(filler->len, field->max);

	if (field->kind == PU_KIND_STRINGS) {
		const char **items = take(filler, len * sizeof(*items));
		for (size_t i = 0; i < len; i++)
			items[i] = string(filler, field->item_max);
		*(struct pu_strings *)member = (struct pu_strings){items, len};
		return;
	}
	char *items = take(filler, len * field->items->size);
	for (size_t i = 0; i < len; i++)
		fill(filler, field->items, items + i * field->items->size);
	*(struct pu_items *)member = (struct pu_items){items, len};
}

static void fill_field(struct filler *filler, const struct pu_field *field, void *member)
{
	switch (field->kind) {
	case PU_KIND_BOOL:
		*(bool *)member = filler->count++ % 2 == 0;
		break;
	case PU_KIND_U64:
		*(uint64_t *)member = UINT64_MAX >> (filler->count++ % 64);
		break;
	case PU_KIND_I64:
		*(int64_t *)member = INT64_MIN >> (filler->count++ % 64);
		break;
	case PU_KIND_STR:
		*(const char **)member = string(filler, field->max);
		break;
	case PU_KIND_BYTES: {
		size_t len = at_most(filler->len, field->max);
		*(struct pu_bytes *)member = pu_bytes(take(filler, len), len);
		break;
	}
	case PU_KIND_STRINGS:
	case PU_KIND_ITEMS:
		fill_list(filler, field, member);
		break;
	}
}

static void fill(struct filler *filler, const struct pu_shape *shape, void *body)
{
	for (size_t i = 0; i < shape->fields_len; i++)
		fill_field(filler, &shape->fields[i], (char *)body + shape->fields[i].offset);
}

void *pu_sample(struct pu_arena *arena, const struct pu_msg_row *row, size_t len)
{
	struct filler filler = {.arena = arena, .len = len};
	void *body = take(&filler, row->shape->size);

	fill(&filler, row->shape, body);
	return body;
}

static bool strings_eq(const struct pu_strings *a, const struct pu_strings *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool items_eq(const struct pu_shape *shape, const struct pu_items *a,
                     const struct pu_items *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (!pu_sample_eq(shape, (const char *)a->items + i * shape->size,
		                  (const char *)b->items + i * shape->size))
			return false;
	return true;
}

static bool member_eq(const struct pu_field *field, const void *a, const void *b)
{
	switch (field->kind) {
	case PU_KIND_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case PU_KIND_U64:
	case PU_KIND_I64:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case PU_KIND_STR:
		return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
	case PU_KIND_BYTES:
		return pu_bytes_eq(*(const struct pu_bytes *)a, *(const struct pu_bytes *)b);
	case PU_KIND_STRINGS:
		return strings_eq(a, b);
	case PU_KIND_ITEMS:
		return items_eq(field->items, a, b);
	}
	return false;
}

bool pu_sample_eq(const struct pu_shape *shape, const void *a, const void *b)
{
	for (size_t i = 0; i < shape->fields_len; i++) {
		size_t offset = shape->fields[i].offset;
		if (!member_eq(&shape->fields[i], (const char *)a + offset, (const char *)b + offset))
			return false;
	}
	return true;
}
