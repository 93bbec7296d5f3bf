/* Descriptors that a service left for its next process, by name. */
#ifndef SUPERVISOR_IO_KEPT_H
#define SUPERVISOR_IO_KEPT_H

#include <stddef.h>

#include "base/error.h"

struct sup_kept_entry {
	char *name;
	int fd;
};

struct sup_kept {                   /* zeroed memory is an empty one */
	struct sup_kept_entry *entries; /* in the order of arrival */
	size_t len, cap;
};

void sup_kept_fini(struct sup_kept *kept); /* closes all */

/* Takes over the descriptor (it is closed on failure too); replaces one of the same name.
 * PU_ELIMIT beyond SUP_KEPT_MAX. */
enum pu_err sup_kept_put(struct sup_kept *kept, const char *name, int fd) PU_MUST_CHECK;
/* Closes it. An unknown name is ignored. */
void sup_kept_drop(struct sup_kept *kept, const char *name);
/* A copy for the next process, close-on-exec, the caller's; -1 when the system has none left.
 */
int sup_kept_copy(const struct sup_kept *kept, size_t index);

#endif
