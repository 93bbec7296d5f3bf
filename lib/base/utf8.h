/* UTF-8 (RFC 3629), one character at a time. */
#ifndef PU_BASE_UTF8_H
#define PU_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The length of the sequence that `text` begins with, and its code point; 0 when it begins
 * with none (or is empty): overlong forms and surrogates are none. */
size_t pu_utf8_decode(struct pu_bytes text, uint32_t *code);

/* Characters that steer a terminal or reorder what it shows: C0, C1, line separators and
 * direction overrides. */
bool pu_utf8_is_control(uint32_t code);

#endif
