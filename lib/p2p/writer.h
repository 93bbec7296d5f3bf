/* Bounded output into the caller's memory. A write that does not fit writes nothing
 * and marks the writer; the mark stays, so that only the end needs a check. */
#ifndef PU_P2P_WRITER_H
#define PU_P2P_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct pu_writer {
	uint8_t *data; /* the caller's */
	size_t len, max;
	bool overflow;
};

static inline struct pu_writer pu_writer(void *data, size_t max)
{
	return (struct pu_writer){.data = data, .max = max};
}

void pu_writer_put(struct pu_writer *writer, struct pu_bytes bytes);
void pu_writer_put_byte(struct pu_writer *writer, uint8_t byte);
/* What has been written. */
struct pu_bytes pu_writer_bytes(const struct pu_writer *writer);
/* PU_ELIMIT if anything did not fit. */
enum pu_err pu_writer_check(const struct pu_writer *writer) PU_MUST_CHECK;

#endif
