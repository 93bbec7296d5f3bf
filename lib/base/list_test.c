#include "base/list.h"

#include <criterion/criterion.h>

struct item {
	int number;
	struct pu_list_node node;
};

static int sum(struct pu_list *list)
{
	int total = 0;

	PU_LIST_FOREACH(it, list)
		total = total * 10 + PU_LIST_ENTRY(it, struct item, node)->number;
	return total;
}

Test(list, keeps_the_order_of_insertion)
{
	struct pu_list list;
	struct item one = {.number = 1}, two = {.number = 2}, three = {.number = 3};

	pu_list_init(&list);
	cr_assert(pu_list_empty(&list));
	cr_assert_null(pu_list_first(&list));
	pu_list_append(&list, &two.node);
	pu_list_append(&list, &three.node);
	pu_list_prepend(&list, &one.node);
	cr_assert_eq(sum(&list), 123);
	cr_assert_eq(pu_list_first(&list), &one.node);
}

Test(list, removes_while_iterating_and_twice)
{
	struct pu_list list;
	struct item items[4] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};

	pu_list_init(&list);
	for (size_t i = 0; i < 4; i++)
		pu_list_append(&list, &items[i].node);
	PU_LIST_FOREACH(it, &list) {
		if (PU_LIST_ENTRY(it, struct item, node)->number % 2 == 0)
			pu_list_remove(it);
	}
	cr_assert_eq(sum(&list), 13);
	cr_assert_not(pu_list_linked(&items[1].node));
	pu_list_remove(&items[1].node);
	cr_assert_eq(sum(&list), 13);
}
