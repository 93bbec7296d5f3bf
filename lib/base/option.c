/* Walks a YAML tree along the rows of a schema. It knows how a dotted key finds its row, and
 * goes on after every mistake so that one run reports them all. */
#include "base/option.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/option_value.h"
#include "base/suggest.h"
#include "base/yaml_node.h"

enum { NAME_MAX_LEN = 255, SHOWN_MAX = 60 };

/* The rows that apply to one struct: the whole configuration, or one entry of a map. */
struct scope {
	const struct pu_option *rows;
	size_t row_count;
	const struct pu_option_map *maps;
	size_t map_count;
	void *base;
	size_t key_start; /* of the scope's own keys in the walk's key */
	bool seen[PU_OPTION_ROWS_MAX];
};

struct walk {
	struct pu_report *report;
	char key[PU_OPTION_KEY_MAX]; /* dotted, of the node that is being read */
	size_t key_len;
};

static struct pu_mistake at(const struct walk *walk, const struct pu_yaml_node *node)
{
	return (struct pu_mistake){
	    .line = node->line, .column = node->column, .key = (char *)(uintptr_t)walk->key};
}

/* Appends a component to the key; answers the length to go back to. */
static size_t key_push(struct walk *walk, const char *component)
{
	size_t before = walk->key_len;
	int len = snprintf(walk->key + before, sizeof(walk->key) - before, "%s%s",
	                   before > 0 ? "." : "", component);

	walk->key_len += (size_t)len;
	if (walk->key_len >= sizeof(walk->key))
		walk->key_len = sizeof(walk->key) - 1;
	return before;
}

static void key_pop(struct walk *walk, size_t before)
{
	walk->key_len = before;
	walk->key[before] = '\0';
}

/* ---- values ---- */

static void read_scalar(struct walk *walk, const struct pu_option *row, void *field,
                        const struct pu_yaml_node *node)
{
	char expected[PU_OPTION_KIND_MAX];
	const char *wanted;

	if (node->kind != PU_YAML_SCALAR) {
		pu_report_add(walk->report, at(walk, node), "expected %s, not a %s",
		              pu_option_expected(row, expected),
		              node->kind == PU_YAML_LIST ? "list" : "map");
		return;
	}
	wanted = pu_option_read(row, node->text, field, expected);
	if (wanted != NULL)
		pu_report_add(walk->report, at(walk, node), "expected %s, not \"%.*s\"", wanted,
		              SHOWN_MAX, node->text);
}

static void read_list(struct walk *walk, const struct pu_option *row, void *field,
                      const struct pu_yaml_node *node)
{
	char expected[PU_OPTION_KIND_MAX];
	size_t max = row->max > 0 ? (size_t)row->max : PU_OPTION_LIST_MAX;

	if (node->kind != PU_YAML_LIST) {
		pu_option_kind(row, expected);
		pu_report_add(walk->report, at(walk, node), "expected %s: \"- value\" lines or [a, b]",
		              expected);
		return;
	}
	if (node->item_count < (size_t)row->min || node->item_count > max) {
		pu_report_add(walk->report, at(walk, node), "expected %zu to %zu elements, not %zu",
		              (size_t)row->min, max, node->item_count);
		return;
	}
	pu_option_clear(row, field);
	for (size_t i = 0; i < node->item_count; i++) {
		if (pu_yaml_is_null(node->items[i]))
			pu_report_add(walk->report, at(walk, node->items[i]),
			              "expected %s, not an empty element",
			              pu_option_expected(row, expected));
		else
			read_scalar(walk, row, field, node->items[i]);
	}
}

/* A key without a value is as good as no key: the default stays. */
static void read_row(struct walk *walk, struct scope *scope, const struct pu_option *row,
                     const struct pu_yaml_node *node)
{
	void *field = pu_option_field(row, scope->base);
	struct pu_mistake where = at(walk, node);

	if (row->type == PU_OPTION_UNUSED) {
		where.warning = true;
		pu_report_add(walk->report, where, "ignored: %s", row->help);
		return;
	}
	if (pu_yaml_is_null(node))
		return;
	scope->seen[row - scope->rows] = true;
	if (row->type == PU_OPTION_LIST)
		read_list(walk, row, field, node);
	else
		read_scalar(walk, row, field, node);
}

/* ---- keys ---- */

static const struct pu_option *find_row(const struct scope *scope, const char *key)
{
	for (size_t i = 0; i < scope->row_count; i++) {
		if (strcmp(scope->rows[i].key, key) == 0)
			return &scope->rows[i];
	}
	return NULL;
}

static const struct pu_option_map *find_map(const struct scope *scope, const char *key)
{
	for (size_t i = 0; i < scope->map_count; i++) {
		if (strcmp(scope->maps[i].key, key) == 0)
			return &scope->maps[i];
	}
	return NULL;
}

/* The part of a row's key below the section, or NULL if the row is not in the section. */
static const char *below(const char *key, const char *section, size_t section_len)
{
	if (section_len == 0)
		return key;
	if (strncmp(key, section, section_len) != 0 || key[section_len] != '.')
		return NULL;
	return key + section_len + 1;
}

