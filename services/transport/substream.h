/* One libp2p substream: a stream of a connection with multistream-select in front, then a
 * protocol. */
#ifndef TRANSPORT_SUBSTREAM_H
#define TRANSPORT_SUBSTREAM_H

#include "base/list.h"
#include "mux/stream.h"
#include "p2p/multistream.h"
#include "timers.h"

struct transport;
struct transport_conn;
struct transport_substream;

/* What a protocol does with a substream; members may be NULL. The handler ends the substream's
 * life with transport_substream_close(), from anywhere, also from within these. */
struct transport_substream_ops {
	/* The protocol is agreed on. Whoever has this reads what has already arrived by itself;
	 * without it on_data is called. */
	void (*on_open)(struct transport_substream *substream);
	/* There are bytes to read, or the receive side ended. */
	void (*on_data)(struct transport_substream *substream);
	/* There is room to write again. */
	void (*on_writable)(struct transport_substream *substream);
	/* The peer wants no more bytes. */
	void (*on_stopped)(struct transport_substream *substream);
	/* It failed: refused, broken negotiation, connection lost. Must close. */
	void (*on_failed)(struct transport_substream *substream, enum pu_err err, const char *text);
};

enum transport_substream_state {
	SUBSTREAM_RESPONDING, /* inbound, the peer proposes */
	SUBSTREAM_PROPOSING,  /* outbound, waiting for the answer before anything else */
	SUBSTREAM_LAZY,       /* outbound, data already flows, the answer is still to come */
	SUBSTREAM_OPEN,
	SUBSTREAM_LINGERING, /* closed by its handler, but the answer must be read first */
};

struct transport_substream {
	struct pu_list_node in_conn;
	struct transport_conn *conn; /* NULL once the connection is gone */
	struct transport *transport;
	struct pu_stream *stream;
	const struct transport_substream_ops *ops; /* NULL while responding */
	void *handler;
	enum transport_substream_state state;
	bool inbound;
	struct transport_deadline negotiation;
	char *protocol; /* agreed or proposed */
	union {
		struct pu_multistream_responder responder;
		struct pu_multistream_initiator initiator;
	} select;
	const char *proposal[1]; /* what the initiator proposes: `protocol` */
};

/* An inbound stream; negotiates by itself and finds its handler through
 * transport_protocol_find(). */
void transport_substream_accept(struct transport_conn *conn, struct pu_stream *stream);

/* Opens a substream for a protocol. lazy: the peer is known to speak it.
 * PU_EAGAIN: no stream credit now; PU_ECLOSED; PU_ELIMIT. on_open comes later when not
 * lazy; when lazy the caller goes on as if it had come. */
enum pu_err transport_substream_open(struct transport_conn *conn, const char *protocol,
                                     bool lazy, const struct transport_substream_ops *ops,
                                     void *handler,
                                     struct transport_substream **out) PU_MUST_CHECK;

/* Handler's end: see pu_stream_close(). Keeps reading the answer to a lazy proposal in
 * the background, because stopping earlier could cost the request (facts: closing rules). */
void transport_substream_close(struct transport_substream *substream);
/* Ends both halves with a code, and closes. */
void transport_substream_abort(struct transport_substream *substream, uint64_t code);

/* For the connection: events of its streams. */
void transport_substream_on_data(struct transport_substream *substream);
void transport_substream_on_writable(struct transport_substream *substream);
void transport_substream_on_stopped(struct transport_substream *substream);
void transport_substream_on_lost(struct transport_substream *substream, enum pu_err err,
                                 const char *text);
/* The connection was allowed: answer what waited. */
void transport_substream_resume(struct transport_substream *substream);

#endif
