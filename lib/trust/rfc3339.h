/* Times as RFC 3339 writes them ("2027-01-31T12:00:00Z"). */
#ifndef PU_TRUST_RFC3339_H
#define PU_TRUST_RFC3339_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/* "9999-12-31T23:59:59.999Z" with the final NUL. */
#define PU_RFC3339_TEXT_MAX 25
/* The last time that can be written, in Unix milliseconds. */
#define PU_RFC3339_MAX_MS UINT64_C(253402300799999)

/* Any offset, with or without a fraction (cut to milliseconds), leap seconds included; the
 * whole of `text` must be the time. Before 1970 reads as 0. PU_EMALFORMED. */
enum pu_err pu_rfc3339_parse(struct pu_bytes text, uint64_t *unix_ms) PU_MUST_CHECK;

/* In UTC; milliseconds are written only when they are not 0. Later than
 * PU_RFC3339_MAX_MS is written as that. Returns `out`. */
const char *pu_rfc3339_print(uint64_t unix_ms, char out[PU_RFC3339_TEXT_MAX]);

#endif
