/* From msgpack bytes to structs: walks a row's field table over the map, checks every bound and
 * copies into the decoder's arena. */
#include "proto/codec.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "proto/arena.h"
#include "proto/limits.h"
#include "proto/reader.h"
#include "proto/text.h"

#define ERROR_MAX 256

struct pu_decoder {
	struct pu_arena arena;
	const char *type; /* of the message at hand, for error texts */
	char error[ERROR_MAX];
};

/* Where a field's value goes: the field, and its member in the struct. */
struct place {
	const struct pu_field *field;
	void *member;
};

struct pu_decoder *pu_decoder_new(void)
{
	struct pu_decoder *decoder = PU_NEW(struct pu_decoder);

	pu_arena_init(&decoder->arena, PU_DECODE_MEMORY_MAX);
	return decoder;
}

void pu_decoder_free(struct pu_decoder *decoder)
{
	if (decoder == NULL)
		return;
	pu_arena_fini(&decoder->arena);
	pu_free(decoder);
}

const char *pu_decoder_error(const struct pu_decoder *decoder)
{
	return decoder->error;
}

__attribute__((format(printf, 3, 4))) static enum pu_err
refuse(struct pu_decoder *decoder, enum pu_err err, const char *fmt, ...)
{
	size_t used = 0;
	va_list args;

	if (decoder->type != NULL)
		used = (size_t)snprintf(decoder->error, ERROR_MAX, "%s: ", decoder->type);
	va_start(args, fmt);
	vsnprintf(decoder->error + used, ERROR_MAX - used, fmt, args);
	va_end(args);
	return err;
}

/* What the reader says is wrong with the bytes themselves. */
static enum pu_err refuse_bytes(struct pu_decoder *decoder, enum pu_err err)
{
	if (err == PU_ETRUNCATED)
		return refuse(decoder, PU_EMALFORMED, "the message ends too early");
	if (err == PU_ELIMIT)
		return refuse(decoder, PU_ELIMIT, "nested deeper than %d", PU_DECODE_DEPTH_MAX);
	return refuse(decoder, PU_EMALFORMED, "not msgpack");
}

static enum pu_err next(struct pu_decoder *decoder, struct pu_reader *reader,
                        struct pu_token *token)
{
	enum pu_err err = pu_reader_next(reader, token);

	return err == PU_OK ? PU_OK : refuse_bytes(decoder, err);
}

static enum pu_err take(struct pu_decoder *decoder, size_t size, void **out)
{
	if (pu_arena_take(&decoder->arena, size, out) != PU_OK)
		return refuse(decoder, PU_ELIMIT, "needs more than %d bytes of memory",
		              PU_DECODE_MEMORY_MAX);
	return PU_OK;
}

static enum pu_err refuse_kind(struct pu_decoder *decoder, const struct pu_field *field,
                               const char *expected)
{
	return refuse(decoder, PU_EINVAL, "field '%s' must be %s", field->name, expected);
}

static enum pu_err refuse_length(struct pu_decoder *decoder, const struct pu_field *field,
                                 uint32_t max, const char *unit)
{
	return refuse(decoder, PU_ELIMIT, "field '%s' has more than %u %s", field->name, max, unit);
}

/* ---- one value of each kind; the token is its head ---- */

static enum pu_err decode_bool(struct pu_decoder *decoder, struct pu_reader *reader,
                               const struct pu_token *token, struct place to)
{
	(void)reader;
	if (token->kind != PU_TOKEN_BOOL)
		return refuse_kind(decoder, to.field, "true or false");
	*(bool *)to.member = token->truth;
	return PU_OK;
}

static enum pu_err decode_u64(struct pu_decoder *decoder, struct pu_reader *reader,
                              const struct pu_token *token, struct place to)
{
	(void)reader;
	if (token->kind != PU_TOKEN_UINT)
		return refuse_kind(decoder, to.field, "a whole number that is not negative");
	*(uint64_t *)to.member = token->number;
	return PU_OK;
}

static enum pu_err decode_i64(struct pu_decoder *decoder, struct pu_reader *reader,
                              const struct pu_token *token, struct place to)
{
	(void)reader;
	if (token->kind != PU_TOKEN_INT &&
	    (token->kind != PU_TOKEN_UINT || token->number > INT64_MAX))
		return refuse_kind(decoder, to.field, "a whole number");
	*(int64_t *)to.member =
	    token->kind == PU_TOKEN_INT ? token->negative : (int64_t)token->number;
	return PU_OK;
}

static enum pu_err copy_string(struct pu_decoder *decoder, const struct pu_token *token,
                               const struct pu_field *field, uint32_t max, const char **out)
{
	void *copy;

	if (token->kind != PU_TOKEN_STR)
		return refuse_kind(decoder, field, "text");
	if (token->bytes.len > max)
		return refuse_length(decoder, field, max, "bytes");
	if (!pu_text_valid(token->bytes))
		return refuse(decoder, PU_EMALFORMED, "field '%s' is not UTF-8 text", field->name);
	enum pu_err err = take(decoder, token->bytes.len + 1, &copy);
	if (err != PU_OK)
		return err;
	memcpy(copy, token->bytes.data, token->bytes.len);
	*out = copy;
	return PU_OK;
}

