/* Knows a connection's life: handshake, policy, up, down. */
#include "conn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "codes.h"
#include "conn_limit.h"
#include "conn_upgraded.h"
#include "dial.h"
#include "handoff.h"
#include "identify.h"
#include "probe.h"
#include "quic/conn.h"
#include "substream.h"
#include "transport.h"
#include "trim.h"

bool transport_conn_has_room(const struct transport *transport)
{
	return transport->swarm.conns < (size_t)pu_host_config(transport->host)->limits.connections;
}

struct transport_conn *transport_conn_new(struct transport *transport,
                                          struct transport_peer *peer)
{
	struct transport_conn *conn = PU_NEW(struct transport_conn);
	conn->transport = transport;
	transport->swarm.conns++;
	conn->state = CONN_DIALING;
	conn->inbound = peer == NULL;
	pu_list_init(&conn->substreams);
	conn->peer = peer;
	if (peer != NULL) {
		pu_list_append(&peer->conns, &conn->in_peer);
		peer->conns_len++;
	}
	return conn;
}

void transport_conn_free(struct transport_conn *conn)
{
	struct transport *transport = conn->transport;
	if (conn->ask != 0)
		pu_client_cancel(pu_host_client(transport->host, PU_SERVICE_AUTH), conn->ask);
	transport_deadline_clear(&transport->timers, &conn->recheck);
	transport_deadline_clear(&transport->timers, &conn->doubt);
	transport_deadline_clear(&transport->timers, &conn->identify);
	transport_source_rele(&transport->sources, conn->source);
	transport->swarm.conns--;
	pu_free(conn->address);
	pu_free(conn->refused);
	pu_free(conn->agent);
	pu_free(conn->protocols);
	pu_free(conn);
}

static void set_remote(struct transport_conn *conn, const struct sockaddr *remote)
{
	struct pu_multiaddr addr;
	char text[PU_MULTIADDR_TEXT_MAX];
	conn->remote.len = remote->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                                 : sizeof(struct sockaddr_in);
	memcpy(&conn->remote.sa, remote, conn->remote.len);
	pu_free(conn->address);
	if (pu_multiaddr_from_sockaddr(remote, conn->carrier, &addr) == PU_OK)
		conn->address = pu_strdup(pu_multiaddr_print(&addr, text));
	else
		conn->address = pu_strdup("");
}

const struct pu_quic_addr *transport_conn_local(const struct transport_conn *conn)
{
	if (conn->quic != NULL)
		return &pu_quic_conn_path(conn->quic)->local;
	if (conn->upgraded_by == NULL || conn->upgraded_by->local == NULL)
		return NULL;
	return conn->upgraded_by->local(conn->upgraded_by);
}

const char *transport_conn_path(const struct transport_conn *conn)
{
	return conn->carrier == PU_CARRIER_NONE ? "relayed" : "direct";
}

bool transport_conn_speaks(const struct transport_conn *conn, const char *protocol)
{
	/* Ours resets a stream whose lazy proposal it refuses, and reads nothing more of it. */
	if (conn->agent != NULL && strncmp(conn->agent, "peerup/", 7) == 0)
		return true;
	return transport_conn_lists(conn, protocol);
}

bool transport_conn_lists(const struct transport_conn *conn, const char *protocol)
{
	for (const char *name = conn->protocols; name != NULL && *name != '\0';
	     name += strlen(name) + 1)
		if (strcmp(name, protocol) == 0)
			return true;
	return false;
}

/* ---- policy ---- */

static void refuse(struct transport_conn *conn, enum pu_err err, const char *reason)
{
	pu_warn("peer.refused", "peer=%s addr=%s direction=%s reason=%s", conn->peer->text,
	        conn->address, conn->inbound ? "in" : "out", reason);
	pu_free(conn->refused);
	conn->refused = err == PU_EFORBIDDEN
	                    ? pu_asprintf("this node does not authorize it: %s", reason)
	                    : pu_strdup(reason);
	conn->refused_err = err;
	if (err == PU_EFORBIDDEN)
		pu_mux_close(conn->mux, CONN_CODE_GATED, "not authorized");
	else
		pu_mux_close(conn->mux, CONN_CODE_NONE, "cannot be checked just now");
}

static void on_recheck(struct transport_deadline *deadline)
{
	transport_conn_check(PU_CONTAINER_OF(deadline, struct transport_conn, recheck));
}

/* No verdict: auth is being restarted, or too much is asked of it at once. Who was allowed
 * stays, and is asked about until there is an answer; who was not goes. */
