#include "base/yaml_edit.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml_node.h"

static struct pu_buffer text;

static void begin(const char *before)
{
	pu_buffer_fini(&text);
	pu_buffer_init(&text, PU_YAML_BYTES_MAX);
	cr_assert_eq(pu_buffer_append(&text, before, strlen(before)), PU_OK);
}

static void expect(enum pu_err err, const char *after)
{
	cr_assert_eq(err, PU_OK, "%s", pu_strerror(err));
	cr_assert(pu_bytes_eq(pu_buffer_bytes(&text), pu_bytes_of_str(after)),
	          "wanted:\n%s\ngot:\n%.*s", after, (int)text.len, (char *)text.data);
}

/* Refused, and the text is as it was. */
static void refuse(enum pu_err err, enum pu_err wanted, const char *before)
{
	cr_assert_eq(err, wanted, "%s", pu_strerror(err));
	cr_assert(pu_bytes_eq(pu_buffer_bytes(&text), pu_bytes_of_str(before)));
}

static void leave(void)
{
	pu_buffer_fini(&text);
}

static void set(const char *before, const char *value, const char *after)
{
	begin(before);
	expect(pu_yaml_set(&text, PU_YAML_PATH("a", "b", "c"), value), after);
}

static void add(const char *before, const char *item, const char *after)
{
	begin(before);
	expect(pu_yaml_list_add(&text, PU_YAML_PATH("l"), item), after);
}

static void drop(const char *before, const char *item, const char *after)
{
	begin(before);
	expect(pu_yaml_list_remove(&text, PU_YAML_PATH("l"), item), after);
}

static void cut(const char *before, const char *after)
{
	begin(before);
	expect(pu_yaml_remove(&text, PU_YAML_PATH("a", "b")), after);
}

TestSuite(yaml_set, .fini = leave);
TestSuite(yaml_set_list, .fini = leave);
TestSuite(yaml_list, .fini = leave);
TestSuite(yaml_remove, .fini = leave);

Test(yaml_set, starts_with_nothing)
{
	set("", "1", "a:\n  b:\n    c: 1\n");
	set("# hello\n", "1", "# hello\na:\n  b:\n    c: 1\n");
	set("# hello", "1", "# hello\na:\n  b:\n    c: 1");
	set("---\n", "1", "---\na:\n  b:\n    c: 1\n");
	set("{}", "1", "a:\n  b:\n    c: 1\n");
	set("~\n", "1", "a:\n  b:\n    c: 1\n\n");
}

Test(yaml_set, replaces_a_value_and_keeps_what_stands_around_it)
{
	set("# x\na: # y\n  b:\n    c: 1  # z\n    d: 2\n", "9",
	    "# x\na: # y\n  b:\n    c: 9  # z\n    d: 2\n");
	set("a: \n  b: \n    c:   \"old\"\n", "new", "a: \n  b: \n    c:   new\n");
	set("a:\n  b:\n    c:\n", "v", "a:\n  b:\n    c: v\n");
	set("a:\n  b:\n    c: # none\n", "v", "a:\n  b:\n    c: v # none\n");
	set("a:\n  b:\n    c: ~ # none\n", "v", "a:\n  b:\n    c: v # none\n");
	set("a:\n  b:\n    c:\n      later\n", "v", "a:\n  b:\n    c:\n      v\n");
	set("a:\n  b:\n    c: |\n      one\n      two\n  d: 1\n", "v",
	    "a:\n  b:\n    c: v\n  d: 1\n");
	set("a:\n  b:\n    c: one\n      two\n  d: 1\n", "v", "a:\n  b:\n    c: v\n  d: 1\n");
	set("a:\n  b:\n    \"c\": 'o'\n", "v", "a:\n  b:\n    \"c\": v\n");
	set("a:\n  b:\n    c: same # same\n", "same", "a:\n  b:\n    c: same # same\n");
}

