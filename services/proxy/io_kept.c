/* Knows the descriptors that outlived the process before this one. */
#include "io_kept.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"

struct item {
	struct pu_list_node node;
	char name[PROXY_KEPT_NAME_MAX];
	int fd;
};

void proxy_kept_init(struct proxy_kept_table *kept)
{
	pu_list_init(&kept->items);
	kept->len = 0;
}

static int item_free(struct proxy_kept_table *kept, struct item *item)
{
	int fd = item->fd;

	pu_list_remove(&item->node);
	kept->len--;
	pu_free(item);
	return fd;
}

void proxy_kept_fini(struct proxy_kept_table *kept)
{
	PU_LIST_FOREACH(it, &kept->items)
		close(item_free(kept, PU_LIST_ENTRY(it, struct item, node)));
}

void proxy_kept_add(struct proxy_kept_table *kept, const char *name, int fd)
{
	struct item *item;

	if (kept->len >= PROXY_KEPT_MAX || strlen(name) >= PROXY_KEPT_NAME_MAX) {
		close(fd);
		return;
	}
	item = PU_NEW(struct item);
	snprintf(item->name, sizeof(item->name), "%s", name);
	item->fd = fd;
	pu_list_append(&kept->items, &item->node);
	kept->len++;
}

int proxy_kept_take(struct proxy_kept_table *kept, const char *name)
{
	PU_LIST_FOREACH(it, &kept->items) {
		struct item *item = PU_LIST_ENTRY(it, struct item, node);

		if (strcmp(item->name, name) == 0)
			return item_free(kept, item);
	}
	return -1;
}

bool proxy_kept_close_next(struct proxy_kept_table *kept, char name[PROXY_KEPT_NAME_MAX])
{
	struct item *item;

	if (pu_list_empty(&kept->items))
		return false;
	item = PU_LIST_ENTRY(pu_list_first(&kept->items), struct item, node);
	memcpy(name, item->name, PROXY_KEPT_NAME_MAX);
	close(item_free(kept, item));
	return true;
}