static bool is_section(const struct scope *scope, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; len > 0 && i < scope->row_count; i++) {
		if (below(scope->rows[i].key, key, len) != NULL)
			return true;
	}
	for (size_t i = 0; len > 0 && i < scope->map_count; i++) {
		if (below(scope->maps[i].key, key, len) != NULL)
			return true;
	}
	return false;
}

static void offer(struct pu_suggest *suggest, const char *key, const char *section, size_t len)
{
	const char *word = below(key, section, len);

	if (word != NULL)
		pu_suggest_offer(suggest, word, strcspn(word, "."));
}

static void report_unknown(struct walk *walk, const struct scope *scope,
                           const struct pu_yaml_node *key)
{
	const char *section = walk->key + scope->key_start;
	size_t full = strlen(section), own = strlen(key->text);
	size_t len = full > own ? full - own - 1 : 0;
	struct pu_suggest suggest;
	const char *best;

	pu_suggest_begin(&suggest, key->text);
	for (size_t i = 0; i < scope->row_count; i++)
		offer(&suggest, scope->rows[i].key, section, len);
	for (size_t i = 0; i < scope->map_count; i++)
		offer(&suggest, scope->maps[i].key, section, len);
	best = pu_suggest_best(&suggest);
	if (best != NULL)
		pu_report_add(walk->report, at(walk, key), "unknown key; did you mean %s?", best);
	else
		pu_report_add(walk->report, at(walk, key), "unknown key");
}

static void read_map(struct walk *walk, struct scope *scope, const struct pu_yaml_node *node);
static void read_entries(struct walk *walk, const struct pu_option_map *map, void *base,
                         const struct pu_yaml_node *node);

static void read_key(struct walk *walk, struct scope *scope, const struct pu_yaml_node *key,
                     const struct pu_yaml_node *value)
{
	const char *own = walk->key + scope->key_start;
	const struct pu_option *row = find_row(scope, own);
	const struct pu_option_map *map = find_map(scope, own);

	if (strchr(key->text, '.') != NULL)
		pu_report_add(walk->report, at(walk, key),
		              "unknown key: write each part between dots as a section of its own");
	else if (row != NULL)
		read_row(walk, scope, row, value);
	else if (map != NULL)
		read_entries(walk, map, scope->base, value);
	else if (is_section(scope, own))
		read_map(walk, scope, value);
	else
		report_unknown(walk, scope, key);
}

/* Answers whether the key is new in its map, and says so if not. */
static bool check_new(struct walk *walk, struct pu_map *seen, const struct pu_yaml_node *key)
{
	struct pu_bytes name = pu_bytes_of_str(key->text);
	const struct pu_yaml_node *first = pu_map_get(seen, name);

	if (first == NULL) {
		pu_map_put(seen, name, (void *)(uintptr_t)key);
		return true;
	}
	pu_report_add(walk->report, at(walk, key), "given twice; the first is in line %zu",
	              first->line);
	return false;
}

static bool is_map(struct walk *walk, const struct pu_yaml_node *node, const char *of)
{
	if (node->kind == PU_YAML_MAP)
		return true;
	if (!pu_yaml_is_null(node))
		pu_report_add(walk->report, at(walk, node),
		              "expected a map of %s (\"key: value\" lines)", of);
	return false;
}

/* A section, or the whole of a scope. */
static void read_map(struct walk *walk, struct scope *scope, const struct pu_yaml_node *node)
{
	struct pu_map seen;

	if (!is_map(walk, node, "options"))
		return;
	pu_map_init(&seen);
	for (size_t i = 0; i + 1 < node->item_count; i += 2) {
		const struct pu_yaml_node *key = node->items[i];
		size_t before = key_push(walk, key->text);

		if (check_new(walk, &seen, key))
			read_key(walk, scope, key, node->items[i + 1]);
		key_pop(walk, before);
	}
	pu_map_fini(&seen);
}

/* ---- maps of entries ---- */

static void set_defaults(const struct pu_option *rows, size_t count, void *base)
{
	for (size_t i = 0; i < count; i++)
		pu_option_default(&rows[i], pu_option_field(&rows[i], base));
}

static void report_missing(struct walk *walk, const struct scope *scope,
                           const struct pu_yaml_node *node)
{
	char expected[PU_OPTION_KIND_MAX];

	for (size_t i = 0; i < scope->row_count; i++) {
		size_t before;

		if (!scope->rows[i].required || scope->seen[i])
			continue;
		before = key_push(walk, scope->rows[i].key);
		pu_report_add(walk->report, at(walk, node), "missing: expected %s",
		              pu_option_expected(&scope->rows[i], expected));
		key_pop(walk, before);
	}
}

static bool is_value_entry(const struct pu_option_map *map)
{
	return map->row_count == 1 && map->rows[0].key[0] == '\0';
}