Test(yaml_set, quotes_what_yaml_would_take_for_something_else)
{
	set("a: {b: {c: 1}}\n", "null", "a:\n  b:\n    c: \"null\"\n");
	set("", "", "a:\n  b:\n    c: \"\"\n");
	set("", "x: y # z", "a:\n  b:\n    c: \"x: y # z\"\n");
	set("", "two\nlines", "a:\n  b:\n    c: \"two\\nlines\"\n");
	set("", "localhost:8000", "a:\n  b:\n    c: localhost:8000\n");
}

Test(yaml_set, appends_to_the_map_that_is_there)
{
	set("a:\n  b:\n    x: 1\n\nz: 1\n", "2", "a:\n  b:\n    x: 1\n    c: 2\n\nz: 1\n");
	set("a:\n  x:\n    y: 1\n# about z\nz: 1\n", "2",
	    "a:\n  x:\n    y: 1\n  b:\n    c: 2\n# about z\nz: 1\n");
	set("a:\n  b:\n    x: 1\n    # c: 7\n  # d\nz: 1\n", "2",
	    "a:\n  b:\n    x: 1\n    # c: 7\n    c: 2\n  # d\nz: 1\n");
	set("z: 1\n", "2", "z: 1\na:\n  b:\n    c: 2\n");
	set("z: 1\n\n# the end\n", "2", "z: 1\n\n# the end\n\na:\n  b:\n    c: 2\n");
	set("z:\n  y: 1\n\nx: 1\n", "2", "z:\n  y: 1\n\nx: 1\n\na:\n  b:\n    c: 2\n");
	set("a:\n  b:\n    x:\n    - 1\n    - 2\n", "2",
	    "a:\n  b:\n    x:\n    - 1\n    - 2\n    c: 2\n");
	set("a:\n  b:\n    x: |\n      text\n", "2", "a:\n  b:\n    x: |\n      text\n    c: 2\n");
}

Test(yaml_set, follows_the_indentation_of_the_file)
{
	set("z:\n    y: 1\n", "2", "z:\n    y: 1\na:\n    b:\n        c: 2\n");
	set("a:\n   b:\n      x: 1\n", "2", "a:\n   b:\n      x: 1\n      c: 2\n");
}

Test(yaml_set, fills_sections_without_content)
{
	set("a:\nz: 1\n", "2", "a:\n  b:\n    c: 2\nz: 1\n");
	set("a: {} # none\nz: 1\n", "2", "a: # none\n  b:\n    c: 2\nz: 1\n");
	set("a:\n  # b:\n  #   c: 5\n\nz: 1\n", "2",
	    "a:\n  # b:\n  #   c: 5\n  b:\n    c: 2\n\nz: 1\n");
	set("a:\n  {}\nz: 1\n", "2", "a:\n  b:\n    c: 2\nz: 1\n");
	set("a: ~", "2", "a:\n  b:\n    c: 2");
	set("a:\n  b: {}\n  d: 1\n", "2", "a:\n  b:\n    c: 2\n  d: 1\n");
}

Test(yaml_set, turns_flow_style_into_blocks)
{
	set("a: {b: {c: 1, d: [x, 'y z']}, e: {}} # kept\nz: 1\n", "2",
	    "a: # kept\n  b:\n    c: 2\n    d:\n      - x\n      - \"y z\"\n  e: {}\nz: 1\n");
	set("{a: {b: {x: ~}}}\n", "2", "a:\n  b:\n    x: ~\n    c: 2\n\n");
	set("a:\n  b: {\n    c: 1,\n    d: 2\n  }\n  e: 1\n", "2",
	    "a:\n  b:\n    c: 2\n    d: 2\n  e: 1\n");
	set("a: {b: {d: [{x: 1, y: [2]}]}}\n", "2",
	    "a:\n  b:\n    d:\n      -\n        x: 1\n        y:\n          - 2\n    c: 2\n");
}

