/* Two sessions in memory for tests: a clock, records that arrive late and in pieces, and a
 * check of every byte and every frame. Not part of the product. */
#ifndef PU_MUX_YAMUX_PIPE_H
#define PU_MUX_YAMUX_PIPE_H

#include "base/list.h"
#include "mux/yamux.h"
#include "mux/yamux_frame.h"
#include "mux/yamux_limits.h"

#define PIPE_KEYS_MAX 40000
#define PIPE_LOG_MAX  4096

struct side {
	struct pipe *pipe;
	struct side *peer;
	struct pu_yamux *yamux;
	struct pu_yamux_config config;
	enum pu_err err; /* of input() or expire() */
	/* What its streams do. */
	uint64_t reply_len; /* accepted ones send so much */
	bool hold;          /* reads nothing */
	bool quiet;         /* does nothing by itself with streams */
	bool refuse;        /* closes whatever is opened */
	bool blocked;       /* the carrier takes nothing */
	/* What happened. */
	size_t accepted, data, writable, stopped, available, wakes, done;
	struct pu_list flows;
	uint64_t bytes_in;
	struct pu_yamux_header log[PIPE_LOG_MAX]; /* frames sent */
	size_t log_len, frames, records;
	struct pu_list flying; /* to the peer */
};

struct flow {
	struct pu_list_node in_side;
	struct side *side;
	struct pu_stream *stream; /* NULL: closed */
	uint32_t key;
	bool opener, has_key, finished, stopped;
	bool dropped;                     /* told to stop: not all is read */
	uint64_t to_write, written, read; /* the key included */
	size_t data;                      /* on_stream_data */
	enum pu_recv state;
	uint8_t key_bytes[4];
};

/* What was written into a stream, by both sides. */
struct model {
	uint64_t written[2];
	bool finished[2];
};

struct pipe {
	uint64_t now, random, delay, jitter;
	size_t record_max, pieces_max;
	bool whole; /* records arrive in one piece */
	struct pu_chunk_pool pool;
	struct side a, b; /* a opened the connection */
	struct model models[PIPE_KEYS_MAX];
	uint32_t keys;
};

struct pipe *pipe_new(uint64_t seed);
/* After the configurations were changed. */
void pipe_start(struct pipe *pipe);
void pipe_free(struct pipe *pipe); /* checks that nothing is left */
uint64_t pipe_random(struct pipe *pipe);

/* A stream that sends so much (at least its key) and finishes; NULL: not now. */
struct flow *pipe_open(struct side *side, uint64_t len);
void flow_pump(struct flow *flow);
void flow_read(struct flow *flow, uint64_t max);
void flow_finish(struct flow *flow);
void flow_close(struct flow *flow);
/* The flow of the same stream at the other side, or NULL. */
struct flow *flow_peer(const struct flow *flow);

/* Bytes that the peer never sent. */
void side_inject(struct side *to, const void *data, size_t len);
void side_frame(struct side *to, enum pu_yamux_type type, unsigned flags, uint32_t id,
                uint32_t len);
/* Everything due now, then on to the next arrival or deadline; false: nothing will happen. */
bool pipe_step(struct pipe *pipe);
void pipe_run(struct pipe *pipe, uint64_t duration);
/* Until nothing flies and nothing is to be sent; time passes only as bytes fly. */
void pipe_settle(struct pipe *pipe);
/* Frames of this type with all of these flags in the log. */
size_t side_sent(const struct side *side, enum pu_yamux_type type, unsigned flags);

#endif
