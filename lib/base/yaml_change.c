/* Knows what each edit means for the tree, without any text: the result is what the edited
 * text is compared with. */
#include "base/yaml_change.h"

#include <string.h>

#include "base/alloc.h"

static bool creates(enum pu_yaml_action action)
{
	return action != PU_YAML_REMOVE && action != PU_YAML_LIST_REMOVE;
}

size_t pu_yaml_element(const struct pu_yaml_node *list, const char *text)
{
	for (size_t i = 0; i < list->item_count; i++) {
		if (list->items[i]->kind == PU_YAML_SCALAR && strcmp(list->items[i]->text, text) == 0)
			return i;
	}
	return list->item_count;
}

/* A value that is not there becomes an empty list or map; PU_EINVAL if another kind is. */
static enum pu_err become(struct pu_yaml_node **slot, enum pu_yaml_kind kind)
{
	if (*slot != NULL && (*slot)->kind == kind)
		return PU_OK;
	if (*slot != NULL && !pu_yaml_is_null(*slot))
		return PU_EINVAL;
	pu_yaml_free(*slot);
	*slot = pu_yaml_collection_new(kind);
	return PU_OK;
}

/* The place of the key's value; with `create`, an empty one is made if need be. */
static struct pu_yaml_node **value_of(struct pu_yaml_node *map, const char *key, bool create)
{
	size_t at = pu_yaml_find(map, key);

	if (at == 0 && !create)
		return NULL;
	if (at == 0) {
		struct pu_yaml_node *nothing = pu_yaml_scalar_new("");

		nothing->quoted = false;
		pu_yaml_push(map, pu_yaml_scalar_new(key));
		pu_yaml_push(map, nothing);
		at = map->item_count - 1;
	}
	return &map->items[at];
}

static enum pu_err set_scalar(struct pu_yaml_node **slot, const char *value)
{
	if ((*slot)->kind != PU_YAML_SCALAR)
		return PU_EINVAL;
	pu_yaml_free(*slot);
	*slot = pu_yaml_scalar_new(value);
	return PU_OK;
}

static enum pu_err set_list(struct pu_yaml_node **slot, const struct pu_strings *items)
{
	enum pu_err err = become(slot, PU_YAML_LIST);

	if (err != PU_OK)
		return err;
	pu_yaml_cut(*slot, 0, (*slot)->item_count);
	for (size_t i = 0; i < items->len; i++)
		pu_yaml_push(*slot, pu_yaml_scalar_new(items->items[i]));
	return PU_OK;
}

static enum pu_err list_add(struct pu_yaml_node **slot, const char *item)
{
	enum pu_err err = become(slot, PU_YAML_LIST);

	if (err != PU_OK)
		return err;
	if (pu_yaml_element(*slot, item) < (*slot)->item_count)
		return PU_EEXIST;
	pu_yaml_push(*slot, pu_yaml_scalar_new(item));
	return PU_OK;
}

static enum pu_err list_remove(struct pu_yaml_node *list, const char *item)
{
	size_t at;

	if (list->kind != PU_YAML_LIST)
		return pu_yaml_is_null(list) ? PU_ENOTFOUND : PU_EINVAL;
	at = pu_yaml_element(list, item);
	if (at == list->item_count)
		return PU_ENOTFOUND;
	pu_yaml_cut(list, at, 1);
	return PU_OK;
}

static enum pu_err change_value(const struct pu_yaml_change *change, struct pu_yaml_node *map,
                                const char *key)
{
	struct pu_yaml_node **slot = value_of(map, key, creates(change->action));

	if (slot == NULL)
		return PU_ENOTFOUND;
	switch (change->action) {
	case PU_YAML_SET:
		return set_scalar(slot, change->items.items[0]);
	case PU_YAML_SET_LIST:
		return set_list(slot, &change->items);
	case PU_YAML_LIST_ADD:
		return list_add(slot, change->items.items[0]);
	case PU_YAML_LIST_REMOVE:
		return list_remove(*slot, change->items.items[0]);
	case PU_YAML_REMOVE:
		pu_yaml_cut(map, pu_yaml_find(map, key) - 1, 2);
		return PU_OK;
	}
	return PU_EINVAL;
}

/* Goes one map deeper. */
static enum pu_err enter(const struct pu_yaml_change *change, struct pu_yaml_node **slot)
{
	if (slot == NULL || *slot == NULL || pu_yaml_is_null(*slot)) {
		if (!creates(change->action))
			return PU_ENOTFOUND;
	}
	return become(slot, PU_YAML_MAP);
}

enum pu_err pu_yaml_change_apply(const struct pu_yaml_change *change,
                                 struct pu_yaml_node **root)
{
	const struct pu_yaml_path *path = &change->path;
	struct pu_yaml_node **slot = root;

	for (size_t i = 0; i < path->len; i++) {
		enum pu_err err = enter(change, slot);

		if (err != PU_OK)
			return err;
		if (i + 1 == path->len)
			return change_value(change, *slot, path->keys[i]);
		slot = value_of(*slot, path->keys[i], creates(change->action));
		if (slot == NULL)
			return PU_ENOTFOUND;
	}
	return PU_EINVAL;
}
