#include "base/option.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum color { RED, GREEN, BLUE };

struct port {
	char *name;
	char *target;
	bool enabled;
	struct pu_strings tags;
};

struct alias {
	char *name;
	char *value;
};

struct group {
	char *name;
	struct pu_strings members;
};

struct config {
	int64_t version;
	bool on;
	uint64_t wait_ms, room;
	char *title, *file;
	enum color color;
	struct pu_strings words;
	struct pu_entries ports, aliases, groups;
};

static const char *check_even(const char *value)
{
	return value[0] != '\0' && strlen(value) % 2 == 0 ? NULL : "an even number of letters";
}

static const char *check_lower(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyz") == strlen(name) ? NULL : "small letters";
}

static const char *const colors[] = {"red", "green", "blue", NULL};

#define C struct config
static const struct pu_option rows[] = {
    {.key = "version",
     PU_OPTION(INT, C, version),
     .min = 1,
     .max = 3,
     .def = "1",
     .help = "V."},
    {.key = "a.on", PU_OPTION(BOOL, C, on), .def = "true", .help = "Whether."},
    {.key = "a.wait", PU_OPTION(DURATION, C, wait_ms), .min = 10, .max = 60000, .def = "30s"},
    {.key = "a.deep.room", PU_OPTION(SIZE, C, room), .min = 1, .max = 1 << 30, .def = "64MB"},
    {.key = "a.deep.words",
     PU_OPTION(LIST, C, words),
     .max = 4,
     .def = "one four",
     .check = NULL},
    {.key = "title", PU_OPTION(STRING, C, title), .min = 2, .max = 20, .check = check_even},
    {.key = "file", PU_OPTION(PATH, C, file), .def = "some.key"},
    {.key = "color", PU_OPTION(ENUM, C, color), .words = colors, .def = "green"},
    {.key = "old", .type = PU_OPTION_UNUSED, .help = "not offered yet"},
};

static const struct pu_option port_rows[] = {
    {.key = "target", PU_OPTION(STRING, struct port, target), .required = true},
    {.key = "x.enabled", PU_OPTION(BOOL, struct port, enabled), .def = "true"},
    {.key = "x.tags", PU_OPTION(LIST, struct port, tags), .check = check_even},
};
static const struct pu_option alias_rows[] = {
    {.key = "", PU_OPTION(STRING, struct alias, value), .check = check_even},
};
static const struct pu_option group_rows[] = {
    {.key = "", PU_OPTION(LIST, struct group, members), .max = 2},
};

static const struct pu_option_map maps[] = {
    {"ports", offsetof(C, ports), sizeof(struct port), port_rows, 3, 3, "Ports.", check_lower},
    {"aliases", offsetof(C, aliases), sizeof(struct alias), alias_rows, 1, 0, "Aliases.", NULL},
    {"deep.groups", offsetof(C, groups), sizeof(struct group), group_rows, 1, 0, "G.", NULL},
};

static const struct pu_options schema = {sizeof(C), rows, sizeof(rows) / sizeof(rows[0]), maps,
                                         3};

static struct pu_report report;
static struct config config;

static void accept(const char *text)
{
	enum pu_err err = pu_options_parse(&schema, pu_bytes_of_str(text), &config, &report);

	cr_assert_eq(err, PU_OK, "%s", report.len > 0 ? report.items[0].text : "");
}

/* One mistake, printed like this. */
static void refuse(const char *text, const char *wanted)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 1 << 16);
	cr_assert_eq(pu_options_parse(&schema, pu_bytes_of_str(text), &config, &report), PU_EINVAL,
	             "%s", text);
	cr_assert_eq(pu_report_print(&report, &buffer), PU_OK);
	cr_assert_eq(pu_buffer_append(&buffer, "", 1), PU_OK);
	cr_assert_str_eq((char *)buffer.data, wanted);
	pu_buffer_fini(&buffer);
	pu_report_fini(&report);
}

