/* Knows where in the text a change belongs: which bytes to cut, where lines go in, and which
 * comments belong to what stands before them. What it does not foresee is caught by parsing
 * the result and comparing it with the tree that was wanted. */
#include "base/yaml_edit.h"

#include <string.h>

#include "base/alloc.h"
#include "base/yaml_change.h"
#include "base/yaml_node.h"
#include "base/yaml_render.h"

enum { STEP_DEFAULT = 2, SPLICES_MAX = 2 };

/* Replaces the bytes from start up to end. */
struct splice {
	size_t start, end;
	struct pu_buffer insert;
};

struct edit {
	const struct pu_yaml_change *change;
	struct pu_bytes text;
	struct pu_yaml_node *root;   /* the text as it is; NULL if there is nothing */
	struct pu_yaml_node *wanted; /* the tree as it shall be */
	struct pu_yaml_layout layout;
	struct splice splices[SPLICES_MAX]; /* in the order of the text */
	size_t splice_count;
};

/* ---- the text ---- */

static size_t line_start(struct pu_bytes text, size_t at)
{
	while (at > 0 && text.data[at - 1] != '\n')
		at--;
	return at;
}

/* The start of the next line; `at` itself if it is one, as behind a `|` scalar. */
static size_t line_after(struct pu_bytes text, size_t at)
{
	while (at < text.len && (at == 0 || text.data[at - 1] != '\n'))
		at++;
	return at;
}

static size_t next_line(struct pu_bytes text, size_t at)
{
	return at < text.len ? line_after(text, at + 1) : at;
}

enum line_kind { BLANK, COMMENT, CONTENT, END };

static enum line_kind line_kind(struct pu_bytes text, size_t at, size_t *indent)
{
	size_t start = at;

	while (at < text.len && (text.data[at] == ' ' || text.data[at] == '\t'))
		at++;
	*indent = at - start;
	if (start == text.len)
		return END;
	if (at == text.len || text.data[at] == '\n' || text.data[at] == '\r')
		return BLANK;
	return text.data[at] == '#' ? COMMENT : CONTENT;
}

/* Comments behind a block belong to it when they are indented as it is and what follows them
 * is not. */
static size_t skip_own_comments(struct pu_bytes text, size_t at, size_t indent)
{
	size_t end = at, own;
	enum line_kind kind;

	while ((kind = line_kind(text, end, &own)) == COMMENT && own >= indent)
		end = next_line(text, end);
	return kind == CONTENT && own >= indent ? at : end;
}

/* The end of the text, if nothing but comments stands between. */
static size_t skip_to_end(struct pu_bytes text, size_t at)
{
	size_t end = at, own;
	enum line_kind kind;

	while ((kind = line_kind(text, end, &own)) == COMMENT || kind == BLANK)
		end = next_line(text, end);
	return kind == END ? end : at;
}

static bool has_blank_line(struct pu_bytes text)
{
	return text.len > 0 && (memmem(text.data, text.len, "\n\n", 2) != NULL ||
	                        memmem(text.data, text.len, "\n\r\n", 3) != NULL);
}

/* ---- layout ---- */

static const char *detect_eol(struct pu_bytes text)
{
	const uint8_t *newline = text.len > 0 ? memchr(text.data, '\n', text.len) : NULL;

	return newline != NULL && newline > text.data && newline[-1] == '\r' ? "\r\n" : "\n";
}

/* The first block of this kind below a key tells how far right such blocks stand. */
static bool detect_step(const struct pu_yaml_node *node, enum pu_yaml_kind kind, size_t *step)
{
	if (node->kind != PU_YAML_MAP || node->flow)
		return false;
	for (size_t i = 0; i + 1 < node->item_count; i += 2) {
		const struct pu_yaml_node *key = node->items[i], *value = node->items[i + 1];

		if (value->kind == kind && !value->flow && value->column >= key->column) {
			*step = value->column - key->column;
			return true;
		}
		if (detect_step(value, kind, step))
			return true;
	}
	return false;
}

