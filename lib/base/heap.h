/* Intrusive binary min-heap of deadlines: one next deadline per process. */
#ifndef PU_BASE_HEAP_H
#define PU_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pu_heap_node {
	uint64_t key; /* the deadline; change it only through pu_heap_set() */
	size_t index; /* position + 1; 0 = in no heap (so zeroed memory is valid) */
};

struct pu_heap {
	struct pu_heap_node **nodes;
	size_t len, cap;
};

void pu_heap_init(struct pu_heap *heap);
void pu_heap_fini(struct pu_heap *heap); /* does not touch the nodes */

/* Inserts the node or moves it to its new key. O(log n). */
void pu_heap_set(struct pu_heap *heap, struct pu_heap_node *node, uint64_t key);
/* Removing a node that is in no heap does nothing. O(log n). */
void pu_heap_remove(struct pu_heap *heap, struct pu_heap_node *node);
/* The node with the smallest key, or NULL. */
struct pu_heap_node *pu_heap_min(const struct pu_heap *heap);

#endif
