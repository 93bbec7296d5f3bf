/* Two hosts of which a dials b, and what they do with each other's streams: the stage of all
 * tests that use sim.h. Every stream carries a pattern that is checked on arrival. */
#ifndef PU_QUIC_SIM_WORLD_H
#define PU_QUIC_SIM_WORLD_H

#include "quic/conn.h"
#include "quic/limits.h"
#include "quic/sim.h"
#include "quic/stream.h"

/* One direction of one stream: bytes of a counter-based pattern, checked on arrival. */
struct half {
	uint64_t seed, total, written, read;
	bool finished, ended, bad;
	enum pu_recv how;
	uint64_t code;
};

struct flow {
	struct half out, in;
	struct pu_quic_stream *stream;
	bool close_early, echo, stopped;
};

struct side {
	struct sim_host *host;
	struct pu_quic_conn *conn;
	struct pu_mux_end why;
	char reason[PU_MUX_REASON_MAX + 1];
	int news, ups, downs, paths, availables, stops;
	size_t streams_in, flows_done;
	struct pu_quic_stream *last_stream;
	uint64_t reply_len; /* what it answers on an inbound stream after FIN */
	bool refuse, hold;  /* hold: does not read */
	bool keep;          /* not even when the connection is gone */
	uint64_t want_streams, opened;
	uint64_t each_len;
	uint64_t bytes_in;
	size_t max_events_per_time;
};

struct world {
	struct sim sim;
	struct side a, b; /* a dials b */
};

void world_init(struct world *world, uint64_t seed);
/* Both endpoints, and a dials b. */
void world_start(struct world *world);
/* Closes, waits, and checks that nothing is left. */
void world_end(struct world *world);

/* For sim_run(). */
bool world_both_up(void *world);
bool world_flows_done(void *world); /* a.want_streams, all the way and back */
bool world_a_down(void *world);
bool world_both_down(void *world);

/* Opens what is missing to side->want_streams. */
void side_open_more(struct side *side);
struct flow *flow_new(struct pu_quic_stream *stream, uint64_t out_len);
void flow_end(struct side *side, struct flow *flow);
uint8_t flow_byte(uint64_t seed, uint64_t at);

#endif
