/* Knows the protocols that transport serves itself: one row each. */
#include "protocol.h"

#include <string.h>

#include "base/alloc.h"
#include "handoff.h"
#include "p2p/identify.h"
#include "swarm.h"
#include "transport.h"

#define PINGPONG "/pingpong/1.0.0"

static const struct transport_protocol builtin[] = {
    {PU_IDENTIFY_PROTOCOL, &transport_identify_ops, TRANSPORT_IDENTIFY_PER_CONN},
    {PU_IDENTIFY_PUSH_PROTOCOL, &transport_identify_push_ops, TRANSPORT_IDENTIFY_PER_CONN},
    {"/ipfs/ping/1.0.0", &transport_ping_ops, 8},
    {PINGPONG, &transport_pingpong_ops, 8},
    {"/perf/1.0.0", &transport_perf_ops, 8},
};

static bool is_enabled(const struct transport *transport,
                       const struct transport_protocol *protocol)
{
	return strcmp(protocol->name, PINGPONG) != 0 ||
	       pu_host_config(transport->host)->ping_pong.enabled;
}

static unsigned count_inbound(const struct transport_conn *conn, const char *name)
{
	unsigned count = 0;
	PU_LIST_FOREACH(node, &conn->substreams) {
		const struct transport_substream *substream =
		    PU_LIST_ENTRY(node, struct transport_substream, in_conn);
		count += substream->inbound && substream->protocol != NULL &&
		         strcmp(substream->protocol, name) == 0;
	}
	return count;
}

const struct transport_protocol *transport_protocol_find(struct transport *transport,
                                                         struct transport_conn *conn,
                                                         const char *name)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(builtin); i++)
		if (strcmp(builtin[i].name, name) == 0)
			return count_inbound(conn, name) < builtin[i].per_conn_max ? &builtin[i] : NULL;
	return transport_handoff_find(transport->handoff, name);
}

size_t transport_protocol_list(const struct transport *transport, const char **names,
                               size_t max)
{
	size_t len = 0;
	for (size_t i = 0; i < PU_ARRAY_LEN(builtin) && len < max; i++)
		if (is_enabled(transport, &builtin[i]))
			names[len++] = builtin[i].name;
	return len + transport_handoff_list(transport->handoff, names + len, max - len);
}
