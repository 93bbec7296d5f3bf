/* Knows how a TCP connection becomes one of the host's, and how it is left so that its last
 * words are understood. */
#include "conn_tcp.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "conn_limit.h"
#include "conn_upgraded.h"
#include "io_tcp.h"
#include "p2p/multiaddr_class.h"
#include "transport.h"

#define HOST_MAX 256

struct tcp_conn {
	struct transport_carrier carrier; /* first */
	struct pu_list_node in_all;       /* transport.tcp_conns */
	struct transport *transport;
	struct transport_tcp *tcp;
	struct transport_deadline linger; /* the connection is over, TCP is not */
};

static void free_tcp_conn(struct tcp_conn *tcp_conn)
{
	transport_deadline_clear(&tcp_conn->transport->timers, &tcp_conn->linger);
	pu_list_remove(&tcp_conn->in_all);
	transport_tcp_free(tcp_conn->tcp);
	pu_free(tcp_conn);
}

static void on_lingered(struct transport_deadline *deadline)
{
	free_tcp_conn(PU_CONTAINER_OF(deadline, struct tcp_conn, linger));
}

/* What the peer still sends is read and dropped: unread bytes would reset the connection, and
 * the reset could overtake what we said last. */
static void close_tcp_conn(struct transport_carrier *carrier, bool orderly)
{
	struct tcp_conn *tcp_conn = (struct tcp_conn *)carrier;
	if (!orderly || tcp_conn->transport->draining) {
		free_tcp_conn(tcp_conn);
		return;
	}
	transport_tcp_finish(tcp_conn->tcp);
	transport_deadline_set(&tcp_conn->transport->timers, &tcp_conn->linger,
	                       TRANSPORT_TCP_LINGER_MS, on_lingered);
}

static const struct pu_quic_addr *local_of(const struct transport_carrier *carrier)
{
	return transport_tcp_local(((const struct tcp_conn *)carrier)->tcp);
}

static uint64_t confirmed_ms_of(const struct transport_carrier *carrier)
{
	return transport_tcp_confirmed_ms(((const struct tcp_conn *)carrier)->tcp);
}

/* ---- bytes ---- */

static size_t write_out(void *carrier, const uint8_t *data, size_t len)
{
	struct tcp_conn *tcp_conn = carrier;
	struct iovec piece = {(void *)(uintptr_t)data, len};
	return transport_tcp_write(tcp_conn->tcp, &piece, 1);
}

static const struct pu_carrier_ops carrier_ops = {.write = write_out};

static void on_bytes(void *user, struct pu_bytes bytes)
{
	struct tcp_conn *tcp_conn = user;
	if (tcp_conn->carrier.upgraded != NULL)
		pu_upgraded_input(tcp_conn->carrier.upgraded, pu_now_ns(), bytes);
}

static void on_writable(void *user)
{
	struct tcp_conn *tcp_conn = user;
	if (tcp_conn->carrier.upgraded != NULL)
		pu_upgraded_writable(tcp_conn->carrier.upgraded, pu_now_ns());
}

static const char *end_text(enum pu_err err)
{
	switch ((int)err) {
	case PU_EREFUSED:
		return "nobody listens there (TCP connection refused)";
	case PU_ECLOSED:
		return "the TCP connection was reset";
	case PU_EPERM:
		return "a firewall of this machine forbids it";
	default:
		return pu_strerror(err);
	}
}

static void on_end(void *user, enum pu_err err)
{
	struct tcp_conn *tcp_conn = user;
	if (tcp_conn->carrier.upgraded == NULL)
		free_tcp_conn(tcp_conn);
	else if (err == PU_OK)
		pu_upgraded_input_end(tcp_conn->carrier.upgraded);
	else
		pu_upgraded_lost(tcp_conn->carrier.upgraded, err == PU_EREFUSED ? PU_EUNREACHABLE : err,
		                 end_text(err));
}

