/* Where randomness comes from (libsodium), and how retries are spread in time. */
#include "base/rand.h"

#include <sodium.h>

void pu_rand_bytes(void *out, size_t len)
{
	randombytes_buf(out, len);
}

uint32_t pu_rand_uniform(uint32_t bound)
{
	return randombytes_uniform(bound);
}

uint64_t pu_backoff_ms(unsigned attempt, uint64_t base_ms, uint64_t max_ms)
{
	uint64_t delay_ms = base_ms, half_ms;

	for (unsigned i = 0; i < attempt && delay_ms < max_ms; i++)
		delay_ms = delay_ms > max_ms / 2 ? max_ms : delay_ms * 2;
	if (delay_ms > max_ms)
		delay_ms = max_ms;
	half_ms = delay_ms / 2;
	if (delay_ms - half_ms >= UINT32_MAX)
		return delay_ms;
	return half_ms + pu_rand_uniform((uint32_t)(delay_ms - half_ms) + 1);
}
