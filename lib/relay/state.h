/* What the files of the relay share. */
#ifndef PU_RELAY_STATE_H
#define PU_RELAY_STATE_H

#include "base/map.h"
#include "relay/relay.h"

/* 4 and an IPv4 address, or 6 and the /56 of an IPv6 one. */
#define PU_RELAY_SOURCE_KEY_MAX 8

struct pu_relay_source { /* lives while a reservation comes from it */
	uint32_t reservations;
	uint8_t key_len;
	uint8_t key[PU_RELAY_SOURCE_KEY_MAX];
};

struct pu_relay_peer {              /* lives while it has a reservation or a circuit */
	struct pu_heap_node end;        /* of the reservation, in relay->ends */
	struct pu_relay_source *source; /* of the reservation; NULL: unknown or exempt */
	struct pu_relay_bucket *bucket; /* while it has circuits, and there is a limit */
	uint32_t circuits;
	struct pu_peer_id id;
	bool reserved, confirmed, guest; /* guest: of the reservation */
};

struct pu_relay {
	struct pu_relay_rules rules;
	struct pu_relay_counts counts;
	struct pu_map peers, sources;
	struct pu_heap ends;         /* of reservations */
	struct pu_heap circuit_ends; /* of those that have a duration */
	struct pu_heap refills;      /* of buckets that somebody waits for */
	struct pu_list circuits;
	struct pu_relay_bucket bucket; /* of all circuits */
	struct pu_rates rates;
	const struct pu_relay_circuit
	    *turn; /* whose it is: others do not go before those who wait */
};

struct pu_relay_peer *pu_relay_peer_find(const struct pu_relay *relay,
                                         const struct pu_peer_id *id);
struct pu_relay_peer *pu_relay_peer_make(struct pu_relay *relay, const struct pu_peer_id *id);
/* Frees it when nothing needs it. */
void pu_relay_peer_settle(struct pu_relay *relay, struct pu_relay_peer *peer);
/* Gives back what the peer's reservation holds. */
void pu_relay_peer_release(struct pu_relay *relay, struct pu_relay_peer *peer);

/* Bytes written; 0: this address is exempt, or has no source. */
size_t pu_relay_source_key(const struct sockaddr *addr, uint8_t out[PU_RELAY_SOURCE_KEY_MAX]);
/* Whether the client may ask now; counts it. */
bool pu_relay_may_ask(struct pu_relay *relay, const struct pu_relay_client *client,
                      uint64_t now);
struct pu_relay_answer pu_relay_refuse(struct pu_relay *relay, enum pu_relay_status status,
                                       const char *reason);

#endif
