/* A YAML tree as block-style text. For yaml_edit.c only. */
#ifndef PU_BASE_YAML_RENDER_H
#define PU_BASE_YAML_RENDER_H

#include "base/buffer.h"
#include "base/yaml_node.h"

/* How the text that is edited is laid out. */
struct pu_yaml_layout {
	const char *eol;  /* "\n" or "\r\n" */
	size_t step;      /* columns a map stands right of its key */
	size_t list_step; /* the same of a list's dashes */
};

/* Whether the node is written behind its key: a scalar, {} or []. */
bool pu_yaml_is_inline(const struct pu_yaml_node *node);
/* Such a node, without the end of the line. PU_EINVAL (no UTF-8), PU_ELIMIT. */
enum pu_err pu_yaml_render_inline(struct pu_buffer *out,
                                  const struct pu_yaml_node *node) PU_MUST_CHECK;
/* Whole lines: "key: value", or "key:" and the lines below it. */
enum pu_err pu_yaml_render_entry(struct pu_buffer *out, const struct pu_yaml_layout *layout,
                                 const struct pu_yaml_node *key,
                                 const struct pu_yaml_node *value, size_t indent) PU_MUST_CHECK;
/* "- item", or "-" and the lines below it. */
enum pu_err pu_yaml_render_item(struct pu_buffer *out, const struct pu_yaml_layout *layout,
                                const struct pu_yaml_node *item, size_t indent) PU_MUST_CHECK;
/* The entries or items of a list or map that is not empty. */
enum pu_err pu_yaml_render_lines(struct pu_buffer *out, const struct pu_yaml_layout *layout,
                                 const struct pu_yaml_node *node, size_t indent) PU_MUST_CHECK;

#endif
