#include "base/heap.h"

#include <criterion/criterion.h>

enum { NODES = 500 };

/* A fixed sequence, so that a failure repeats. */
static uint32_t next_number(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

Test(heap, is_empty_at_first)
{
	struct pu_heap heap;
	struct pu_heap_node node = {0};

	pu_heap_init(&heap);
	cr_assert_null(pu_heap_min(&heap));
	pu_heap_remove(&heap, &node);
	cr_assert_null(pu_heap_min(&heap));
	pu_heap_fini(&heap);
}

Test(heap, answers_the_nodes_in_order)
{
	static struct pu_heap_node nodes[NODES];
	struct pu_heap heap;
	uint32_t state = 1;
	uint64_t last = 0;

	pu_heap_init(&heap);
	for (size_t i = 0; i < NODES; i++)
		pu_heap_set(&heap, &nodes[i], next_number(&state));
	for (size_t i = 0; i < NODES; i++) {
		struct pu_heap_node *min = pu_heap_min(&heap);

		cr_assert_geq(min->key, last);
		last = min->key;
		pu_heap_remove(&heap, min);
		cr_assert_eq(min->index, 0);
	}
	cr_assert_null(pu_heap_min(&heap));
	pu_heap_fini(&heap);
}

static uint64_t smallest(const struct pu_heap_node *nodes)
{
	uint64_t min = UINT64_MAX;

	for (size_t i = 0; i < NODES; i++) {
		if (nodes[i].index != 0 && nodes[i].key < min)
			min = nodes[i].key;
	}
	return min;
}

Test(heap, keeps_its_order_while_nodes_move_and_leave)
{
	static struct pu_heap_node nodes[NODES];
	struct pu_heap heap;
	uint32_t state = 7;

	pu_heap_init(&heap);
	for (size_t i = 0; i < 5000; i++) {
		struct pu_heap_node *node = &nodes[next_number(&state) % NODES];

		if (next_number(&state) % 3 == 0)
			pu_heap_remove(&heap, node);
		else
			pu_heap_set(&heap, node, next_number(&state));
		if (pu_heap_min(&heap) != NULL)
			cr_assert_eq(pu_heap_min(&heap)->key, smallest(nodes));
	}
	pu_heap_fini(&heap);
}
