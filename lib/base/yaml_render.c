/* Knows how nodes are laid out as lines in block style. */
#include "base/yaml_render.h"

#include <string.h>

#include "base/yaml_text.h"

bool pu_yaml_is_inline(const struct pu_yaml_node *node)
{
	return node->kind == PU_YAML_SCALAR || node->item_count == 0;
}

static enum pu_err put(struct pu_buffer *out, const char *text)
{
	return pu_buffer_append(out, text, strlen(text));
}

static enum pu_err put_indent(struct pu_buffer *out, size_t indent)
{
	enum pu_err err = PU_OK;

	for (size_t i = 0; err == PU_OK && i < indent; i++)
		err = put(out, " ");
	return err;
}

enum pu_err pu_yaml_render_inline(struct pu_buffer *out, const struct pu_yaml_node *node)
{
	if (node->kind == PU_YAML_LIST)
		return put(out, "[]");
	if (node->kind == PU_YAML_MAP)
		return put(out, "{}");
	if (pu_yaml_is_null(node))
		return put(out, "~");
	return pu_yaml_append_scalar(out, node->text, node->quoted);
}

/* What follows "key:" or "-". */
static enum pu_err put_rest(struct pu_buffer *out, const struct pu_yaml_layout *layout,
                            const struct pu_yaml_node *value, size_t indent)
{
	enum pu_err err;

	if (!pu_yaml_is_inline(value)) {
		err = put(out, layout->eol);
		return err == PU_OK ? pu_yaml_render_lines(out, layout, value, indent) : err;
	}
	err = put(out, " ");
	if (err == PU_OK)
		err = pu_yaml_render_inline(out, value);
	return err == PU_OK ? put(out, layout->eol) : err;
}

enum pu_err pu_yaml_render_entry(struct pu_buffer *out, const struct pu_yaml_layout *layout,
                                 const struct pu_yaml_node *key,
                                 const struct pu_yaml_node *value, size_t indent)
{
	size_t step = value->kind == PU_YAML_LIST ? layout->list_step : layout->step;
	enum pu_err err = put_indent(out, indent);

	if (err == PU_OK)
		err = pu_yaml_render_inline(out, key);
	if (err == PU_OK)
		err = put(out, ":");
	return err == PU_OK ? put_rest(out, layout, value, indent + step) : err;
}

enum pu_err pu_yaml_render_item(struct pu_buffer *out, const struct pu_yaml_layout *layout,
                                const struct pu_yaml_node *item, size_t indent)
{
	enum pu_err err = put_indent(out, indent);

	if (err == PU_OK)
		err = put(out, "-");
	return err == PU_OK ? put_rest(out, layout, item, indent + layout->step) : err;
}

enum pu_err pu_yaml_render_lines(struct pu_buffer *out, const struct pu_yaml_layout *layout,
                                 const struct pu_yaml_node *node, size_t indent)
{
	bool map = node->kind == PU_YAML_MAP;
	enum pu_err err = PU_OK;

	for (size_t i = 0; err == PU_OK && i < node->item_count; i += map ? 2 : 1) {
		if (map)
			err = pu_yaml_render_entry(out, layout, node->items[i], node->items[i + 1], indent);
		else
			err = pu_yaml_render_item(out, layout, node->items[i], indent);
	}
	return err;
}
