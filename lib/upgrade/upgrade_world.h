/* Two upgraders in memory for tests: carriers of little room whose bytes arrive in pieces, a
 * virtual clock, and hosts whose streams check every byte. Not part of the product. */
#ifndef PU_UPGRADE_UPGRADE_WORLD_H
#define PU_UPGRADE_UPGRADE_WORLD_H

#include "upgrade/upgrade_state.h"

#define WORLD_NAME "relay.test" /* what the web certificate says */

struct world;

/* What a host knows of one end of a link. */
struct link_end {
	struct link *link;
	struct world_host *host;  /* NULL: played by the test */
	struct pu_upgraded *conn; /* NULL: played by the test, or over */
	struct pu_mux *mux;
	struct pu_buffer wire; /* on its way to this end */
	size_t wire_at;
	bool starved; /* wants to write to the peer, which had no room */
	bool fin, fin_told;
	size_t ups, downs;
	struct pu_mux_end why;
	char reason[PU_MUX_REASON_MAX + 1];
	struct pu_peer_id peer; /* told by on_conn_up */
	size_t news, available;
};

struct link {
	struct pu_list_node in_world;
	struct world *world;
	struct link_end ends[2]; /* the dialler's, the listener's */
};

struct world_flow {
	struct pu_list_node in_host;
	struct link_end *end;
	struct pu_stream *stream;
	bool opener, finished;
	uint64_t to_write, written, read;
	enum pu_recv state;
};

struct world_host {
	struct world *world;
	struct pu_upgrader *upgrader;
	struct pu_peer_id id;
	struct pu_list flows;
	uint64_t reply_len; /* accepted streams send so much */
	bool deaf;          /* reads nothing of streams */
	uint64_t got;
	size_t done;   /* flows read to the end and written */
	size_t broken; /* flows that ended otherwise */
	size_t writes; /* of carriers */
	void (*on_up)(struct link_end *end);
};

struct world {
	uint64_t now, random;
	size_t room;      /* of a carrier */
	size_t chunk_max; /* that arrives at once */
	bool checks;      /* bytes of streams are filled and compared */
	bool no_tls, no_noise;
	struct pu_list links;
	struct world_host hosts[2];
	struct pu_upgrader_config config;
};

/* Change room, chunk_max and config before world_start(). */
struct world *world_new(uint64_t seed);
void world_start(struct world *world);
/* Ends all connections first, and checks that nothing is left. */
void world_free(struct world *world);
uint64_t world_random(struct world *world);

/* From host 0 to host 1, whoever it is; NULL: one of them refused. */
struct link *world_connect(struct world *world, enum pu_carrier kind);
struct link *world_connect_to(struct world *world, enum pu_carrier kind,
                              const struct pu_peer_id *expected);
/* Only end `which` is a connection; the test plays the other. */
struct link *world_half(struct world *world, enum pu_carrier kind, int which);
void link_free(struct link *link);

/* Bytes for an end, as if its peer had written them. */
void end_inject(struct link_end *end, const void *data, size_t len);
/* What is on the wire to an end that the test plays. */
struct pu_bytes end_wire(const struct link_end *end);
void end_take(struct link_end *end, size_t len);
/* An end's side of the carrier is closed in order. */
void end_close(struct link_end *end);

/* A stream that sends so much and finishes; NULL: not now. */
struct world_flow *world_open(struct link_end *end, uint64_t len);

/* One delivery at each end, what follows from it; false: nothing happened. */
bool world_step(struct world *world);
void world_settle(struct world *world);
/* Settles, lets so much time pass deadline by deadline, settles. */
void world_pass(struct world *world, uint64_t ns);

#endif
