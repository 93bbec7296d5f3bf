/* A growable byte buffer with a hard bound. */
#ifndef PU_BASE_BUFFER_H
#define PU_BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct pu_buffer {
	uint8_t *data;
	size_t len, cap, max;
};

/* max = the most bytes it may ever hold. Nothing is allocated yet. */
void pu_buffer_init(struct pu_buffer *buffer, size_t max);
void pu_buffer_fini(struct pu_buffer *buffer);

/* Makes data[len] to data[len + extra - 1] writable; the caller then adds to `len` what it
 * wrote. PU_ELIMIT, and the buffer unchanged, when it would exceed its bound. */
enum pu_err pu_buffer_reserve(struct pu_buffer *buffer, size_t extra) PU_MUST_CHECK;
/* PU_ELIMIT, and the buffer unchanged, when it would exceed its bound. */
enum pu_err pu_buffer_append(struct pu_buffer *buffer, const void *data,
                             size_t len) PU_MUST_CHECK;
enum pu_err pu_buffer_printf(struct pu_buffer *buffer, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))) PU_MUST_CHECK;
/* Drops the first `len` bytes. */
void pu_buffer_consume(struct pu_buffer *buffer, size_t len);
void pu_buffer_clear(struct pu_buffer *buffer); /* keeps the memory */
struct pu_bytes pu_buffer_bytes(const struct pu_buffer *buffer);

#endif
