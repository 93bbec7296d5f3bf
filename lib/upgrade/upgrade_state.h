/* What is behind the handles: shared by the files of this folder and by nobody else. */
#ifndef PU_UPGRADE_STATE_H
#define PU_UPGRADE_STATE_H

#include "base/buffer.h"
#include "base/heap.h"
#include "base/list.h"
#include "p2p/multistream.h"
#include "upgrade/limits.h"
#include "upgrade/upgrade.h"

enum pu_upgrade_stage {
	UPGRADE_WEB_TLS,  /* wss: TLS of the web */
	UPGRADE_WS,       /* the WebSocket handshake */
	UPGRADE_SECURITY, /* multistream-select of Noise or TLS */
	UPGRADE_SECURING, /* its handshake */
	UPGRADE_MUXER,    /* multistream-select of yamux */
	UPGRADE_UP,
	UPGRADE_ENDING, /* on_conn_down is due */
};

/* One channel of the stack, the carrier's bytes below it. */
struct pu_upgrade_layer {
	struct pu_secure *secure;
	struct pu_buffer partial; /* of a record that has not arrived whole */
};

/* Only while a protocol is being selected. */
struct pu_upgrade_select {
	union {
		struct pu_multistream_responder responder;
		struct pu_multistream_initiator initiator;
	};
};

struct pu_upgraded {
	struct pu_mux base;
	struct pu_upgrader *upgrader;
	const struct pu_carrier_ops *ops;
	void *carrier;
	enum pu_upgrade_stage stage;
	enum pu_carrier kind;
	bool initiator;
	bool has_expected, has_peer;
	bool blocked;     /* the carrier takes nothing now */
	bool input_ended; /* the carrier gives nothing any more */
	bool told_up;
	bool counted; /* among the handshakes */
	struct pu_upgrade_layer layers[PU_UPGRADE_LAYERS_MAX];
	unsigned layers_len;
	struct pu_upgrade_select *select; /* NULL when nothing is being selected */
	struct pu_yamux *yamux;           /* NULL before the muxer */
	struct pu_buffer waiting;         /* sealed; what stands behind waiting_at was not taken */
	size_t waiting_at;
	uint64_t turn; /* the flush in which `spent` bytes were produced */
	size_t spent;
	struct pu_heap_node timer;
	uint64_t handshake_until;
	struct pu_list_node in_upgrader, in_dirty;
	struct pu_peer_id peer, expected;
	uint64_t bytes_in, bytes_out;
	char *host, *server_name; /* of a WebSocket; NULL once it is open */
	struct pu_mux_end why;    /* when ENDING */
	char reason[PU_MUX_REASON_MAX + 1];
};

struct pu_upgrader {
	struct pu_upgrader_config config;
	const struct pu_upgrade_callbacks *cb;
	void *user;
	uint64_t now; /* of the running call; never goes back */
	bool closed;  /* accepts no more */
	struct pu_chunk_pool pool;
	struct pu_list conns;
	uint64_t turn;        /* counts flushes */
	struct pu_list dirty; /* to be looked at in this flush */
	struct pu_list later; /* in the next one: they have had their share */
	struct pu_heap deadlines;
	struct pu_upgrader_stats stats;
	uint64_t trim_at;
	/* Scratch of the running call. */
	uint8_t *plain[PU_UPGRADE_LAYERS_MAX];
	uint8_t *sealed[PU_UPGRADE_LAYERS_MAX];
	uint8_t *run; /* PU_UPGRADE_RUN_MAX + PU_UPGRADE_RUN_ROOM */
	size_t run_len;
};

static inline void pu_upgrader_tick(struct pu_upgrader *upgrader, uint64_t now)
{
	if (now > upgrader->now)
		upgrader->now = now;
}

/* upgrade_conn.c */
void pu_upgraded_free(struct pu_upgraded *conn);
/* Will be looked at in the next (or the running) flush; in the next one if it has had its share
 * of the running one. */
void pu_upgraded_wake(struct pu_upgraded *conn);
void pu_upgraded_arm(struct pu_upgraded *conn);
/* Ends it, unless it is ending already. `reason` is for people. */
void pu_upgraded_fail(struct pu_upgraded *conn, enum pu_err err, const char *reason);
void pu_upgraded_end(struct pu_upgraded *conn, const struct pu_mux_end *why);
extern const struct pu_mux_ops pu_upgraded_mux_ops;
extern const struct pu_yamux_callbacks pu_upgraded_yamux_callbacks;

/* upgrade_input.c: as input_end(), with why the peer ended it. */
void pu_upgraded_ended(struct pu_upgraded *conn, enum pu_err err, const char *reason);

/* upgrade_steps.c: from one stage to the next. */
enum pu_err pu_upgraded_begin(struct pu_upgraded *conn) PU_MUST_CHECK;
/* The handshake of the topmost layer is done. PU_ECRYPTO etc.: the connection has been ended.
 */
enum pu_err pu_upgraded_established(struct pu_upgraded *conn) PU_MUST_CHECK;
/* Feeds the selection; takes what belongs to it off `in`. */
enum pu_err pu_upgraded_select(struct pu_upgraded *conn, struct pu_bytes *in) PU_MUST_CHECK;

/* upgrade_output.c */
size_t pu_upgraded_waiting(const struct pu_upgraded *conn);
void pu_upgraded_drop_waiting(struct pu_upgraded *conn);
/* Seals through `depth` layers into the run. */
void pu_upgraded_push(struct pu_upgraded *conn, unsigned depth, const struct iovec *pieces,
                      size_t count);
/* Pushes what layer `depth` wants to say for itself. */
void pu_upgraded_push_layer(struct pu_upgraded *conn, unsigned depth);
/* Gives the run to the carrier; what it does not take waits. */
void pu_upgraded_write(struct pu_upgraded *conn);
/* Everything that streams have to say, as far as carrier and budget allow. */
void pu_upgraded_produce(struct pu_upgraded *conn);

#endif
