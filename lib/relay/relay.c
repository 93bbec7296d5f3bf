/* Knows the life of the books: rules that change, peers that come and go, and the next moment
 * at which something ends. */
#include "relay/relay.h"

#include "base/alloc.h"
#include "relay/limits.h"
#include "relay/state.h"

struct pu_relay *pu_relay_new(const struct pu_relay_rules *rules, uint64_t now)
{
	struct pu_relay *relay = PU_NEW(struct pu_relay);

	relay->rules = *rules;
	pu_map_init(&relay->peers);
	pu_map_init(&relay->sources);
	pu_heap_init(&relay->ends);
	pu_heap_init(&relay->circuit_ends);
	pu_heap_init(&relay->refills);
	pu_list_init(&relay->circuits);
	pu_relay_bucket_init(&relay->bucket, rules->bandwidth, now);
	pu_rates_init(&relay->rates, PU_RELAY_RATES_MAX);
	return relay;
}

void pu_relay_free(struct pu_relay *relay)
{
	struct pu_list_node *node;
	struct pu_heap_node *end;

	if (relay == NULL)
		return;
	while ((node = pu_list_first(&relay->circuits)) != NULL)
		pu_relay_close(relay, PU_LIST_ENTRY(node, struct pu_relay_circuit, in_relay));
	while ((end = pu_heap_min(&relay->ends)) != NULL)
		pu_relay_peer_release(relay, PU_CONTAINER_OF(end, struct pu_relay_peer, end));
	pu_rates_fini(&relay->rates);
	pu_heap_fini(&relay->ends);
	pu_heap_fini(&relay->circuit_ends);
	pu_heap_fini(&relay->refills);
	pu_map_fini(&relay->peers);
	pu_map_fini(&relay->sources);
	pu_free(relay);
}

/* ---- peers ---- */

struct pu_relay_peer *pu_relay_peer_find(const struct pu_relay *relay,
                                         const struct pu_peer_id *id)
{
	return pu_map_get(&relay->peers, pu_peer_id_bytes(id));
}

struct pu_relay_peer *pu_relay_peer_make(struct pu_relay *relay, const struct pu_peer_id *id)
{
	struct pu_relay_peer *peer = pu_relay_peer_find(relay, id);

	if (peer != NULL)
		return peer;
	peer = PU_NEW(struct pu_relay_peer);
	peer->id = *id;
	pu_map_put(&relay->peers, pu_peer_id_bytes(&peer->id), peer);
	return peer;
}

void pu_relay_peer_settle(struct pu_relay *relay, struct pu_relay_peer *peer)
{
	if (peer->reserved || peer->circuits > 0)
		return;
	pu_map_del(&relay->peers, pu_peer_id_bytes(&peer->id));
	pu_free(peer->bucket);
	pu_free(peer);
}

const struct pu_peer_id *pu_relay_peer_id(const struct pu_relay_peer *peer)
{
	return &peer->id;
}

/* ---- rules and counts ---- */

/* Everybody who waits shall ask again, because what they wait for has changed. */
static void release_waiting(struct pu_relay *relay, struct pu_relay_bucket *bucket,
                            uint64_t now)
{
	if (!pu_list_empty(&bucket->waiting))
		pu_heap_set(&relay->refills, &bucket->refill, now);
}

static void change_bucket(struct pu_relay *relay, struct pu_relay_bucket *bucket, uint64_t rate,
                          uint64_t now)
{
	if (bucket->rate != 0 && rate != 0) {
		pu_relay_bucket_set_rate(bucket, rate, now);
	} else {
		bucket->rate = rate;
		bucket->level = 0;
		bucket->at_ns = now;
	}
	release_waiting(relay, bucket, now);
}

/* A bucket once made stays while somebody may wait for it, though it may lose its limit. */
static void change_peer(struct pu_relay *relay, struct pu_relay_peer *peer, uint64_t now)
{
	uint64_t rate = relay->rules.peer_bandwidth;

	if (peer->bucket != NULL) {
		change_bucket(relay, peer->bucket, rate, now);
	} else if (rate != 0 && peer->circuits > 0) {
		peer->bucket = PU_NEW(struct pu_relay_bucket);
		pu_relay_bucket_init(peer->bucket, rate, now);
	}
}

void pu_relay_set_rules(struct pu_relay *relay, const struct pu_relay_rules *rules,
                        uint64_t now)
{
	size_t pos = 0;
	void *peer;

	relay->rules = *rules;
	if (relay->bucket.rate != rules->bandwidth)
		change_bucket(relay, &relay->bucket, rules->bandwidth, now);
	while (pu_map_next(&relay->peers, &pos, NULL, &peer))
		change_peer(relay, peer, now);
}

void pu_relay_counts(const struct pu_relay *relay, struct pu_relay_counts *out)
{
	*out = relay->counts;
	out->memory = sizeof(*relay) + pu_map_memory(&relay->peers) +
	              pu_map_len(&relay->peers) * sizeof(struct pu_relay_peer) +
	              pu_map_memory(&relay->sources) +
	              pu_map_len(&relay->sources) * sizeof(struct pu_relay_source) +
	              pu_rates_memory(&relay->rates) +
	              (relay->ends.cap + relay->circuit_ends.cap + relay->refills.cap) *
	                  sizeof(struct pu_heap_node *);
}

void pu_relay_count_refusal(struct pu_relay *relay)
{
	relay->counts.refused++;
}

struct pu_relay_answer pu_relay_refuse(struct pu_relay *relay, enum pu_relay_status status,
                                       const char *reason)
{
	relay->counts.refused++;
	return (struct pu_relay_answer){.status = status, .reason = reason};
}

/* ---- time ---- */

static uint64_t first_of(const struct pu_heap *heap)
{
	const struct pu_heap_node *node = pu_heap_min(heap);

	return node != NULL ? node->key : UINT64_MAX;
}

uint64_t pu_relay_next(const struct pu_relay *relay)
{
	uint64_t next = first_of(&relay->ends);

	if (first_of(&relay->circuit_ends) < next)
		next = first_of(&relay->circuit_ends);
	if (first_of(&relay->refills) < next)
		next = first_of(&relay->refills);
	return next;
}

struct pu_relay_circuit *pu_relay_overdue(struct pu_relay *relay, uint64_t now)
{
	while (first_of(&relay->ends) <= now)
		pu_relay_peer_release(
		    relay, PU_CONTAINER_OF(pu_heap_min(&relay->ends), struct pu_relay_peer, end));
	if (first_of(&relay->circuit_ends) > now)
		return NULL;
	return PU_CONTAINER_OF(pu_heap_min(&relay->circuit_ends), struct pu_relay_circuit, end);
}
