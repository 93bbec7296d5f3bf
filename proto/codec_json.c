/* Messages as JSON (RFC 8259) for people and scripts: the same names, bytes as base64. */
#include "proto/codec.h"

#include <inttypes.h>
#include <sodium.h>

#include "base/alloc.h"
#include "base/utf8.h"

static enum pu_err put(struct pu_buffer *out, const char *text)
{
	return pu_buffer_append(out, text, strlen(text));
}

/* One character; all control characters (none is beyond four digits) are escaped, those too
 * that JSON would bear and a terminal would not. */
static enum pu_err put_char(struct pu_buffer *out, struct pu_bytes c, uint32_t code)
{
	if (pu_utf8_is_control(code))
		return pu_buffer_printf(out, "\\u%04x", (unsigned)code);
	if (code == '"' || code == '\\') {
		enum pu_err err = put(out, "\\");
		if (err != PU_OK)
			return err;
	}
	return pu_buffer_append(out, c.data, c.len);
}

static enum pu_err put_string(struct pu_buffer *out, const char *str)
{
	enum pu_err err = put(out, "\"");

	while (*str != '\0' && err == PU_OK) {
		uint32_t code = 0xfffd;
		size_t len = pu_utf8_decode(pu_bytes_of_str(str), &code);

		err = len > 0 ? put_char(out, pu_bytes(str, len), code) : put(out, "\\ufffd");
		str += len > 0 ? len : 1;
	}
	return err == PU_OK ? put(out, "\"") : err;
}

static enum pu_err json_bool(struct pu_buffer *out, const struct pu_field *field,
                             const void *member)
{
	(void)field;
	return put(out, *(const bool *)member ? "true" : "false");
}

static enum pu_err json_u64(struct pu_buffer *out, const struct pu_field *field,
                            const void *member)
{
	(void)field;
	return pu_buffer_printf(out, "%" PRIu64, *(const uint64_t *)member);
}

static enum pu_err json_i64(struct pu_buffer *out, const struct pu_field *field,
                            const void *member)
{
	(void)field;
	return pu_buffer_printf(out, "%" PRId64, *(const int64_t *)member);
}

static enum pu_err json_str(struct pu_buffer *out, const struct pu_field *field,
                            const void *member)
{
	const char *str = *(const char *const *)member;

	(void)field;
	return put_string(out, str != NULL ? str : "");
}

static enum pu_err json_bytes(struct pu_buffer *out, const struct pu_field *field,
                              const void *member)
{
	const struct pu_bytes *bytes = member;
	const size_t size = sodium_base64_encoded_len(bytes->len, sodium_base64_VARIANT_ORIGINAL);

	(void)field;
	enum pu_err err = put(out, "\"");
	if (err == PU_OK)
		err = pu_buffer_reserve(out, size);
	if (err != PU_OK)
		return err;
	sodium_bin2base64((char *)out->data + out->len, size, bytes->data, bytes->len,
	                  sodium_base64_VARIANT_ORIGINAL);
	out->len += size - 1; /* without the NUL */
	return put(out, "\"");
}

static enum pu_err json_strings(struct pu_buffer *out, const struct pu_field *field,
                                const void *member)
{
	const struct pu_strings *strings = member;
	enum pu_err err = put(out, "[");

	(void)field;
	for (size_t i = 0; i < strings->len && err == PU_OK; i++) {
		err = put(out, i == 0 ? "" : ",");
		if (err == PU_OK)
			err = put_string(out, strings->items[i]);
	}
	return err == PU_OK ? put(out, "]") : err;
}

static enum pu_err json_fields(struct pu_buffer *out, const struct pu_shape *shape,
                               const void *body, bool first);

static enum pu_err json_items(struct pu_buffer *out, const struct pu_field *field,
                              const void *member)
{
	const struct pu_items *items = member;
	enum pu_err err = put(out, "[");

	for (size_t i = 0; i < items->len && err == PU_OK; i++) {
		err = put(out, i == 0 ? "{" : ",{");
		if (err == PU_OK)
			err = json_fields(out, field->items,
			                  (const char *)items->items + i * field->items->size, true);
		if (err == PU_OK)
			err = put(out, "}");
	}
	return err == PU_OK ? put(out, "]") : err;
}

typedef enum pu_err (*json_fn)(struct pu_buffer *out, const struct pu_field *field,
                               const void *member);

static const json_fn writers[] = {
    [PU_KIND_BOOL] = json_bool,   [PU_KIND_U64] = json_u64,
    [PU_KIND_I64] = json_i64,     [PU_KIND_STR] = json_str,
    [PU_KIND_BYTES] = json_bytes, [PU_KIND_STRINGS] = json_strings,
    [PU_KIND_ITEMS] = json_items,
};

static enum pu_err json_fields(struct pu_buffer *out, const struct pu_shape *shape,
                               const void *body, bool first)
{
	for (size_t i = 0; i < shape->fields_len; i++) {
		const struct pu_field *field = &shape->fields[i];
		enum pu_err err =
		    pu_buffer_printf(out, "%s\"%s\":", first && i == 0 ? "" : ",", field->name);
		if (err == PU_OK)
			err = writers[field->kind](out, field, (const char *)body + field->offset);
		if (err != PU_OK)
			return err;
	}
	return PU_OK;
}

enum pu_err pu_message_to_json(const struct pu_message *message, struct pu_buffer *out)
{
	const size_t start = out->len;

	enum pu_err err = pu_buffer_printf(out, "{\"type\":\"%s\"", message->row->type);
	if (err == PU_OK)
		err = json_fields(out, message->row->shape, message->body, false);
	if (err == PU_OK)
		err = put(out, "}");
	if (err != PU_OK)
		out->len = start;
	return err;
}
