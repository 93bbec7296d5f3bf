/* From structs to msgpack bytes: the only file that calls msgpack-c. Packs what a row's field
 * table says, within the same bounds that decoding checks. */
#include "proto/codec.h"

#include <msgpack.h>

#include "base/alloc.h"
#include "proto/text.h"

/* msgpack-c tells of no other failure than its writer's. */
static enum pu_err packed(int result)
{
	return result == 0 ? PU_OK : PU_ELIMIT;
}

static int write_bytes(void *data, const char *bytes, size_t len)
{
	return pu_buffer_append(data, bytes, len) == PU_OK ? 0 : -1;
}

static enum pu_err pack_string(msgpack_packer *packer, const char *str)
{
	size_t len = strlen(str);

	if (msgpack_pack_str(packer, len) != 0)
		return PU_ELIMIT;
	return packed(msgpack_pack_str_body(packer, str, len));
}

static enum pu_err pack_checked_string(msgpack_packer *packer, const char *str, uint32_t max)
{
	if (str == NULL)
		str = "";
	if (strlen(str) > max)
		return PU_ELIMIT;
	if (!pu_text_valid(pu_bytes_of_str(str)))
		return PU_EMALFORMED;
	return pack_string(packer, str);
}

static enum pu_err encode_bool(msgpack_packer *packer, const struct pu_field *field,
                               const void *member)
{
	(void)field;
	return packed(*(const bool *)member ? msgpack_pack_true(packer)
	                                    : msgpack_pack_false(packer));
}

static enum pu_err encode_u64(msgpack_packer *packer, const struct pu_field *field,
                              const void *member)
{
	(void)field;
	return packed(msgpack_pack_uint64(packer, *(const uint64_t *)member));
}

static enum pu_err encode_i64(msgpack_packer *packer, const struct pu_field *field,
                              const void *member)
{
	(void)field;
	return packed(msgpack_pack_int64(packer, *(const int64_t *)member));
}

static enum pu_err encode_str(msgpack_packer *packer, const struct pu_field *field,
                              const void *member)
{
	return pack_checked_string(packer, *(const char *const *)member, field->max);
}

static enum pu_err encode_bytes(msgpack_packer *packer, const struct pu_field *field,
                                const void *member)
{
	const struct pu_bytes *bytes = member;

	if (bytes->len > field->max || msgpack_pack_bin(packer, bytes->len) != 0)
		return PU_ELIMIT;
	return bytes->len == 0 ? PU_OK
	                       : packed(msgpack_pack_bin_body(packer, bytes->data, bytes->len));
}

static enum pu_err encode_strings(msgpack_packer *packer, const struct pu_field *field,
                                  const void *member)
{
	const struct pu_strings *strings = member;

	if (strings->len > field->max || msgpack_pack_array(packer, strings->len) != 0)
		return PU_ELIMIT;
	for (size_t i = 0; i < strings->len; i++) {
		enum pu_err err = pack_checked_string(packer, strings->items[i], field->item_max);
		if (err != PU_OK)
			return err;
	}
	return PU_OK;
}

static enum pu_err encode_fields(msgpack_packer *packer, const struct pu_shape *shape,
                                 const void *body);

static enum pu_err encode_items(msgpack_packer *packer, const struct pu_field *field,
                                const void *member)
{
	const struct pu_items *items = member;
	const struct pu_shape *shape = field->items;

	if (items->len > field->max || msgpack_pack_array(packer, items->len) != 0)
		return PU_ELIMIT;
	for (size_t i = 0; i < items->len; i++) {
		if (msgpack_pack_map(packer, shape->fields_len) != 0)
			return PU_ELIMIT;
		enum pu_err err =
		    encode_fields(packer, shape, (const char *)items->items + i * shape->size);
		if (err != PU_OK)
			return err;
	}
	return PU_OK;
}

typedef enum pu_err (*encode_fn)(msgpack_packer *packer, const struct pu_field *field,
                                 const void *member);

static const encode_fn encoders[] = {
    [PU_KIND_BOOL] = encode_bool,   [PU_KIND_U64] = encode_u64,
    [PU_KIND_I64] = encode_i64,     [PU_KIND_STR] = encode_str,
    [PU_KIND_BYTES] = encode_bytes, [PU_KIND_STRINGS] = encode_strings,
    [PU_KIND_ITEMS] = encode_items,
};

static enum pu_err encode_fields(msgpack_packer *packer, const struct pu_shape *shape,
                                 const void *body)
{
	for (size_t i = 0; i < shape->fields_len; i++) {
		const struct pu_field *field = &shape->fields[i];
		enum pu_err err = pack_string(packer, field->name);
		if (err == PU_OK)
			err = encoders[field->kind](packer, field, (const char *)body + field->offset);
		if (err != PU_OK)
			return err;
	}
	return PU_OK;
}

static enum pu_err encode_message(msgpack_packer *packer, const struct pu_msg_row *row,
                                  const void *body)
{
	if (msgpack_pack_map(packer, row->shape->fields_len + 1) != 0)
		return PU_ELIMIT;
	enum pu_err err = pack_string(packer, "type");
	if (err == PU_OK)
		err = pack_string(packer, row->type);
	return err == PU_OK ? encode_fields(packer, row->shape, body) : err;
}

enum pu_err pu_encode(struct pu_buffer *out, enum pu_msg id, const void *body)
{
	const struct pu_msg_row *row = pu_msg_row(id);
	const size_t start = out->len;
	msgpack_packer packer;

	if (row == NULL || (body == NULL && row->shape->fields_len > 0))
		return PU_EINVAL;
	msgpack_packer_init(&packer, out, write_bytes);
	enum pu_err err = encode_message(&packer, row, body);
	if (err == PU_OK && out->len - start > PU_MESSAGE_MAX)
		err = PU_ELIMIT;
	if (err != PU_OK)
		out->len = start;
	return err;
}
