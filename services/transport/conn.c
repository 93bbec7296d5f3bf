/* Knows a connection's life: handshake, policy, up, down; and passes the QUIC layer's
 * events on to substreams. */
#include "swarm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "codes.h"
#include "conn_limit.h"
#include "dial.h"
#include "handoff.h"
#include "identify.h"
#include "substream.h"
#include "transport.h"
#include "trim.h"

struct transport_conn *transport_conn_new(struct transport *transport,
                                          struct transport_peer *peer)
{
	struct transport_conn *conn = PU_NEW(struct transport_conn);
	conn->transport = transport;
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
	transport_source_rele(&transport->sources, conn->source);
	pu_free(conn->address);
	pu_free(conn->refused);
	pu_free(conn->agent);
	pu_free(conn->protocols);
	pu_free(conn);
}

static void set_address(struct transport_conn *conn)
{
	struct pu_multiaddr addr;
	char text[PU_MULTIADDR_TEXT_MAX];
	const struct pu_quic_path *path = pu_quic_conn_path(conn->quic);
	pu_free(conn->address);
	if (pu_multiaddr_from_sockaddr(&path->remote.sa, &addr) == PU_OK)
		conn->address = pu_strdup(pu_multiaddr_print(&addr, text));
	else
		conn->address = pu_strdup("");
}

bool transport_conn_speaks(const struct transport_conn *conn, const char *protocol)
{
	/* Ours resets a stream whose lazy proposal it refuses, and reads nothing more of it. */
	if (conn->agent != NULL && strncmp(conn->agent, "peerup/", 7) == 0)
		return true;
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
	conn->refused = !conn->inbound && err == PU_ENOTAUTHORIZED
	                    ? pu_asprintf("this node does not authorize it: %s", reason)
	                    : pu_strdup(reason);
	conn->refused_err = err;
	if (err == PU_ENOTAUTHORIZED)
		pu_quic_conn_close(conn->quic, CONN_CODE_GATED, "not authorized");
	else
		pu_quic_conn_close(conn->quic, CONN_CODE_NONE, "cannot be checked just now");
}

static void on_recheck(struct transport_deadline *deadline)
{
	transport_conn_check(PU_CONTAINER_OF(deadline, struct transport_conn, recheck));
}

/* Auth is being restarted, say. Who was allowed stays, and is asked about until there is an
 * answer; who was not goes. */
static void unanswered(struct transport_conn *conn, const char *text)
{
	if (conn->state == CONN_UP)
		transport_deadline_set(&conn->transport->timers, &conn->recheck, TRANSPORT_RECHECK_MS,
		                       on_recheck);
	else
		refuse(conn, PU_ETIMEOUT, text);
}

/* Allowed for the first time: tell everybody, and handle what waited. */
static void go_up(struct transport_conn *conn)
{
	struct transport *transport = conn->transport;
	conn->state = CONN_UP;
	conn->since_ms = conn->idle_since_ms = transport_timers_now(&transport->timers);
	struct pu_peer_up event = {
	    .peer_id = conn->peer->text,
	    .address = conn->address,
	    .direction = conn->inbound ? "in" : "out",
	    .path = "direct",
	};
	pu_info("peer.up", "peer=%s addr=%s direction=%s", event.peer_id, event.address,
	        event.direction);
	pu_host_publish(transport->host, PU_MSG_PEER_UP, &event);
	if (conn->dial != NULL)
		transport_dial_won(conn);
	transport_identify_begin(conn);
	transport_peer_conn_up(conn);
	transport_handoff_streams_available(transport->handoff, conn);
	PU_LIST_FOREACH(node, &conn->substreams)
		transport_substream_resume(PU_LIST_ENTRY(node, struct transport_substream, in_conn));
	transport_trim(transport);
}

