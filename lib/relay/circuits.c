/* Knows which circuits there are, what each may carry, and in which order those go on that
 * found a bucket empty. */
#include "base/alloc.h"
#include "base/clock.h"
#include "relay/limits.h"
#include "relay/state.h"

enum { BUCKETS = 4 };

static size_t buckets_of(struct pu_relay *relay, struct pu_relay_circuit *circuit,
                         struct pu_relay_bucket *out[BUCKETS])
{
	struct pu_relay_bucket *all[BUCKETS] = {&circuit->bucket, circuit->peers[0]->bucket,
	                                        circuit->peers[1]->bucket, &relay->bucket};
	size_t count = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		if (all[i] != NULL)
			out[count++] = all[i];
	}
	return count;
}

/* ---- coming and going ---- */

/* Why there cannot be one more; NULL: there can. */
static const char *why_full(const struct pu_relay *relay, const struct pu_relay_peer *source,
                            const struct pu_relay_peer *target, bool guest)
{
	const struct pu_relay_rules *rules = &relay->rules;

	if (relay->counts.circuits >= rules->circuits_max)
		return "the relay has all the circuits that it takes";
	if (guest && relay->counts.guest_circuits >= rules->guest_circuits_max)
		return "the relay has all the circuits of guests that it takes";
	if (source != NULL && source->circuits >= rules->peer_circuits_max)
		return "the relay has all the circuits that it takes from one peer";
	/* Guests leave half of them to those who are known. */
	if (target->circuits >=
	    (guest ? (rules->peer_circuits_max + 1) / 2 : rules->peer_circuits_max))
		return "the relay has all the circuits that it takes to this peer";
	return NULL;
}

static void join(struct pu_relay *relay, struct pu_relay_circuit *circuit,
                 struct pu_relay_peer *peer, uint64_t now)
{
	if (peer->bucket == NULL && relay->rules.peer_bandwidth != 0) {
		peer->bucket = PU_NEW(struct pu_relay_bucket);
		pu_relay_bucket_init(peer->bucket, relay->rules.peer_bandwidth, now);
	}
	peer->circuits++;
	circuit->peers[circuit->peers[0] != NULL] = peer;
}

static void leave(struct pu_relay *relay, struct pu_relay_peer *peer)
{
	if (--peer->circuits == 0) {
		pu_free(peer->bucket);
		peer->bucket = NULL;
	}
	pu_relay_peer_settle(relay, peer);
}

struct pu_relay_answer pu_relay_open(struct pu_relay *relay, struct pu_relay_circuit *circuit,
                                     const struct pu_relay_client *source,
                                     const struct pu_peer_id *target, uint64_t now)
{
	struct pu_relay_peer *to = pu_relay_peer_find(relay, target);
	const char *why;

	if (!pu_relay_may_ask(relay, source, now))
		return pu_relay_refuse(relay, PU_RELAY_RESOURCE_LIMIT_EXCEEDED,
		                       "too many requests; ask again later");
	if (pu_peer_id_eq(source->id, target))
		return pu_relay_refuse(relay, PU_RELAY_PERMISSION_DENIED,
		                       "a peer does not need a relay to itself");
	if (to == NULL || !to->confirmed)
		return pu_relay_refuse(relay, PU_RELAY_NO_RESERVATION,
		                       "the peer has no reservation here");
	circuit->guest = source->guest || to->guest;
	why = why_full(relay, pu_relay_peer_find(relay, source->id), to, circuit->guest);
	if (why != NULL)
		return pu_relay_refuse(relay, PU_RELAY_RESOURCE_LIMIT_EXCEEDED, why);
	join(relay, circuit, pu_relay_peer_make(relay, source->id), now);
	join(relay, circuit, to, now);
	circuit->terms = circuit->guest ? relay->rules.guest_terms : relay->rules.terms;
	circuit->since = now;
	pu_relay_bucket_init(&circuit->bucket, circuit->terms.bandwidth, now);
	pu_list_append(&relay->circuits, &circuit->in_relay);
	relay->counts.circuits++;
	relay->counts.guest_circuits += circuit->guest;
	return (struct pu_relay_answer){.status = PU_RELAY_OK, .reason = "ok"};
}

void pu_relay_start(struct pu_relay *relay, struct pu_relay_circuit *circuit, uint64_t now)
{
	circuit->since = now;
	if (circuit->terms.duration_ns != 0)
		pu_heap_set(&relay->circuit_ends, &circuit->end, now + circuit->terms.duration_ns);
}

/* A row that is empty needs no refill; who is first now may need less. */
static void stop_waiting(struct pu_relay *relay, struct pu_relay_circuit *circuit)
{
	struct pu_relay_bucket *buckets[BUCKETS];
	size_t count = buckets_of(relay, circuit, buckets);

	if (!pu_list_linked(&circuit->in_waiting))
		return;
	pu_list_remove(&circuit->in_waiting);
	for (size_t i = 0; i < count; i++) {
		if (pu_list_empty(&buckets[i]->waiting))
			pu_heap_remove(&relay->refills, &buckets[i]->refill);
		else
			pu_heap_set(&relay->refills, &buckets[i]->refill, buckets[i]->at_ns);
	}
}