static void detect_layout(struct edit *edit)
{
	edit->layout = (struct pu_yaml_layout){
	    .eol = detect_eol(edit->text), .step = STEP_DEFAULT, .list_step = STEP_DEFAULT};
	if (edit->root == NULL)
		return;
	if (detect_step(edit->root, PU_YAML_MAP, &edit->layout.step))
		edit->layout.list_step = edit->layout.step;
	(void)detect_step(edit->root, PU_YAML_LIST, &edit->layout.list_step);
}

/* ---- splices ---- */

/* The buffer to fill with what replaces the bytes. */
static struct pu_buffer *splice(struct edit *edit, size_t start, size_t end)
{
	struct splice *added = &edit->splices[edit->splice_count++];

	added->start = start;
	added->end = end;
	pu_buffer_init(&added->insert, PU_YAML_BYTES_MAX);
	return &added->insert;
}

static enum pu_err put(struct pu_buffer *out, const char *text)
{
	return pu_buffer_append(out, text, strlen(text));
}

/* The last line may lack its end: new lines behind it bring one and lack theirs instead. */
static bool lacks_eol(const struct edit *edit, size_t at)
{
	return at == edit->text.len && at > 0 && edit->text.data[at - 1] != '\n';
}

static enum pu_err begin_lines(const struct edit *edit, size_t at, struct pu_buffer *out)
{
	return lacks_eol(edit, at) ? put(out, edit->layout.eol) : PU_OK;
}

static void end_lines(const struct edit *edit, size_t at, struct pu_buffer *out)
{
	if (lacks_eol(edit, at))
		out->len -= strlen(edit->layout.eol);
}

static enum pu_err insert_block(struct edit *edit, size_t at, const struct pu_yaml_node *block,
                                size_t indent)
{
	struct pu_buffer *out = splice(edit, at, at);
	enum pu_err err = begin_lines(edit, at, out);

	if (err == PU_OK)
		err = pu_yaml_render_lines(out, &edit->layout, block, indent);
	end_lines(edit, at, out);
	return err;
}

static void cut_lines(struct edit *edit, size_t start, size_t end)
{
	(void)splice(edit, line_start(edit->text, start), line_after(edit->text, end));
}

/* ---- where a change goes ---- */

/* The node of `wanted` behind the first `depth` keys of the path. */
static const struct pu_yaml_node *wanted_at(const struct edit *edit, size_t depth)
{
	const struct pu_yaml_node *node = edit->wanted;

	for (size_t i = 0; i < depth; i++)
		node = node->items[pu_yaml_find(node, edit->change->path.keys[i])];
	return node;
}

/* Behind the ':' of the key. */
static size_t colon_end(const struct edit *edit, const struct pu_yaml_node *key)
{
	size_t at = key->end;

	while (at < edit->text.len && edit->text.data[at] != ':')
		at++;
	return at < edit->text.len ? at + 1 : at;
}

/* From here to the value is nothing but white space: `from`, else the value's start without
 * the spaces before it. */
static size_t trim_before(struct pu_bytes text, size_t from, size_t start)
{
	size_t at = start;

	while (at > from && strchr(" \t\r\n", text.data[at - 1]) != NULL)
		at--;
	if (at == from)
		return from;
	for (at = start; at > from && text.data[at - 1] == ' '; at--)
		continue;
	return at;
}

static enum pu_err replace_inline(struct edit *edit, const struct pu_yaml_node *key,
                                  const struct pu_yaml_node *value,
                                  const struct pu_yaml_node *wanted)
{
	bool absent = value->start == value->end;
	size_t behind = colon_end(edit, key);
	struct pu_buffer *out =
	    absent ? splice(edit, behind, behind) : splice(edit, value->start, value->end);
	enum pu_err err = absent ? put(out, " ") : PU_OK;

	if (err == PU_OK)
		err = pu_yaml_render_inline(out, wanted);
	if (err == PU_OK && value->literal)
		err = put(out, edit->layout.eol);
	return err;
}