Test(yaml_set, keeps_the_line_ends_of_the_file)
{
	set("z: 1\r\n", "2", "z: 1\r\na:\r\n  b:\r\n    c: 2\r\n");
	set("z: 1\r\na:\r\n  b:\r\n    c: 5\r\n", "2", "z: 1\r\na:\r\n  b:\r\n    c: 2\r\n");
	set("z: 1", "2", "z: 1\na:\n  b:\n    c: 2");
	set("a:\n  b:\n    x: 1 # y", "2", "a:\n  b:\n    x: 1 # y\n    c: 2");
}

Test(yaml_set, takes_keys_that_need_quotes)
{
	begin("names:\n  \"my: nas\": 1\n");
	expect(pu_yaml_set(&text, PU_YAML_PATH("names", "my: nas"), "2"),
	       "names:\n  \"my: nas\": 2\n");
	expect(pu_yaml_set(&text, PU_YAML_PATH("names", "#x"), "3"),
	       "names:\n  \"my: nas\": 2\n  \"#x\": 3\n");
	expect(pu_yaml_set(&text, PU_YAML_PATH("names", "a.b"), "4"),
	       "names:\n  \"my: nas\": 2\n  \"#x\": 3\n  a.b: 4\n");
}

Test(yaml_set, counts_bytes_where_the_text_has_other_letters)
{
	set("# \xc3\xa4\xe2\x82\xac\nz: \"\xf0\x9f\x98\x80\"\na:\n  b:\n    c: \xc3\xbc # "
	    "\xc3\xbc\n",
	    "2",
	    "# \xc3\xa4\xe2\x82\xac\nz: \"\xf0\x9f\x98\x80\"\na:\n  b:\n    c: 2 # \xc3\xbc\n");
	set("\xef\xbb\xbfz: 1\na: {}\n", "2", "\xef\xbb\xbfz: 1\na:\n  b:\n    c: 2\n");
}

Test(yaml_set, refuses_what_is_in_the_way)
{
	static const char *const texts[] = {"a: 5\n",        "a: [1]\n", "a:\n  b:\n    c: [1]\n",
	                                    "a: {b: [1]}\n", "- 1\n",    "just text\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		begin(texts[i]);
		refuse(pu_yaml_set(&text, PU_YAML_PATH("a", "b", "c"), "1"), PU_EINVAL, texts[i]);
	}
	begin("a: 1\n");
	refuse(pu_yaml_set(&text, PU_YAML_PATH("z"), "\xff"), PU_EINVAL, "a: 1\n");
}

Test(yaml_set, refuses_a_text_that_is_no_yaml_for_us)
{
	begin("a: [1\n");
	refuse(pu_yaml_set(&text, PU_YAML_PATH("a"), "1"), PU_EMALFORMED, "a: [1\n");
	begin("a: &x 1\n");
	refuse(pu_yaml_set(&text, PU_YAML_PATH("a"), "1"), PU_EUNSUPPORTED, "a: &x 1\n");
}

Test(yaml_set, refuses_a_layout_that_it_cannot_splice)
{
	begin("a: 1\n...\n");
	expect(pu_yaml_set(&text, PU_YAML_PATH("b"), "1"), "a: 1\nb: 1\n...\n");
	begin("? a\n: b: 1\n");
	refuse(pu_yaml_remove(&text, PU_YAML_PATH("a", "b")), PU_EINTERNAL, "? a\n: b: 1\n");
}

Test(yaml_set, stays_within_the_bound_of_the_buffer)
{
	pu_buffer_init(&text, 8);
	cr_assert_eq(pu_buffer_append(&text, "a: 1\n", 5), PU_OK);
	refuse(pu_yaml_set(&text, PU_YAML_PATH("b"), "1"), PU_ELIMIT, "a: 1\n");
	expect(pu_yaml_set(&text, PU_YAML_PATH("a"), "1234"), "a: 1234\n");
}

static void set_list(const char *before, struct pu_strings items, const char *after)
{
	begin(before);
	expect(pu_yaml_set_list(&text, PU_YAML_PATH("s", "l"), &items), after);
}

