/* Unsigned varints. This file knows that multiformats wants the shortest form and stops at
 * nine bytes. */
#include "p2p/uvi.h"

size_t pu_uvi_len(uint64_t value)
{
	size_t len = 1;

	while (value >>= 7)
		len++;
	return len;
}

size_t pu_uvi_encode(uint8_t out[PU_UVI_LEN_MAX], uint64_t value)
{
	size_t len = 0;

	while (value >= 0x80 && len < PU_UVI_LEN_MAX - 1) {
		out[len++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[len++] = (uint8_t)(value & 0x7f);
	return len;
}

void pu_uvi_put(struct pu_writer *writer, uint64_t value)
{
	uint8_t bytes[PU_UVI_LEN_MAX];
	size_t len = pu_uvi_encode(bytes, value);

	pu_writer_put(writer, pu_bytes(bytes, len));
}

enum pu_err pu_uvi_get(struct pu_bytes *in, uint64_t *value)
{
	uint64_t result = 0;

	for (size_t i = 0; i < PU_UVI_LEN_MAX; i++) {
		if (i == in->len)
			return PU_ETRUNCATED;
		result |= (uint64_t)(in->data[i] & 0x7f) << (7 * i);
		if (in->data[i] & 0x80)
			continue;
		if (i > 0 && in->data[i] == 0)
			return PU_EMALFORMED;
		*in = pu_bytes(in->data + i + 1, in->len - i - 1);
		*value = result;
		return PU_OK;
	}
	return PU_EMALFORMED;
}

enum pu_err pu_delimited_get(struct pu_bytes *in, size_t max, struct pu_bytes *message)
{
	struct pu_bytes rest = *in;
	uint64_t len;
	enum pu_err err = pu_uvi_get(&rest, &len);

	if (err != PU_OK)
		return err;
	if (len > max)
		return PU_ELIMIT;
	if (len > rest.len)
		return PU_ETRUNCATED;
	*message = pu_bytes(rest.data, (size_t)len);
	*in = pu_bytes(rest.data + len, rest.len - (size_t)len);
	return PU_OK;
}

void pu_delimited_put(struct pu_writer *writer, struct pu_bytes message)
{
	size_t before = writer->len;

	pu_uvi_put(writer, message.len);
	pu_writer_put(writer, message);
	if (writer->overflow)
		writer->len = before;
}
