/* Knows the form of a record, its bounds, and where the true content type of a protected one
 * is. */
#include "secure/tls_record.h"

#include <string.h>

static void put_header(uint8_t out[PU_TLS_HEADER_LEN], enum pu_tls_content type, size_t len)
{
	out[0] = (uint8_t)type;
	out[1] = 3;
	out[2] = 3;
	out[3] = (uint8_t)(len >> 8);
	out[4] = (uint8_t)len;
}

/* The version counts for nothing, but it is never another than 3.x. */
static enum pu_err check_header(const uint8_t header[PU_TLS_HEADER_LEN], size_t len)
{
	if (header[0] < PU_TLS_CCS || header[0] > PU_TLS_DATA || header[1] != 3)
		return PU_EMALFORMED;
	if (len > (header[0] == PU_TLS_DATA ? PU_TLS_SEALED_MAX : PU_TLS_FRAGMENT_MAX))
		return PU_ELIMIT;
	return PU_OK;
}

enum pu_err pu_tls_record_next(struct pu_bytes *in, struct pu_tls_record *out)
{
	size_t len;
	enum pu_err err;

	if (in->len < PU_TLS_HEADER_LEN)
		return PU_EAGAIN;
	len = (size_t)in->data[3] << 8 | in->data[4];
	err = check_header(in->data, len);
	if (err != PU_OK)
		return err;
	if (in->len < PU_TLS_HEADER_LEN + len)
		return PU_EAGAIN;
	out->type = (enum pu_tls_content)in->data[0];
	out->header = pu_bytes(in->data, PU_TLS_HEADER_LEN);
	out->fragment = pu_bytes(in->data + PU_TLS_HEADER_LEN, len);
	*in = pu_bytes(out->fragment.data + len, in->len - PU_TLS_HEADER_LEN - len);
	return PU_OK;
}

size_t pu_tls_record_seal(struct pu_tls_keys *keys, enum pu_tls_content type,
                          const struct iovec *pieces, size_t count, uint8_t *out)
{
	struct iovec inner[PU_SECURE_PIECES_MAX + 1];
	uint8_t type_byte = (uint8_t)type;
	size_t len = 1 + PU_TLS_TAG_LEN;

	if (count > PU_SECURE_PIECES_MAX)
		return 0;
	for (size_t i = 0; i < count; i++) {
		inner[i] = pieces[i];
		len += pieces[i].iov_len;
	}
	inner[count] = (struct iovec){&type_byte, 1};
	put_header(out, PU_TLS_DATA, len);
	if (!pu_tls_keys_seal(keys, inner, count + 1, pu_bytes(out, PU_TLS_HEADER_LEN),
	                      out + PU_TLS_HEADER_LEN))
		return 0;
	return PU_TLS_HEADER_LEN + len;
}

enum pu_err pu_tls_record_open(struct pu_tls_keys *keys, const struct pu_tls_record *record,
                               uint8_t *plain, size_t *len, enum pu_tls_content *type)
{
	size_t end;

	if (!pu_tls_keys_open(keys, record->fragment, record->header, plain))
		return PU_ECRYPTO;
	end = record->fragment.len - PU_TLS_TAG_LEN;
	if (end > PU_TLS_FRAGMENT_MAX + 1)
		return PU_ELIMIT;
	while (end > 0 && plain[end - 1] == 0)
		end--;
	if (end == 0)
		return PU_EPROTOCOL;
	*len = end - 1;
	*type = (enum pu_tls_content)plain[end - 1];
	return PU_OK;
}

static enum pu_err put_one(struct pu_buffer *output, struct pu_tls_keys *keys,
                           enum pu_tls_content type, struct pu_bytes text)
{
	const struct iovec piece = {(void *)text.data, text.len};
	uint8_t *out;
	size_t len = PU_TLS_HEADER_LEN + text.len;
	enum pu_err err = pu_buffer_reserve(output, text.len + PU_TLS_RECORD_OVERHEAD);

	if (err != PU_OK)
		return err;
	out = output->data + output->len;
	if (pu_tls_keys_ready(keys)) {
		len = pu_tls_record_seal(keys, type, &piece, 1, out);
	} else {
		put_header(out, type, text.len);
		memcpy(out + PU_TLS_HEADER_LEN, text.data, text.len);
	}
	output->len += len;
	return len > 0 ? PU_OK : PU_EINTERNAL;
}

enum pu_err pu_tls_record_put(struct pu_buffer *output, struct pu_tls_keys *keys,
                              enum pu_tls_content type, struct pu_bytes text)
{
	enum pu_err err = PU_OK;

	while (text.len > 0 && err == PU_OK) {
		size_t len = text.len < PU_TLS_FRAGMENT_MAX ? text.len : PU_TLS_FRAGMENT_MAX;

		err = put_one(output, keys, type, pu_bytes(text.data, len));
		text = pu_bytes(text.data + len, text.len - len);
	}
	return err;
}
