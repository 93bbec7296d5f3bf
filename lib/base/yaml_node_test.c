#include "base/yaml_node.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct pu_yaml_error error;

static struct pu_yaml_node *parse(const char *text)
{
	struct pu_yaml_node *root = NULL;

	cr_assert_eq(pu_yaml_parse(pu_bytes_of_str(text), &root, &error), PU_OK, "%zu:%zu: %s",
	             error.line, error.column, error.text);
	return root;
}

static void refuse(const char *text, enum pu_err wanted, size_t line)
{
	struct pu_yaml_node *root = NULL;

	cr_assert_eq(pu_yaml_parse(pu_bytes_of_str(text), &root, &error), wanted, "%s", text);
	cr_assert_null(root);
	cr_assert_eq(error.line, line, "%s: line %zu: %s", text, error.line, error.text);
}

static const char sample[] = "# f\xc3\xbcr uns\n"
                             "a: \"\xc3\xa4\" # x\n"
                             "m:\n"
                             "  l: [1, 22]\n"
                             "  s:\r\n"
                             "  - p\n"
                             "  - \xe2\x82\xac\xe2\x82\xac q\n"
                             "e:\n";

static void expect_text(const struct pu_yaml_node *node, const char *wanted)
{
	cr_assert_eq(node->end - node->start, strlen(wanted));
	cr_assert_eq(strncmp(sample + node->start, wanted, strlen(wanted)), 0, "%s", wanted);
}

Test(yaml_node, knows_where_each_node_stands)
{
	struct pu_yaml_node *root = parse(sample);
	const struct pu_yaml_node *map = root->items[pu_yaml_find(root, "m")];
	const struct pu_yaml_node *list = map->items[pu_yaml_find(map, "s")];

	cr_assert_eq(root->item_count, 6);
	expect_text(root->items[1], "\"\xc3\xa4\"");
	cr_assert(root->items[1]->quoted);
	expect_text(map->items[1], "[1, 22]");
	expect_text(map->items[1]->items[1], "22");
	cr_assert(map->items[1]->flow);
	expect_text(list->items[1], "\xe2\x82\xac\xe2\x82\xac q");
	cr_assert_eq(list->items[1]->line, 7);
	cr_assert_eq(list->items[1]->column, 5);
	cr_assert_eq(map->end, list->items[1]->end);
	cr_assert(pu_yaml_is_null(root->items[5]));
	cr_assert_eq(root->items[5]->start, strlen(sample) - 1);
	cr_assert_eq(pu_yaml_find(root, "missing"), 0);
	pu_yaml_free(root);
}

Test(yaml_node, takes_an_empty_text_for_nothing)
{
	struct pu_yaml_node *root;

	cr_assert_null(parse(""));
	cr_assert_null(parse("# only a comment\n"));
	root = parse("\xef\xbb\xbfk: v\nl: w\n");
	cr_assert_eq(root->items[1]->start, 6);
	cr_assert_eq(root->items[3]->start, 11);
	cr_assert_eq(root->column, 1);
	pu_yaml_free(root);
}

Test(yaml_node, refuses_what_a_configuration_does_not_need)
{
	refuse("a: &x 1\nb: *x\n", PU_EUNSUPPORTED, 1);
	refuse("b: *x\n", PU_EUNSUPPORTED, 1);
	refuse("a: !!str 1\n", PU_EUNSUPPORTED, 1);
	refuse("a: 1\n---\nb: 2\n", PU_EUNSUPPORTED, 2);
	refuse("a: 1\n[x]: 1\n", PU_EUNSUPPORTED, 2);
	refuse("a: 1\nb: \"\\0\"\n", PU_EUNSUPPORTED, 2);
	refuse("a: 1\n\tb: 2\n", PU_EMALFORMED, 2);
	cr_assert_not_null(strstr(error.text, "tab"));
	refuse("a: [1\n", PU_EMALFORMED, 2);
	refuse("a: \xff\n", PU_EMALFORMED, 1);
}

Test(yaml_node, bounds_depth_count_and_size)
{
	char *text = calloc(1, PU_YAML_BYTES_MAX + 2);

	memset(text, '[', PU_YAML_DEPTH_MAX + 1);
	refuse(text, PU_ELIMIT, 1);
	for (size_t i = 0; i <= PU_YAML_NODES_MAX; i++)
		memcpy(text + 4 * i, "- a\n", 4);
	refuse(text, PU_ELIMIT, PU_YAML_NODES_MAX);
	memset(text, '#', PU_YAML_BYTES_MAX + 1);
	refuse(text, PU_ELIMIT, 1);
	free(text);
}

Test(yaml_node, survives_a_text_cut_at_every_byte)
{
	for (size_t len = 0; len < sizeof(sample); len++) {
		struct pu_yaml_node *root = NULL;
		char *cut = strndup(sample, len);

		if (pu_yaml_parse(pu_bytes(cut, len), &root, &error) == PU_OK)
			pu_yaml_free(root);
		free(cut);
	}
}

Test(yaml_node, compares_what_is_said_and_not_how)
{
	struct pu_yaml_node *a = parse("x: {y: [1, '2']}\n");
	struct pu_yaml_node *b = parse("x:\n  y:\n    - 1\n    - 2\n");
	struct pu_yaml_node *c = parse("x: {y: [1, 3]}\n");

	cr_assert(pu_yaml_equal(a, b));
	cr_assert_not(pu_yaml_equal(a, c));
	cr_assert_not(pu_yaml_equal(a, NULL));
	cr_assert(pu_yaml_equal(NULL, NULL));
	pu_yaml_free(a);
	pu_yaml_free(b);
	pu_yaml_free(c);
}

Test(yaml_node, can_be_built_and_cut)
{
	struct pu_yaml_node *list = pu_yaml_collection_new(PU_YAML_LIST);

	for (int i = 0; i < 40; i++) {
		char text[8];

		snprintf(text, sizeof(text), "%d", i);
		pu_yaml_push(list, pu_yaml_scalar_new(text));
	}
	pu_yaml_cut(list, 1, 38);
	cr_assert_eq(list->item_count, 2);
	cr_assert_str_eq(list->items[1]->text, "39");
	pu_yaml_push(list, pu_yaml_scalar_new("~"));
	cr_assert_not(pu_yaml_is_null(list->items[2]));
	pu_yaml_free(list);
	pu_yaml_free(NULL);
}