static const struct transport_tcp_ops tcp_ops = {
    .on_connected = on_writable,
    .on_bytes = on_bytes,
    .on_end = on_end,
    .on_writable = on_writable,
};

/* ---- beginning ---- */

static struct tcp_conn *tcp_conn_new(struct transport *transport)
{
	struct tcp_conn *tcp_conn = PU_NEW(struct tcp_conn);
	tcp_conn->transport = transport;
	tcp_conn->carrier.close = close_tcp_conn;
	tcp_conn->carrier.local = local_of;
	tcp_conn->carrier.confirmed_ms = confirmed_ms_of;
	pu_list_append(&transport->tcp_conns, &tcp_conn->in_all);
	return tcp_conn;
}

static enum pu_err upgrade(struct tcp_conn *tcp_conn, struct pu_upgrade *how)
{
	how->ops = &carrier_ops;
	how->carrier = tcp_conn;
	return pu_upgraded_new(tcp_conn->transport->engine.upgrader, pu_now_ns(), how,
	                       &tcp_conn->carrier.upgraded);
}

/* Every handshake costs us more than it costs a stranger: so many a minute. */
static bool may_knock(struct transport *transport, const struct sockaddr *from)
{
	const struct pu_config_limits *limits = &pu_host_config(transport->host)->limits;
	return transport_source_may_knock(&transport->knocks, from,
	                                  (uint32_t)limits->connection_rate_per_ip,
	                                  (uint32_t)limits->connection_rate, pu_now_ns());
}

static void on_accept(void *user, int fd, const struct pu_quic_addr *remote)
{
	const struct transport_listener *listener = user;
	struct transport *transport = listener->transport;
	if (!may_knock(transport, &remote->sa) ||
	    !transport_conn_may_begin(transport, &remote->sa)) {
		close(fd);
		return;
	}
	struct tcp_conn *tcp_conn = tcp_conn_new(transport);
	struct pu_upgrade how = {.kind = listener->kind};
	if (transport_tcp_adopt(&transport->engine.tcp, fd, &tcp_ops, tcp_conn, &tcp_conn->tcp) !=
	        PU_OK ||
	    upgrade(tcp_conn, &how) != PU_OK) {
		free_tcp_conn(tcp_conn);
		return;
	}
	struct transport_conn *conn = transport_conn_begin(
	    transport, pu_upgraded_mux(tcp_conn->carrier.upgraded), listener->kind, &remote->sa);
	conn->upgraded_by = &tcp_conn->carrier;
	(void)transport_conn_count_source(conn); /* there was room */
}

enum pu_err transport_tcp_conn_listen(struct transport *transport, enum pu_carrier kind,
                                      const struct sockaddr *addr)
{
	struct transport_engine *engine = &transport->engine;
	if (engine->listeners_len == TRANSPORT_LISTENERS_MAX)
		return PU_ELIMIT;
	if (kind == PU_CARRIER_WSS && !engine->serves_wss)
		return PU_EUNSUPPORTED;
	struct transport_listener *listener = &engine->listeners[engine->listeners_len];
	*listener = (struct transport_listener){.transport = transport, .kind = kind};
	enum pu_err err =
	    transport_tcp_listen(transport->loop, addr, on_accept, listener, &listener->tcp);
	if (err == PU_OK)
		engine->listeners_len++;
	return err;
}

/* ---- dialling ---- */

/* Where a listener of ours is, of the same family: the peer sees its port then. */
static const struct sockaddr *from_listener(const struct transport *transport,
                                            const struct sockaddr *to)
{
	const struct transport_engine *engine = &transport->engine;
	for (size_t i = 0; i < engine->listeners_len; i++) {
		const struct pu_quic_addr *local =
		    transport_tcp_listener_local(engine->listeners[i].tcp);
		bool near = pu_sockaddr_class(&local->sa) == PU_ADDR_LOOPBACK;
		if (local->sa.sa_family == to->sa_family &&
		    near == (near && pu_sockaddr_class(to) == PU_ADDR_LOOPBACK))
			return &local->sa;
	}
	return NULL;
}