static void unanswered(struct transport_conn *conn, const char *text)
{
	if (conn->state == CONN_UP)
		transport_deadline_set(&conn->transport->timers, &conn->recheck, TRANSPORT_RECHECK_MS,
		                       on_recheck);
	else
		refuse(conn, PU_ETIMEOUT, text);
}

/* Allowed for the first time: tell everybody, and handle what waited. */
static void go_up(struct transport_conn *conn, bool guest)
{
	struct transport *transport = conn->transport;
	conn->state = CONN_UP;
	conn->guest = guest;
	conn->since_ms = conn->idle_since_ms = transport_timers_now(&transport->timers);
	struct pu_peer_up event = {
	    .peer_id = conn->peer->text,
	    .address = conn->address,
	    .direction = conn->inbound ? "in" : "out",
	    .path = transport_conn_path(conn),
	};
	pu_info("peer.up", "peer=%s addr=%s direction=%s", event.peer_id, event.address,
	        event.direction);
	if (!guest) /* of whom no service shall hear */
		pu_host_publish(transport->host, PU_MSG_PEER_UP, &event);
	if (conn->dial != NULL)
		transport_dial_won(conn);
	transport_identify_begin(conn);
	transport_peer_conn_up(conn);
	transport_handoff_streams_available(transport->handoff, conn);
	PU_LIST_FOREACH(node, &conn->substreams)
		transport_substream_resume(PU_LIST_ENTRY(node, struct transport_substream, in_conn));
	transport_trim(transport);
	if (conn->inbound)
		transport_watch_older(conn);
}

static void on_verdict(void *user, enum pu_err err, const char *text, const void *answer)
{
	struct transport_conn *conn = user;
	const struct pu_auth_verdict *verdict = answer;
	conn->ask = 0;
	if (err != PU_OK)
		unanswered(conn, text);
	else if (!verdict->allowed)
		refuse(conn, PU_EFORBIDDEN, verdict->reason);
	else if (verdict->guest && !conn->inbound)
		refuse(conn, PU_EFORBIDDEN, "a guest of our relay is not dialed");
	else if (conn->guest != verdict->guest && conn->state == CONN_UP)
		refuse(conn, PU_EFORBIDDEN, "what it may do has changed"); /* it comes again */
	else if (conn->state == CONN_CHECKING && pu_mux_is_up(conn->mux))
		go_up(
		    conn,
		    verdict->guest); /* else the peer was faster with its refusal, which will be told */
}

void transport_conn_check(struct transport_conn *conn)
{
	struct pu_client *auth = pu_host_client(conn->transport->host, PU_SERVICE_AUTH);
	if (conn->ask != 0) /* the rules changed while we asked */
		pu_client_cancel(auth, conn->ask);
	transport_deadline_clear(&conn->transport->timers, &conn->recheck);
	struct pu_auth_check check = {
	    .peer = conn->peer->text,
	    .action = conn->inbound ? "connect" : "dial",
	    .service = "",
	    .address = conn->address,
	};
	conn->ask =
	    pu_client_ask(auth, PU_MSG_AUTH_CHECK, &check, PU_ASK_DEADLINE_MS, on_verdict, conn);
}

/* ---- events of the carriers ---- */

bool transport_conn_may_begin(struct transport *transport, const struct sockaddr *from)
{
	unsigned max = (unsigned)pu_host_config(transport->host)->limits.connections_per_ip;
	return !transport->draining && transport_conn_has_room(transport) &&
	       !transport_source_full(&transport->sources, from, max);
}

struct transport_conn *transport_conn_begin(struct transport *transport, struct pu_mux *mux,
                                            enum pu_carrier carrier,
                                            const struct sockaddr *from)
{
	struct transport_conn *conn = transport_conn_new(transport, NULL);
	conn->mux = mux;
	conn->carrier = carrier;
	set_remote(conn, from);
	mux->user = conn;
	return conn;
}

bool transport_conn_count_source(struct transport_conn *conn)
{
	struct transport *transport = conn->transport;
	unsigned max = (unsigned)pu_host_config(transport->host)->limits.connections_per_ip;
	if (transport_source_full(&transport->sources, &conn->remote.sa, max))
		return false;
	conn->source = transport_source_hold(&transport->sources, &conn->remote.sa);
	return true;
}

void transport_conn_dialed(struct transport_conn *conn, struct pu_mux *mux,
                           enum pu_carrier carrier, const struct sockaddr *to)
{
	conn->mux = mux;
	conn->carrier = carrier;
	set_remote(conn, to);
	mux->user = conn;
}

/* The relay's address decides what may be told and believed. */
struct transport_conn *transport_conn_begin_relayed(const struct transport_conn *via,
                                                    const char *address)
{
	struct transport_conn *conn = transport_conn_new(via->transport, NULL);
	conn->carrier = PU_CARRIER_NONE;
	conn->address = pu_strdup(address);
	conn->remote = via->remote;
	return conn;
}

