/* Three hosts: a relay, a target that has a reservation at it, and a source. What becomes of a
 * circuit at its two ends is the test's own, in place of relayed.c: bytes. */
#ifndef TRANSPORT_RELAY_WORLD_H
#define TRANSPORT_RELAY_WORLD_H

#include "net_relay.h"
#include "relay/relay.h"
#include "relay_client.h"

#define KB ((size_t)1 << 10)
#define MB ((size_t)1 << 20)

#define WORLD_ENDS_MAX 40

extern struct net net;
extern struct net_node *relay, *source, *target;
extern struct transport_conn *to_relay; /* from the source */

/* All three; the target has a reservation, the source is connected. */
void world_set_up(void);
/* No circuit may be left. */
void world_tear_down(void);

/* The relay's connection with that node. */
struct transport_conn *world_at_relay(const struct net_node *of);
bool world_has_reservation(void *node);
struct pu_relay_counts world_counts(void);

/* ---- one end of a circuit ---- */

struct end {
	struct transport_substream *substream;
	struct pu_peer_id peer;
	struct pu_relay_limit limit;
	enum pu_recv state;
	uint64_t code;
	size_t got, sent, to_send;
	uint8_t sum; /* of all bytes that came */
	bool deaf, echoes, finishes, failed, stopped;
	uint64_t asked_at, answered_at; /* of the last byte sent, and of the last that came */
};

extern struct end ends[WORLD_ENDS_MAX]; /* of the target, in the order of their coming */
extern size_t ends_len;
extern struct end as_target; /* what the next one at the target begins with */

void end_close(struct end *end);
/* What is still to be sent, as far as it fits. */
void end_write(struct end *end);
/* What has come, unless the end is deaf. */
void end_read(struct end *end);
/* What `sum` is after that many bytes of another end. */
uint8_t end_sum_of(size_t len);

/* ---- asking, from the source ---- */

struct asked {
	bool done;
	enum pu_err err;
	char text[256];
	struct transport_reservation reservation;
	struct pu_relay_limit limit;
	struct end end;
};

/* Both return when there is an answer, which must be within that time. */
void world_reserve(struct asked *asked, uint64_t ms);
void world_connect_to(struct asked *asked, const struct net_node *node, uint64_t ms);
/* A circuit to the target that the test is sure of. */
void world_join(struct asked *asked);

/* For questions that a test asks by itself, with a struct asked. */
void world_on_reserved(void *user, const struct transport_reservation *reservation,
                       enum pu_err err, const char *text);
void world_on_circuit(void *user, struct transport_substream *substream,
                      const struct pu_relay_limit *limit, enum pu_err err, const char *text);
bool world_is_done(void *asked);

#endif