/* The name in front of the port: of the web, for a WebSocket. */
static void host_of(const struct pu_multiaddr *addr, char out[HOST_MAX])
{
	struct pu_multiaddr_part part;
	char text[PU_MULTIADDR_TEXT_MAX];
	if (pu_multiaddr_dns_host(addr, &part)) {
		snprintf(out, HOST_MAX, "%.*s", (int)part.value.len, (const char *)part.value.data);
		return;
	}
	/* /ip4/ADDRESS/... or /ip6/ADDRESS/... */
	pu_multiaddr_print(addr, text);
	const char *ip = strchr(text + 1, '/') + 1;
	snprintf(out, HOST_MAX, "%.*s", (int)strcspn(ip, "/"), ip);
}

static void server_name_of(const struct pu_multiaddr *addr, char out[HOST_MAX])
{
	struct pu_multiaddr_part part;
	if (pu_multiaddr_find(addr, PU_MA_SNI, &part))
		snprintf(out, HOST_MAX, "%.*s", (int)part.value.len, (const char *)part.value.data);
	else
		host_of(addr, out);
}

static void host_field_of(const struct pu_multiaddr *addr, char out[HOST_MAX + 8])
{
	char host[HOST_MAX];
	server_name_of(addr, host);
	snprintf(out, HOST_MAX + 8, strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host,
	         (unsigned)pu_multiaddr_port(addr));
}

/* Whom the system trusts is read when it is needed. */
static void trust_web(struct pu_upgrader *upgrader)
{
	if (pu_upgrader_trusts_web(upgrader))
		return;
	struct pu_tls_context *client = pu_tls_context_new_web_client(NULL);
	pu_upgrader_trust_web(upgrader, client);
	pu_tls_context_rele(client);
}

enum pu_err transport_tcp_conn_dial(struct transport_conn *conn,
                                    const struct pu_peer_id *expected,
                                    const struct transport_candidate *candidate)
{
	struct transport *transport = conn->transport;
	const struct sockaddr *to = (const struct sockaddr *)&candidate->addr;
	char host[HOST_MAX + 8], name[HOST_MAX];
	server_name_of(&candidate->multiaddr, name);
	host_field_of(&candidate->multiaddr, host);
	if (candidate->carrier == PU_CARRIER_WSS)
		trust_web(transport->engine.upgrader);
	struct tcp_conn *tcp_conn = tcp_conn_new(transport);
	enum pu_err err =
	    transport_tcp_dial(&transport->engine.tcp, to, from_listener(transport, to), &tcp_ops,
	                       tcp_conn, &tcp_conn->tcp);
	if (err == PU_OK) {
		struct pu_upgrade how = {.initiator = true,
		                         .kind = candidate->carrier,
		                         .expected = expected,
		                         .host = host,
		                         .server_name = name};
		err = upgrade(tcp_conn, &how);
	}
	if (err != PU_OK) {
		free_tcp_conn(tcp_conn);
		return err;
	}
	conn->upgraded_by = &tcp_conn->carrier;
	transport_conn_dialed(conn, pu_upgraded_mux(tcp_conn->carrier.upgraded), candidate->carrier,
	                      to);
	return PU_OK;
}

/* ---- end ---- */

void transport_tcp_conn_fini(struct transport *transport)
{
	struct pu_list_node *node;
	for (size_t i = 0; i < transport->engine.listeners_len; i++)
		transport_tcp_listener_free(transport->engine.listeners[i].tcp);
	transport->engine.listeners_len = 0;
	while ((node = pu_list_first(&transport->tcp_conns)) != NULL)
		free_tcp_conn(PU_LIST_ENTRY(node, struct tcp_conn, in_all));
}
