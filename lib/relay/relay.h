/* The books of a circuit relay (libp2p specs, relay/circuit-v2.md): who has a reservation,
 * which circuits there are, and how much each may carry now. It decides; the host reads and
 * writes the messages, and moves the bytes. No sockets, no clock: `now` is nanoseconds of a
 * clock that never goes back, and no call may be earlier than the one before. */
#ifndef PU_RELAY_RELAY_H
#define PU_RELAY_RELAY_H

#include <sys/socket.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/rate.h"
#include "p2p/peer_id.h"
#include "p2p/relay_message.h"
#include "relay/bucket.h"

/* What one circuit may; 0 = no limit. */
struct pu_relay_terms {
	uint64_t bandwidth; /* bytes per second, both directions together */
	uint64_t duration_ns;
	uint64_t data; /* bytes in each direction */
};

struct pu_relay_rules {
	/* At once; 0 means none. */
	uint32_t reservations_max, source_reservations_max, guest_reservations_max;
	uint32_t circuits_max, peer_circuits_max, guest_circuits_max;
	/* Bytes per second of all circuits, and of all circuits of one peer; 0 = no limit. */
	uint64_t bandwidth, peer_bandwidth;
	struct pu_relay_terms terms, guest_terms; /* of a circuit that has a guest at an end */
};

struct pu_relay;
struct pu_relay_peer;

/* Who asks. */
struct pu_relay_client {
	const struct pu_peer_id *id;
	const struct sockaddr *addr; /* or NULL */
	bool guest;                  /* not authorized */
};

/* To be answered to the client: PU_RELAY_OK, or why not. The reason is a constant, for people.
 */
struct pu_relay_answer {
	enum pu_relay_status status;
	const char *reason;
};

struct pu_relay_counts {
	uint32_t reservations, guest_reservations, circuits, guest_circuits;
	uint64_t refused; /* requests */
	uint64_t bytes;   /* carried */
	size_t memory;    /* of these books */
};

struct pu_relay *pu_relay_new(const struct pu_relay_rules *rules, uint64_t now);
/* All circuits are closed. Accepts NULL. */
void pu_relay_free(struct pu_relay *relay);
/* For what is asked from now on, and for bandwidths at once. */
void pu_relay_set_rules(struct pu_relay *relay, const struct pu_relay_rules *rules,
                        uint64_t now);
void pu_relay_counts(const struct pu_relay *relay, struct pu_relay_counts *out);
/* A request that the host refused by itself. */
void pu_relay_count_refusal(struct pu_relay *relay);

/* ---- reservations ---- */

/* OK: a place is held for PU_RELAY_CONFIRM_WITHIN, or the peer's reservation goes on. It counts
 * for others from pu_relay_confirm() on, until `ends`; false: the place is gone meanwhile. */
struct pu_relay_answer pu_relay_reserve(struct pu_relay *relay,
                                        const struct pu_relay_client *client, uint64_t now);
bool pu_relay_confirm(struct pu_relay *relay, const struct pu_peer_id *id, uint64_t ends);
/* The peer has no connection any more. Its circuits go on. */
void pu_relay_unreserve(struct pu_relay *relay, const struct pu_peer_id *id);
bool pu_relay_has(const struct pu_relay *relay, const struct pu_peer_id *id);

struct pu_relay_reserved {
	const struct pu_peer_id *id;
	uint64_t ends;
	uint32_t circuits;
	bool guest;
};
/* Those that are confirmed, from *pos = 0 until it answers false. */
bool pu_relay_next_reserved(const struct pu_relay *relay, size_t *pos,
                            struct pu_relay_reserved *out);

/* ---- circuits ---- */

enum pu_relay_way {
	PU_RELAY_FORTH = 0, /* from the source to the target */
	PU_RELAY_BACK = 1,
};

/* In the host's memory, zeroed before; the host reads only. */
struct pu_relay_circuit {
	struct pu_list_node in_relay, in_waiting;
	struct pu_heap_node end;
	struct pu_relay_peer *peers[2]; /* source, target */
	struct pu_relay_bucket bucket;
	struct pu_relay_terms terms;
	uint64_t bytes[2]; /* carried forth and back */
	uint64_t since;
	size_t want; /* while it waits */
	bool guest;
};

/* OK: the circuit counts until pu_relay_close(). NO_RESERVATION: the target has none. */
struct pu_relay_answer pu_relay_open(struct pu_relay *relay, struct pu_relay_circuit *circuit,
                                     const struct pu_relay_client *source,
                                     const struct pu_peer_id *target, uint64_t now);
/* The target has agreed: from now on it has a duration. */
void pu_relay_start(struct pu_relay *relay, struct pu_relay_circuit *circuit, uint64_t now);
/* Closing what is not open does nothing. */
void pu_relay_close(struct pu_relay *relay, struct pu_relay_circuit *circuit);
const struct pu_peer_id *pu_relay_peer_id(const struct pu_relay_peer *peer);
/* For people: the circuits, oldest first, through in_relay. */
const struct pu_list *pu_relay_circuits(const struct pu_relay *relay);
/* What clients are told of the limits of a circuit, or of those that a client will have;
 * answers whether there is one at all. */
bool pu_relay_circuit_limit(const struct pu_relay_circuit *circuit,
                            struct pu_relay_limit *limit);
bool pu_relay_client_limit(const struct pu_relay *relay, bool guest,
                           struct pu_relay_limit *limit);

/* Whether it has carried all that it may in this direction: if there is more, it is over. */
bool pu_relay_is_spent(const struct pu_relay_circuit *circuit, enum pu_relay_way way);
/* How many of `want` bytes may be carried now. 0, if it is not spent: wait. */
size_t pu_relay_allows(struct pu_relay *relay, struct pu_relay_circuit *circuit,
                       enum pu_relay_way way, size_t want, uint64_t now);
/* They have been carried: at most what was allowed at this `now`. */
void pu_relay_carried(struct pu_relay *relay, struct pu_relay_circuit *circuit,
                      enum pu_relay_way way, size_t bytes);
/* Waits in the row of a bucket that has too little for `want` bytes; pu_relay_ready() answers
 * it when its turn has come. False: all have enough. Again while it waits: it keeps its place.
 */
bool pu_relay_wait(struct pu_relay *relay, struct pu_relay_circuit *circuit, size_t want,
                   uint64_t now);
bool pu_relay_is_waiting(const struct pu_relay_circuit *circuit);

/* ---- time ---- */

/* When to call the two below; UINT64_MAX: no need to. */
uint64_t pu_relay_next(const struct pu_relay *relay);
/* The next circuit that has waited long enough, or NULL. Let it carry (pu_relay_allows) before
 * asking for another: what it leaves is for that one. */
struct pu_relay_circuit *pu_relay_ready(struct pu_relay *relay, uint64_t now);
/* Drops reservations that have ended. Answers a circuit whose time is over, to be closed by the
 * host, or NULL; again until NULL. */
struct pu_relay_circuit *pu_relay_overdue(struct pu_relay *relay, uint64_t now);

#endif
