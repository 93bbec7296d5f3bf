/* Knows the protocols that transport serves itself: one row each. */
#include "protocol.h"

#include <string.h>

#include "base/alloc.h"
#include "handoff.h"
#include "p2p/identify.h"
#include "swarm.h"
#include "transport.h"

#define PER_CONN_MAX 8

static const struct transport_protocol builtin[] = {
    {PU_IDENTIFY_PROTOCOL, &transport_identify_ops, TRANSPORT_IDENTIFY_PER_CONN},
    {PU_IDENTIFY_PUSH_PROTOCOL, &transport_identify_push_ops, TRANSPORT_IDENTIFY_PER_CONN},
    {"/ipfs/ping/1.0.0", &transport_ping_ops, PER_CONN_MAX},
    {NULL, &transport_pingpong_ops, PER_CONN_MAX}, /* protocols.ping_pong */
    {"/perf/1.0.0", &transport_perf_ops, PER_CONN_MAX},
};

/* NULL when it is switched off. */
static const char *name_of(const struct transport *transport,
                           const struct transport_protocol *protocol)
{
	const struct pu_config *config = pu_host_config(transport->host);
	if (protocol->name != NULL)
		return protocol->name;
	return config->ping_pong.enabled ? config->ping_pong.id : NULL;
}

static const struct transport_protocol *find_builtin(const struct transport *transport,
                                                     const char *wanted)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(builtin); i++) {
		const char *name = name_of(transport, &builtin[i]);
		if (name != NULL && strcmp(name, wanted) == 0)
			return &builtin[i];
	}
	return NULL;
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

enum pu_err transport_protocol_find(struct transport *transport,
                                    const struct transport_conn *conn, const char *name,
                                    const struct transport_protocol **out)
{
	unsigned max = (unsigned)pu_host_config(transport->host)->limits.streams_per_protocol;
	const struct transport_protocol *found = find_builtin(transport, name);
	if (found == NULL)
		found = transport_handoff_find(transport->handoff, name);
	if (found == NULL)
		return PU_ENOTFOUND;
	if (found->per_conn_max != 0 && found->per_conn_max < max)
		max = found->per_conn_max;
	if (count_inbound(conn, name) >= max)
		return PU_ELIMIT;
	*out = found;
	return PU_OK;
}

size_t transport_protocol_list(const struct transport *transport, const char **names,
                               size_t max)
{
	size_t len = 0;
	for (size_t i = 0; i < PU_ARRAY_LEN(builtin) && len < max; i++) {
		const char *name = name_of(transport, &builtin[i]);
		if (name != NULL)
			names[len++] = name;
	}
	return len + transport_handoff_list(transport->handoff, names + len, max - len);
}
