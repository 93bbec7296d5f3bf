/* Durations and sizes as people write them in configurations and arguments. */
#ifndef PU_BASE_UNIT_H
#define PU_BASE_UNIT_H

#include <stdint.h>

#include "base/error.h"

#define PU_UNIT_TEXT_MAX 48

/* Go's syntax: numbers with optional fractions, each with its unit (h, m, s, ms, us, ns):
 * "10m", "1h30m", "1.5s", "0". PU_EMALFORMED for anything else, for negative durations and
 * for what is not a whole number of milliseconds; PU_ELIMIT beyond 292 years. */
enum pu_err pu_duration_parse(const char *text, uint64_t *ms) PU_MUST_CHECK;

/* "1h30m", "500ms", "0s": what pu_duration_parse() reads back. */
void pu_duration_print(char out[PU_UNIT_TEXT_MAX], uint64_t ms);

/* An integer and B, KB, MB, GB or TB (any case; also K, KiB, ...), powers of 1024; no unit =
 * bytes. PU_EMALFORMED; PU_ELIMIT beyond 2^63 - 1. */
enum pu_err pu_size_parse(const char *text, uint64_t *bytes) PU_MUST_CHECK;

/* The largest unit that divides the size: "64MB", "1000B". */
void pu_size_print(char out[PU_UNIT_TEXT_MAX], uint64_t bytes);

#endif
