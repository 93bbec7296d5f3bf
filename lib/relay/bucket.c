/* A token bucket. This file knows its arithmetic: in billionths of a byte a level times a rate
 * never overflows, because a burst is bounded. */
#include "relay/bucket.h"

#include "base/clock.h"
#include "relay/limits.h"

#define SCALE PU_NS_PER_S

static uint64_t clamp(uint64_t value, uint64_t min, uint64_t max)
{
	return value < min ? min : value > max ? max : value;
}

static uint64_t burst_of(uint64_t rate)
{
	return clamp(rate / PU_RELAY_BURST_SHARE, PU_RELAY_BURST_MIN, PU_RELAY_BURST_MAX);
}

static uint64_t turn_of(uint64_t rate)
{
	return clamp(rate / PU_RELAY_TURN_SHARE, PU_RELAY_TURN_MIN, PU_RELAY_TURN_MAX);
}

/* Time until the level has grown by `missing`, rounded up. */
static uint64_t time_for(uint64_t missing, uint64_t rate)
{
	return missing / rate + (missing % rate != 0);
}

static void refill(struct pu_relay_bucket *bucket, uint64_t now)
{
	uint64_t full = burst_of(bucket->rate) * SCALE;
	uint64_t elapsed = now > bucket->at_ns ? now - bucket->at_ns : 0;

	bucket->at_ns += elapsed;
	if (bucket->level >= full || elapsed >= time_for(full - bucket->level, bucket->rate))
		bucket->level = full;
	else
		bucket->level += elapsed * bucket->rate;
}

void pu_relay_bucket_init(struct pu_relay_bucket *bucket, uint64_t rate, uint64_t now)
{
	*bucket = (struct pu_relay_bucket){.rate = rate, .at_ns = now};
	bucket->level = burst_of(rate) * SCALE;
	pu_list_init(&bucket->waiting);
}

void pu_relay_bucket_set_rate(struct pu_relay_bucket *bucket, uint64_t rate, uint64_t now)
{
	refill(bucket, now);
	bucket->rate = rate;
	refill(bucket, now);
}

size_t pu_relay_bucket_allows(struct pu_relay_bucket *bucket, uint64_t now, size_t want)
{
	uint64_t turn, bytes, most;

	if (bucket->rate == 0)
		return want;
	refill(bucket, now);
	turn = turn_of(bucket->rate);
	bytes = bucket->level / SCALE;
	if (bytes < turn && bytes < want)
		return 0;
	most = turn > PU_RELAY_TAKE_MIN ? turn : PU_RELAY_TAKE_MIN;
	if (bytes > most)
		bytes = most;
	return want < bytes ? want : (size_t)bytes;
}

void pu_relay_bucket_take(struct pu_relay_bucket *bucket, size_t bytes)
{
	uint64_t taken = (uint64_t)bytes * SCALE;

	if (bucket->rate == 0)
		return;
	bucket->level = bucket->level > taken ? bucket->level - taken : 0;
}

uint64_t pu_relay_bucket_when(struct pu_relay_bucket *bucket, uint64_t now, size_t want)
{
	uint64_t need;

	if (bucket->rate == 0)
		return now;
	refill(bucket, now);
	need = turn_of(bucket->rate);
	need = (want < need ? want : need) * SCALE;
	return bucket->level >= need ? now : now + time_for(need - bucket->level, bucket->rate);
}
