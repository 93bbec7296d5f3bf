/* The one file that calls libyaml's parser: it turns events into bounded nodes and libyaml's
 * marks, which count characters, into byte offsets. */
#include "base/yaml_node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/alloc.h"

struct reader {
	yaml_parser_t parser;
	struct pu_bytes text;
	size_t chars, offset; /* the same place, in characters and in bytes */
	struct pu_yaml_node *root;
	struct pu_yaml_node *open[PU_YAML_DEPTH_MAX];
	size_t depth, nodes, documents;
	struct pu_yaml_error *error;
};

static bool is_continuation(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Marks come nearly in order, so that walking from the last one is cheap. */
static size_t offset_of(struct reader *reader, size_t chars)
{
	while (reader->chars < chars && reader->offset < reader->text.len) {
		do {
			reader->offset++;
		} while (reader->offset < reader->text.len &&
		         is_continuation(reader->text.data[reader->offset]));
		reader->chars++;
	}
	while (reader->chars > chars) {
		do {
			reader->offset--;
		} while (reader->offset > 0 && is_continuation(reader->text.data[reader->offset]));
		reader->chars--;
	}
	return reader->offset;
}

__attribute__((format(printf, 4, 5))) static enum pu_err
fail(struct reader *reader, enum pu_err err, yaml_mark_t mark, const char *fmt, ...)
{
	va_list args;

	reader->error->line = mark.line + 1;
	reader->error->column = mark.column + 1;
	va_start(args, fmt);
	vsnprintf(reader->error->text, sizeof(reader->error->text), fmt, args);
	va_end(args);
	return err;
}

static enum pu_err fail_syntax(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem != NULL ? parser->problem : "cannot be read";
	yaml_mark_t mark = parser->problem_mark;
	size_t offset;

	if (parser->error == YAML_READER_ERROR)
		return fail(reader, PU_EMALFORMED, parser->mark, "%s (expected UTF-8)", problem);
	offset = offset_of(reader, mark.index);
	if (offset < reader->text.len && reader->text.data[offset] == '\t')
		return fail(reader, PU_EMALFORMED, mark, "a tab: expected spaces as indentation");
	if (parser->context == NULL)
		return fail(reader, PU_EMALFORMED, mark, "%s", problem);
	return fail(reader, PU_EMALFORMED, mark, "%s %s", problem, parser->context);
}

static void attach(struct reader *reader, struct pu_yaml_node *node)
{
	if (reader->depth == 0)
		reader->root = node;
	else
		pu_yaml_push(reader->open[reader->depth - 1], node);
}

/* What stands before a node is checked for every kind alike. */
static enum pu_err check_node(struct reader *reader, const yaml_event_t *event,
                              const yaml_char_t *anchor, const yaml_char_t *tag)
{
	const struct pu_yaml_node *parent =
	    reader->depth > 0 ? reader->open[reader->depth - 1] : NULL;

	if (anchor != NULL)
		return fail(reader, PU_EUNSUPPORTED, event->start_mark,
		            "an anchor: write the value itself");
	if (tag != NULL)
		return fail(reader, PU_EUNSUPPORTED, event->start_mark,
		            "a tag: write the value without it");
	if (++reader->nodes > PU_YAML_NODES_MAX)
		return fail(reader, PU_ELIMIT, event->start_mark, "more than %d values",
		            PU_YAML_NODES_MAX);
	if (event->type != YAML_SCALAR_EVENT && parent != NULL && parent->kind == PU_YAML_MAP &&
	    parent->item_count % 2 == 0)
		return fail(reader, PU_EUNSUPPORTED, event->start_mark,
		            "a list or map as a key: expected a name");
	return PU_OK;
}

static struct pu_yaml_node *new_node(struct reader *reader, const yaml_event_t *event,
                                     enum pu_yaml_kind kind)
{
	struct pu_yaml_node *node = pu_yaml_collection_new(kind);

	node->line = event->start_mark.line + 1;
	node->column = event->start_mark.column + 1;
	node->start = offset_of(reader, event->start_mark.index);
	node->end = offset_of(reader, event->end_mark.index);
	return node;
}

static enum pu_err read_scalar(struct reader *reader, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	yaml_scalar_style_t style = event->data.scalar.style;
	enum pu_err err =
	    check_node(reader, event, event->data.scalar.anchor, event->data.scalar.tag);
	struct pu_yaml_node *node;

	if (err != PU_OK)
		return err;
	if (memchr(value, '\0', len) != NULL)
		return fail(reader, PU_EUNSUPPORTED, event->start_mark, "a zero byte in a value");
	node = new_node(reader, event, PU_YAML_SCALAR);
	node->text = pu_strndup(value, len);
	node->quoted = style != YAML_PLAIN_SCALAR_STYLE;
	node->literal = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
	attach(reader, node);
	return PU_OK;
}

static enum pu_err open_node(struct reader *reader, const yaml_event_t *event,
                             enum pu_yaml_kind kind, bool flow)
{
	struct pu_yaml_node *node = new_node(reader, event, kind);

	node->flow = flow;
	if (reader->depth == PU_YAML_DEPTH_MAX) {
		pu_yaml_free(node);
		return fail(reader, PU_ELIMIT, event->start_mark, "nested deeper than %d levels",
		            PU_YAML_DEPTH_MAX);
	}
	attach(reader, node);
	reader->open[reader->depth++] = node;
	return PU_OK;
}

static enum pu_err open_list(struct reader *reader, const yaml_event_t *event)
{
	enum pu_err err = check_node(reader, event, event->data.sequence_start.anchor,
	                             event->data.sequence_start.tag);

	if (err != PU_OK)
		return err;
	return open_node(reader, event, PU_YAML_LIST,
	                 event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
}

static enum pu_err open_map(struct reader *reader, const yaml_event_t *event)
{
	enum pu_err err = check_node(reader, event, event->data.mapping_start.anchor,
	                             event->data.mapping_start.tag);

	if (err != PU_OK)
		return err;
	return open_node(reader, event, PU_YAML_MAP,
	                 event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
}

static enum pu_err close_node(struct reader *reader, const yaml_event_t *event)
{
	struct pu_yaml_node *node = reader->open[--reader->depth];

	if (node->flow)
		node->end = offset_of(reader, event->end_mark.index);
	else if (node->item_count > 0)
		node->end = node->items[node->item_count - 1]->end;
	return PU_OK;
}

static enum pu_err read_event(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_list(reader, event);
	case YAML_MAPPING_START_EVENT:
		return open_map(reader, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_node(reader, event);
	case YAML_ALIAS_EVENT:
		return fail(reader, PU_EUNSUPPORTED, event->start_mark,
		            "an alias: write the value itself");
	case YAML_DOCUMENT_START_EVENT:
		if (++reader->documents > 1)
			return fail(reader, PU_EUNSUPPORTED, event->start_mark,
			            "a second document: expected one");
		return PU_OK;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return PU_OK;
	}
	return PU_OK;
}

static enum pu_err read_stream(struct reader *reader)
{
	for (;;) {
		yaml_event_t event;
		bool last;
		enum pu_err err;

		if (!yaml_parser_parse(&reader->parser, &event))
			return fail_syntax(reader);
		last = event.type == YAML_STREAM_END_EVENT;
		err = read_event(reader, &event);
		yaml_event_delete(&event);
		if (err != PU_OK || last)
			return err;
	}
}

/* A byte order mark would count as a column. */
static size_t mark_len(struct pu_bytes text)
{
	return text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

enum pu_err pu_yaml_parse(struct pu_bytes text, struct pu_yaml_node **root,
                          struct pu_yaml_error *error)
{
	struct reader reader = {.text = text, .offset = mark_len(text), .error = error};
	enum pu_err err;

	if (text.len > PU_YAML_BYTES_MAX)
		return fail(&reader, PU_ELIMIT, (yaml_mark_t){0}, "larger than %d bytes",
		            PU_YAML_BYTES_MAX);
	if (!yaml_parser_initialize(&reader.parser))
		return fail(&reader, PU_EINTERNAL, (yaml_mark_t){0}, "no YAML parser");
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	if (text.len > 0)
		text = pu_bytes(text.data + reader.offset, text.len - reader.offset);
	else
		text = pu_bytes_of_str("");
	yaml_parser_set_input_string(&reader.parser, text.data, text.len);
	err = read_stream(&reader);
	yaml_parser_delete(&reader.parser);
	if (err != PU_OK) {
		pu_yaml_free(reader.root);
		return err;
	}
	*root = reader.root;
	return PU_OK;
}

void pu_yaml_free(struct pu_yaml_node *node)
{
	if (node == NULL)
		return;
	for (size_t i = 0; i < node->item_count; i++)
		pu_yaml_free(node->items[i]);
	pu_free(node->items);
	pu_free(node->text);
	pu_free(node);
}

struct pu_yaml_node *pu_yaml_scalar_new(const char *text)
{
	struct pu_yaml_node *node = pu_yaml_collection_new(PU_YAML_SCALAR);

	node->text = pu_strdup(text);
	node->quoted = pu_yaml_is_null(node);
	return node;
}

struct pu_yaml_node *pu_yaml_collection_new(enum pu_yaml_kind kind)
{
	struct pu_yaml_node *node = PU_NEW(struct pu_yaml_node);

	node->kind = kind;
	return node;
}

void pu_yaml_push(struct pu_yaml_node *parent, struct pu_yaml_node *item)
{
	size_t count = parent->item_count;

	/* The room is 0, 4, 8, 16, ...: a full one is a power of two. */
	if (count == 0 || (count >= 4 && (count & (count - 1)) == 0))
		parent->items =
		    pu_realloc(parent->items, count == 0 ? 4 : 2 * count, sizeof(parent->items[0]));
	parent->items[parent->item_count++] = item;
}

void pu_yaml_cut(struct pu_yaml_node *parent, size_t index, size_t count)
{
	struct pu_yaml_node **items = parent->items;

	if (count == 0)
		return;
	for (size_t i = index; i < index + count; i++)
		pu_yaml_free(items[i]);
	memmove(items + index, items + index + count,
	        (parent->item_count - index - count) * sizeof(items[0]));
	parent->item_count -= count;
}

size_t pu_yaml_find(const struct pu_yaml_node *map, const char *key)
{
	for (size_t i = 0; i + 1 < map->item_count; i += 2) {
		if (strcmp(map->items[i]->text, key) == 0)
			return i + 1;
	}
	return 0;
}

bool pu_yaml_is_null(const struct pu_yaml_node *node)
{
	return node->kind == PU_YAML_SCALAR && !node->quoted &&
	       (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
	        strcasecmp(node->text, "null") == 0);
}

bool pu_yaml_equal(const struct pu_yaml_node *a, const struct pu_yaml_node *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->kind != b->kind || a->item_count != b->item_count)
		return false;
	if (pu_yaml_is_null(a) || pu_yaml_is_null(b))
		return pu_yaml_is_null(a) && pu_yaml_is_null(b);
	if (a->kind == PU_YAML_SCALAR)
		return strcmp(a->text, b->text) == 0;
	for (size_t i = 0; i < a->item_count; i++) {
		if (!pu_yaml_equal(a->items[i], b->items[i]))
			return false;
	}
	return true;
}
