/* Borrowed views of bytes, and big-endian access. */
#ifndef PU_BASE_BYTES_H
#define PU_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view: it owns nothing. { NULL, 0 } is the empty view. */
struct pu_bytes {
	const uint8_t *data;
	size_t len;
};

static inline struct pu_bytes pu_bytes(const void *data, size_t len)
{
	return (struct pu_bytes){.data = data, .len = len};
}

static inline struct pu_bytes pu_bytes_of_str(const char *str)
{
	return pu_bytes(str, strlen(str));
}

static inline bool pu_bytes_eq(struct pu_bytes a, struct pu_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

#endif
