/* The one file that calls malloc: it knows that a failed allocation ends the process, with a
 * line that needs no memory to be written. */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
	static const char line[] = "level=error event=memory.exhausted\n";
	ssize_t ignored = write(STDERR_FILENO, line, sizeof(line) - 1);

	(void)ignored;
	abort();
}

void *pu_alloc(size_t size)
{
	void *ptr = malloc(size > 0 ? size : 1);

	if (ptr == NULL)
		out_of_memory();
	return ptr;
}

void *pu_zalloc(size_t size)
{
	return pu_calloc(1, size);
}

void *pu_calloc(size_t count, size_t size)
{
	void *ptr = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	if (ptr == NULL)
		out_of_memory();
	return ptr;
}

void *pu_realloc(void *ptr, size_t count, size_t size)
{
	size_t total;
	void *grown;

	if (__builtin_mul_overflow(count, size, &total))
		out_of_memory();
	grown = realloc(ptr, total > 0 ? total : 1);
	if (grown == NULL)
		out_of_memory();
	return grown;
}

char *pu_strdup(const char *str)
{
	return pu_memdup(str, strlen(str) + 1);
}

char *pu_strndup(const char *str, size_t len)
{
	size_t used = strnlen(str, len);
	char *copy = pu_alloc(used + 1);

	memcpy(copy, str, used);
	copy[used] = '\0';
	return copy;
}

void *pu_memdup(const void *data, size_t len)
{
	void *copy = pu_alloc(len);

	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

char *pu_asprintf(const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		out_of_memory();
	return text;
}

void pu_free(void *ptr)
{
	free(ptr);
}
