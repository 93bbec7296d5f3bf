/* A libp2p connection that carries streams: a QUIC connection, or yamux over a byte stream that
 * was secured by Noise or TLS. What the host does with a connection once it is authenticated
 * is the same for all. */
#ifndef PU_MUX_MUX_H
#define PU_MUX_MUX_H

#include "base/error.h"
#include "mux/stream.h"
#include "p2p/peer_id.h"

#define PU_MUX_REASON_MAX 128 /* bytes of a close reason that we keep or send */

struct pu_mux;

/* Why a connection ended. */
struct pu_mux_end {
	enum pu_err err; /* PU_OK: closed by application with code 0, either side;
	                  * PU_ETIMEOUT: idle, dead or handshake deadline; PU_ECRYPTO: certificate
	                  * or signature refused, or not the expected peer; PU_EPROTOCOL;
	                  * PU_EREFUSED: the remote refused; PU_ECLOSED: the connection broke
	                  * (stateless reset, TCP reset, end without a word), or application code
	                  * other than 0; PU_ELIMIT: our memory bound; PU_EUNSUPPORTED: no
	                  * common version, security or muxer */
	bool remote;     /* the other side said so */
	bool app;        /* `code` is an application code (libp2p connection error codes), else one
	                  * of the carrier: QUIC transport codes (RFC 9000, 20), yamux GoAway */
	bool wrong_peer; /* with PU_ECRYPTO: proved another identity than the one dialled */
	uint64_t code;
	const char *reason; /* printable ASCII, at most PU_MUX_REASON_MAX, never NULL */
};

struct pu_mux_info {
	uint64_t rtt_ns;              /* smoothed; 0 = unknown */
	uint64_t bytes_in, bytes_out; /* on the carrier: datagram payloads, TCP payload */
	size_t streams;               /* alive, both directions */
	size_t send_buffered;         /* bytes written and still held */
	size_t recv_buffered;         /* bytes received and not consumed */
	size_t memory;                /* of the machine itself, stream buffers aside */
};

/* What a carrier implements. */
struct pu_mux_ops {
	enum pu_err (*open)(struct pu_mux *mux, struct pu_stream **out) PU_MUST_CHECK;
	void (*close)(struct pu_mux *mux, uint64_t app_code, const char *reason);
	bool (*is_up)(const struct pu_mux *mux);
	const struct pu_peer_id *(*peer)(const struct pu_mux *mux);
	void (*info)(struct pu_mux *mux, struct pu_mux_info *out);
};

/* Embedded in a carrier's own connection. */
struct pu_mux {
	const struct pu_mux_ops *ops;
	void *user; /* the host's */
};

/* Opens a stream; the host owns it until pu_stream_close(). The peer sees it with its first
 * byte. PU_EAGAIN: the peer allows no more now (on_streams_available follows); PU_ECLOSED: not
 * up, or closing; PU_ELIMIT: memory. */
static inline enum pu_err PU_MUST_CHECK pu_mux_open(struct pu_mux *mux, struct pu_stream **out)
{
	return mux->ops->open(mux, out);
}

/* Closes with an application code (libp2p error codes; 0 = normal). Bytes not yet confirmed are
 * lost. `reason` is cut at PU_MUX_REASON_MAX; may be NULL. The connection's end is told with
 * the next (or the running) flush. Closing twice does nothing. */
static inline void pu_mux_close(struct pu_mux *mux, uint64_t app_code, const char *reason)
{
	mux->ops->close(mux, app_code, reason);
}

/* Authenticated, and not about to close. */
static inline bool pu_mux_is_up(const struct pu_mux *mux)
{
	return mux->ops->is_up(mux);
}

/* The proved identity; NULL before it is proved. */
static inline const struct pu_peer_id *pu_mux_peer(const struct pu_mux *mux)
{
	return mux->ops->peer(mux);
}

static inline void pu_mux_info(struct pu_mux *mux, struct pu_mux_info *out)
{
	mux->ops->info(mux, out);
}

#endif
