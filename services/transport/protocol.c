/* Knows the protocols that transport serves itself: one row each. */
#include "protocol.h"

#include <string.h>

#include "base/alloc.h"
#include "handoff.h"
#include "p2p/identify.h"
#include "p2p/relay_message.h"
#include "swarm.h"
#include "transport.h"

#define PER_CONN_MAX    8
#define SERVICES_PREFIX "/peerup/"

static const struct transport_protocol builtin[] = {
    {PU_IDENTIFY_PROTOCOL, &transport_identify_ops, TRANSPORT_IDENTIFY_PER_CONN},
    {PU_IDENTIFY_PUSH_PROTOCOL, &transport_identify_push_ops, TRANSPORT_IDENTIFY_PER_CONN},
    {"/ipfs/ping/1.0.0", &transport_ping_ops, PER_CONN_MAX},
    {NULL, &transport_pingpong_ops, PER_CONN_MAX}, /* protocols.ping_pong */
    {"/perf/1.0.0", &transport_perf_ops, PER_CONN_MAX},
    {PU_RELAY_STOP_PROTOCOL, &transport_relay_stop_ops,
     0},                                                  /* one a circuit; if we use relays */
    {PU_RELAY_HOP_PROTOCOL, &transport_relay_hop_ops, 0}, /* relay.serve */
};

/* What a guest may use: our relay, and what a relay must serve. */
static const char *const for_guests[] = {
    PU_IDENTIFY_PROTOCOL,
    PU_IDENTIFY_PUSH_PROTOCOL,
    "/ipfs/ping/1.0.0",
    PU_RELAY_HOP_PROTOCOL,
};

static bool is_for_guests(const char *name)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(for_guests); i++)
		if (strcmp(for_guests[i], name) == 0)
			return true;
	return false;
}

/* What a circuit with limits carries (libp2p specs, relay/circuit-v2.md): what a connection
 * needs to be one, and the services of this node, which are little or end by themselves. */
bool transport_protocol_on_limited(const struct transport *transport, const char *name)
{
	static const char *const names[] = {
	    PU_IDENTIFY_PROTOCOL,
	    PU_IDENTIFY_PUSH_PROTOCOL,
	    "/ipfs/ping/1.0.0",
	};
	for (size_t i = 0; i < PU_ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return strncmp(name, SERVICES_PREFIX, strlen(SERVICES_PREFIX)) == 0 ||
	       strcmp(name, pu_host_config(transport->host)->ping_pong.id) == 0;
}

/* NULL when it is switched off. */
static const char *name_of(const struct transport *transport,
                           const struct transport_protocol *protocol)
{
	const struct pu_config *config = pu_host_config(transport->host);
	if (protocol->name == NULL)
		return config->ping_pong.enabled ? config->ping_pong.id : NULL;
	if (protocol->ops == &transport_relay_hop_ops && !config->relay.serve)
		return NULL;
	if (protocol->ops == &transport_relay_stop_ops && config->relay.addresses.len == 0)
		return NULL;
	return protocol->name;
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
	if ((conn->guest && !is_for_guests(name)) ||
	    (conn->limited && !transport_protocol_on_limited(transport, name)))
		return PU_ENOTFOUND;
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

size_t transport_protocol_list(const struct transport_conn *conn, const char **names,
                               size_t max)
{
	const struct transport *transport = conn->transport;
	size_t len = 0;
	for (size_t i = 0; i < PU_ARRAY_LEN(builtin) && len < max; i++) {
		const char *name = name_of(transport, &builtin[i]);
		if (name != NULL && (!conn->guest || is_for_guests(name)))
			names[len++] = name;
	}
	if (conn->guest)
		return len;
	return len + transport_handoff_list(transport->handoff, names + len, max - len);
}