Test(yaml_set_list, replaces_the_whole_list)
{
	const char *const two[] = {"x", "- y"};
	const struct pu_strings items = {two, 2}, none = {NULL, 0};

	set_list("", items, "s:\n  l:\n    - x\n    - \"- y\"\n");
	set_list("", none, "s:\n  l: []\n");
	set_list("s:\n  l: []  # tags\n  m: 1\n", items,
	         "s:\n  l:  # tags\n    - x\n    - \"- y\"\n  m: 1\n");
	set_list("s:\n  l: [1, 2, 3]\n", items, "s:\n  l:\n    - x\n    - \"- y\"\n");
	set_list("s:\n  l:\n    # about 1\n    - 1\n    - 2 # two\n  m: 1\n", items,
	         "s:\n  l:\n    # about 1\n    - x\n    - \"- y\"\n  m: 1\n");
	set_list("s:\n  l:\n  - 1\n  m: 1\n", items, "s:\n  l:\n  - x\n  - \"- y\"\n  m: 1\n");
	set_list("s:\n  l:\n  - 1\n  m: 1\n", none, "s:\n  l: []\n  m: 1\n");
	set_list("s:\n  l:\n    - 1", items, "s:\n  l:\n    - x\n    - \"- y\"");
	begin("s: {l: {}}");
	refuse(pu_yaml_set_list(&text, PU_YAML_PATH("s", "l"), &items), PU_EINVAL, "s: {l: {}}");
	begin("s: {l: x}");
	refuse(pu_yaml_set_list(&text, PU_YAML_PATH("s", "l"), &items), PU_EINVAL, "s: {l: x}");
}

Test(yaml_list, adds_at_the_end)
{
	add("", "x", "l:\n  - x\n");
	add("l:\n", "x", "l:\n  - x\n");
	add("l: []\n", "x", "l:\n  - x\n");
	add("l: [1, 2] # some\nm: 1\n", "x", "l: # some\n  - 1\n  - 2\n  - x\nm: 1\n");
	add("l:\n- 1\n# about m\nm: 1\n", "x", "l:\n- 1\n- x\n# about m\nm: 1\n");
	add("l:\n    - 1 # one\n    # more\n\nm: 1\n", "x",
	    "l:\n    - 1 # one\n    # more\n    - x\n\nm: 1\n");
	add("l:\n  - a: 1\n    b: 2\n", "x", "l:\n  - a: 1\n    b: 2\n  - x\n");
	add("l:\n  - 1", "x", "l:\n  - 1\n  - x");
	add("l:\r\n  - 1\r\n", "x", "l:\r\n  - 1\r\n  - x\r\n");
	add("l:\n  -\n  - |\n    text\nm: 1\n", "x", "l:\n  -\n  - |\n    text\n  - x\nm: 1\n");
}

Test(yaml_list, refuses_to_add_twice)
{
	begin("l:\n  - \"x\"\n");
	refuse(pu_yaml_list_add(&text, PU_YAML_PATH("l"), "x"), PU_EEXIST, "l:\n  - \"x\"\n");
}

Test(yaml_list, removes_an_element)
{
	drop("l:\n  - x # ex\n  # about y\n  - y\n", "x", "l:\n  # about y\n  - y\n");
	drop("l:\n  - y\n  - x\nm: 1\n", "x", "l:\n  - y\nm: 1\n");
	drop("l: # list\n  - x\n  # none left\nm: 1\n", "x", "l: [] # list\n  # none left\nm: 1\n");
	drop("l:\n- x\nm: 1\n", "x", "l: []\nm: 1\n");
	drop("l: [x, y]\n", "x", "l:\n  - y\n");
	drop("l: [x] # one\n", "x", "l: [] # one\n");
	drop("l:\n  - y\n  - # why\n    x\n", "x", "l:\n  - y\n");
	drop("l:\n  - y\n  - x", "x", "l:\n  - y\n");
	drop("l:\n  - x\n  - x\n", "x", "l:\n  - x\n");
	drop("l:\n  - |-\n    x\n  - y\n", "x", "l:\n  - y\n");
}

