/* Knows what transport answers: one handler per message, in the order of the table. */
#include "transport.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "codes.h"
#include "ping.h"
#include "probe.h"
#include "proto/limits.h"
#include "relays.h"
#include "substream.h"

/* Parses the peer of a request, or fails it. */
static bool take_peer(struct pu_request *request, const char *text, struct pu_peer_id *id)
{
	if (pu_peer_id_parse(text, id) == PU_OK)
		return true;
	pu_request_fail(request, PU_EINVAL, "'%s' is not a peer ID", text);
	return false;
}

/* ---- transport.status ---- */

static size_t print_addrs(const struct pu_multiaddr *addrs, size_t len, const char **out)
{
	for (size_t i = 0; i < len; i++) {
		char text[PU_MULTIADDR_TEXT_MAX];
		out[i] = pu_strdup(pu_multiaddr_print(&addrs[i], text));
	}
	return len;
}

static void free_texts(const char **texts, size_t len)
{
	for (size_t i = 0; i < len; i++)
		pu_free((void *)(uintptr_t)texts[i]);
}

static void transport_on_status(void *state, struct pu_request *request, const void *message)
{
	(void)message;
	struct transport *transport = state;
	struct pu_quic_stats stats = {0};
	struct pu_upgrader_stats upgraded = {0};
	const char *listen[TRANSPORT_OWN_ADDRS_MAX], *observed[TRANSPORT_OBSERVED_MAX];
	if (transport->engine.quic != NULL)
		pu_quic_endpoint_stats(transport->engine.quic, &stats);
	if (transport->engine.upgrader != NULL)
		pu_upgrader_stats(transport->engine.upgrader, &upgraded);
	struct pu_transport_state answer = {
	    .peer_id = transport->identity.text,
	    .listen = {listen,
	               print_addrs(transport->own.listen, transport->own.listen_len, listen)},
	    .observed = {observed, print_addrs(transport->own.observed, transport->own.observed_len,
	                                       observed)},
	    .connections = transport->swarm.conns_up,
	    .streams = stats.streams + upgraded.streams,
	    .handshakes = stats.handshakes + upgraded.handshakes,
	    .memory_bytes =
	        stats.memory_quic + stats.memory_send + stats.memory_recv + upgraded.memory,
	    .bytes_in = stats.bytes_in + upgraded.bytes_in,
	    .bytes_out = stats.bytes_out + upgraded.bytes_out,
	    .gso = transport_engine_gso(&transport->engine),
	};
	pu_request_answer(request, &answer);
	free_texts(listen, answer.listen.len);
	free_texts(observed, answer.observed.len);
}

/* ---- transport.peers ---- */

static size_t list_protocols(const struct transport_conn *conn, const char **out, size_t max)
{
	size_t len = 0;
	for (const char *name = conn->protocols; name != NULL && *name != '\0' && len < max;
	     name += strlen(name) + 1)
		out[len++] = name;
	return len;
}

#define SHOWN_PROTOCOLS_MAX 64

/* What an answer may hold: with many connections first the protocols are left out, then
 * connections. */
#define PEERS_BYTES_MAX (PU_MESSAGE_MAX - PU_MESSAGE_MAX / 8)

static size_t encoded_size(const struct pu_connection_info *info)
{
	size_t size = 256 + strlen(info->address) + strlen(info->agent); /* keys and numbers */
	for (size_t i = 0; i < info->protocols.len; i++)
		size += strlen(info->protocols.items[i]) + 3;
	return size;
}

/* Answers whether it fits, perhaps without its protocols. */
static bool make_fit(struct pu_connection_info *info, size_t *bytes)
{
	if (*bytes + encoded_size(info) > PEERS_BYTES_MAX / 2)
		info->protocols.len = 0;
	*bytes += encoded_size(info);
	return *bytes <= PEERS_BYTES_MAX;
}

static struct pu_connection_info describe(const struct transport_conn *conn,
                                          const char **protocols)
{
	struct pu_mux_info info;
	pu_mux_info(conn->mux, &info);
	return (struct pu_connection_info){
	    .peer_id = conn->peer->text,
	    .address = conn->address,
	    .direction = conn->inbound ? "in" : "out",
	    .path = transport_conn_path(conn),
	    .agent = conn->agent != NULL ? conn->agent : "",
	    .rtt_us = info.rtt_ns / PU_NS_PER_US,
	    .age_ms = transport_timers_now(&conn->transport->timers) - conn->since_ms,
	    .streams = info.streams,
	    .bytes_in = info.bytes_in,
	    .bytes_out = info.bytes_out,
	    .protocols = {protocols, list_protocols(conn, protocols, SHOWN_PROTOCOLS_MAX)},
	};
}

