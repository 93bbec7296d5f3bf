/* What is behind the handles: shared by the files of this folder and by nobody else. */
#ifndef PU_QUIC_STATE_H
#define PU_QUIC_STATE_H

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "mux/chunk.h"
#include "quic/conn.h"
#include "quic/endpoint.h"
#include "quic/limits.h"
#include "quic/packet_key.h"
#include "quic/packet_size.h"
#include "quic/stream.h"

struct pu_quic_cid {
	uint8_t len; /* 0 = unused */
	uint8_t data[NGTCP2_MAX_CIDLEN];
};

/* What a connection ID leads to: a connection, or the tomb of one. */
struct pu_quic_owner {
	bool is_tomb;
	struct pu_heap_node timer; /* in endpoint.deadlines */
	struct pu_quic_cid cids[PU_QUIC_CIDS_MAX];
};

/* A certificate that new TLS sessions use; lives as long as the last of them. */
struct pu_quic_credentials {
	size_t refs;
	gnutls_certificate_credentials_t gnutls;
};

/* So much per second; how much at once is its user's affair. */
struct pu_quic_bucket {
	uint64_t full_at; /* when it will be full again */
};

/* What one address has spent on handshakes; see source.h. */
struct pu_quic_source {
	uint64_t tag; /* which; 0 = none yet */
	struct pu_quic_bucket bucket;
};

struct pu_quic_reset_token {
	uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
	uint64_t seq;
	bool used;
};

enum pu_quic_conn_state {
	PU_QUIC_CONN_HANDSHAKE,
	PU_QUIC_CONN_UP,
	PU_QUIC_CONN_ENDING, /* on_conn_down is due; no more calls into ngtcp2 but the last packet
	                      */
};

/* Events of a connection and of a stream that the host has not been told yet. */
enum {
	PU_QUIC_EV_NEW = 1,
	PU_QUIC_EV_UP = 2,
	PU_QUIC_EV_PATH = 4,
	PU_QUIC_EV_STREAMS = 8, /* on_streams_available */
	PU_QUIC_EV_DATA = 16,
	PU_QUIC_EV_WRITABLE = 32,
	PU_QUIC_EV_STOPPED = 64,
	PU_QUIC_EV_GONE = 128, /* QUIC is done with the stream */
};

struct pu_quic_conn {
	struct pu_quic_owner owner; /* first: the maps point to it */
	struct pu_mux base;
	struct pu_quic_endpoint *ep;
	ngtcp2_conn *quic;
	ngtcp2_mem mem;
	size_t memory;
	ngtcp2_crypto_conn_ref ref;              /* what the TLS session points to */
	gnutls_session_t tls;                    /* NULL once the handshake is confirmed */
	struct pu_quic_credentials *credentials; /* with tls */
	enum pu_quic_conn_state state;
	unsigned events;
	bool inbound, unverified, counted; /* counted: among the handshakes */
	bool handshake_done, reset_seen, has_peer, has_expected;
	bool wrong_peer, memory_refused, quiet, drain;
	bool shares;          /* it has the endpoint's buffer to decrypt into */
	bool fast_keys;       /* its 1-RTT keys are aead.c's */
	bool told_up;         /* stream events wait for this one */
	enum pu_err cert_err; /* why the certificate was refused */
	bool streams_wanted;
	uint32_t crypto_in; /* CRYPTO bytes taken */
	struct pu_peer_id peer, expected;
	struct pu_quic_path path;

	struct pu_list_node in_ep, in_events, in_output;
	struct pu_list streams;       /* all */
	struct pu_list sendable;      /* that have something to send and may */
	struct pu_list flow_blocked;  /* that have something to send and must wait */
	struct pu_list stream_events; /* that have events */
	size_t streams_len;
	size_t send_len, recv_len; /* bytes in the queues of all streams */
	uint64_t cwnd;             /* as of the last output */
	struct pu_quic_packet_size packet_size;
	uint64_t created_at, bytes_in, bytes_out, idle_timeout;
	struct pu_quic_reset_token reset_tokens[PU_QUIC_RESET_TOKENS_MAX];

