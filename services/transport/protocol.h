/* Which protocols we speak: the table of those that transport serves itself, and those that
 * other services registered. */
#ifndef TRANSPORT_PROTOCOL_H
#define TRANSPORT_PROTOCOL_H

#include "substream.h"

struct transport_protocol {
	const char *name;                          /* NULL: the configuration has it */
	const struct transport_substream_ops *ops; /* of inbound substreams */
	unsigned
	    per_conn_max; /* inbound at once on one connection; 0 = only the configured limit */
};

/* Who serves `name` on a new inbound substream of `conn`. PU_ENOTFOUND: nobody; PU_ELIMIT: the
 * connection has as many of it as it may have (limits.streams_per_protocol at most). */
enum pu_err transport_protocol_find(struct transport *transport,
                                    const struct transport_conn *conn, const char *name,
                                    const struct transport_protocol **out) PU_MUST_CHECK;
/* Whether a connection over a circuit with limits may carry it. */
bool transport_protocol_on_limited(const struct transport *transport, const char *name);
/* The names of all that the peer may use, for identify: at most `max`; answers how many. The
 * views live until the next change of registrations. */
size_t transport_protocol_list(const struct transport_conn *conn, const char **names,
                               size_t max);

/* Inbound handlers of the built-in protocols. */
extern const struct transport_substream_ops transport_identify_ops;      /* identify.c */
extern const struct transport_substream_ops transport_identify_push_ops; /* identify.c */
extern const struct transport_substream_ops transport_ping_ops;          /* ping.c */
extern const struct transport_substream_ops transport_pingpong_ops;      /* ping.c */
extern const struct transport_substream_ops transport_perf_ops;          /* perf.c */
extern const struct transport_substream_ops transport_relay_hop_ops;     /* relay_hop.c */
extern const struct transport_substream_ops transport_relay_stop_ops;    /* relay_stop.c */

#endif
