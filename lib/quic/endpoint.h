/* A QUIC v1 endpoint for libp2p (RFC 9000, 9001, 9002; libp2p quic and tls specs),
 * client and server at once, without sockets and clocks: datagrams and the time go in,
 * datagrams and events come out.
 *
 * The host's turn:
 *
 *     input() for each datagram or GRO buffer that arrived
 *     expire() when deadline() has passed
 *     anything on connections and streams (from its own sources)
 *     flush()                 <- once, before it sleeps
 *     sleep until deadline() or the socket is readable (or writable after a blocked send)
 *
 * All on_* callbacks are called from within flush() only (writable() flushes too); they may
 * call anything of conn.h and stream.h and pu_quic_endpoint_dial(), and nothing else of this
 * file. send() is called from there too, and from input() for answers that need no connection;
 * it must not call the endpoint. One endpoint belongs to one thread. A `now` before the latest
 * one counts as that one. */
#ifndef PU_QUIC_ENDPOINT_H
#define PU_QUIC_ENDPOINT_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"
#include "mux/mux.h"
#include "p2p/peer_id.h"
#include "quic/path.h"

struct pu_quic_endpoint;
struct pu_quic_conn;
struct pu_quic_stream;

enum pu_quic_cc {
	PU_QUIC_CC_CUBIC,
	PU_QUIC_CC_BBR,
};

/* What the host says to a first packet from an address, before anything is stored. */
enum pu_quic_verdict {
	PU_QUIC_ACCEPT, /* Retry first if one of the thresholds asks for it */
	PU_QUIC_RETRY,  /* only after the address has been proved */
	PU_QUIC_REFUSE, /* answer CONNECTION_REFUSED */
	PU_QUIC_DROP,   /* no answer */
};

/* Every member but `send` may be NULL. `user` is the one given to _new(). */
struct pu_quic_callbacks {
	/* Sends and answers how many bytes were taken: out->len, or a multiple of out->segment
	 * when the socket blocks. The endpoint keeps the rest and sends nothing more until
	 * pu_quic_endpoint_writable(). Datagrams that the system refuses for good (EMSGSIZE of an
	 * MTU probe, no route) count as taken: QUIC treats them as lost. */
	size_t (*send)(void *user, const struct pu_quic_datagrams *out);

	/* Asked for the first packet of an unknown connection. NULL = PU_QUIC_ACCEPT. This one
	 * is called from within input(), and must not call the endpoint. */
	enum pu_quic_verdict (*accept)(void *user, const struct pu_quic_path *path);
	/* An inbound handshake began. */
	void (*on_conn_new)(void *user, struct pu_quic_conn *conn);
	/* The peer is authenticated and streams may be used: handshake complete for the
	 * accepting side, confirmed by the other side for the dialling side. */
	void (*on_conn_up)(void *user, struct pu_quic_conn *conn);
	/* Last event of a connection, up or not, also after pu_quic_conn_close(). The connection is
	 * freed when this returns. Its streams, told before through on_stream_data, stay
	 * valid until closed by the host; only what they have received can still be used. */
	void (*on_conn_down)(void *user, struct pu_quic_conn *conn, const struct pu_mux_end *why);
	/* The peer moved, and the new path is proved. */
	void (*on_path_changed)(void *user, struct pu_quic_conn *conn);
	/* pu_quic_stream_open() said PU_EAGAIN and would not any more. */
	void (*on_streams_available)(void *user, struct pu_quic_conn *conn);

	/* The peer opened a stream. The host owns it until pu_quic_stream_close(). */
	void (*on_stream_new)(void *user, struct pu_quic_stream *stream);
	/* There are new bytes, or the receive side ended (FIN, reset, connection lost): see
	 * pu_quic_stream_peek(). At most once per stream and flush. */
	void (*on_stream_data)(void *user, struct pu_quic_stream *stream);
	/* pu_quic_stream_reserve() gave less than was wanted, and now there is room. */
	void (*on_stream_writable)(void *user, struct pu_quic_stream *stream);
	/* The peer does not want our bytes any more (STOP_SENDING); the send side has been reset,
	 * the receive side goes on. ngtcp2 does not tell the code, and shows it only when there are
	 * bytes to send or the receive side ends: a silent stream learns later. */
	void (*on_stream_stopped)(void *user, struct pu_quic_stream *stream);
};

/* Times in ns. What is not set keeps its default from limits.h. */
struct pu_quic_config {
	/* Ours, from pu_tls_cert_credentials(): the endpoint owns it from _new() or
	 * _set_credentials() on, if these succeed. */
	gnutls_certificate_credentials_t credentials;
	/* Keys for Retry tokens and stateless resets are derived from it. The same secret after a
	 * restart lets old connections learn at once that they are gone. */
	uint8_t secret[32];
	/* Certificate to peer ID, all rules of the libp2p TLS specification but "the expected one";
	 * pu_tls_cert_verify() through the host, so that it decides on the clock. */
	enum pu_err (*verify_cert)(void *user, struct pu_bytes cert_der, struct pu_peer_id *out);

