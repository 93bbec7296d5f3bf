/* How often somebody may ask: so many a minute, and some at once. Remembers only those who
 * asked lately. */
#ifndef PU_BASE_RATE_H
#define PU_BASE_RATE_H

#include "base/bytes.h"
#include "base/heap.h"
#include "base/map.h"

/* Bytes that name one who asks. */
#define PU_RATE_KEY_MAX 48

struct pu_rate_rule {
	uint32_t per_minute, burst; /* both at least 1 */
};

struct pu_rates {
	size_t max;
	struct pu_map by_key;
	struct pu_heap by_end; /* when each has earned back all that it asked */
};

/* At most `max` are remembered: one more, and the one nearest to being forgotten goes. */
void pu_rates_init(struct pu_rates *rates, size_t max);
void pu_rates_fini(struct pu_rates *rates);

/* Counts one request; false: too many. A refused one does not count. key.len <=
 * PU_RATE_KEY_MAX. */
bool pu_rates_take(struct pu_rates *rates, struct pu_bytes key, const struct pu_rate_rule *rule,
                   uint64_t now);

/* Bytes of what is remembered. */
size_t pu_rates_memory(const struct pu_rates *rates);

#endif
