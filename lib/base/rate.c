/* Request rates. This file knows that one number is enough for each who asks: the time at which
 * all its requests will have been earned back (the generic cell rate algorithm). */
#include "base/rate.h"

#include "base/alloc.h"
#include "base/clock.h"

struct rate {
	struct pu_heap_node end; /* its key is that time */
	uint8_t key_len;
	uint8_t key[PU_RATE_KEY_MAX];
};

bool pu_rate_take(uint64_t *end, const struct pu_rate_rule *rule, uint64_t now)
{
	uint64_t interval = 60 * PU_NS_PER_S / rule->per_minute;
	uint64_t begin = *end > now ? *end : now;

	if (begin - now > (rule->burst - 1) * interval)
		return false;
	*end = begin + interval;
	return true;
}

void pu_rates_init(struct pu_rates *rates, size_t max)
{
	rates->max = max;
	pu_map_init(&rates->by_key);
	pu_heap_init(&rates->by_end);
}

static void forget(struct pu_rates *rates, struct rate *rate)
{
	pu_heap_remove(&rates->by_end, &rate->end);
	pu_map_del(&rates->by_key, pu_bytes(rate->key, rate->key_len));
	pu_free(rate);
}

static struct rate *first(const struct pu_rates *rates)
{
	struct pu_heap_node *node = pu_heap_min(&rates->by_end);

	return node != NULL ? PU_CONTAINER_OF(node, struct rate, end) : NULL;
}

void pu_rates_fini(struct pu_rates *rates)
{
	struct rate *rate;

	while ((rate = first(rates)) != NULL)
		forget(rates, rate);
	pu_map_fini(&rates->by_key);
	pu_heap_fini(&rates->by_end);
}

static void forget_old(struct pu_rates *rates, uint64_t now)
{
	struct rate *rate;

	while ((rate = first(rates)) != NULL && rate->end.key <= now)
		forget(rates, rate);
}

static struct rate *remember(struct pu_rates *rates, struct pu_bytes key)
{
	struct rate *rate;

	if (pu_map_len(&rates->by_key) >= rates->max)
		forget(rates, first(rates));
	rate = PU_NEW(struct rate);
	memcpy(rate->key, key.data, key.len);
	rate->key_len = (uint8_t)key.len;
	pu_map_put(&rates->by_key, pu_bytes(rate->key, rate->key_len), rate);
	return rate;
}

bool pu_rates_take(struct pu_rates *rates, struct pu_bytes key, const struct pu_rate_rule *rule,
                   uint64_t now)
{
	struct rate *rate;
	uint64_t end;

	forget_old(rates, now);
	rate = pu_map_get(&rates->by_key, key);
	end = rate != NULL ? rate->end.key : 0;
	if (!pu_rate_take(&end, rule, now))
		return false;
	if (rate == NULL)
		rate = remember(rates, key);
	pu_heap_set(&rates->by_end, &rate->end, end);
	return true;
}

size_t pu_rates_memory(const struct pu_rates *rates)
{
	return pu_map_memory(&rates->by_key) + pu_map_len(&rates->by_key) * sizeof(struct rate) +
	       rates->by_end.cap * sizeof(struct pu_heap_node *);
}