static void leave(void)
{
	pu_options_fini(&schema, &config);
	pu_report_fini(&report);
}

TestSuite(option, .fini = leave);

Test(option, gives_defaults_to_an_empty_text)
{
	accept("");
	cr_assert_eq(config.version, 1);
	cr_assert(config.on);
	cr_assert_eq(config.wait_ms, 30000);
	cr_assert_eq(config.room, 64 << 20);
	cr_assert_eq(config.words.len, 2);
	cr_assert_str_eq(config.words.items[1], "four");
	cr_assert_null(config.title);
	cr_assert_str_eq(config.file, "some.key");
	cr_assert_eq(config.color, GREEN);
	cr_assert_eq(config.ports.len, 0);
}

static const char full[] = "version: 3\n"
                           "a:\n"
                           "  on: no\n"
                           "  wait: 1.5s\n"
                           "  deep: {room: 2KB, words: [x]}\n"
                           "title: \"ab\"\n"
                           "file: /k\n"
                           "color: blue\n"
                           "ports:\n"
                           "  web: {target: \"h:1\", x: {enabled: false, tags: [aa, bbbb]}}\n"
                           "  ssh:\n"
                           "    target: h:22\n"
                           "aliases: {Me: abcd, you.too: ef}\n"
                           "deep:\n"
                           "  groups:\n"
                           "    all: [a, b]\n"
                           "    none: []\n";

static void expect_full(void)
{
	const struct port *ports = config.ports.items;
	const struct alias *aliases = config.aliases.items;
	const struct group *groups = config.groups.items;

	cr_assert_eq(config.version, 3);
	cr_assert_not(config.on);
	cr_assert_eq(config.wait_ms, 1500);
	cr_assert_eq(config.room, 2048);
	cr_assert_eq(config.words.len, 1);
	cr_assert_str_eq(config.title, "ab");
	cr_assert_eq(config.color, BLUE);
	cr_assert_eq(config.ports.len, 2);
	cr_assert_str_eq(ports[0].name, "web");
	cr_assert_not(ports[0].enabled);
	cr_assert_str_eq(ports[0].tags.items[1], "bbbb");
	cr_assert_str_eq(ports[1].target, "h:22");
	cr_assert(ports[1].enabled);
	cr_assert_str_eq(aliases[1].name, "you.too");
	cr_assert_str_eq(aliases[1].value, "ef");
	cr_assert_eq(groups[0].members.len, 2);
	cr_assert_eq(groups[1].members.len, 0);
}

Test(option, reads_every_type)
{
	accept(full);
	expect_full();
	cr_assert_eq(report.len, 0);
}

Test(option, prints_what_parses_back_to_the_same)
{
	struct pu_buffer first, second;

	pu_buffer_init(&first, 1 << 16);
	pu_buffer_init(&second, 1 << 16);
	accept(full);
	cr_assert_eq(pu_options_print(&schema, &config, &first), PU_OK);
	pu_options_fini(&schema, &config);
	cr_assert_eq(pu_options_parse(&schema, pu_buffer_bytes(&first), &config, &report), PU_OK);
	expect_full();
	cr_assert_eq(pu_options_print(&schema, &config, &second), PU_OK);
	cr_assert(pu_bytes_eq(pu_buffer_bytes(&first), pu_buffer_bytes(&second)));
	pu_buffer_fini(&first);
	pu_buffer_fini(&second);
}

Test(option, prints_defaults_that_parse_back)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 1 << 16);
	pu_options_defaults(&schema, &config);
	cr_assert_eq(pu_options_print(&schema, &config, &buffer), PU_OK);
	pu_options_fini(&schema, &config);
	cr_assert_eq(pu_options_parse(&schema, pu_buffer_bytes(&buffer), &config, &report), PU_OK);
	cr_assert_eq(config.room, 64 << 20);
	pu_buffer_fini(&buffer);
}

