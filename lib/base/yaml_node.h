/* A YAML document as a tree of nodes that know where they stand in the text.
 *
 * What a configuration needs and no more: one document, scalars, lists and maps whose keys
 * are scalars. Anchors, aliases, tags and zero bytes are refused. */
#ifndef PU_BASE_YAML_NODE_H
#define PU_BASE_YAML_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
	PU_YAML_BYTES_MAX = 1 << 20,
	PU_YAML_DEPTH_MAX = 16,
	PU_YAML_NODES_MAX = 1 << 16,
};

enum pu_yaml_kind {
	PU_YAML_SCALAR,
	PU_YAML_LIST,
	PU_YAML_MAP,
};

struct pu_yaml_node {
	enum pu_yaml_kind kind;
	bool quoted;         /* scalar: not plain, so never null */
	bool literal;        /* scalar: `|` or `>`; ends at the start of a line */
	bool flow;           /* list or map: [] or {} */
	size_t line, column; /* from 1; the column counts characters */
	size_t start, end;   /* bytes of the text; a block ends where its last child does */
	char *text;          /* scalar */
	/* list: the elements; map: key, value, key, value, ... in the order of the text */
	struct pu_yaml_node **items;
	size_t item_count;
};

struct pu_yaml_error {
	size_t line, column; /* from 1 */
	char text[160];
};

/* *root = NULL for a text without a document. PU_EMALFORMED, PU_EUNSUPPORTED (anchors, ...)
 * or PU_ELIMIT, with *error saying where and why. The caller owns *root. */
enum pu_err pu_yaml_parse(struct pu_bytes text, struct pu_yaml_node **root,
                          struct pu_yaml_error *error) PU_MUST_CHECK;
void pu_yaml_free(struct pu_yaml_node *node); /* accepts NULL */

/* New nodes without a place in any text. The caller owns them until they are pushed. */
struct pu_yaml_node *pu_yaml_scalar_new(const char *text);
struct pu_yaml_node *pu_yaml_collection_new(enum pu_yaml_kind kind);
void pu_yaml_push(struct pu_yaml_node *parent, struct pu_yaml_node *item);
/* Removes and frees items[index] to items[index + count - 1]. */
void pu_yaml_cut(struct pu_yaml_node *parent, size_t index, size_t count);

/* The place of the key's value in map->items, or 0 when the map lacks the key (a value is
 * never item 0). */
size_t pu_yaml_find(const struct pu_yaml_node *map, const char *key);
/* A plain empty value, `~` or `null`. */
bool pu_yaml_is_null(const struct pu_yaml_node *node);
/* Same kinds, texts and order; places and styles do not count. Accepts NULL. */
bool pu_yaml_equal(const struct pu_yaml_node *a, const struct pu_yaml_node *b);

#endif
