/* A token bucket of bytes: what may be carried grows with time up to a burst. Those who find it
 * empty wait in a row (relay.h does that). */
#ifndef PU_RELAY_BUCKET_H
#define PU_RELAY_BUCKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/list.h"

struct pu_relay_bucket {
	uint64_t rate;  /* bytes per second; 0: no limit, and nothing below is used */
	uint64_t level; /* billionths of a byte, so that no time is lost by rounding */
	uint64_t at_ns; /* when that was true */
	struct pu_list waiting;
	struct pu_heap_node refill; /* in the relay's heap while somebody waits */
};

/* Full. */
void pu_relay_bucket_init(struct pu_relay_bucket *bucket, uint64_t rate, uint64_t now);
/* What it holds is kept, as far as it fits; who waits goes on waiting. Not to or from 0. */
void pu_relay_bucket_set_rate(struct pu_relay_bucket *bucket, uint64_t rate, uint64_t now);

/* How many of `want` bytes may be carried now: 0 when it holds less than both `want` and a
 * turn (what it is worth coming back for), and never much more than a turn at once. */
size_t pu_relay_bucket_allows(struct pu_relay_bucket *bucket, uint64_t now, size_t want);
/* Takes what has been carried: at most what was allowed at this `now`. */
void pu_relay_bucket_take(struct pu_relay_bucket *bucket, size_t bytes);
/* When it will allow some of `want`: at most a second from now. */
uint64_t pu_relay_bucket_when(struct pu_relay_bucket *bucket, uint64_t now, size_t want);

#endif
