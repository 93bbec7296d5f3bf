/* Randomness (libsodium) and jitter. */
#ifndef PU_BASE_RAND_H
#define PU_BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

void pu_rand_bytes(void *out, size_t len);
uint32_t pu_rand_uniform(uint32_t bound); /* 0 <= result < bound, unbiased */

/* Exponential backoff with jitter: attempt 0, 1, 2... gives base * 2^attempt,
 * at most max, then a random value in [half of that, all of it]. */
uint64_t pu_backoff_ms(unsigned attempt, uint64_t base_ms, uint64_t max_ms);

#endif