void pu_relay_close(struct pu_relay *relay, struct pu_relay_circuit *circuit)
{
	if (circuit->peers[0] == NULL)
		return;
	stop_waiting(relay, circuit);
	pu_heap_remove(&relay->circuit_ends, &circuit->end);
	pu_list_remove(&circuit->in_relay);
	relay->counts.circuits--;
	relay->counts.guest_circuits -= circuit->guest;
	if (relay->turn == circuit)
		relay->turn = NULL;
	leave(relay, circuit->peers[0]);
	leave(relay, circuit->peers[1]);
	circuit->peers[0] = circuit->peers[1] = NULL;
}

const struct pu_list *pu_relay_circuits(const struct pu_relay *relay)
{
	return &relay->circuits;
}

static bool limit_of(const struct pu_relay_terms *terms, struct pu_relay_limit *limit)
{
	uint64_t seconds = (terms->duration_ns + PU_NS_PER_S - 1) / PU_NS_PER_S;

	if (seconds > PU_RELAY_DURATION_SURE_S)
		seconds = PU_RELAY_DURATION_SURE_S;
	*limit = (struct pu_relay_limit){.duration_s = (uint32_t)seconds, .data = terms->data};
	return pu_relay_limit_is_set(limit);
}

bool pu_relay_circuit_limit(const struct pu_relay_circuit *circuit,
                            struct pu_relay_limit *limit)
{
	return limit_of(&circuit->terms, limit);
}

bool pu_relay_client_limit(const struct pu_relay *relay, bool guest,
                           struct pu_relay_limit *limit)
{
	return limit_of(guest ? &relay->rules.guest_terms : &relay->rules.terms, limit);
}

/* ---- carrying ---- */

bool pu_relay_is_spent(const struct pu_relay_circuit *circuit, enum pu_relay_way way)
{
	return circuit->terms.data != 0 && circuit->bytes[way] >= circuit->terms.data;
}

/* What the bucket has for this circuit; nothing while others wait and it is not its turn. */
static size_t allowed_by(const struct pu_relay *relay, struct pu_relay_bucket *bucket,
                         const struct pu_relay_circuit *circuit, size_t want, uint64_t now)
{
	if (bucket->rate != 0 && !pu_list_empty(&bucket->waiting) && relay->turn != circuit)
		return 0;
	return pu_relay_bucket_allows(bucket, now, want);
}

size_t pu_relay_allows(struct pu_relay *relay, struct pu_relay_circuit *circuit,
                       enum pu_relay_way way, size_t want, uint64_t now)
{
	struct pu_relay_bucket *buckets[BUCKETS];
	size_t count = buckets_of(relay, circuit, buckets);

	if (circuit->terms.data != 0 && want > circuit->terms.data - circuit->bytes[way])
		want = (size_t)(circuit->terms.data - circuit->bytes[way]);
	for (size_t i = 0; i < count && want > 0; i++)
		want = allowed_by(relay, buckets[i], circuit, want, now);
	return want;
}

void pu_relay_carried(struct pu_relay *relay, struct pu_relay_circuit *circuit,
                      enum pu_relay_way way, size_t bytes)
{
	struct pu_relay_bucket *buckets[BUCKETS];
	size_t count = buckets_of(relay, circuit, buckets);

	circuit->bytes[way] += bytes;
	relay->counts.bytes += bytes;
	for (size_t i = 0; i < count; i++)
		pu_relay_bucket_take(buckets[i], bytes);
}

/* ---- waiting ---- */

bool pu_relay_is_waiting(const struct pu_relay_circuit *circuit)
{
	return pu_list_linked(&circuit->in_waiting);
}

static struct pu_relay_circuit *first_of(const struct pu_relay_bucket *bucket)
{
	return PU_LIST_ENTRY(pu_list_first(&bucket->waiting), struct pu_relay_circuit, in_waiting);
}

bool pu_relay_wait(struct pu_relay *relay, struct pu_relay_circuit *circuit, size_t want,
                   uint64_t now)
{
	struct pu_relay_bucket *buckets[BUCKETS];
	size_t count = buckets_of(relay, circuit, buckets), i = 0;

	if (pu_relay_is_waiting(circuit))
		return true;
	while (i < count && allowed_by(relay, buckets[i], circuit, want, now) > 0)
		i++;
	if (i == count)
		return false;
	circuit->want = want;
	pu_list_append(&buckets[i]->waiting, &circuit->in_waiting);
	if (first_of(buckets[i]) == circuit)
		pu_heap_set(&relay->refills, &buckets[i]->refill,
		            pu_relay_bucket_when(buckets[i], now, want));
	return true;
}

struct pu_relay_circuit *pu_relay_ready(struct pu_relay *relay, uint64_t now)
{
	struct pu_heap_node *node;

	relay->turn = NULL;
	while ((node = pu_heap_min(&relay->refills)) != NULL && node->key <= now) {
		struct pu_relay_bucket *bucket = PU_CONTAINER_OF(node, struct pu_relay_bucket, refill);
		struct pu_relay_circuit *circuit = first_of(bucket);
		uint64_t when = pu_relay_bucket_when(bucket, now, circuit->want);

		if (when > now) {
			pu_heap_set(&relay->refills, node, when);
			continue;
		}
		pu_list_remove(&circuit->in_waiting);
		if (pu_list_empty(&bucket->waiting))
			pu_heap_remove(&relay->refills, node);
		relay->turn = circuit;
		return circuit;
	}
	return NULL;
}
