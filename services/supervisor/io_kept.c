/* What this file knows: which descriptors each service wants to find again after its death. */
#include "io_kept.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "limits.h"

void sup_kept_fini(struct sup_kept *kept)
{
	for (size_t i = 0; i < kept->len; i++) {
		close(kept->entries[i].fd);
		pu_free(kept->entries[i].name);
	}
	pu_free(kept->entries);
	*kept = (struct sup_kept){0};
}

static struct sup_kept_entry *find(const struct sup_kept *kept, const char *name)
{
	for (size_t i = 0; i < kept->len; i++)
		if (strcmp(kept->entries[i].name, name) == 0)
			return &kept->entries[i];
	return NULL;
}

enum pu_err sup_kept_put(struct sup_kept *kept, const char *name, int fd)
{
	struct sup_kept_entry *old = find(kept, name);

	if (old != NULL) {
		close(old->fd);
		old->fd = fd;
		return PU_OK;
	}
	if (kept->len == SUP_KEPT_MAX) {
		close(fd);
		return PU_ELIMIT;
	}
	if (kept->len == kept->cap) {
		kept->cap = kept->cap == 0 ? 8 : 2 * kept->cap;
		kept->entries = pu_realloc(kept->entries, kept->cap, sizeof(*kept->entries));
	}
	kept->entries[kept->len++] = (struct sup_kept_entry){.name = pu_strdup(name), .fd = fd};
	return PU_OK;
}

void sup_kept_drop(struct sup_kept *kept, const char *name)
{
	struct sup_kept_entry *entry = find(kept, name);

	if (entry == NULL)
		return;
	close(entry->fd);
	pu_free(entry->name);
	kept->len--;
	size_t index = (size_t)(entry - kept->entries);
	memmove(entry, entry + 1, (kept->len - index) * sizeof(*entry));
}

int sup_kept_copy(const struct sup_kept *kept, size_t index)
{
	return fcntl(kept->entries[index].fd, F_DUPFD_CLOEXEC, 0);
}
