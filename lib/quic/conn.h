/* One QUIC connection to one peer. See endpoint.h for when callbacks come. */
#ifndef PU_QUIC_CONN_H
#define PU_QUIC_CONN_H

#include "quic/endpoint.h"

/* The host's own pointer: NULL for an inbound connection until set. */
void *pu_quic_conn_user(const struct pu_quic_conn *conn);
void pu_quic_conn_set_user(struct pu_quic_conn *conn, void *user);

/* The same as any connection that carries streams; they share the host's pointer. */
struct pu_mux *pu_quic_conn_mux(struct pu_quic_conn *conn);
struct pu_quic_endpoint *pu_quic_conn_endpoint(const struct pu_quic_conn *conn);
bool pu_quic_conn_is_inbound(const struct pu_quic_conn *conn);
bool pu_quic_conn_is_up(const struct pu_quic_conn *conn);
/* The proved identity; NULL before the certificate was verified. */
const struct pu_peer_id *pu_quic_conn_peer(const struct pu_quic_conn *conn);
const struct pu_quic_path *pu_quic_conn_path(const struct pu_quic_conn *conn);

/* Closes with an application code (libp2p error codes; 0 = normal). Bytes not yet confirmed are
 * lost. `reason` is cut at PU_MUX_REASON_MAX; may be NULL. on_conn_down follows with the
 * next (or the running) flush. Closing twice does nothing. */
void pu_quic_conn_close(struct pu_quic_conn *conn, uint64_t app_code, const char *reason);

/* Opens a stream; the host owns it until pu_quic_stream_close(). The peer sees it with its
 * first byte. PU_EAGAIN: the peer allows no more now (on_streams_available follows);
 * PU_ECLOSED: not up, or closing; PU_ELIMIT: memory. */
enum pu_err pu_quic_stream_open(struct pu_quic_conn *conn, void *user,
                                struct pu_quic_stream **out) PU_MUST_CHECK;

struct pu_quic_conn_info {
	uint64_t rtt_ns, rtt_min_ns; /* smoothed, minimum; 0 = unknown */
	uint64_t cwnd, bytes_in_flight;
	uint64_t bytes_in, bytes_out; /* datagram payloads */
	uint64_t created_at;          /* the endpoint's clock */
	uint64_t idle_timeout_ns;     /* effective: the smaller of both sides */
	uint64_t streams_left;        /* that we may open now */
	size_t streams;               /* alive, both directions */
	size_t send_buffered;         /* bytes written and not confirmed */
	size_t recv_buffered;         /* bytes received and not consumed */
	size_t memory;                /* of the QUIC machine */
	uint16_t udp_payload;         /* largest datagram on this path */
};
void pu_quic_conn_info(struct pu_quic_conn *conn, struct pu_quic_conn_info *out);

#endif
