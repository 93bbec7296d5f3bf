/* Knows how long a connection may be silent, and how it is asked: with a ping, which every
 * carrier and every libp2p peer answers, be it by saying that it does not know pings. */
#include "watch.h"

#include <ifaddrs.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "codes.h"
#include "conn_upgraded.h"
#include "p2p/multiaddr_class.h"
#include "ping.h"
#include "transport.h"

static void on_tick(struct transport_deadline *deadline);

static void arm(struct transport *transport)
{
	if (transport->watch.tick.node.index == 0)
		transport_deadline_set(&transport->timers, &transport->watch.tick, TRANSPORT_WATCH_MS,
		                       on_tick);
}

/* Whose queue is long may wait long for an answer; that the kernel at the other end confirms
 * what leaves must do. For QUIC confirmations are bytes like others. */
static bool is_confirmed(const struct transport_conn *conn, const struct pu_mux_info *info,
                         uint64_t within_ms)
{
	const struct transport_carrier *carrier = conn->upgraded_by;
	return info->send_buffered > 0 && carrier != NULL && carrier->confirmed_ms != NULL &&
	       carrier->confirmed_ms(carrier) < within_ms;
}

/* Whether something has arrived since the last call. */
static bool has_news(struct transport_conn *conn)
{
	struct pu_mux_info info;
	pu_mux_info(conn->mux, &info);
	uint64_t now = transport_timers_now(&conn->transport->timers);
	bool news =
	    info.bytes_in != conn->heard || is_confirmed(conn, &info, now - conn->looked_ms);
	conn->heard = info.bytes_in;
	conn->looked_ms = now;
	return news;
}

/* That something comes is enough, whatever it is. */
static void on_pong(void *user, enum pu_err err, const char *text, uint64_t rtt_ns)
{
	(void)user, (void)err, (void)text, (void)rtt_ns;
}

static void on_silent(struct transport_deadline *deadline);

/* Gives it so long to answer; the ping may be its first or one more. */
static void ask_within(struct transport_conn *conn, uint64_t answer_ms)
{
	struct pu_mux_info info;
	pu_mux_info(conn->mux, &info);
	(void)has_news(conn);
	transport_deadline_set(&conn->transport->timers, &conn->doubt,
	                       answer_ms + TRANSPORT_WATCH_RTTS * info.rtt_ns / PU_NS_PER_MS,
	                       on_silent);
	transport_ping_start(conn, false, on_pong, NULL);
}

/* What came may have been sent before its path broke and was only read late: what comes after
 * a second question was not. */
static void on_silent(struct transport_deadline *deadline)
{
	struct transport_conn *conn = PU_CONTAINER_OF(deadline, struct transport_conn, doubt);
	if (!pu_mux_is_up(conn->mux))
		return;
	if (has_news(conn)) {
		if (!conn->asked_again)
			ask_within(conn, TRANSPORT_WATCH_REFUSED_MS);
		conn->asked_again = true;
		return;
	}
	pu_info("conn.dead", "peer=%s addr=%s", conn->peer->text, conn->address);
	pu_mux_close(conn->mux, CONN_CODE_NONE, "no sign of life");
}

/* Asks, unless it has been asked already, and gives it so long to answer. */
static void doubt(struct transport_conn *conn, uint64_t answer_ms)
{
	if (conn->doubt.node.index == 0) {
		conn->asked_again = false;
		ask_within(conn, answer_ms);
	}
}

static bool is_up(const struct transport_conn *conn)
{
	return conn->state == CONN_UP && pu_mux_is_up(conn->mux);
}

void transport_watch(struct transport_conn *conn)
{
	conn->watched = true;
	arm(conn->transport);
}

/* ---- everybody ---- */

typedef void (*conn_fn)(struct transport_conn *conn, void *user);

/* Closing a connection takes effect in the next flush: the lists stay as they are. */
static void for_each(struct transport *transport, conn_fn each, void *user)
{
	size_t pos = 0;
	struct pu_bytes key;
	void *value;
	while (pu_map_next(&transport->swarm.peers, &pos, &key, &value)) {
		const struct transport_peer *peer = value;
		PU_LIST_FOREACH(node, &peer->conns)
			each(PU_LIST_ENTRY(node, struct transport_conn, in_peer), user);
	}
}

struct up_only {
	conn_fn each;
	void *user;
};

static void if_up(struct transport_conn *conn, void *user)
{
	const struct up_only *only = user;
	if (is_up(conn))
		only->each(conn, only->user);
}