static void on_verdict(void *user, enum pu_err err, const char *text, const void *answer)
{
	struct transport_conn *conn = user;
	const struct pu_auth_verdict *verdict = answer;
	conn->ask = 0;
	if (err == PU_ETIMEOUT || err == PU_ECLOSED)
		unanswered(conn, text);
	else if (err != PU_OK)
		refuse(conn, PU_ENOTAUTHORIZED, text);
	else if (!verdict->allowed)
		refuse(conn, PU_ENOTAUTHORIZED, verdict->reason);
	else if (conn->state == CONN_CHECKING && pu_quic_conn_is_up(conn->quic))
		go_up(conn); /* else the peer was faster with its refusal, which will be told */
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

/* ---- events of the QUIC layer ---- */

static enum pu_quic_verdict on_accept(void *user, const struct pu_quic_path *path)
{
	struct transport *transport = user;
	unsigned max = (unsigned)pu_host_config(transport->host)->limits.connections_per_ip;
	if (transport->draining)
		return PU_QUIC_REFUSE;
	return transport_source_full(&transport->sources, &path->remote.sa, max) ? PU_QUIC_REFUSE
	                                                                         : PU_QUIC_ACCEPT;
}

static void on_conn_new(void *user, struct pu_quic_conn *quic)
{
	struct transport *transport = user;
	struct transport_conn *conn = transport_conn_new(transport, NULL);
	conn->quic = quic;
	conn->source =
	    transport_source_hold(&transport->sources, &pu_quic_conn_path(quic)->remote.sa);
	pu_quic_conn_set_user(quic, conn);
}

/* An inbound connection knows its peer only now. */
static bool join_peer(struct transport_conn *conn)
{
	struct transport_peer *peer =
	    transport_swarm_peer(conn->transport, pu_quic_conn_peer(conn->quic));
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

static void on_conn_up(void *user, struct pu_quic_conn *quic)
{
	(void)user;
	struct transport_conn *conn = pu_quic_conn_user(quic);
	if (conn->peer == NULL && !join_peer(conn)) {
		pu_quic_conn_close(quic, CONN_CODE_LIMIT, "too many connections");
		return;
	}
	conn->state = CONN_CHECKING;
	set_address(conn);
	transport_conn_check(conn);
}

/* What the end of a connection means to those who used it. */
static enum pu_err explain(const struct transport_conn *conn, const struct pu_quic_close *why,
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
	snprintf(text, size, "%s%s%s", what, why->reason[0] != '\0' ? ": " : "", why->reason);
	return why->remote && why->app ? transport_conn_code_err(why->code) : why->err;
}

static void publish_down(struct transport_conn *conn, const struct pu_quic_close *why,
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
	pu_host_publish(conn->transport->host, PU_MSG_PEER_DOWN, &event);
}

static void on_conn_down(void *user, struct pu_quic_conn *quic, const struct pu_quic_close *why)
{
	struct transport *transport = user;
	struct transport_conn *conn = pu_quic_conn_user(quic);
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

static void on_path_changed(void *user, struct pu_quic_conn *quic)
{
	struct transport *transport = user;
	struct transport_conn *conn = pu_quic_conn_user(quic);
	if (conn->state != CONN_UP)
		return;
	set_address(conn);
	struct pu_path_changed event = {
	    .peer_id = conn->peer->text, .address = conn->address, .path = "direct"};
	pu_info("path.changed", "peer=%s addr=%s", event.peer_id, event.address);
	pu_host_publish(transport->host, PU_MSG_PATH_CHANGED, &event);
}

static void on_streams_available(void *user, struct pu_quic_conn *quic)
{
	struct transport *transport = user;
	transport_handoff_streams_available(transport->handoff, pu_quic_conn_user(quic));
}

static void on_stream_new(void *user, struct pu_quic_stream *stream)
{
	(void)user;
	transport_substream_accept(pu_quic_conn_user(pu_quic_stream_conn(stream)), stream);
}

static void on_stream_data(void *user, struct pu_quic_stream *stream)
{
	(void)user;
	transport_substream_on_data(pu_quic_stream_user(stream));
}

static void on_stream_writable(void *user, struct pu_quic_stream *stream)
{
	(void)user;
	transport_substream_on_writable(pu_quic_stream_user(stream));
}

static void on_stream_stopped(void *user, struct pu_quic_stream *stream)
{
	(void)user;
	transport_substream_on_stopped(pu_quic_stream_user(stream));
}

const struct pu_quic_callbacks transport_conn_callbacks = {
    .accept = on_accept,
    .on_conn_new = on_conn_new,
    .on_conn_up = on_conn_up,
    .on_conn_down = on_conn_down,
    .on_path_changed = on_path_changed,
    .on_streams_available = on_streams_available,
    .on_stream_new = on_stream_new,
    .on_stream_data = on_stream_data,
    .on_stream_writable = on_stream_writable,
    .on_stream_stopped = on_stream_stopped,
};
