/* Knows how rows become text for people: the effective configuration as YAML, and the
 * description of every option. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/option.h"
#include "base/option_value.h"
#include "base/yaml_text.h"

enum { STEP = 2, DOC_KEY_MAX = 2 * PU_OPTION_KEY_MAX };

/* The first failure stays, and what follows it does nothing. */
struct printer {
	struct pu_buffer *out;
	enum pu_err err;
	char section[PU_OPTION_KEY_MAX]; /* the section that the last line stands in */
};

static void put(struct printer *printer, const char *text)
{
	if (printer->err == PU_OK)
		printer->err = pu_buffer_append(printer->out, text, strlen(text));
}

static void put_indent(struct printer *printer, size_t indent)
{
	for (size_t i = 0; i < indent; i++)
		put(printer, " ");
}

static void put_scalar(struct printer *printer, const char *text)
{
	if (printer->err == PU_OK)
		printer->err = pu_yaml_append_scalar(printer->out, text, false);
}

static void put_list(struct printer *printer, const struct pu_strings *list, size_t indent)
{
	put(printer, list->len == 0 ? " []\n" : "\n");
	for (size_t i = 0; i < list->len; i++) {
		put_indent(printer, indent);
		put(printer, "- ");
		put_scalar(printer, list->items[i]);
		put(printer, "\n");
	}
}

/* What follows the key: the value, and the end of the line. */
static void put_value(struct printer *printer, const struct pu_option *row, const void *field,
                      size_t indent)
{
	char *text;

	put(printer, ":");
	if (row->type == PU_OPTION_LIST) {
		put_list(printer, field, indent + STEP);
		return;
	}
	text = pu_option_text(row, field);
	put(printer, " ");
	put_scalar(printer, text != NULL ? text : "");
	put(printer, "\n");
	pu_free(text);
}

static size_t common_sections(const char *a, const char *b)
{
	size_t common = 0, i = 0;

	for (; a[i] != '\0' && a[i] == b[i]; i++) {
		if (a[i] == '.')
			common = i + 1;
	}
	return common;
}

/* Opens the sections of the key that are not open yet; answers the last component. */
static const char *put_sections(struct printer *printer, const char *key, size_t *indent)
{
	size_t common = common_sections(key, printer->section);
	const char *dot;

	for (size_t i = 0; i < common; i++)
		*indent += key[i] == '.' ? STEP : 0;
	snprintf(printer->section, sizeof(printer->section), "%s", key);
	key += common;
	while ((dot = strchr(key, '.')) != NULL) {
		put_indent(printer, *indent);
		if (printer->err == PU_OK)
			printer->err = pu_buffer_printf(printer->out, "%.*s:\n", (int)(dot - key), key);
		*indent += STEP;
		key = dot + 1;
	}
	put_indent(printer, *indent);
	return key;
}

static bool is_unset(const struct pu_option *row, const void *field)
{
	if (row->type == PU_OPTION_STRING || row->type == PU_OPTION_PATH)
		return *(char *const *)field == NULL;
	return row->type == PU_OPTION_UNUSED;
}

static void put_rows(struct printer *printer, const struct pu_option *rows, size_t count,
                     const void *base, size_t indent)
{
	for (size_t i = 0; i < count; i++) {
		const void *field = (const char *)base + rows[i].offset;
		size_t own_indent = indent;

		if (is_unset(&rows[i], field))
			continue;
		put(printer, put_sections(printer, rows[i].key, &own_indent));
		put_value(printer, &rows[i], field, own_indent);
	}
}

static void put_entry(struct printer *printer, const struct pu_option_map *map,
                      const void *entry, size_t indent)
{
	put_indent(printer, indent);
	put_scalar(printer, *(char *const *)entry);
	if (map->row_count == 1 && map->rows[0].key[0] == '\0') {
		put_value(printer, &map->rows[0], (const char *)entry + map->rows[0].offset, indent);
		return;
	}
	put(printer, ":\n");
	printer->section[0] = '\0';
	put_rows(printer, map->rows, map->row_count, entry, indent + STEP);
}

static void put_entries(struct printer *printer, const struct pu_option_map *map,
                        const void *base)
{
	const struct pu_entries *entries = (const void *)((const char *)base + map->offset);
	size_t indent = 0;

	put(printer, put_sections(printer, map->key, &indent));
	put(printer, entries->len == 0 ? ": {}\n" : ":\n");
	for (size_t i = 0; i < entries->len; i++)
		put_entry(printer, map, (const char *)entries->items + i * map->entry_size,
		          indent + STEP);
	snprintf(printer->section, sizeof(printer->section), "%s", map->key);
}

enum pu_err pu_options_print(const struct pu_options *schema, const void *config,
                             struct pu_buffer *out)
{
	struct printer printer = {.out = out};
	size_t before = out->len;

	put_rows(&printer, schema->rows, schema->row_count, config, 0);
	for (size_t i = 0; i < schema->map_count; i++)
		put_entries(&printer, &schema->maps[i], config);
	if (printer.err != PU_OK)
		out->len = before;
	return printer.err;
}

static void visit_row(const struct pu_option *row, const char *key, pu_option_visit *visit,
                      void *arg)
{
	char expected[PU_OPTION_KIND_MAX], list[PU_OPTION_KIND_MAX + 32];
	const char *kind = pu_option_expected(row, expected);

	if (row->type == PU_OPTION_LIST && row->check != NULL) {
		snprintf(list, sizeof(list), "a list, each %s", kind);
		kind = list;
	}
	visit(&(struct pu_option_doc){.key = key,
	                              .kind = kind,
	                              .def = row->def,
	                              .help = row->help,
	                              .required = row->required},
	      arg);
}

static void visit_map(const struct pu_option_map *map, pu_option_visit *visit, void *arg)
{
	char key[DOC_KEY_MAX];

	visit(&(struct pu_option_doc){.key = map->key, .kind = "a map of names", .help = map->help},
	      arg);
	for (size_t i = 0; i < map->row_count; i++) {
		const char *own = map->rows[i].key;

		snprintf(key, sizeof(key), "%s.<name>%s%s", map->key, own[0] != '\0' ? "." : "", own);
		visit_row(&map->rows[i], key, visit, arg);
	}
}

void pu_options_doc(const struct pu_options *schema, pu_option_visit *visit, void *arg)
{
	for (size_t i = 0; i < schema->row_count; i++) {
		if (schema->rows[i].type != PU_OPTION_UNUSED)
			visit_row(&schema->rows[i], schema->rows[i].key, visit, arg);
	}
	for (size_t i = 0; i < schema->map_count; i++)
		visit_map(&schema->maps[i], visit, arg);
}