static void for_each_up(struct transport *transport, conn_fn each, void *user)
{
	for_each(transport, if_up, &(struct up_only){each, user});
}

static void tick(struct transport_conn *conn, void *user)
{
	bool *any = user;
	if (!conn->watched)
		return;
	*any = true;
	if (!has_news(conn))
		doubt(conn, TRANSPORT_WATCH_ANSWER_MS);
}

static void on_tick(struct transport_deadline *deadline)
{
	struct transport *transport = PU_CONTAINER_OF(deadline, struct transport, watch.tick);
	bool any = false;
	for_each_up(transport, tick, &any);
	if (any)
		arm(transport);
}

/* ---- news about the network ---- */

static void ask(struct transport_conn *conn, void *user)
{
	(void)user;
	doubt(conn, TRANSPORT_WATCH_ANSWER_MS);
}

static bool same_ip(const struct sockaddr *a, const struct sockaddr *b)
{
	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return memcmp(&((const struct sockaddr_in *)(const void *)a)->sin_addr,
		              &((const struct sockaddr_in *)(const void *)b)->sin_addr, 4) == 0;
	return memcmp(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr,
	              &((const struct sockaddr_in6 *)(const void *)b)->sin6_addr, 16) == 0;
}

/* Its local address is one of this machine, or not known. */
static bool is_home(const struct transport_conn *conn, const struct ifaddrs *interfaces)
{
	const struct pu_quic_addr *local = transport_conn_local(conn);
	enum pu_addr_class class =
	    local != NULL && local->len > 0 ? pu_sockaddr_class(&local->sa) : PU_ADDR_UNSPECIFIED;
	if (class == PU_ADDR_UNSPECIFIED || class == PU_ADDR_LOOPBACK)
		return true;
	for (const struct ifaddrs *it = interfaces; it != NULL; it = it->ifa_next)
		if (it->ifa_addr != NULL && same_ip(it->ifa_addr, &local->sa))
			return true;
	return false;
}

static void drop_homeless(struct transport_conn *conn, void *user)
{
	if (is_home(conn, user))
		return;
	pu_info("conn.homeless", "peer=%s addr=%s", conn->peer->text, conn->address);
	pu_mux_close(conn->mux, CONN_CODE_NONE, "this machine lost the address that it used");
}

void transport_watch_all(struct transport *transport)
{
	struct ifaddrs *interfaces;
	if (getifaddrs(&interfaces) == 0) {
		for_each_up(transport, drop_homeless, interfaces);
		freeifaddrs(interfaces);
	}
	for_each_up(transport, ask, NULL);
}

static bool is_at(const struct transport_conn *conn, const struct pu_quic_addr *remote)
{
	return conn->carrier == PU_CARRIER_QUIC && conn->remote.len == remote->len &&
	       memcmp(&conn->remote.sa, &remote->sa, remote->len) == 0;
}

static void ask_at(struct transport_conn *conn, void *user)
{
	if (is_at(conn, user))
		doubt(conn, TRANSPORT_WATCH_REFUSED_MS);
}

/* A handshake that is turned away again and again leads nowhere, before its time is over. */
static void give_up_at(struct transport_conn *conn, void *user)
{
	if (conn->state != CONN_DIALING || !is_at(conn, user) || conn->refused != NULL ||
	    ++conn->turned_away < TRANSPORT_TURNED_AWAY_MAX)
		return;
	conn->refused = pu_strdup("nobody listens there (ICMP)");
	conn->refused_err = PU_EUNREACHABLE;
	pu_mux_close(conn->mux, CONN_CODE_NONE, NULL);
}

void transport_watch_address(struct transport *transport, const struct sockaddr *remote)
{
	struct pu_quic_addr addr = {.len = remote->sa_family == AF_INET6
	                                       ? sizeof(struct sockaddr_in6)
	                                       : sizeof(struct sockaddr_in)};
	memcpy(&addr.sa, remote, addr.len);
	for_each(transport, give_up_at, &addr);
	for_each_up(transport, ask_at, &addr);
}

void transport_watch_older(const struct transport_conn *fresh)
{
	PU_LIST_FOREACH(node, &fresh->peer->conns) {
		struct transport_conn *conn = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
		if (conn != fresh && is_up(conn))
			doubt(conn, TRANSPORT_WATCH_REFUSED_MS);
	}
}

void transport_watch_fini(struct transport *transport)
{
	transport_deadline_clear(&transport->timers, &transport->watch.tick);
}