	bool accept; /* serve inbound connections */
	enum pu_quic_cc cc;
	uint64_t idle_timeout, keep_alive, handshake_timeout;
	uint64_t stream_window, stream_window_max, conn_window, conn_window_max;
	uint64_t streams_max;           /* inbound, at once, per connection */
	uint32_t ack_thresh;            /* packets that call for an ACK at once */
	uint16_t udp_payload_max;       /* largest datagram sent: found by probing, up to this */
	bool pmtud;                     /* off: 1200 bytes, or udp_payload_max if `jumbo` */
	bool jumbo;                     /* the path is known to carry udp_payload_max (loopback) */
	size_t stream_send_max;         /* bytes written and not confirmed, per stream */
	size_t conn_send_max;           /* the same, per connection */
	size_t conn_memory_max;         /* of the QUIC machine itself, per connection */
	size_t memory_max;              /* all of it: machines, send and receive buffers */
	uint32_t conns_max;             /* more are refused */
	uint32_t handshakes_max;        /* inbound ones not complete; more are not answered */
	uint32_t unverified_max;        /* of these, from addresses not proved; more get Retry */
	uint32_t unverified_per_ip_max; /* the same per address (IPv6: per /56) */
	uint32_t unverified_per_s;      /* handshakes begun by such; more get Retry */
	uint32_t source_per_s;          /* by one proved address; more are not answered */
};

/* Fills in the defaults; accept = true, cc = BBR, pmtud = true. */
void pu_quic_config_default(struct pu_quic_config *config);

/* PU_EINVAL: no credentials or verify_cert, or a bound makes no sense; PU_EINTERNAL: GnuTLS.
 * `callbacks` is borrowed. */
enum pu_err pu_quic_endpoint_new(const struct pu_quic_config *config,
                                 const struct pu_quic_callbacks *callbacks, void *user,
                                 struct pu_quic_endpoint **out) PU_MUST_CHECK;
/* Drops everything without a word or a callback; streams too, so the host must not touch
 * them afterwards. See _shutdown() for the polite way. Accepts NULL. */
void pu_quic_endpoint_free(struct pu_quic_endpoint *ep);

/* New certificate for connections to come; running handshakes keep theirs. */
void pu_quic_endpoint_set_credentials(struct pu_quic_endpoint *ep,
                                      gnutls_certificate_credentials_t credentials);

/* Datagrams from a socket. Never fails: what makes no sense is counted and dropped. The data
 * is not kept. */
void pu_quic_endpoint_input(struct pu_quic_endpoint *ep, uint64_t now,
                            const struct pu_quic_datagrams *in);
/* Delivers all events and sends what may be sent. */
void pu_quic_endpoint_flush(struct pu_quic_endpoint *ep, uint64_t now);
/* The socket takes datagrams again: sends what was kept, then flushes. */
void pu_quic_endpoint_writable(struct pu_quic_endpoint *ep, uint64_t now);
/* send() left something behind: the host should wait for the socket to be writable. */
bool pu_quic_endpoint_blocked(const struct pu_quic_endpoint *ep);
/* When to call _expire() (and then _flush()); UINT64_MAX = never. Pacing makes it fine-grained:
 * below a millisecond is normal while sending; being late costs nothing but delay. */
uint64_t pu_quic_endpoint_deadline(const struct pu_quic_endpoint *ep);
void pu_quic_endpoint_expire(struct pu_quic_endpoint *ep, uint64_t now);

/* Begins a connection on path->local to path->remote. `expected` NULL = whoever answers.
 * on_conn_up or on_conn_down will follow, never from within this call.
 * PU_ELIMIT: too many connections or too much memory. */
struct pu_quic_dial {
	const struct pu_quic_path *path;
	const struct pu_peer_id *expected;
	void *user; /* see pu_quic_conn_user() */
};
enum pu_err pu_quic_endpoint_dial(struct pu_quic_endpoint *ep, uint64_t now,
                                  const struct pu_quic_dial *dial,
                                  struct pu_quic_conn **out) PU_MUST_CHECK;

/* Stops or starts to serve new inbound connections. */
void pu_quic_endpoint_accept(struct pu_quic_endpoint *ep, bool accept);
/* Closes every connection with an application code and accepts no more; the packets leave with
 * the next flush. */
void pu_quic_endpoint_shutdown(struct pu_quic_endpoint *ep, uint64_t app_code,
                               const char *reason);

struct pu_quic_stats {
	uint64_t datagrams_in, datagrams_out, bytes_in, bytes_out, sends;
	uint64_t dropped_garbage; /* no QUIC, too short, unknown connection */
	uint64_t dropped_limit;   /* above a bound */
	uint64_t retries_sent, resets_sent, negotiations_sent, refusals_sent;
	uint64_t accepted, dialled, up, failed;
	uint64_t cert_cache_hits;
	uint64_t streams_opened, streams_accepted;
	size_t conns, handshakes, tombs, streams;
	size_t memory_quic; /* held by the QUIC machine */
	size_t memory_send; /* chunks of send buffers */
	size_t memory_recv; /* chunks of receive buffers */
	size_t memory_free; /* chunks kept for reuse */
};
void pu_quic_endpoint_stats(const struct pu_quic_endpoint *ep, struct pu_quic_stats *out);

#endif
