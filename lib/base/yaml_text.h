/* Writing YAML scalars. */
#ifndef PU_BASE_YAML_TEXT_H
#define PU_BASE_YAML_TEXT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* Whether the text can stand in a block as it is and be read back as the same text, and not
 * as null. "8000" and "true" can: what they mean is the reader's business. */
bool pu_yaml_is_plain(const char *text);

/* Appends the text as one line, plain if it can be and `quoted` does not forbid it, else
 * double-quoted. PU_EINVAL when it is not UTF-8, PU_ELIMIT. */
enum pu_err pu_yaml_append_scalar(struct pu_buffer *out, const char *text,
                                  bool quoted) PU_MUST_CHECK;

#endif
