/* Messages from "key=value" words, as people type them: `peerup call auth.add peer=12D3...`. */
#include "proto/codec.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "proto/arena.h"
#include "proto/limits.h"

/* What one call works on. */
struct words {
	struct pu_arena arena;
	const struct pu_msg_row *row;
	char *error;
	size_t error_size;
};

static enum pu_err refuse(const struct words *words, const char *word, const char *why)
{
	snprintf(words->error, words->error_size, "%s: '%s': %s", words->row->type, word, why);
	return PU_EINVAL;
}

static bool digits_only(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static enum pu_err parse_bool(struct words *words, const struct pu_field *field,
                              const char *text, void *member)
{
	bool truth = strcmp(text, "true") == 0;

	if (!truth && strcmp(text, "false") != 0)
		return refuse(words, field->name, "expected true or false");
	*(bool *)member = truth;
	return PU_OK;
}

static enum pu_err parse_u64(struct words *words, const struct pu_field *field,
                             const char *text, void *member)
{
	errno = 0;
	uint64_t number = strtoull(text, NULL, 10);
	if (!digits_only(text) || errno != 0)
		return refuse(words, field->name, "expected a whole number that is not negative");
	*(uint64_t *)member = number;
	return PU_OK;
}

static enum pu_err parse_i64(struct words *words, const struct pu_field *field,
                             const char *text, void *member)
{
	errno = 0;
	int64_t number = strtoll(text, NULL, 10);
	if (!digits_only(text[0] == '-' ? text + 1 : text) || errno != 0)
		return refuse(words, field->name, "expected a whole number");
	*(int64_t *)member = number;
	return PU_OK;
}

static enum pu_err parse_str(struct words *words, const struct pu_field *field,
                             const char *text, void *member)
{
	if (strlen(text) > field->max)
		return refuse(words, field->name, "too long");
	*(const char **)member = text;
	return PU_OK;
}

static enum pu_err parse_bytes(struct words *words, const struct pu_field *field,
                               const char *text, void *member)
{
	const char *end;
	size_t len;
	void *bytes;

	if (pu_arena_take(&words->arena, strlen(text), &bytes) != PU_OK)
		return refuse(words, field->name, "too long");
	if (sodium_base642bin(bytes, strlen(text), text, strlen(text), NULL, &len, &end,
	                      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    *end != '\0')
		return refuse(words, field->name, "expected base64");
	if (len > field->max)
		return refuse(words, field->name, "too long");
	*(struct pu_bytes *)member = pu_bytes(bytes, len);
	return PU_OK;
}

/* How many pieces the commas make; an empty text has none. */
static size_t count_pieces(const char *text)
{
	size_t count = text[0] != '\0';

	for (; *text != '\0'; text++)
		count += *text == ',';
	return count;
}

static enum pu_err parse_strings(struct words *words, const struct pu_field *field,
                                 const char *text, void *member)
{
	const size_t count = count_pieces(text);
	void *list, *copy;

	if (count > field->max ||
	    pu_arena_take(&words->arena, count * sizeof(char *), &list) != PU_OK ||
	    pu_arena_take(&words->arena, strlen(text) + 1, &copy) != PU_OK)
		return refuse(words, field->name, "too many entries");
	memcpy(copy, text, strlen(text));
	char *rest = copy;
	for (size_t i = 0; i < count; i++) {
		((char **)list)[i] = strsep(&rest, ",");
		if (strlen(((char **)list)[i]) > field->item_max)
			return refuse(words, field->name, "an entry is too long");
	}
	*(struct pu_strings *)member = (struct pu_strings){list, count};
	return PU_OK;
}

static enum pu_err parse_items(struct words *words, const struct pu_field *field,
                               const char *text, void *member)
{
	(void)text;
	(void)member;
	return refuse(words, field->name, "a list of maps cannot be written as a word");
}

typedef enum pu_err (*parse_fn)(struct words *words, const struct pu_field *field,
                                const char *text, void *member);

static const parse_fn parsers[] = {
    [PU_KIND_BOOL] = parse_bool,   [PU_KIND_U64] = parse_u64,
    [PU_KIND_I64] = parse_i64,     [PU_KIND_STR] = parse_str,
    [PU_KIND_BYTES] = parse_bytes, [PU_KIND_STRINGS] = parse_strings,
    [PU_KIND_ITEMS] = parse_items,
};

static const struct pu_field *field_of(const struct pu_shape *shape, struct pu_bytes name)
{
	for (size_t i = 0; i < shape->fields_len; i++)
		if (pu_bytes_eq(pu_bytes_of_str(shape->fields[i].name), name))
			return &shape->fields[i];
	return NULL;
}

static enum pu_err parse_word(struct words *words, const char *word, void *body, uint64_t *seen)
{
	const struct pu_shape *shape = words->row->shape;
	const char *equals = strchr(word, '=');

	if (equals == NULL)
		return refuse(words, word, "expected key=value");
	const struct pu_field *field = field_of(shape, pu_bytes(word, (size_t)(equals - word)));
	if (field == NULL)
		return refuse(words, word, "there is no such field");
	uint64_t bit = UINT64_C(1) << (field - shape->fields);
	if ((*seen & bit) != 0)
		return refuse(words, field->name, "comes twice");
	*seen |= bit;
	return parsers[field->kind](words, field, equals + 1, (char *)body + field->offset);
}

static enum pu_err parse_all(struct words *words, const char *const *list, size_t len,
                             void *body)
{
	const struct pu_shape *shape = words->row->shape;
	uint64_t seen = 0;

	for (size_t i = 0; i < len; i++) {
		enum pu_err err = parse_word(words, list[i], body, &seen);
		if (err != PU_OK)
			return err;
	}
	for (size_t i = 0; i < shape->fields_len; i++)
		if (shape->fields[i].need == PU_REQUIRED && (seen >> i & 1) == 0)
			return refuse(words, shape->fields[i].name, "is missing");
	return PU_OK;
}

enum pu_err pu_encode_words(struct pu_buffer *out, const struct pu_msg_row *row,
                            const char *const *words, size_t words_len, char *error,
                            size_t error_size)
{
	struct words state = {.row = row, .error = error, .error_size = error_size};
	void *body = pu_zalloc(row->shape->size);

	pu_arena_init(&state.arena, PU_DECODE_MEMORY_MAX);
	enum pu_err err = parse_all(&state, words, words_len, body);
	if (err == PU_OK) {
		err = pu_encode(out, row->id, body);
		if (err != PU_OK)
			snprintf(error, error_size, "%s: %s", row->type, pu_strerror(err));
	}
	pu_arena_fini(&state.arena);
	pu_free(body);
	return err;
}
