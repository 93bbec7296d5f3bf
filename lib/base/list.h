/* Intrusive doubly linked list: embed a struct pu_list_node, own nothing. */
#ifndef PU_BASE_LIST_H
#define PU_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

struct pu_list_node {
	struct pu_list_node *next, *prev;
};

/* A list is a node that points to itself when empty. */
struct pu_list {
	struct pu_list_node head;
};

static inline void pu_list_init(struct pu_list *list)
{
	list->head.next = list->head.prev = &list->head;
}

static inline bool pu_list_empty(const struct pu_list *list)
{
	return list->head.next == &list->head;
}

/* A node that is in no list has next == NULL (zeroed memory, or removed). */
static inline bool pu_list_linked(const struct pu_list_node *node)
{
	return node->next != NULL;
}

static inline void pu_list_insert_before(struct pu_list_node *pos, struct pu_list_node *node)
{
	node->prev = pos->prev;
	node->next = pos;
	pos->prev->next = node;
	pos->prev = node;
}

static inline void pu_list_append(struct pu_list *list, struct pu_list_node *node)
{
	pu_list_insert_before(&list->head, node);
}

static inline void pu_list_prepend(struct pu_list *list, struct pu_list_node *node)
{
	pu_list_insert_before(list->head.next, node);
}

/* Removing a node that is in no list does nothing. */
static inline void pu_list_remove(struct pu_list_node *node)
{
	if (node->next == NULL)
		return;
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->next = node->prev = NULL;
}

/* First node, or NULL. */
static inline struct pu_list_node *pu_list_first(const struct pu_list *list)
{
	return pu_list_empty(list) ? NULL : list->head.next;
}

#define PU_LIST_ENTRY(node, type, member) PU_CONTAINER_OF(node, type, member)

/* The safe form: the body may remove `it`. */
#define PU_LIST_FOREACH(it, list)                                                              \
	for (struct pu_list_node *it = (list)->head.next, *it##_next = it->next;                   \
	     it != &(list)->head; it = it##_next, it##_next = it->next)

#endif