Test(yaml_list, does_not_remove_what_is_not_there)
{
	static const char *const texts[] = {"", "l:\n", "l: []\n", "l:\n  - [x]\n", "m: 1\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		begin(texts[i]);
		refuse(pu_yaml_list_remove(&text, PU_YAML_PATH("l"), "x"), PU_ENOTFOUND, texts[i]);
	}
	begin("l: x\n");
	refuse(pu_yaml_list_remove(&text, PU_YAML_PATH("l"), "x"), PU_EINVAL, "l: x\n");
}

Test(yaml_remove, takes_the_key_and_all_below_it)
{
	cut("a:\n  # about b\n  b:\n    c: 1\n    d: # x\n      - 1\n  e: 1\n",
	    "a:\n  # about b\n  e: 1\n");
	cut("a:\n  e: 1\n  b: 1 # x\n\nz: 1\n", "a:\n  e: 1\n\nz: 1\n");
	cut("a:\n  e: 1\n  b:\nz: 1\n", "a:\n  e: 1\nz: 1\n");
	cut("a:\n  e: 1\n  b: |\n    text\nz: 1\n", "a:\n  e: 1\nz: 1\n");
	cut("a:\r\n  e: 1\r\n  b: 1\r\n", "a:\r\n  e: 1\r\n");
	cut("a:\n  e: 1\n  b: 1", "a:\n  e: 1\n");
	cut("a: {b: 1, e: 2} # x\n", "a: # x\n  e: 2\n");
}

Test(yaml_remove, leaves_an_empty_map)
{
	cut("a: # x\n  # y\n  b:\n    c: 1\nz: 1\n", "a: {} # x\n  # y\nz: 1\n");
	cut("a: {b: 1}\n", "a: {}\n");
	begin("a: 1\n");
	expect(pu_yaml_remove(&text, PU_YAML_PATH("a")), "");
	begin("{a: 1}\n");
	expect(pu_yaml_remove(&text, PU_YAML_PATH("a")), "{}\n");
	begin("# x\na: 1\n");
	expect(pu_yaml_remove(&text, PU_YAML_PATH("a")), "# x\n");
}

Test(yaml_remove, does_not_find_what_is_not_there)
{
	static const char *const texts[] = {"", "a:\n", "a: {}\n", "z: 1\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		begin(texts[i]);
		refuse(pu_yaml_remove(&text, PU_YAML_PATH("a", "b")), PU_ENOTFOUND, texts[i]);
	}
	begin("a: 1\n");
	refuse(pu_yaml_remove(&text, PU_YAML_PATH("a", "b")), PU_EINVAL, "a: 1\n");
}

static const char sample[] = "# node\n"
                             "network: {listen: [a, b]}  # flow\n"
                             "services:\n"
                             "  # the web\n"
                             "  web:\n"
                             "    local_address: localhost:80 # port\n"
                             "    tags:\n"
                             "    - x\n"
                             "    - \"y z\"\n"
                             "names: {}\n";

/* Whatever stands there: the edit works or nothing changes. */
Test(yaml_set, survives_a_text_cut_at_every_byte)
{
	for (size_t len = 0; len < sizeof(sample); len++) {
		char *before = strndup(sample, len);
		enum pu_err err;

		begin(before);
		err = pu_yaml_set(&text, PU_YAML_PATH("services", "web", "enabled"), "true");
		if (err != PU_OK)
			refuse(err, err, before);
		cr_assert_neq(err, PU_EINTERNAL, "%zu", len);
		err = pu_yaml_list_add(&text, PU_YAML_PATH("network", "listen"), "c");
		cr_assert_neq(err, PU_EINTERNAL, "%zu", len);
		err = pu_yaml_remove(&text, PU_YAML_PATH("services", "web", "tags"));
		cr_assert_neq(err, PU_EINTERNAL, "%zu", len);
		free(before);
	}
}