/* A scalar or flow collection becomes lines below its key. */
static enum pu_err replace_by_block(struct edit *edit, const struct pu_yaml_node *key,
                                    const struct pu_yaml_node *value,
                                    const struct pu_yaml_node *wanted)
{
	bool absent = value->start == value->end;
	size_t behind = colon_end(edit, key), end = absent ? behind : value->end;
	size_t step = wanted->kind == PU_YAML_LIST ? edit->layout.list_step : edit->layout.step;
	size_t indent = key->column - 1 + step;
	size_t at = skip_own_comments(edit->text, line_after(edit->text, end), indent);

	if (!absent)
		(void)splice(edit, trim_before(edit->text, behind, value->start), end);
	return insert_block(edit, at, wanted, indent);
}

/* The lines of a block become others, or `{}` or `[]` behind the key. */
static enum pu_err replace_block(struct edit *edit, const struct pu_yaml_node *key,
                                 const struct pu_yaml_node *value,
                                 const struct pu_yaml_node *wanted)
{
	size_t start = line_start(edit->text, value->start);
	size_t end = line_after(edit->text, value->end);
	struct pu_buffer *out;
	enum pu_err err;

	if (!pu_yaml_is_inline(wanted)) {
		out = splice(edit, start, end);
		err = pu_yaml_render_lines(out, &edit->layout, wanted, value->column - 1);
		end_lines(edit, end, out);
		return err;
	}
	out = splice(edit, colon_end(edit, key), colon_end(edit, key));
	err = put(out, " ");
	if (err == PU_OK)
		err = pu_yaml_render_inline(out, wanted);
	(void)splice(edit, start, end);
	return err;
}

static enum pu_err replace_value(struct edit *edit, const struct pu_yaml_node *key,
                                 const struct pu_yaml_node *value,
                                 const struct pu_yaml_node *wanted)
{
	if (value->kind != PU_YAML_SCALAR && !value->flow)
		return replace_block(edit, key, value, wanted);
	if (pu_yaml_is_inline(wanted))
		return replace_inline(edit, key, value, wanted);
	return replace_by_block(edit, key, value, wanted);
}

/* A new key, `depth` deep, at the end of its map. */
static enum pu_err insert_key(struct edit *edit, const struct pu_yaml_node *map, size_t depth)
{
	const struct pu_yaml_node *parent = wanted_at(edit, depth);
	size_t value = pu_yaml_find(parent, edit->change->path.keys[depth]);
	size_t indent = map->column - 1;
	size_t at = line_after(edit->text, map->end);
	bool spaced =
	    depth == 0 && !pu_yaml_is_inline(parent->items[value]) && has_blank_line(edit->text);
	struct pu_buffer *out;
	enum pu_err err;

	at = depth == 0 ? skip_to_end(edit->text, at) : skip_own_comments(edit->text, at, indent);
	out = splice(edit, at, at);
	err = begin_lines(edit, at, out);
	if (err == PU_OK && spaced)
		err = put(out, edit->layout.eol);
	if (err == PU_OK)
		err = pu_yaml_render_entry(out, &edit->layout, parent->items[value - 1],
		                           parent->items[value], indent);
	end_lines(edit, at, out);
	return err;
}

static enum pu_err insert_item(struct edit *edit, const struct pu_yaml_node *list)
{
	const struct pu_yaml_node *wanted = wanted_at(edit, edit->change->path.len);
	size_t indent = list->column - 1;
	size_t at = skip_own_comments(edit->text, line_after(edit->text, list->end), indent);
	struct pu_buffer *out = splice(edit, at, at);
	enum pu_err err = begin_lines(edit, at, out);

