/* Listening descriptors that an earlier process of this service left with the supervisor, until
 * a forward claims them. */
#ifndef PROXY_IO_KEPT_H
#define PROXY_IO_KEPT_H

#include <stddef.h>

#include "base/list.h"

#define PROXY_KEPT_NAME_MAX 65 /* what the supervisor takes, with its NUL */

struct proxy_kept_table {
	struct pu_list items;
	size_t len;
};

void proxy_kept_init(struct proxy_kept_table *kept);
void proxy_kept_fini(struct proxy_kept_table *kept); /* closes what is left */

/* Takes over the descriptor. Beyond PROXY_KEPT_MAX it is closed. */
void proxy_kept_add(struct proxy_kept_table *kept, const char *name, int fd);
/* The descriptor of that name, now the caller's, or -1. */
int proxy_kept_take(struct proxy_kept_table *kept, const char *name);
/* Closes the oldest one and copies its name, so that the supervisor can be told. False when
 * there is none. */
bool proxy_kept_close_next(struct proxy_kept_table *kept, char name[PROXY_KEPT_NAME_MAX]);

#endif