static void transport_on_peers(void *state, struct pu_request *request, const void *message)
{
	(void)message;
	struct transport *transport = state;
	size_t max = transport->swarm.conns_up < PU_FIELD_CONNECTIONS_MAX
	                 ? transport->swarm.conns_up
	                 : PU_FIELD_CONNECTIONS_MAX;
	size_t len = 0, pos = 0, bytes = 0;
	struct pu_connection_info *infos = pu_calloc(max + 1, sizeof(*infos));
	const char **protocols = pu_calloc(max + 1, SHOWN_PROTOCOLS_MAX * sizeof(*protocols));
	struct pu_bytes key;
	void *value;
	while (pu_map_next(&transport->swarm.peers, &pos, &key, &value)) {
		const struct transport_peer *peer = value;
		PU_LIST_FOREACH(node, &peer->conns) {
			const struct transport_conn *conn =
			    PU_LIST_ENTRY(node, struct transport_conn, in_peer);
			if (conn->state != CONN_UP || len == max)
				continue;
			infos[len] = describe(conn, protocols + len * SHOWN_PROTOCOLS_MAX);
			len += make_fit(&infos[len], &bytes);
		}
	}
	struct pu_transport_connections answer = {.connections = {infos, len}};
	pu_request_answer(request, &answer);
	pu_free(protocols);
	pu_free(infos);
}

/* ---- transport.connect, transport.ping ---- */

/* A request that waits for a connection. */
struct waiting {
	struct transport_waiter waiter;
	struct pu_request *request;
	bool ping, pingpong, already;
	char peer_id[PU_PEER_ID_TEXT_MAX];
	char *address;
	const char *path; /* static */
};

static void waiting_free(struct waiting *waiting)
{
	pu_free(waiting->address);
	pu_free(waiting);
}

static void on_pong(void *user, enum pu_err err, const char *text, uint64_t rtt_ns)
{
	struct waiting *waiting = user;
	struct pu_transport_pong answer = {
	    .rtt_us = rtt_ns / PU_NS_PER_US, .address = waiting->address, .path = waiting->path};
	if (err != PU_OK)
		pu_request_fail(waiting->request, err, "%s", text);
	else
		pu_request_answer(waiting->request, &answer);
	waiting_free(waiting);
}

/* A peer that does not authorize us says so only after the handshake; one that answers has let
 * us in, whether it knows pings or not. */
static void on_answered(void *user, enum pu_err err, const char *text, uint64_t rtt_ns)
{
	struct waiting *waiting = user;
	struct pu_transport_connected answer = {
	    .peer_id = waiting->peer_id,
	    .address = waiting->address,
	    .path = waiting->path,
	    .rtt_us = rtt_ns / PU_NS_PER_US,
	    .already = waiting->already,
	};
	if (err == PU_OK || err == PU_EUNSUPPORTED || err == PU_EAGAIN)
		pu_request_answer(waiting->request, &answer);
	else
		pu_request_fail(waiting->request, err, "%s", text);
	waiting_free(waiting);
}

static void on_waited(struct transport_waiter *waiter, struct transport_conn *conn,
                      enum pu_err err, const char *text)
{
	struct waiting *waiting = PU_CONTAINER_OF(waiter, struct waiting, waiter);
	if (conn == NULL) {
		pu_request_fail(waiting->request, err, "%s", text);
		waiting_free(waiting);
		return;
	}
	waiting->address = pu_strdup(conn->address);
	waiting->path = transport_conn_path(conn);
	snprintf(waiting->peer_id, sizeof(waiting->peer_id), "%s", conn->peer->text);
	transport_ping_start(conn, waiting->pingpong, waiting->ping ? on_pong : on_answered,
	                     waiting);
}

static struct waiting *waiting_new(struct pu_request *request)
{
	struct waiting *waiting = PU_NEW(struct waiting);
	waiting->request = request;
	waiting->waiter.done = on_waited;
	return waiting;
}

