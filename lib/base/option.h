/* Configuration by rows: one row is an option's parser, validator, default, help and manual.
 *
 *   static const struct pu_option rows[] = {
 *       {.key = "network.idle_timeout", PU_OPTION(DURATION, struct config, idle_timeout_ms),
 *        .min = 1000, .max = 3600000, .def = "30s",
 *        .help = "How long a silent connection lives."},
 *   };
 *
 * The text is YAML (yaml_node.h). Rows of one section stand together. */
#ifndef PU_BASE_OPTION_H
#define PU_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/strings.h"

enum pu_option_type {
	PU_OPTION_BOOL,     /* bool */
	PU_OPTION_INT,      /* int64_t, min..max */
	PU_OPTION_DURATION, /* uint64_t milliseconds, min..max; "1h30m" */
	PU_OPTION_SIZE,     /* uint64_t bytes, min..max; "64MB" */
	PU_OPTION_STRING,   /* char *, NULL = not set; min..max bytes */
	PU_OPTION_PATH,     /* char *, as written */
	PU_OPTION_ENUM,     /* int or enum: the index in `words` */
	PU_OPTION_LIST,     /* struct pu_strings, owned here; min..max elements */
	PU_OPTION_UNUSED,   /* no field: the key and all below it are accepted with a warning */
};

enum {
	PU_OPTION_TEXT_MAX = 4096,  /* bytes of a string whose row names no bound */
	PU_OPTION_LIST_MAX = 1024,  /* elements of a list whose row names no bound */
	PU_OPTION_ENTRY_MAX = 4096, /* entries of a map whose row names no bound */
	PU_OPTION_KEY_MAX = 256,    /* bytes of a dotted key */
	PU_OPTION_ROWS_MAX = 128,   /* rows of one schema or entry */
	PU_REPORT_MAX = 100,        /* mistakes kept; the others are counted */
};

/* What a map keyed by names is: `items` is an array of `len` structs, each with `char *name`
 * as its first member. Owned by the configuration. */
struct pu_entries {
	void *items;
	size_t len;
};

/* NULL = fine, else what was expected ("a peer ID"). Called with each element of a list. */
typedef const char *pu_option_check(const char *value);

struct pu_option {
	const char *key; /* dotted; "" in an entry whose value is no map: the value itself */
	enum pu_option_type type;
	size_t offset;
	int64_t min, max;         /* both 0 = no bound */
	const char *def;          /* as in YAML, a list's elements separated by spaces; or NULL */
	const char *help;         /* one sentence; for UNUSED, what the warning says */
	const char *const *words; /* ENUM: the words, ended by NULL */
	pu_option_check *check;   /* or NULL */
	bool required;
};

/* A map keyed by names the user chooses: services.<name>.local_address. */
struct pu_option_map {
	const char *key; /* dotted */
	size_t offset;   /* of a struct pu_entries */
	size_t entry_size;
	const struct pu_option *rows; /* of the entry; one row with key "" = a scalar or list */
	size_t row_count;
	size_t max; /* entries; 0 = PU_OPTION_ENTRY_MAX */
	const char *help;
	pu_option_check *check_name; /* or NULL */
};

struct pu_options {
	size_t size; /* of the struct that the offsets are in */
	const struct pu_option *rows;
	size_t row_count;
	const struct pu_option_map *maps;
	size_t map_count;
};

/* Fills .type and .offset; does not compile when the field's C type is another. */
#define PU_OPTION(kind, structure, member)                                                     \
	.type = PU_OPTION_##kind,                                                                  \
	.offset = offsetof(structure, member) +                                                    \
	          0 * _Generic(((structure *)0)->member, PU_OPTION_C_##kind : 1)
#define PU_OPTION_C_BOOL     bool
#define PU_OPTION_C_INT      int64_t
#define PU_OPTION_C_DURATION uint64_t
#define PU_OPTION_C_SIZE     uint64_t
#define PU_OPTION_C_STRING   char *
#define PU_OPTION_C_PATH     char *
#define PU_OPTION_C_ENUM     unsigned
#define PU_OPTION_C_LIST     struct pu_strings

/* One mistake or warning. */
struct pu_mistake {
	bool warning;
	size_t line, column; /* from 1; 0 = about the file as a whole */
	char *key;           /* dotted; "" = the file */
	char *text;          /* what is wrong, and what was expected */
};

/* All that is wrong with one file. Zeroed memory is an empty report. */
struct pu_report {
	char *path; /* the file, or NULL */
	struct pu_mistake *items;
	size_t len;     /* at most PU_REPORT_MAX; in the order of the text */
	size_t errors;  /* mistakes that are no warnings, those not kept included */
	size_t dropped; /* not kept */
};
void pu_report_fini(struct pu_report *report);
void pu_report_add(struct pu_report *report, struct pu_mistake where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4))); /* copies where.key; where.text is not used */
/* Lines "path:line:column: key: text". */
enum pu_err pu_report_print(const struct pu_report *report,
                            struct pu_buffer *out) PU_MUST_CHECK;

/* Reads a configuration into `out` (schema->size bytes, whose content is overwritten).
 * Unknown and repeated keys are mistakes. All mistakes of the text are reported, not the first
 * alone. PU_EINVAL when there was one: then `out` is untouched. */
enum pu_err pu_options_parse(const struct pu_options *schema, struct pu_bytes text, void *out,
                             struct pu_report *report) PU_MUST_CHECK;
/* Every field gets its default. A default that its own row refuses is a bug: the tests parse
 * all of them. */
void pu_options_defaults(const struct pu_options *schema, void *out);
/* Frees what the fields own and clears the struct. */
void pu_options_fini(const struct pu_options *schema, void *config);

/* Writes YAML that parses back to the same struct. */
enum pu_err pu_options_print(const struct pu_options *schema, const void *config,
                             struct pu_buffer *out) PU_MUST_CHECK;

/* One option, for people. Everything is borrowed for the length of the call. */
struct pu_option_doc {
	const char *key;  /* "services.<name>.local_address" */
	const char *kind; /* "duration from 1s to 1h", "cubic or bbr" */
	const char *def;  /* or NULL */
	const char *help;
	bool required;
};
typedef void pu_option_visit(const struct pu_option_doc *doc, void *arg);
/* Calls `visit` for each option in the order of the rows, then of the maps. */
void pu_options_doc(const struct pu_options *schema, pu_option_visit *visit, void *arg);

#endif
