/* Text that people wrote, made safe to show and to store in one line. */
#ifndef PU_TRUST_COMMENT_H
#define PU_TRUST_COMMENT_H

#include "base/bytes.h"
#include "trust/limits.h"

/* The text without spaces around it, each control character (pu_utf8_is_control()) replaced
 * by a space and each byte that is not UTF-8 by '?', cut at PU_AUTHORIZED_KEYS_COMMENT_MAX
 * bytes (never within a character). Owned by the caller. */
char *pu_comment_clean(struct pu_bytes text) __attribute__((returns_nonnull));

#endif