static void wait_for(struct transport *transport, struct waiting *waiting,
                     const struct pu_peer_id *id, struct pu_strings addresses,
                     uint64_t deadline_ms)
{
	bool serving = transport->handoff != NULL && !transport->draining;
	struct transport_peer *peer = serving ? transport_swarm_peer(transport, id) : NULL;
	if (peer == NULL) {
		pu_request_fail(waiting->request, serving ? PU_ELIMIT : PU_EBUSY,
		                serving ? "too many peers" : "transport is starting or stopping");
		waiting_free(waiting);
		return;
	}
	waiting->already = transport_peer_best(peer) != NULL;
	transport_peer_connect(peer, &waiting->waiter, addresses, deadline_ms);
}

static void transport_on_connect(void *state, struct pu_request *request, const void *message)
{
	const struct pu_transport_connect *connect = message;
	struct pu_peer_id id;
	if (take_peer(request, connect->peer, &id))
		wait_for(state, waiting_new(request), &id, connect->addresses, connect->deadline_ms);
}

static void transport_on_disconnect(void *state, struct pu_request *request,
                                    const void *message)
{
	struct transport *transport = state;
	const struct pu_transport_disconnect *disconnect = message;
	struct pu_peer_id id;
	if (!take_peer(request, disconnect->peer, &id))
		return;
	struct transport_peer *peer = pu_map_get(&transport->swarm.peers, pu_peer_id_bytes(&id));
	if (peer == NULL || transport_peer_best(peer) == NULL) {
		pu_request_fail(request, PU_ENOTFOUND, "there is no connection to this peer");
		return;
	}
	transport_peer_disconnect(peer, CONN_CODE_NONE, "disconnected by the user");
	pu_request_answer(request, &(struct pu_ok){0});
}

static void transport_on_ping(void *state, struct pu_request *request, const void *message)
{
	const struct pu_transport_ping *ping = message;
	struct pu_peer_id id;
	bool pingpong = strcmp(ping->protocol, "/pingpong/1.0.0") == 0;
	if (!pingpong && ping->protocol[0] != '\0' &&
	    strcmp(ping->protocol, "/ipfs/ping/1.0.0") != 0) {
		pu_request_fail(request, PU_EUNSUPPORTED,
		                "ping speaks /ipfs/ping/1.0.0 and /pingpong/1.0.0, not '%s'",
		                ping->protocol);
		return;
	}
	if (!take_peer(request, ping->peer, &id))
		return;
	struct waiting *waiting = waiting_new(request);
	waiting->ping = true;
	waiting->pingpong = pingpong;
	wait_for(state, waiting, &id, (struct pu_strings){0}, 0);
}

/* ---- transport.relays ---- */

static void transport_on_relays(void *state, struct pu_request *request, const void *message)
{
	(void)message;
	const struct transport *transport = state;
	struct pu_relay_info infos[TRANSPORT_RELAYS_MAX];
	size_t len = transport_relays_describe(transport->relays, infos, TRANSPORT_RELAYS_MAX);
	struct pu_transport_reserved answer = {.relays = {infos, len}};
	pu_request_answer(request, &answer);
}

/* ---- transport.relaying ---- */

static void transport_on_relaying(void *state, struct pu_request *request, const void *message)
{
	const struct pu_transport_relaying *ask = message;
	struct pu_transport_circuits answer;
	transport_relay_describe(state, ask->limit, &answer);
	pu_request_answer(request, &answer);
	transport_relay_described(&answer);
}

/* ---- transport.probe ---- */

static void transport_on_probe(void *state, struct pu_request *request, const void *message)
{
	struct transport *transport = state;
	if (transport->relays == NULL)
		pu_request_fail(request, PU_EAGAIN, "transport is still starting");
	else
		transport_probe_start(transport, request, message);
}

const struct pu_handler transport_handlers[] = {
    {PU_MSG_TRANSPORT_STATUS, transport_on_status},
    {PU_MSG_TRANSPORT_PEERS, transport_on_peers},
    {PU_MSG_TRANSPORT_CONNECT, transport_on_connect},
    {PU_MSG_TRANSPORT_DISCONNECT, transport_on_disconnect},
    {PU_MSG_TRANSPORT_PING, transport_on_ping},
    {PU_MSG_TRANSPORT_RELAYS, transport_on_relays},
    {PU_MSG_TRANSPORT_RELAYING, transport_on_relaying},
    {PU_MSG_TRANSPORT_PROBE, transport_on_probe},
};
const size_t transport_handlers_len = PU_ARRAY_LEN(transport_handlers);