/* An inbound connection knows its peer only now. */
static bool join_peer(struct transport_conn *conn)
{
	struct transport_peer *peer = transport_swarm_peer(conn->transport, pu_mux_peer(conn->mux));
	if (peer == NULL)
		return false;
	if (!transport_trim_peer(peer)) {
		transport_peer_settle(peer);
		return false;
	}
	conn->peer = peer;
	pu_list_append(&peer->conns, &conn->in_peer);
	peer->conns_len++;
	return true;
}

void transport_conn_on_up(struct transport_conn *conn)
{
	if (conn->probe != NULL) {
		transport_probe_answered(conn);
		return;
	}
	if (conn->peer == NULL && !join_peer(conn)) {
		pu_mux_close(conn->mux, CONN_CODE_LIMIT, "too many connections");
		return;
	}
	conn->state = CONN_CHECKING;
	transport_conn_check(conn);
}

/* What the end of a connection means to those who used it. */
static enum pu_err explain(const struct transport_conn *conn, const struct pu_mux_end *why,
                           char *text, size_t size)
{
	const char *what = why->err != PU_OK ? pu_strerror(why->err)
	                   : why->remote     ? "the peer closed the connection"
	                                     : "the connection was closed";
	if (conn->refused != NULL) {
		snprintf(text, size, "%s", conn->refused);
		return conn->refused_err;
	}
	if (why->remote && why->app && why->code == CONN_CODE_GATED) {
		snprintf(text, size, "the peer refused us: it does not authorize our peer ID");
		return PU_ENOTAUTHORIZED;
	}
	if (why->wrong_peer) {
		snprintf(text, size, "another peer than the expected one answers at this address");
		return PU_ECRYPTO;
	}
	bool more = why->reason[0] != '\0' && strcmp(why->reason, what) != 0;
	snprintf(text, size, "%s%s%s", what, more ? ": " : "", more ? why->reason : "");
	return why->remote && why->app ? transport_conn_code_err(why->code) : why->err;
}

static void publish_down(struct transport_conn *conn, const struct pu_mux_end *why,
                         const char *text)
{
	struct pu_peer_down event = {
	    .peer_id = conn->peer->text,
	    .address = conn->address,
	    .reason = text,
	    .code = why->code,
	    .by_remote = why->remote,
	    .remaining = transport_peer_conns_up(conn->peer),
	};
	pu_info("peer.down", "peer=%s addr=%s code=%" PRIu64 " remote=%s reason=%s", event.peer_id,
	        event.address, event.code, why->remote ? "true" : "false", text);
	if (!conn->guest)
		pu_host_publish(conn->transport->host, PU_MSG_PEER_DOWN, &event);
}

void transport_conn_on_down(struct transport_conn *conn, const struct pu_mux_end *why)
{
	struct transport *transport = conn->transport;
	struct transport_peer *peer = conn->peer;
	struct pu_list_node *node;
	char text[256];
	enum pu_err err = explain(conn, why, text, sizeof(text));
	if (err == PU_OK)
		err = PU_ECLOSED;
	while ((node = pu_list_first(&conn->substreams)) != NULL)
		transport_substream_on_lost(PU_LIST_ENTRY(node, struct transport_substream, in_conn),
		                            err, text);
	if (peer == NULL) {
		pu_debug("handshake.failed", "reason=%s", text);
		if (conn->probe != NULL)
			transport_probe_failed(conn, err, text);
		transport_conn_free(conn);
		return;
	}
	transport_peer_hold(peer);
	if (conn->state == CONN_UP)
		publish_down(conn, why, text);
	transport_peer_conn_down(conn);
	if (conn->dial != NULL)
		transport_dial_conn_failed(conn, err, text);
	transport_conn_free(conn);
	transport_handoff_conn_down(transport->handoff, peer);
	transport_peer_rele(peer);
}

void transport_conn_on_moved(struct transport_conn *conn, const struct sockaddr *to)
{
	set_remote(conn, to);
	if (conn->state != CONN_UP)
		return;
	struct pu_path_changed event = {.peer_id = conn->peer->text,
	                                .address = conn->address,
	                                .path = transport_conn_path(conn)};
	pu_info("path.changed", "peer=%s addr=%s", event.peer_id, event.address);
	if (!conn->guest)
		pu_host_publish(conn->transport->host, PU_MSG_PATH_CHANGED, &event);
}

void transport_conn_on_streams_available(struct transport_conn *conn)
{
	transport_handoff_streams_available(conn->transport->handoff, conn);
}