	struct pu_mux_end why; /* when ENDING */
	char *reason;          /* what why.reason points to; NULL: nothing was said */
	ngtcp2_ccerr ccerr;    /* what the last packet says; type and code */
};

struct pu_quic_stream {
	struct pu_stream base; /* first */
	struct pu_quic_endpoint *ep;
	struct pu_quic_conn *conn; /* NULL once the connection is gone */
	int64_t id;
	struct pu_list_node in_conn; /* conn->streams, then endpoint.orphans */
	struct pu_list_node in_sendable, in_events;
	unsigned events;
	bool inbound, host_closed, quic_closed;
	/* Send side. */
	bool fin_wanted, fin_sent, send_ended; /* ended: reset, stopped or lost */
	bool flow_blocked, room_wanted;
	bool look_at_send; /* the peer may have stopped it */
	struct pu_queue send;
	struct pu_chunk *unsent_chunk; /* where the first byte never sent is; NULL = none */
	uint32_t unsent_off;
	size_t unsent;
	size_t turn; /* bytes sent in this turn */
	/* Receive side. */
	bool recv_fin, recv_reset, recv_stopped;
	struct pu_queue recv;
	uint64_t reset_code;
};

/* A run of datagrams in the scratch buffer, not handed to send() yet. */
struct pu_quic_run {
	struct pu_quic_path path;
	size_t off, len, segment, count;
	uint8_t ecn;
	bool open; /* takes more */
};

struct pu_quic_endpoint {
	struct pu_quic_config config;
	const struct pu_quic_callbacks *cb;
	void *user;
	uint64_t now; /* of the running call; never goes back, whatever the host says */

	struct pu_quic_credentials *credentials;
	gnutls_priority_t priority;
	struct pu_quic_keys keys;
	bool has_gcm;
	uint8_t token_key[32], reset_key[32];
	uint32_t token_clock;         /* moves the time in tokens */
	struct pu_gcm_key *retry_key; /* NULL: GnuTLS does it */
	struct pu_map cert_cache;
	struct pu_list cert_cache_order; /* oldest first */

	struct pu_map by_cid;   /* -> struct pu_quic_owner */
	struct pu_map by_reset; /* -> struct pu_quic_conn */
	struct pu_map by_ip;    /* handshakes per address */
	struct pu_heap deadlines;
	struct pu_list conns, events, output, tombs, orphans;
	struct pu_chunk_pool send_pool, recv_pool;
	struct pu_quic_bucket reset_bucket, vneg_bucket, refuse_bucket, unverified_bucket;
	struct pu_quic_source sources[PU_QUIC_SOURCES_MAX];
	uint8_t source_key[16];

	struct pu_quic_run run;
	uint8_t *scratch;
	bool blocked;
	uint32_t unverified;
	uint64_t trim_at;
	bool knows_ngtcp2; /* see memory.c */
	void *shared[PU_QUIC_SHARED_CLASSES];
	struct pu_quic_stats stats;
};

/* The host's clock, as far as it goes forward: ngtcp2 does not bear that it goes back, and
 * hosts that read it in several places may dial with a later time than the flush they dial
 * from. */
static inline void pu_quic_endpoint_tick(struct pu_quic_endpoint *ep, uint64_t now)
{
	if (now > ep->now)
		ep->now = now;
}

#define PU_QUIC_SCRATCH_LEN (2 * 65536)

/* mux.c */
extern const struct pu_mux_ops pu_quic_mux_ops;
extern const struct pu_stream_ops pu_quic_stream_ops;

/* conn.c */
void pu_quic_conn_free(struct pu_quic_conn *conn);
void pu_quic_conn_wake(struct pu_quic_conn *conn); /* has something to send */
void pu_quic_conn_event(struct pu_quic_conn *conn, unsigned event);
void pu_quic_conn_fail(struct pu_quic_conn *conn, int liberr); /* what ngtcp2 said */

#endif
