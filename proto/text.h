/* What a string in a message may be. */
#ifndef PU_PROTO_TEXT_H
#define PU_PROTO_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* Well-formed UTF-8 (RFC 3629) without NUL. */
bool pu_text_valid(struct pu_bytes bytes);
/* Copies `text` as valid UTF-8, cut at a character so that it fits `size` bytes with its NUL;
 * what is not UTF-8 becomes '?'. */
void pu_text_copy(char *out, size_t size, const char *text);

#endif
