/* Shapes of messages: one struct, one field table. The kind of a field comes from
 * its C type, so that struct and table cannot disagree. */
#ifndef PU_PROTO_FIELD_H
#define PU_PROTO_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/strings.h"

/* List of structs, all of the shape that the field's row names. */
struct pu_items {
	const void *items;
	size_t len;
};

enum pu_kind {
	PU_KIND_BOOL,    /* bool */
	PU_KIND_U64,     /* uint64_t */
	PU_KIND_I64,     /* int64_t */
	PU_KIND_STR,     /* const char *: UTF-8, no NUL inside, never NULL once decoded */
	PU_KIND_BYTES,   /* struct pu_bytes */
	PU_KIND_STRINGS, /* struct pu_strings */
	PU_KIND_ITEMS,   /* struct pu_items */
};

#define PU_KIND_OF(expr)                                                                       \
	_Generic((expr),                  \
	    bool: PU_KIND_BOOL,           \
	    uint64_t: PU_KIND_U64,        \
	    int64_t: PU_KIND_I64,         \
	    const char *: PU_KIND_STR,    \
	    struct pu_bytes: PU_KIND_BYTES, \
	    struct pu_strings: PU_KIND_STRINGS, \
	    struct pu_items: PU_KIND_ITEMS)

enum pu_field_need {
	PU_REQUIRED, /* missing: PU_EINVAL with a text that names the field */
	PU_OPTIONAL, /* missing: zero, "" or an empty list */
};

struct pu_shape;

struct pu_field {
	const char *name;
	enum pu_kind kind;
	enum pu_field_need need;
	uint32_t max;      /* bytes of a string, entries of a list; unused for numbers */
	uint32_t item_max; /* bytes of one string in a list of strings */
	size_t offset;
	const struct pu_shape *items; /* for PU_KIND_ITEMS */
	const char *help;
};

struct pu_shape {
	size_t size; /* sizeof the struct */
	const struct pu_field *fields;
	size_t fields_len;
};

#define PU_FIELD(type, member, need_, max_, help_)                                             \
	{                                                                                          \
		.name = #member, .kind = PU_KIND_OF(((type *)0)->member), .need = (need_),             \
		.max = (max_), .offset = offsetof(type, member), .help = (help_)                       \
	}
#define PU_FIELD_STRINGS(type, member, max_, item_max_, help_)                                 \
	{                                                                                          \
		.name = #member, .kind = PU_KIND_OF(((type *)0)->member), .need = PU_OPTIONAL,         \
		.max = (max_), .item_max = (item_max_), .offset = offsetof(type, member),              \
		.help = (help_)                                                                        \
	}
#define PU_FIELD_ITEMS(type, member, max_, shape_, help_)                                      \
	{                                                                                          \
		.name = #member, .kind = PU_KIND_OF(((type *)0)->member), .need = PU_OPTIONAL,         \
		.max = (max_), .offset = offsetof(type, member), .items = (shape_), .help = (help_)    \
	}

#endif
