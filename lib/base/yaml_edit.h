/* Edits of a YAML text that keep its comments and layout.
 *
 * Every function parses the text, splices it, parses the result and compares: the text changes
 * only if exactly the wanted change happened. On any error it is unchanged:
 * PU_EMALFORMED, PU_EUNSUPPORTED or PU_ELIMIT (the text is not what pu_yaml_parse() takes, or
 * would grow beyond its bound), PU_EINVAL (something of another kind stands at the path, or a
 * value is no UTF-8), PU_EINTERNAL (the layout is one that we cannot splice).
 *
 * `text` is a buffer whose bound limits the result. Values are written plain unless YAML needs
 * quotes: "8000" and "true" stand as they are. Flow collections ({a: 1}, [1, 2]) on the path
 * become blocks. */
#ifndef PU_BASE_YAML_EDIT_H
#define PU_BASE_YAML_EDIT_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/option.h"

/* The keys from the root down: {"services", "web", "local_address"}. Keys may hold dots. */
struct pu_yaml_path {
	const char *const *keys;
	size_t len; /* 1 to PU_YAML_DEPTH_MAX - 1 */
};
/* PU_YAML_PATH("services", name) as an argument. */
#define PU_YAML_PATH(...)                                                                      \
	((struct pu_yaml_path){.keys = (const char *const[]){__VA_ARGS__},                         \
	                       .len =                                                              \
	                           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)})

/* Sets a scalar; maps on the way are created. PU_EINVAL when a list or map stands there. */
enum pu_err pu_yaml_set(struct pu_buffer *text, struct pu_yaml_path path,
                        const char *value) PU_MUST_CHECK;
/* Sets a list of scalars as a whole. PU_EINVAL when a map or a scalar stands there. */
enum pu_err pu_yaml_set_list(struct pu_buffer *text, struct pu_yaml_path path,
                             const struct pu_strings *items) PU_MUST_CHECK;
/* Adds at the end of the list, which is created if need be. PU_EEXIST: it is in there. */
enum pu_err pu_yaml_list_add(struct pu_buffer *text, struct pu_yaml_path path,
                             const char *item) PU_MUST_CHECK;
/* Removes the first element with this text. PU_ENOTFOUND. */
enum pu_err pu_yaml_list_remove(struct pu_buffer *text, struct pu_yaml_path path,
                                const char *item) PU_MUST_CHECK;
/* Removes the key and all below it. A map that loses its last key becomes {}. PU_ENOTFOUND. */
enum pu_err pu_yaml_remove(struct pu_buffer *text, struct pu_yaml_path path) PU_MUST_CHECK;

#endif
