/* A connection to a peer, whatever carries it: from the handshake to its end. */
#ifndef TRANSPORT_CONN_H
#define TRANSPORT_CONN_H

#include "base/list.h"
#include "mux/mux.h"
#include "p2p/multiaddr.h"
#include "quic/path.h"
#include "timers.h"

struct transport;
struct transport_carrier;
struct transport_dial;
struct transport_peer;
struct transport_probe;
struct transport_source;
struct pu_quic_callbacks;
struct pu_quic_conn;

enum transport_conn_state {
	CONN_DIALING,  /* the handshake runs */
	CONN_CHECKING, /* authenticated; auth has not said yet whether it is allowed */
	CONN_UP,
};

struct transport_conn {
	struct pu_list_node in_peer;
	struct transport *transport;
	struct transport_peer *peer;     /* NULL while an inbound handshake runs */
	struct transport_probe *probe;   /* who wants to know who answers; NULL: nobody */
	struct transport_dial *dial;     /* the attempt that made it; NULL when inbound or over */
	struct transport_source *source; /* inbound: what its limit counts; see conn_limit.h */
	struct pu_mux *mux;              /* what carries its streams */
	struct pu_quic_conn *quic;       /* the same, when it is QUIC; else NULL */
	struct transport_carrier *upgraded_by; /* what carries it, when it is not */
	enum pu_carrier carrier;               /* PU_CARRIER_NONE: relayed */
	struct pu_quic_addr remote;            /* relayed: of length 0 */
	enum transport_conn_state state;
	bool inbound;
	bool guest;                        /* may use our relay and nothing else */
	bool limited;                      /* a circuit that the relay will cut */
	bool watched;                      /* see watch.h */
	struct transport_deadline doubt;   /* a sign of life is due until then */
	bool asked_again;                  /* for it, because the first may have been old */
	unsigned turned_away;              /* while it is dialed: by ICMP */
	uint64_t heard;                    /* bytes that had come when it was looked at last */
	uint64_t looked_ms;                /* when that was */
	char *address;                     /* remote, multiaddr text */
	uint64_t since_ms;                 /* of becoming up */
	uint64_t idle_since_ms;            /* when the last substream ended */
	uint64_t ask;                      /* open question to auth */
	struct transport_deadline recheck; /* ask again: auth did not answer */
	char *refused;                     /* why we closed it; NULL: we did not */
	enum pu_err refused_err;
	struct pu_list substreams; /* struct transport_substream */
	size_t substreams_len;
	unsigned identify_tries;
	uint64_t pushes_end_ns;             /* when all its pushes are earned back */
	struct transport_deadline identify; /* ask again */
	/* From identify; empty before. */
	char *agent;
	char *protocols; /* names, each with its NUL, then an empty one */
};

/* Whether there may be one more, whatever carries it (limits.connections). */
bool transport_conn_has_room(const struct transport *transport);
#define TRANSPORT_CONN_NO_ROOM "this node has all its connections (limits.connections)"
/* The object of a handshake that begins; `peer` NULL for an inbound one. It is nothing without
 * what carries it: transport_conn_dialed() follows at once for an outbound one. */
struct transport_conn *transport_conn_new(struct transport *transport,
                                          struct transport_peer *peer);
void transport_conn_free(struct transport_conn *conn);
/* Asks auth about a connection that is up or checking. */
void transport_conn_check(struct transport_conn *conn);
/* The peer said in identify that it speaks `protocol`, or is one of ours. */
bool transport_conn_speaks(const struct transport_conn *conn, const char *protocol);
/* It said so itself. */
bool transport_conn_lists(const struct transport_conn *conn, const char *protocol);
/* Our end's address; NULL: it is not known, or the connection is relayed. */
const struct pu_quic_addr *transport_conn_local(const struct transport_conn *conn);
/* "direct" or "relayed". */
const char *transport_conn_path(const struct transport_conn *conn);

/* ---- for the carriers (conn_quic.c) ---- */

/* Whether one more inbound connection from this address may begin. */
bool transport_conn_may_begin(struct transport *transport, const struct sockaddr *from);
/* An inbound one begins. */
struct transport_conn *transport_conn_begin(struct transport *transport, struct pu_mux *mux,
                                            enum pu_carrier carrier,
                                            const struct sockaddr *from);
/* Its address has proved to be there: it counts for it from now on. False: one too many. */
bool transport_conn_count_source(struct transport_conn *conn);
/* An outbound one begins. */
void transport_conn_dialed(struct transport_conn *conn, struct pu_mux *mux,
                           enum pu_carrier carrier, const struct sockaddr *to);
/* An inbound one begins through the relay at the other end of `via`. */
struct transport_conn *transport_conn_begin_relayed(const struct transport_conn *via,
                                                    const char *address);
/* The peer is authenticated. */
void transport_conn_on_up(struct transport_conn *conn);
/* It has ended, up or not; freed when this returns. */
void transport_conn_on_down(struct transport_conn *conn, const struct pu_mux_end *why);
/* The peer moved. */
void transport_conn_on_moved(struct transport_conn *conn, const struct sockaddr *to);
void transport_conn_on_streams_available(struct transport_conn *conn);

struct transport_candidate;
/* Dials for `conn`; whoever answers if `expected` is NULL. */
enum pu_err transport_quic_conn_dial(struct transport_conn *conn,
                                     const struct pu_peer_id *expected,
                                     const struct transport_candidate *candidate) PU_MUST_CHECK;
/* The callbacks of the QUIC endpoint; their user is struct transport. */
extern const struct pu_quic_callbacks transport_conn_quic_callbacks;

#endif