	if (err == PU_OK)
		err = pu_yaml_render_item(out, &edit->layout, wanted->items[wanted->item_count - 1],
		                          indent);
	end_lines(edit, at, out);
	return err;
}

/* The dash of an element may stand in a line above it. */
static void cut_item(struct edit *edit, const struct pu_yaml_node *list)
{
	const char *text = edit->change->items.items[0];
	const struct pu_yaml_node *item = list->items[pu_yaml_element(list, text)];
	size_t line = line_start(edit->text, item->start);

	while (line > list->start && edit->text.data[line + list->column - 1] != '-')
		line = line_start(edit->text, line - 1);
	cut_lines(edit, line, item->end);
}

/* The value at the end of the path is there. */
static enum pu_err change_value(struct edit *edit, const struct pu_yaml_node *key,
                                const struct pu_yaml_node *value)
{
	const struct pu_yaml_node *wanted = wanted_at(edit, edit->change->path.len);
	bool block_list = value->kind == PU_YAML_LIST && !value->flow;

	if (edit->change->action == PU_YAML_LIST_ADD && block_list)
		return insert_item(edit, value);
	if (edit->change->action == PU_YAML_LIST_REMOVE && block_list && value->item_count > 1) {
		cut_item(edit, value);
		return PU_OK;
	}
	return replace_value(edit, key, value, wanted);
}

/* Descends as far as the path leads through blocks, and changes the text there. `own` is the
 * key of `map`, or NULL for the root. */
static enum pu_err change_map(struct edit *edit, const struct pu_yaml_node *own,
                              const struct pu_yaml_node *map, size_t depth)
{
	const struct pu_yaml_path *path = &edit->change->path;
	size_t at = pu_yaml_find(map, path->keys[depth]);
	bool last = depth + 1 == path->len;
	const struct pu_yaml_node *key, *value;

	if (at == 0)
		return insert_key(edit, map, depth);
	key = map->items[at - 1];
	value = map->items[at];
	if (last && edit->change->action == PU_YAML_REMOVE) {
		if (map->item_count == 2 && own != NULL)
			return replace_value(edit, own, map, wanted_at(edit, depth));
		cut_lines(edit, key->start, value->end);
		return PU_OK;
	}
	if (last)
		return change_value(edit, key, value);
	if (value->kind == PU_YAML_MAP && !value->flow)
		return change_map(edit, key, value, depth + 1);
	return replace_value(edit, key, value, wanted_at(edit, depth + 1));
}

static enum pu_err change_root(struct edit *edit)
{
	const struct pu_yaml_node *root = edit->root;
	struct pu_buffer *out;

	if (root == NULL || root->start == root->end)
		return insert_block(edit, edit->text.len, edit->wanted, 0);
	if (root->kind == PU_YAML_MAP && !root->flow)
		return change_map(edit, NULL, root, 0);
	out = splice(edit, root->start, root->end);
	if (pu_yaml_is_inline(edit->wanted))
		return pu_yaml_render_inline(out, edit->wanted);
	return pu_yaml_render_lines(out, &edit->layout, edit->wanted, 0);
}

/* ---- the whole ---- */

static enum pu_err assemble(const struct edit *edit, struct pu_buffer *out)
{
	size_t done = 0;
	enum pu_err err = PU_OK;

	for (size_t i = 0; err == PU_OK && i < edit->splice_count; i++) {
		const struct splice *splice = &edit->splices[i];

		if (splice->start < done || splice->end < splice->start)
			return PU_EINTERNAL;
		err = pu_buffer_append(out, edit->text.data + done, splice->start - done);
		if (err == PU_OK)
			err = pu_buffer_append(out, splice->insert.data, splice->insert.len);
		done = splice->end;
	}
	return err == PU_OK ? pu_buffer_append(out, edit->text.data + done, edit->text.len - done)
	                    : err;
}