Test(option, leaves_the_default_where_no_value_stands)
{
	accept("version:\na:\n  wait: ~\n  deep:\n    words:\nports:\n");
	cr_assert_eq(config.version, 1);
	cr_assert_eq(config.wait_ms, 30000);
	cr_assert_eq(config.words.len, 2);
}

Test(option, names_the_line_the_key_and_what_was_expected)
{
	refuse("\nversion: 4\n",
	       "config:2:10: version: expected a whole number from 1 to 3, not \"4\"\n");
	refuse("version: 01",
	       "config:1:10: version: expected a whole number from 1 to 3, not \"01\"\n");
	refuse("a:\n  on: maybe\n", "config:2:7: a.on: expected true or false, not \"maybe\"\n");
	refuse("a: {wait: 9ms}",
	       "config:1:11: a.wait: expected a duration from 10ms to 1m, not \"9ms\"\n");
	refuse("a: {deep: {room: 2GB}}",
	       "config:1:18: a.deep.room: expected a size from 1B to 1GB, not \"2GB\"\n");
	refuse("color: pink", "config:1:8: color: expected red, green or blue, not \"pink\"\n");
	refuse("title: abc",
	       "config:1:8: title: expected an even number of letters, not \"abc\"\n");
	refuse("title: abcdefghijklmnopqrstuv", "config:1:8: title: expected a text of 2 to 20 "
	                                        "bytes, not \"abcdefghijklmnopqrstuv\"\n");
	refuse("file: ''",
	       "config:1:7: file: expected the path of a file or directory, not \"\"\n");
	refuse("file: [a]",
	       "config:1:7: file: expected the path of a file or directory, not a list\n");
}

Test(option, reports_every_mistake_in_the_order_of_the_text)
{
	refuse("version: x\n"
	       "a: {on: 5}\n"
	       "ports:\n"
	       "  web:\n"
	       "    x: {tags: [aa, b, ~, [c]]}\n"
	       "    colour: red\n"
	       "  UP: {target: a}\n",
	       "config:1:10: version: expected a whole number from 1 to 3, not \"x\"\n"
	       "config:2:9: a.on: expected true or false, not \"5\"\n"
	       "config:4:3: ports.web.target: missing: expected a text\n"
	       "config:5:20: ports.web.x.tags: expected an even number of letters, not \"b\"\n"
	       "config:5:23: ports.web.x.tags: expected an even number of letters, not an empty "
	       "element\n"
	       "config:5:26: ports.web.x.tags: expected an even number of letters, not a list\n"
	       "config:6:5: ports.web.colour: unknown key\n"
	       "config:7:3: ports.UP: expected small letters as the name, not \"UP\"\n");
}

Test(option, suggests_what_an_unknown_key_may_mean)
{
	refuse("verson: 1", "config:1:1: verson: unknown key; did you mean version?\n");
	refuse("a:\n  dep:\n    room: 1\n", "config:2:3: a.dep: unknown key; did you mean deep?\n");
	refuse("a: {deep: {words: [], rom: 1}}",
	       "config:1:23: a.deep.rom: unknown key; did you mean room?\n");
	refuse("port: {}", "config:1:1: port: unknown key; did you mean ports?\n");
	refuse("zzzzzz: 1", "config:1:1: zzzzzz: unknown key\n");
	refuse("a.on: true", "config:1:1: a.on: unknown key: write each part between dots as a "
	                     "section of its own\n");
	refuse("'': 1", "config:1:1: unknown key\n");
}

Test(option, refuses_a_key_given_twice)
{
	refuse("version: 1\nversion: 2\n",
	       "config:2:1: version: given twice; the first is in line 1\n");
	refuse("aliases:\n  me: aa\n  me: bb\n",
	       "config:3:3: aliases.me: given twice; the first is in line 2\n");
}

