/* DER elements. This file knows tags of one byte and definite, minimal lengths. */
#include "p2p/der.h"

#define LENGTH_BYTES_MAX 3
#define MULTI_BYTE_TAG   0x1f

/* Reads the length that stands at in[1]; `head` = tag and length field. */
static enum pu_err get_length(struct pu_bytes in, size_t *head, size_t *len)
{
	size_t count = in.data[1] & 0x7fu, value = 0;

	if (!(in.data[1] & 0x80)) {
		*head = 2;
		*len = in.data[1];
		return PU_OK;
	}
	if (count == 0 || count > LENGTH_BYTES_MAX)
		return PU_EMALFORMED;
	if (in.len < 2 + count)
		return PU_ETRUNCATED;
	for (size_t i = 0; i < count; i++)
		value = value << 8 | in.data[2 + i];
	if (value < 0x80 || in.data[2] == 0)
		return PU_EMALFORMED;
	*head = 2 + count;
	*len = value;
	return PU_OK;
}

static enum pu_err get_element(struct pu_bytes *in, struct pu_bytes *content,
                               struct pu_bytes *whole)
{
	size_t head, len;
	enum pu_err err;

	if (in->len < 2)
		return PU_ETRUNCATED;
	err = get_length(*in, &head, &len);
	if (err != PU_OK)
		return err;
	if (len > in->len - head)
		return PU_ETRUNCATED;
	*content = pu_bytes(in->data + head, len);
	*whole = pu_bytes(in->data, head + len);
	*in = pu_bytes(in->data + head + len, in->len - head - len);
	return PU_OK;
}

enum pu_err pu_der_get(struct pu_bytes *in, uint8_t tag, struct pu_bytes *content,
                       struct pu_bytes *whole)
{
	struct pu_bytes rest = *in, value, all;
	enum pu_err err;

	if (in->len > 0 && in->data[0] != tag)
		return PU_EMALFORMED;
	err = get_element(&rest, &value, &all);
	if (err != PU_OK)
		return err;
	*content = value;
	if (whole)
		*whole = all;
	*in = rest;
	return PU_OK;
}

enum pu_err pu_der_skip(struct pu_bytes *in)
{
	struct pu_bytes content, whole;

	if (in->len > 0 && (in->data[0] & MULTI_BYTE_TAG) == MULTI_BYTE_TAG)
		return PU_EMALFORMED;
	return get_element(in, &content, &whole);
}
