/* The types of options: from text to field and back. For option*.c only. */
#ifndef PU_BASE_OPTION_VALUE_H
#define PU_BASE_OPTION_VALUE_H

#include "base/option.h"

enum { PU_OPTION_KIND_MAX = 256 };

/* Describes what the row accepts: "duration from 1s to 1h". */
void pu_option_kind(const struct pu_option *row, char out[PU_OPTION_KIND_MAX]);

/* What a value of the row must be, in the words of its check if it has one. The answer lives
 * in `out` or for ever. */
const char *pu_option_expected(const struct pu_option *row, char out[PU_OPTION_KIND_MAX]);

/* Reads `text` into the field (for LIST: as one more element). NULL = done; else what was
 * expected, which lives in `expected` or for ever, and the field is as it was. */
const char *pu_option_read(const struct pu_option *row, const char *text, void *field,
                           char expected[PU_OPTION_KIND_MAX]);

/* Sets the field to the row's default, freeing nothing. */
void pu_option_default(const struct pu_option *row, void *field);
/* Frees what the field owns and clears it. */
void pu_option_clear(const struct pu_option *row, void *field);

/* The text of a scalar field for YAML, unquoted; owned by the caller. NULL = not set. */
char *pu_option_text(const struct pu_option *row, const void *field);

/* The field of the row in a struct. */
static inline void *pu_option_field(const struct pu_option *row, void *base)
{
	return (char *)base + row->offset;
}

#endif
