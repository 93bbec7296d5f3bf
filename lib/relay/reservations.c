/* Knows who may be reached through the relay, and what such a place counts against. */
#include "base/alloc.h"
#include "relay/limits.h"
#include "relay/state.h"

static struct pu_relay_source *find_source(const struct pu_relay *relay, struct pu_bytes key)
{
	return key.len > 0 ? pu_map_get(&relay->sources, key) : NULL;
}

static struct pu_relay_source *hold_source(struct pu_relay *relay, struct pu_bytes key)
{
	struct pu_relay_source *source = find_source(relay, key);

	if (key.len == 0)
		return NULL;
	if (source == NULL) {
		source = PU_NEW(struct pu_relay_source);
		memcpy(source->key, key.data, key.len);
		source->key_len = (uint8_t)key.len;
		pu_map_put(&relay->sources, pu_bytes(source->key, source->key_len), source);
	}
	source->reservations++;
	return source;
}

static void rele_source(struct pu_relay *relay, struct pu_relay_source *source)
{
	if (source == NULL || --source->reservations > 0)
		return;
	pu_map_del(&relay->sources, pu_bytes(source->key, source->key_len));
	pu_free(source);
}

/* ---- places ---- */

/* Why the client cannot have a place; NULL: it can. What it has already is not counted twice.
 */
static const char *why_full(const struct pu_relay *relay, const struct pu_relay_peer *peer,
                            bool guest, struct pu_bytes source_key)
{
	const struct pu_relay_source *source = find_source(relay, source_key);
	const struct pu_relay_counts *counts = &relay->counts;
	bool had = peer != NULL && peer->reserved;

	if (!had && counts->reservations >= relay->rules.reservations_max)
		return "the relay has all the reservations that it takes";
	if (guest && !(had && peer->guest) &&
	    counts->guest_reservations >= relay->rules.guest_reservations_max)
		return "the relay has all the guests that it takes";
	if (source != NULL && !(had && peer->source == source) &&
	    source->reservations >= relay->rules.source_reservations_max)
		return "the relay has all the reservations that it takes from this address";
	return NULL;
}

static void hold(struct pu_relay *relay, struct pu_relay_peer *peer, bool guest,
                 struct pu_bytes source_key)
{
	struct pu_relay_source *before = peer->source;

	if (!peer->reserved)
		relay->counts.reservations++;
	if (peer->reserved && peer->guest)
		relay->counts.guest_reservations--;
	if (guest)
		relay->counts.guest_reservations++;
	peer->source = hold_source(relay, source_key);
	rele_source(relay, before);
	peer->reserved = true;
	peer->guest = guest;
}

void pu_relay_peer_release(struct pu_relay *relay, struct pu_relay_peer *peer)
{
	if (peer->reserved) {
		relay->counts.reservations--;
		if (peer->guest)
			relay->counts.guest_reservations--;
		rele_source(relay, peer->source);
		pu_heap_remove(&relay->ends, &peer->end);
		peer->source = NULL;
		peer->reserved = peer->confirmed = peer->guest = false;
	}
	pu_relay_peer_settle(relay, peer);
}

/* ---- what the host asks ---- */

struct pu_relay_answer pu_relay_reserve(struct pu_relay *relay,
                                        const struct pu_relay_client *client, uint64_t now)
{
	struct pu_relay_peer *peer = pu_relay_peer_find(relay, client->id);
	uint8_t source[PU_RELAY_SOURCE_KEY_MAX];
	struct pu_bytes key = pu_bytes(source, pu_relay_source_key(client->addr, source));
	const char *why;

	if (!pu_relay_may_ask(relay, client, now))
		return pu_relay_refuse(relay, PU_RELAY_RESERVATION_REFUSED,
		                       "too many requests; ask again later");
	why = why_full(relay, peer, client->guest, key);
	if (why != NULL)
		return pu_relay_refuse(relay, PU_RELAY_RESOURCE_LIMIT_EXCEEDED, why);
	peer = pu_relay_peer_make(relay, client->id);
	hold(relay, peer, client->guest, key);
	if (!peer->confirmed)
		pu_heap_set(&relay->ends, &peer->end, now + PU_RELAY_CONFIRM_WITHIN);
	return (struct pu_relay_answer){.status = PU_RELAY_OK, .reason = "ok"};
}

bool pu_relay_confirm(struct pu_relay *relay, const struct pu_peer_id *id, uint64_t ends)
{
	struct pu_relay_peer *peer = pu_relay_peer_find(relay, id);

	if (peer == NULL || !peer->reserved)
		return false;
	peer->confirmed = true;
	pu_heap_set(&relay->ends, &peer->end, ends);
	return true;
}

void pu_relay_unreserve(struct pu_relay *relay, const struct pu_peer_id *id)
{
	struct pu_relay_peer *peer = pu_relay_peer_find(relay, id);

	if (peer != NULL)
		pu_relay_peer_release(relay, peer);
}

bool pu_relay_has(const struct pu_relay *relay, const struct pu_peer_id *id)
{
	const struct pu_relay_peer *peer = pu_relay_peer_find(relay, id);

	return peer != NULL && peer->confirmed;
}

bool pu_relay_next_reserved(const struct pu_relay *relay, size_t *pos,
                            struct pu_relay_reserved *out)
{
	void *value;

	while (pu_map_next(&relay->peers, pos, NULL, &value)) {
		const struct pu_relay_peer *peer = value;

		if (!peer->confirmed)
			continue;
		*out = (struct pu_relay_reserved){.id = &peer->id,
		                                  .ends = peer->end.key,
		                                  .circuits = peer->circuits,
		                                  .guest = peer->guest};
		return true;
	}
	return false;
}
