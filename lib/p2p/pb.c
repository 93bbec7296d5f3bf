/* The protobuf wire format. This file knows tags, the four wire types and that protobuf's
 * varints, unlike those of multiformats, may be padded and ten bytes long. */
#include "p2p/pb.h"

#define VARINT_MAX 10
#define NUMBER_MAX 0x1fffffff

static enum pu_err get_varint(struct pu_bytes *in, uint64_t *value)
{
	uint64_t result = 0;

	for (size_t i = 0; i < VARINT_MAX; i++) {
		if (i == in->len)
			return PU_ETRUNCATED;
		if (i == VARINT_MAX - 1 && in->data[i] > 1)
			return PU_EMALFORMED;
		result |= (uint64_t)(in->data[i] & 0x7f) << (7 * i);
		if (!(in->data[i] & 0x80)) {
			*in = pu_bytes(in->data + i + 1, in->len - i - 1);
			*value = result;
			return PU_OK;
		}
	}
	return PU_EMALFORMED;
}

static enum pu_err get_bytes(struct pu_bytes *in, uint64_t len, struct pu_bytes *bytes)
{
	if (len > in->len)
		return PU_ETRUNCATED;
	*bytes = pu_bytes(in->data, (size_t)len);
	*in = pu_bytes(in->data + len, in->len - (size_t)len);
	return PU_OK;
}

static enum pu_err get_value(struct pu_bytes *in, struct pu_pb_field *field)
{
	uint64_t len;
	enum pu_err err;

	switch (field->wire) {
	case PU_PB_VARINT:
		return get_varint(in, &field->varint);
	case PU_PB_I64:
		return get_bytes(in, 8, &field->bytes);
	case PU_PB_I32:
		return get_bytes(in, 4, &field->bytes);
	case PU_PB_LEN:
		err = get_varint(in, &len);
		return err == PU_OK ? get_bytes(in, len, &field->bytes) : err;
	}
	return PU_EMALFORMED;
}

enum pu_err pu_pb_next(struct pu_bytes *in, struct pu_pb_field *field)
{
	struct pu_bytes rest = *in;
	struct pu_pb_field found = {0};
	uint64_t tag;
	enum pu_err err;

	if (rest.len == 0)
		return PU_ENOTFOUND;
	err = get_varint(&rest, &tag);
	if (err != PU_OK)
		return err;
	if (tag >> 3 == 0 || tag >> 3 > NUMBER_MAX)
		return PU_EMALFORMED;
	found.number = (uint32_t)(tag >> 3);
	found.wire = (enum pu_pb_wire)(tag & 7);
	err = get_value(&rest, &found);
	if (err != PU_OK)
		return err;
	*field = found;
	*in = rest;
	return PU_OK;
}

static void put_varint(struct pu_writer *writer, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		pu_writer_put_byte(writer, (uint8_t)(value | 0x80));
	pu_writer_put_byte(writer, (uint8_t)value);
}

static size_t varint_len(uint64_t value)
{
	size_t len = 1;

	while (value >>= 7)
		len++;
	return len;
}

void pu_pb_put_varint(struct pu_writer *writer, uint32_t number, uint64_t value)
{
	put_varint(writer, (uint64_t)number << 3 | PU_PB_VARINT);
	put_varint(writer, value);
}

void pu_pb_put_bytes(struct pu_writer *writer, uint32_t number, struct pu_bytes value)
{
	put_varint(writer, (uint64_t)number << 3 | PU_PB_LEN);
	put_varint(writer, value.len);
	pu_writer_put(writer, value);
}

size_t pu_pb_bytes_len(uint32_t number, size_t len)
{
	return varint_len((uint64_t)number << 3) + varint_len(len) + len;
}
