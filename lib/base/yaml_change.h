/* A wanted change of a YAML tree, and the tree after it. For yaml_edit.c only. */
#ifndef PU_BASE_YAML_CHANGE_H
#define PU_BASE_YAML_CHANGE_H

#include "base/option.h"
#include "base/yaml_edit.h"
#include "base/yaml_node.h"

enum pu_yaml_action {
	PU_YAML_SET,         /* items[0] is the value */
	PU_YAML_SET_LIST,    /* all items */
	PU_YAML_LIST_ADD,    /* items[0] */
	PU_YAML_LIST_REMOVE, /* items[0] */
	PU_YAML_REMOVE,
};

struct pu_yaml_change {
	enum pu_yaml_action action;
	struct pu_yaml_path path;
	struct pu_strings items; /* borrowed */
};

/* Applies the change to the tree, whose root may be NULL before and after. PU_EINVAL,
 * PU_ENOTFOUND or PU_EEXIST as yaml_edit.h says; the tree may be half changed then. */
enum pu_err pu_yaml_change_apply(const struct pu_yaml_change *change,
                                 struct pu_yaml_node **root) PU_MUST_CHECK;

/* The index of the first scalar element with this text, or list->item_count. */
size_t pu_yaml_element(const struct pu_yaml_node *list, const char *text);

#endif