static void read_entry(struct walk *walk, const struct pu_option_map *map, void *entry,
                       const struct pu_yaml_node *key, const struct pu_yaml_node *value)
{
	struct scope scope = {.rows = map->rows,
	                      .row_count = map->row_count,
	                      .base = entry,
	                      .key_start = walk->key_len + 1};
	char expected[PU_OPTION_KIND_MAX];

	set_defaults(map->rows, map->row_count, entry);
	if (!is_value_entry(map)) {
		read_map(walk, &scope, value);
		report_missing(walk, &scope, key);
	} else if (pu_yaml_is_null(value)) {
		pu_report_add(walk->report, at(walk, key), "missing: expected %s",
		              pu_option_expected(&map->rows[0], expected));
	} else {
		read_row(walk, &scope, &map->rows[0], value);
	}
}

static bool check_name(struct walk *walk, const struct pu_option_map *map,
                       const struct pu_yaml_node *key)
{
	size_t len = strlen(key->text);
	const char *wanted = map->check_name != NULL ? map->check_name(key->text) : NULL;

	if (wanted == NULL && (len == 0 || len > NAME_MAX_LEN))
		wanted = "a name of 1 to 255 bytes";
	if (wanted != NULL)
		pu_report_add(walk->report, at(walk, key), "expected %s as the name, not \"%.*s\"",
		              wanted, SHOWN_MAX, key->text);
	return wanted == NULL;
}

static void *new_entry(const struct pu_option_map *map, struct pu_entries *entries,
                       const char *name)
{
	char *entry;

	entries->items = pu_realloc(entries->items, entries->len + 1, map->entry_size);
	entry = (char *)entries->items + entries->len * map->entry_size;
	memset(entry, 0, map->entry_size);
	*(char **)(void *)entry = pu_strdup(name);
	entries->len++;
	return entry;
}

static void read_entries(struct walk *walk, const struct pu_option_map *map, void *base,
                         const struct pu_yaml_node *node)
{
	struct pu_entries *entries = (void *)((char *)base + map->offset);
	size_t max = map->max > 0 ? map->max : PU_OPTION_ENTRY_MAX;
	struct pu_map seen;

	if (!is_map(walk, node, "names"))
		return;
	if (node->item_count / 2 > max) {
		pu_report_add(walk->report, at(walk, node), "expected at most %zu entries, not %zu",
		              max, node->item_count / 2);
		return;
	}
	pu_map_init(&seen);
	for (size_t i = 0; i + 1 < node->item_count; i += 2) {
		const struct pu_yaml_node *key = node->items[i];
		size_t before = key_push(walk, key->text);

		if (check_new(walk, &seen, key) && check_name(walk, map, key))
			read_entry(walk, map, new_entry(map, entries, key->text), key, node->items[i + 1]);
		key_pop(walk, before);
	}
	pu_map_fini(&seen);
}

/* ---- the whole ---- */

static void clear_rows(const struct pu_option *rows, size_t count, void *base)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].type != PU_OPTION_UNUSED)
			pu_option_clear(&rows[i], pu_option_field(&rows[i], base));
	}
}

static void clear_entries(const struct pu_option_map *map, void *base)
{
	struct pu_entries *entries = (void *)((char *)base + map->offset);

	for (size_t i = 0; i < entries->len; i++) {
		char *entry = (char *)entries->items + i * map->entry_size;

		pu_free(*(char **)(void *)entry);
		clear_rows(map->rows, map->row_count, entry);
	}
	pu_free(entries->items);
}

void pu_options_fini(const struct pu_options *schema, void *config)
{
	clear_rows(schema->rows, schema->row_count, config);
	for (size_t i = 0; i < schema->map_count; i++)
		clear_entries(&schema->maps[i], config);
	memset(config, 0, schema->size);
}

void pu_options_defaults(const struct pu_options *schema, void *out)
{
	memset(out, 0, schema->size);
	set_defaults(schema->rows, schema->row_count, out);
}

static void read_root(struct walk *walk, const struct pu_options *schema, void *config,
                      const struct pu_yaml_node *root)
{
	const struct pu_yaml_node nothing = {.kind = PU_YAML_MAP, .line = 1, .column = 1};
	struct scope scope = {.rows = schema->rows,
	                      .row_count = schema->row_count,
	                      .maps = schema->maps,
	                      .map_count = schema->map_count,
	                      .base = config};

	if (root == NULL)
		root = &nothing;
	read_map(walk, &scope, root);
	report_missing(walk, &scope, &nothing);
}

enum pu_err pu_options_parse(const struct pu_options *schema, struct pu_bytes text, void *out,
                             struct pu_report *report)
{
	struct walk walk = {.report = report};
	struct pu_yaml_node *root = NULL;
	struct pu_yaml_error error;
	size_t errors_before = report->errors;
	void *config;

	if (pu_yaml_parse(text, &root, &error) != PU_OK) {
		pu_report_add(report, (struct pu_mistake){.line = error.line, .column = error.column},
		              "%s", error.text);
		return PU_EINVAL;
	}
	config = pu_alloc(schema->size);
	pu_options_defaults(schema, config);
	read_root(&walk, schema, config, root);
	pu_yaml_free(root);
	if (report->errors == errors_before)
		memcpy(out, config, schema->size);
	else
		pu_options_fini(schema, config);
	pu_free(config);
	return report->errors == errors_before ? PU_OK : PU_EINVAL;
}