static enum pu_err decode_str(struct pu_decoder *decoder, struct pu_reader *reader,
                              const struct pu_token *token, struct place to)
{
	(void)reader;
	return copy_string(decoder, token, to.field, to.field->max, (const char **)to.member);
}

static enum pu_err decode_bytes(struct pu_decoder *decoder, struct pu_reader *reader,
                                const struct pu_token *token, struct place to)
{
	void *copy;

	(void)reader;
	if (token->kind != PU_TOKEN_BIN)
		return refuse_kind(decoder, to.field, "bytes");
	if (token->bytes.len > to.field->max)
		return refuse_length(decoder, to.field, to.field->max, "bytes");
	enum pu_err err = take(decoder, token->bytes.len, &copy);
	if (err != PU_OK)
		return err;
	memcpy(copy, token->bytes.data, token->bytes.len);
	*(struct pu_bytes *)to.member = pu_bytes(copy, token->bytes.len);
	return PU_OK;
}

/* The memory of a list whose entries have `size` bytes. */
static enum pu_err take_list(struct pu_decoder *decoder, const struct pu_token *token,
                             const struct pu_field *field, size_t size, void **out)
{
	if (token->kind != PU_TOKEN_ARRAY)
		return refuse_kind(decoder, field, "a list");
	if (token->count > field->max)
		return refuse_length(decoder, field, field->max, "entries");
	return take(decoder, token->count * size, out);
}

static enum pu_err decode_strings(struct pu_decoder *decoder, struct pu_reader *reader,
                                  const struct pu_token *token, struct place to)
{
	void *list;

	enum pu_err err = take_list(decoder, token, to.field, sizeof(const char *), &list);
	for (size_t i = 0; i < token->count && err == PU_OK; i++) {
		struct pu_token item;
		err = next(decoder, reader, &item);
		if (err == PU_OK)
			err = copy_string(decoder, &item, to.field, to.field->item_max,
			                  (const char **)list + i);
	}
	if (err == PU_OK)
		*(struct pu_strings *)to.member = (struct pu_strings){list, token->count};
	return err;
}

static enum pu_err decode_map(struct pu_decoder *decoder, struct pu_reader *reader,
                              uint32_t pairs, const struct pu_shape *shape, void *body);

static enum pu_err decode_items(struct pu_decoder *decoder, struct pu_reader *reader,
                                const struct pu_token *token, struct place to)
{
	const struct pu_shape *shape = to.field->items;
	void *list;

	enum pu_err err = take_list(decoder, token, to.field, shape->size, &list);
	for (size_t i = 0; i < token->count && err == PU_OK; i++) {
		struct pu_token item;
		err = next(decoder, reader, &item);
		if (err == PU_OK && item.kind != PU_TOKEN_MAP)
			err = refuse_kind(decoder, to.field, "a list of maps");
		if (err == PU_OK)
			err =
			    decode_map(decoder, reader, item.count, shape, (char *)list + i * shape->size);
	}
	if (err == PU_OK)
		*(struct pu_items *)to.member = (struct pu_items){list, token->count};
	return err;
}

typedef enum pu_err (*decode_fn)(struct pu_decoder *decoder, struct pu_reader *reader,
                                 const struct pu_token *token, struct place to);

static const decode_fn decoders[] = {
    [PU_KIND_BOOL] = decode_bool,   [PU_KIND_U64] = decode_u64,
    [PU_KIND_I64] = decode_i64,     [PU_KIND_STR] = decode_str,
    [PU_KIND_BYTES] = decode_bytes, [PU_KIND_STRINGS] = decode_strings,
    [PU_KIND_ITEMS] = decode_items,
};

/* ---- maps ---- */

/* The index of the field of that name, or fields_len. */
static size_t find_field(const struct pu_shape *shape, struct pu_bytes name)
{
	for (size_t i = 0; i < shape->fields_len; i++)
		if (pu_bytes_eq(pu_bytes_of_str(shape->fields[i].name), name))
			return i;
	return shape->fields_len;
}

static enum pu_err skip(struct pu_decoder *decoder, struct pu_reader *reader)
{
	enum pu_err err = pu_reader_skip(reader, PU_DECODE_DEPTH_MAX);

	return err == PU_OK ? PU_OK : refuse_bytes(decoder, err);
}