/* A text that says nothing and an empty map at the root are the same. */
static bool says_nothing(const struct pu_yaml_node *root)
{
	return root == NULL || pu_yaml_is_null(root) ||
	       (root->kind == PU_YAML_MAP && root->item_count == 0);
}

static enum pu_err verify(const struct edit *edit, const struct pu_buffer *result)
{
	struct pu_yaml_node *root = NULL;
	struct pu_yaml_error ignored;
	bool same;
	enum pu_err err = pu_yaml_parse(pu_buffer_bytes(result), &root, &ignored);

	if (err == PU_ELIMIT)
		return err;
	if (err != PU_OK)
		return PU_EINTERNAL;
	same =
	    pu_yaml_equal(root, edit->wanted) || (says_nothing(root) && says_nothing(edit->wanted));
	pu_yaml_free(root);
	return same ? PU_OK : PU_EINTERNAL;
}

static enum pu_err run(struct edit *edit, struct pu_buffer *result)
{
	struct pu_yaml_error ignored;
	enum pu_err err = pu_yaml_parse(edit->text, &edit->root, &ignored);

	if (err == PU_OK)
		err = pu_yaml_parse(edit->text, &edit->wanted, &ignored);
	if (err == PU_OK)
		err = pu_yaml_change_apply(edit->change, &edit->wanted);
	if (err != PU_OK)
		return err;
	if (edit->root != NULL && pu_yaml_equal(edit->root, edit->wanted))
		return pu_buffer_append(result, edit->text.data, edit->text.len);
	detect_layout(edit);
	err = change_root(edit);
	if (err == PU_OK)
		err = assemble(edit, result);
	return err == PU_OK ? verify(edit, result) : err;
}

static enum pu_err edit_text(struct pu_buffer *text, const struct pu_yaml_change *change)
{
	/* Offsets into an empty text need a text. */
	struct edit edit = {.change = change,
	                    .text = text->len > 0 ? pu_buffer_bytes(text) : pu_bytes_of_str("")};
	struct pu_buffer result;
	enum pu_err err;

	pu_buffer_init(&result, text->max);
	err = run(&edit, &result);
	pu_yaml_free(edit.root);
	pu_yaml_free(edit.wanted);
	for (size_t i = 0; i < edit.splice_count; i++)
		pu_buffer_fini(&edit.splices[i].insert);
	if (err != PU_OK) {
		pu_buffer_fini(&result);
		return err;
	}
	pu_buffer_fini(text);
	*text = result;
	return PU_OK;
}

static enum pu_err edit_one(struct pu_buffer *text, enum pu_yaml_action action,
                            struct pu_yaml_path path, const char *item)
{
	const char *const items[] = {item};

	return edit_text(
	    text, &(struct pu_yaml_change){.action = action, .path = path, .items = {items, 1}});
}

enum pu_err pu_yaml_set(struct pu_buffer *text, struct pu_yaml_path path, const char *value)
{
	return edit_one(text, PU_YAML_SET, path, value);
}

enum pu_err pu_yaml_set_list(struct pu_buffer *text, struct pu_yaml_path path,
                             const struct pu_strings *items)
{
	return edit_text(text, &(struct pu_yaml_change){
	                           .action = PU_YAML_SET_LIST, .path = path, .items = *items});
}

enum pu_err pu_yaml_list_add(struct pu_buffer *text, struct pu_yaml_path path, const char *item)
{
	return edit_one(text, PU_YAML_LIST_ADD, path, item);
}

enum pu_err pu_yaml_list_remove(struct pu_buffer *text, struct pu_yaml_path path,
                                const char *item)
{
	return edit_one(text, PU_YAML_LIST_REMOVE, path, item);
}

enum pu_err pu_yaml_remove(struct pu_buffer *text, struct pu_yaml_path path)
{
	return edit_text(text, &(struct pu_yaml_change){.action = PU_YAML_REMOVE, .path = path});
}
