/* Knows how a byte buffer grows: by doubling, never beyond the bound it was given. */
#include "base/buffer.h"

#include <stdio.h>

#include "base/alloc.h"

enum { FIRST_CAP = 64 };

void pu_buffer_init(struct pu_buffer *buffer, size_t max)
{
	*buffer = (struct pu_buffer){.max = max};
}

void pu_buffer_fini(struct pu_buffer *buffer)
{
	pu_free(buffer->data);
	*buffer = (struct pu_buffer){.max = buffer->max};
}

enum pu_err pu_buffer_reserve(struct pu_buffer *buffer, size_t extra)
{
	size_t need, cap;

	if (extra > buffer->max - buffer->len)
		return PU_ELIMIT;
	need = buffer->len + extra;
	if (need <= buffer->cap)
		return PU_OK;
	cap = buffer->cap > buffer->max / 2 ? buffer->max : buffer->cap * 2;
	if (cap < FIRST_CAP)
		cap = buffer->max < FIRST_CAP ? buffer->max : FIRST_CAP;
	if (cap < need)
		cap = need;
	buffer->data = pu_realloc(buffer->data, cap, 1);
	buffer->cap = cap;
	return PU_OK;
}

enum pu_err pu_buffer_append(struct pu_buffer *buffer, const void *data, size_t len)
{
	enum pu_err err = pu_buffer_reserve(buffer, len);

	if (err != PU_OK)
		return err;
	if (len > 0)
		memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	return PU_OK;
}

enum pu_err pu_buffer_printf(struct pu_buffer *buffer, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;
	enum pu_err err;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return PU_EINVAL;
	err = pu_buffer_append(buffer, text, (size_t)len);
	pu_free(text);
	return err;
}

void pu_buffer_consume(struct pu_buffer *buffer, size_t len)
{
	if (len >= buffer->len) {
		buffer->len = 0;
		return;
	}
	memmove(buffer->data, buffer->data + len, buffer->len - len);
	buffer->len -= len;
}

void pu_buffer_clear(struct pu_buffer *buffer)
{
	buffer->len = 0;
}

struct pu_bytes pu_buffer_bytes(const struct pu_buffer *buffer)
{
	return pu_bytes(buffer->data, buffer->len);
}
