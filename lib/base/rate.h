/* How often somebody may ask: so many a minute, and some at once. The book of many remembers
 * only those who asked lately. */
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

/* Counts one request of somebody whose requests will all have been earned back at *end (at
 * first 0), in nanoseconds as `now`. False: too many. A refused one does not count. */
bool pu_rate_take(uint64_t *end, const struct pu_rate_rule *rule, uint64_t now);

struct pu_rates {
	size_t max;
	struct pu_map by_key;
	struct pu_heap by_end; /* when each has earned back all that it asked */
};

/* At most `max` are remembered: one more, and the one nearest to being forgotten goes. */
void pu_rates_init(struct pu_rates *rates, size_t max);
void pu_rates_fini(struct pu_rates *rates);

/* The same for who is named by a key of at most PU_RATE_KEY_MAX bytes. */
bool pu_rates_take(struct pu_rates *rates, struct pu_bytes key, const struct pu_rate_rule *rule,
                   uint64_t now);

/* Bytes of what is remembered. */
size_t pu_rates_memory(const struct pu_rates *rates);

#endif
