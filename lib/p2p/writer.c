/* Bounded output. This file knows the one rule that encoders lean on: what does not fit is
 * not written at all, and never goes unnoticed. */
#include "p2p/writer.h"

void pu_writer_put(struct pu_writer *writer, struct pu_bytes bytes)
{
	if (writer->overflow || bytes.len > writer->max - writer->len) {
		writer->overflow = true;
		return;
	}
	if (bytes.len > 0)
		memcpy(writer->data + writer->len, bytes.data, bytes.len);
	writer->len += bytes.len;
}

void pu_writer_put_byte(struct pu_writer *writer, uint8_t byte)
{
	pu_writer_put(writer, pu_bytes(&byte, 1));
}

struct pu_bytes pu_writer_bytes(const struct pu_writer *writer)
{
	return pu_bytes(writer->data, writer->len);
}

enum pu_err pu_writer_check(const struct pu_writer *writer)
{
	return writer->overflow ? PU_ELIMIT : PU_OK;
}