Test(option, refuses_the_wrong_shape)
{
	refuse("- 1", "config:1:1: expected a map of options (\"key: value\" lines)\n");
	refuse("a: 5", "config:1:4: a: expected a map of options (\"key: value\" lines)\n");
	refuse("ports: []", "config:1:8: ports: expected a map of names (\"key: value\" lines)\n");
	refuse("ports: {a: 5}",
	       "config:1:9: ports.a.target: missing: expected a text\n"
	       "config:1:12: ports.a: expected a map of options (\"key: value\" lines)\n");
	refuse(
	    "a: {deep: {words: one}}",
	    "config:1:19: a.deep.words: expected a list of 0 to 4 elements: \"- value\" lines or "
	    "[a, b]\n");
	refuse("aliases: {me: }",
	       "config:1:11: aliases.me: missing: expected an even number of letters\n");
}

Test(option, bounds_lists_and_maps)
{
	refuse("a: {deep: {words: [a, b, c, d, e]}}",
	       "config:1:19: a.deep.words: expected 0 to 4 elements, not 5\n");
	refuse("ports: {a: , b: , c: , d: }",
	       "config:1:8: ports: expected at most 3 entries, not 4\n");
}

Test(option, reports_where_the_yaml_ends_to_be_yaml)
{
	refuse("version: 1\n a: 2\n",
	       "config:2:3: mapping values are not allowed in this context\n");
}

Test(option, warns_of_what_it_does_not_use)
{
	accept("old: {any: [thing]}\n");
	cr_assert_eq(report.len, 1);
	cr_assert_eq(report.errors, 0);
	cr_assert(report.items[0].warning);
	cr_assert_str_eq(report.items[0].text, "ignored: not offered yet");
}

Test(option, leaves_the_output_alone_when_there_is_a_mistake)
{
	config.version = 77;
	cr_assert_eq(pu_options_parse(&schema, pu_bytes_of_str("x: 1"), &config, &report),
	             PU_EINVAL);
	cr_assert_eq(config.version, 77);
}

Test(option, keeps_a_bounded_number_of_mistakes)
{
	char text[8192] = "";
	size_t len = 0;

	for (int i = 0; i < 150; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "unknown%d: 1\n", i);
	cr_assert_eq(pu_options_parse(&schema, pu_bytes_of_str(text), &config, &report), PU_EINVAL);
	cr_assert_eq(report.len, PU_REPORT_MAX);
	cr_assert_eq(report.errors, 150);
	cr_assert_eq(report.dropped, 50);
}

Test(option, lets_nothing_steer_the_terminal)
{
	refuse("\"a\\e[31m\": 1\n", "config:1:1: a?[31m: unknown key\n");
}

Test(option, survives_a_key_longer_than_its_bound)
{
	char text[2000];

	memset(text, 'k', sizeof(text));
	memcpy(text + sizeof(text) - 7, ": {}\n", 6);
	cr_assert_eq(pu_options_parse(&schema, pu_bytes_of_str(text), &config, &report), PU_EINVAL);
	pu_report_fini(&report);
	memcpy(text, "aliases: {", 10);
	cr_assert_eq(pu_options_parse(&schema, pu_bytes_of_str(text), &config, &report), PU_EINVAL);
}

Test(option, survives_a_text_cut_at_every_byte)
{
	for (size_t len = 0; len < sizeof(full); len++) {
		char *cut = strndup(full, len);

		if (pu_options_parse(&schema, pu_bytes(cut, len), &config, &report) == PU_OK)
			pu_options_fini(&schema, &config);
		free(cut);
		pu_report_fini(&report);
	}
}

static void count(const struct pu_option_doc *doc, void *arg)
{
	size_t *seen = arg;

	if (*seen == 2)
		cr_assert_str_eq(doc->kind, "a duration from 10ms to 1m");
	if (strcmp(doc->key, "ports.<name>.target") == 0)
		cr_assert(doc->required);
	if (strcmp(doc->key, "aliases.<name>") == 0)
		cr_assert_str_eq(doc->kind, "an even number of letters");
	++*seen;
}

Test(option, describes_every_row)
{
	size_t seen = 0;

	pu_options_doc(&schema, count, &seen);
	cr_assert_eq(seen, 8 + 3 + 5);
}
