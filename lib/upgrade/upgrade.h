/* libp2p connections over reliable byte streams: a TCP connection, a WebSocket, or a circuit
 * through a relay (libp2p specs, connections/README.md: "upgrading"). What QUIC brings along is
 * added step by step: multistream-select, then Noise or TLS, then multistream-select again
 * unless the muxer was agreed on early, then yamux. No sockets and no clock: bytes and the time
 * go in, bytes and events come out.
 *
 * The host's turn is that of quic/endpoint.h:
 *
 *     input() for bytes that arrived, input_end() when no more will come, writable()
 *     expire() when deadline() has passed
 *     anything on connections and streams (from its own sources)
 *     flush()                 <- once, before it sleeps
 *
 * All on_* callbacks are called from within flush() only; they may call anything of mux.h and
 * stream.h, and _new(). The carrier's write() is called from flush(), input(), writable() and
 * _new(), and must not call back.
 */
#ifndef PU_UPGRADE_UPGRADE_H
#define PU_UPGRADE_UPGRADE_H

#include "mux/mux.h"
#include "mux/yamux.h"
#include "p2p/multiaddr.h"
#include "secure/noise.h"
#include "secure/tls.h"

struct pu_upgrader;
struct pu_upgraded;

/* As those of pu_quic_callbacks; all are needed. `user` is the one given to _init(). */
struct pu_upgrade_callbacks {
	/* The peer is authenticated and streams may be used. */
	void (*on_conn_up)(void *user, struct pu_mux *mux);
	/* Last event of a connection, up or not, also after pu_mux_close(): it is freed when this
	 * returns. Its carrier is the host's to close: in order, so that what was written (a
	 * GoAway, an alert) arrives, whatever `why` says, unless the carrier was lost. Streams as
	 * with QUIC. */
	void (*on_conn_down)(void *user, struct pu_mux *mux, const struct pu_mux_end *why);
	void (*on_streams_available)(void *user, struct pu_mux *mux);
	void (*on_stream_new)(void *user, struct pu_mux *mux, struct pu_stream *stream);
	void (*on_stream_data)(void *user, struct pu_stream *stream);
	void (*on_stream_writable)(void *user, struct pu_stream *stream);
	void (*on_stream_stopped)(void *user, struct pu_stream *stream);
};

/* What carries the bytes of a connection. */
struct pu_carrier_ops {
	/* Answers how many bytes were taken; when fewer than `len`, the host calls
	 * pu_upgraded_writable() as soon as more would be. A carrier that is broken takes all. */
	size_t (*write)(void *carrier, const uint8_t *data, size_t len);
};

/* Times in ns. */
struct pu_upgrader_config {
	const struct pu_noise_identity *noise; /* borrowed for ever; the contexts are held */
	struct pu_tls_context *tls;            /* preferred; either may be NULL = not offered */
	struct pu_tls_context *web_server;     /* /tls/ws as a server; NULL = not offered */
	struct pu_tls_context *web_client;     /* the same as a client; may come later */
	struct pu_yamux_config yamux;          /* its pool is filled in */
	uint64_t handshake_timeout;
	size_t conns_max;      /* more are refused */
	size_t handshakes_max; /* inbound ones not complete; more are refused */
	size_t memory_max;     /* of all buffers */
};

/* `callbacks` is borrowed. */
struct pu_upgrader *pu_upgrader_new(const struct pu_upgrader_config *config,
                                    const struct pu_upgrade_callbacks *callbacks, void *user);
/* Drops everything without a word or a callback; streams too. Accepts NULL. */
void pu_upgrader_free(struct pu_upgrader *upgrader);
/* Closes every connection with an application code, accepts no more. */
void pu_upgrader_shutdown(struct pu_upgrader *upgrader, uint64_t app_code, const char *reason);

/* As web_client of the configuration: whom the system trusts takes memory, and few dial
 * /tls/ws. */
void pu_upgrader_trust_web(struct pu_upgrader *upgrader, struct pu_tls_context *client);
bool pu_upgrader_trusts_web(const struct pu_upgrader *upgrader);

void pu_upgrader_flush(struct pu_upgrader *upgrader, uint64_t now);
uint64_t pu_upgrader_deadline(const struct pu_upgrader *upgrader); /* UINT64_MAX = never */
void pu_upgrader_expire(struct pu_upgrader *upgrader, uint64_t now);
/* Something is due at once: flush() left work because of its budget. */
bool pu_upgrader_busy(const struct pu_upgrader *upgrader);

/* How a connection begins. */
struct pu_upgrade {
	bool initiator;                    /* we dialled */
	enum pu_carrier kind;              /* TCP, WS or WSS; NONE: a circuit */
	const struct pu_peer_id *expected; /* NULL = whoever answers */
	const char *host;                  /* WS, WSS as initiator: the Host field */
	const char *server_name;           /* WSS as initiator: what the certificate must say */
	const struct pu_carrier_ops *ops;
	void *carrier;
	void *user; /* pu_mux.user */
};
/* on_conn_up or on_conn_down will follow, never from within this call. PU_ELIMIT: too many, or
 * too much memory; PU_EUNSUPPORTED: WSS without a context. */
enum pu_err pu_upgraded_new(struct pu_upgrader *upgrader, uint64_t now,
                            const struct pu_upgrade *how,
                            struct pu_upgraded **out) PU_MUST_CHECK;
struct pu_mux *pu_upgraded_mux(struct pu_upgraded *conn);
/* Received bytes; all are taken. */
void pu_upgraded_input(struct pu_upgraded *conn, uint64_t now, struct pu_bytes bytes);
/* The peer ended its side: nothing more will come. PU_ECLOSED, unless it has said so before. */
void pu_upgraded_input_end(struct pu_upgraded *conn);
/* The carrier is broken, or never came to be; `text` says why. */
void pu_upgraded_lost(struct pu_upgraded *conn, enum pu_err err, const char *text);
/* The carrier takes bytes again. */
void pu_upgraded_writable(struct pu_upgraded *conn, uint64_t now);

struct pu_upgrader_stats {
	size_t conns, handshakes, streams;
	size_t memory; /* stream buffers and what waits for carriers */
	/* Bytes of circuits are counted by what carries them. */
	uint64_t bytes_in, bytes_out, accepted, dialled, up, failed, refused;
};
void pu_upgrader_stats(const struct pu_upgrader *upgrader, struct pu_upgrader_stats *out);

#endif
