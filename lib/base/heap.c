/* Knows the order of a binary min-heap: each node carries its own position, so that it can be
 * moved and removed without a search. */
#include "base/heap.h"

#include "base/alloc.h"

enum { FIRST_CAP = 16 };

void pu_heap_init(struct pu_heap *heap)
{
	*heap = (struct pu_heap){0};
}

void pu_heap_fini(struct pu_heap *heap)
{
	pu_free(heap->nodes);
	*heap = (struct pu_heap){0};
}

static void place(struct pu_heap *heap, size_t pos, struct pu_heap_node *node)
{
	heap->nodes[pos] = node;
	node->index = pos + 1;
}

static void sift_up(struct pu_heap *heap, struct pu_heap_node *node)
{
	size_t pos = node->index - 1;

	while (pos > 0) {
		size_t parent = (pos - 1) / 2;

		if (heap->nodes[parent]->key <= node->key)
			break;
		place(heap, pos, heap->nodes[parent]);
		pos = parent;
	}
	place(heap, pos, node);
}

static void sift_down(struct pu_heap *heap, struct pu_heap_node *node)
{
	size_t pos = node->index - 1;

	for (;;) {
		size_t child = 2 * pos + 1;

		if (child >= heap->len)
			break;
		if (child + 1 < heap->len && heap->nodes[child + 1]->key < heap->nodes[child]->key)
			child++;
		if (node->key <= heap->nodes[child]->key)
			break;
		place(heap, pos, heap->nodes[child]);
		pos = child;
	}
	place(heap, pos, node);
}

void pu_heap_set(struct pu_heap *heap, struct pu_heap_node *node, uint64_t key)
{
	node->key = key;
	if (node->index == 0) {
		if (heap->len == heap->cap) {
			heap->cap = heap->cap > 0 ? heap->cap * 2 : FIRST_CAP;
			heap->nodes = pu_realloc(heap->nodes, heap->cap, sizeof(heap->nodes[0]));
		}
		place(heap, heap->len++, node);
	}
	sift_up(heap, node);
	sift_down(heap, node);
}

void pu_heap_remove(struct pu_heap *heap, struct pu_heap_node *node)
{
	struct pu_heap_node *last;

	if (node->index == 0)
		return;
	last = heap->nodes[--heap->len];
	if (last != node) {
		place(heap, node->index - 1, last);
		sift_up(heap, last);
		sift_down(heap, last);
	}
	node->index = 0;
}

struct pu_heap_node *pu_heap_min(const struct pu_heap *heap)
{
	return heap->len > 0 ? heap->nodes[0] : NULL;
}