/* One pair of a map; notes in *seen which field it was. */
static enum pu_err decode_pair(struct pu_decoder *decoder, struct pu_reader *reader,
                               const struct pu_shape *shape, void *body, uint64_t *seen)
{
	struct pu_token token;

	enum pu_err err = next(decoder, reader, &token);
	if (err != PU_OK)
		return err;
	if (token.kind != PU_TOKEN_STR)
		return refuse(decoder, PU_EMALFORMED, "a field's name must be text");
	size_t index = find_field(shape, token.bytes);
	if (index == shape->fields_len)
		return skip(decoder, reader);
	const struct pu_field *field = &shape->fields[index];
	if ((*seen >> index & 1) != 0)
		return refuse(decoder, PU_EMALFORMED, "field '%s' comes twice", field->name);
	err = next(decoder, reader, &token);
	if (err != PU_OK || token.kind == PU_TOKEN_NIL)
		return err;
	*seen |= UINT64_C(1) << index;
	struct place to = {.field = field, .member = (char *)body + field->offset};
	return decoders[field->kind](decoder, reader, &token, to);
}

static enum pu_err check_missing(struct pu_decoder *decoder, const struct pu_shape *shape,
                                 uint64_t seen)
{
	for (size_t i = 0; i < shape->fields_len; i++)
		if (shape->fields[i].need == PU_REQUIRED && (seen >> i & 1) == 0)
			return refuse(decoder, PU_EINVAL, "field '%s' is missing", shape->fields[i].name);
	return PU_OK;
}

static void set_empty_strings(const struct pu_shape *shape, void *body)
{
	for (size_t i = 0; i < shape->fields_len; i++)
		if (shape->fields[i].kind == PU_KIND_STR)
			*(const char **)(void *)((char *)body + shape->fields[i].offset) = "";
}

static enum pu_err decode_map(struct pu_decoder *decoder, struct pu_reader *reader,
                              uint32_t pairs, const struct pu_shape *shape, void *body)
{
	uint64_t seen = 0;

	set_empty_strings(shape, body);
	for (uint32_t i = 0; i < pairs; i++) {
		enum pu_err err = decode_pair(decoder, reader, shape, body, &seen);
		if (err != PU_OK)
			return err;
	}
	return check_missing(decoder, shape, seen);
}

/* Looks for "type" wherever it stands; the reader is a copy. */
static enum pu_err find_row(struct pu_decoder *decoder, struct pu_reader reader, uint32_t pairs,
                            const struct pu_msg_row **row)
{
	struct pu_token token;

	for (uint32_t i = 0; i < pairs; i++) {
		enum pu_err err = next(decoder, &reader, &token);
		if (err != PU_OK)
			return err;
		if (token.kind != PU_TOKEN_STR || !pu_bytes_eq(token.bytes, pu_bytes_of_str("type"))) {
			err = skip(decoder, &reader);
			if (err != PU_OK)
				return err;
			continue;
		}
		err = next(decoder, &reader, &token);
		if (err != PU_OK)
			return err;
		if (token.kind != PU_TOKEN_STR)
			return refuse(decoder, PU_EINVAL, "field 'type' must be text");
		*row = pu_msg_row_by_type((const char *)token.bytes.data, token.bytes.len);
		if (*row == NULL && token.bytes.len <= PU_FIELD_NAME_MAX && pu_text_valid(token.bytes))
			return refuse(decoder, PU_EINVAL, "unknown message type '%.*s'",
			              (int)token.bytes.len, (const char *)token.bytes.data);
		return *row != NULL ? PU_OK : refuse(decoder, PU_EINVAL, "unknown message type");
	}
	return refuse(decoder, PU_EINVAL, "field 'type' is missing");
}

enum pu_err pu_decode(struct pu_decoder *decoder, struct pu_bytes bytes, struct pu_message *out)
{
	struct pu_reader reader = {.at = bytes.data, .end = bytes.data + bytes.len};
	const struct pu_msg_row *row = NULL;
	struct pu_token head;
	void *body;

	pu_arena_reset(&decoder->arena);
	decoder->type = NULL;
	decoder->error[0] = '\0';
	if (bytes.len > PU_MESSAGE_MAX)
		return refuse(decoder, PU_ELIMIT, "longer than %d bytes", PU_MESSAGE_MAX);
	enum pu_err err = next(decoder, &reader, &head);
	if (err == PU_OK && head.kind != PU_TOKEN_MAP)
		err = refuse(decoder, PU_EMALFORMED, "a message must be a map");
	if (err == PU_OK)
		err = find_row(decoder, reader, head.count, &row);
	if (err != PU_OK)
		return err;
	decoder->type = row->type;
	err = take(decoder, row->shape->size, &body);
	if (err == PU_OK)
		err = decode_map(decoder, &reader, head.count, row->shape, body);
	if (err == PU_OK && reader.at != reader.end)
		err = refuse(decoder, PU_EMALFORMED, "bytes follow the message");
	if (err != PU_OK)
		return err;
	*out = (struct pu_message){.row = row, .body = body};
	return PU_OK;
}
