/* Reads one delimited message. This file knows how few bytes it may take: first the length, one
 * byte at a time, then as many as that says. */
#include "p2p/relay_reader.h"

#include "base/alloc.h"
#include "p2p/uvi.h"

/* PU_EAGAIN as long as the length may go on. */
static enum pu_err read_prefix(struct pu_relay_reader *reader, struct pu_bytes *in)
{
	while (in->len > 0) {
		struct pu_bytes prefix = pu_bytes(reader->prefix, reader->prefix_len + 1u);
		uint64_t len;
		enum pu_err err;

		reader->prefix[reader->prefix_len++] = in->data[0];
		*in = pu_bytes(in->data + 1, in->len - 1);
		err = pu_uvi_get(&prefix, &len);
		if (err == PU_ETRUNCATED && reader->prefix_len == sizeof(reader->prefix))
			return PU_ELIMIT;
		if (err == PU_ETRUNCATED)
			continue;
		if (err == PU_OK && len > PU_RELAY_MESSAGE_MAX)
			return PU_ELIMIT;
		if (err == PU_OK) {
			reader->len = (uint16_t)len;
			reader->data = pu_alloc(len > 0 ? len : 1);
		}
		return err;
	}
	return PU_EAGAIN;
}

enum pu_err pu_relay_reader_read(struct pu_relay_reader *reader, struct pu_bytes *in,
                                 struct pu_bytes *message)
{
	size_t take;

	if (reader->data == NULL) {
		enum pu_err err = read_prefix(reader, in);

		if (err != PU_OK)
			return err;
	}
	take = (size_t)(reader->len - reader->have);
	if (take > in->len)
		take = in->len;
	if (take > 0)
		memcpy(reader->data + reader->have, in->data, take);
	reader->have = (uint16_t)(reader->have + take);
	*in = pu_bytes(in->data + take, in->len - take);
	if (reader->have < reader->len)
		return PU_EAGAIN;
	*message = pu_bytes(reader->data, reader->len);
	return PU_OK;
}

void pu_relay_reader_fini(struct pu_relay_reader *reader)
{
	pu_free(reader->data);
	*reader = (struct pu_relay_reader){0};
}
