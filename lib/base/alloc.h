/* Allocation that cannot fail: running out of memory ends the process (the
 * supervisor starts it again). What a peer can make grow is bounded before. */
#ifndef PU_BASE_ALLOC_H
#define PU_BASE_ALLOC_H

#include <stddef.h>

#define PU_RETURNS_OWNED __attribute__((malloc, returns_nonnull, warn_unused_result))

void *pu_alloc(size_t size) PU_RETURNS_OWNED;                /* not cleared */
void *pu_zalloc(size_t size) PU_RETURNS_OWNED;               /* cleared */
void *pu_calloc(size_t count, size_t size) PU_RETURNS_OWNED; /* cleared, checked */
void *pu_realloc(void *ptr, size_t count, size_t size)
    __attribute__((returns_nonnull, warn_unused_result));
char *pu_strdup(const char *str) PU_RETURNS_OWNED;
char *pu_strndup(const char *str, size_t len) PU_RETURNS_OWNED;
void *pu_memdup(const void *data, size_t len) PU_RETURNS_OWNED;
char *pu_asprintf(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), returns_nonnull, warn_unused_result));
void pu_free(void *ptr); /* accepts NULL */

#define PU_NEW(type) ((type *)pu_zalloc(sizeof(type)))
#define PU_CONTAINER_OF(ptr, type, member)                                                     \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define PU_ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
