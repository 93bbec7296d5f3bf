/* Knows which connections are worth least. */
#include "trim.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "codes.h"
#include "relays.h"
#include "transport.h"

static bool is_up(const struct transport_conn *conn)
{
	return conn->state == CONN_UP && pu_mux_is_up(conn->mux);
}

static void close_idle(struct transport_conn *conn)
{
	pu_info("conn.trimmed", "peer=%s addr=%s idle_ms=%" PRIu64, conn->peer->text, conn->address,
	        transport_timers_now(&conn->transport->timers) - conn->idle_since_ms);
	pu_mux_close(conn->mux, CONN_CODE_TRIMMED, "making room");
}

/* ---- all peers ---- */

static int compare_idle(const void *left, const void *right)
{
	const struct transport_conn *a = *(struct transport_conn *const *)left;
	const struct transport_conn *b = *(struct transport_conn *const *)right;
	return (a->idle_since_ms > b->idle_since_ms) - (a->idle_since_ms < b->idle_since_ms);
}

/* What a walk over all connections found. */
struct census {
	uint64_t now;
	size_t up;
	struct transport_conn **idle; /* those that may go; room for all */
	size_t idle_len;
};

/* Somebody here keeps it, or others reach it through us, or us through it. */
static bool is_wanted(const struct transport_peer *peer)
{
	const struct transport *transport = peer->transport;
	return peer->needed > 0 || pu_relay_has(transport->relay.books, &peer->id) ||
	       transport_relays_has(transport->relays, &peer->id);
}

static void count(struct census *census, const struct transport_peer *peer)
{
	PU_LIST_FOREACH(node, &peer->conns) {
		struct transport_conn *conn = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
		if (!is_up(conn))
			continue;
		census->up++;
		if (!is_wanted(peer) && conn->substreams_len == 0 &&
		    census->now - conn->since_ms >= TRANSPORT_TRIM_GRACE_MS)
			census->idle[census->idle_len++] = conn;
	}
}

static void take_census(struct transport *transport, struct census *census)
{
	size_t pos = 0;
	struct pu_bytes key;
	void *value;
	*census = (struct census){.now = transport_timers_now(&transport->timers)};
	census->idle = pu_calloc(transport->swarm.conns_up + 1, sizeof(struct transport_conn *));
	while (pu_map_next(&transport->swarm.peers, &pos, &key, &value))
		count(census, value);
	qsort(census->idle, census->idle_len, sizeof(struct transport_conn *), compare_idle);
}

static void on_interval(struct transport_deadline *deadline)
{
	transport_trim(PU_CONTAINER_OF(deadline, struct transport, trim));
}

void transport_trim(struct transport *transport)
{
	size_t max = (size_t)pu_host_config(transport->host)->limits.connections;
	size_t high = max - max / 8, low = max - max / 4;
	struct census census;
	if (transport->swarm.conns_up <= high || transport->trim.node.index != 0)
		return;
	take_census(transport, &census);
	size_t excess = census.up > high ? census.up - low : 0;
	size_t closed = 0;
	while (closed < excess && closed < census.idle_len)
		close_idle(census.idle[closed++]);
	pu_free(census.idle);
	if (closed < excess)
		transport_deadline_set(&transport->timers, &transport->trim, TRANSPORT_TRIM_INTERVAL_MS,
		                       on_interval);
}

/* ---- one peer ---- */

bool transport_trim_peer(struct transport_peer *peer)
{
	struct transport_conn *oldest = NULL;
	size_t open = 0;
	PU_LIST_FOREACH(node, &peer->conns) {
		struct transport_conn *conn = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
		/* A handshake of ours in progress does not count: it may be one of several. */
		if (conn->state == CONN_DIALING || !pu_mux_is_up(conn->mux))
			continue;
		open++;
		if (conn->state == CONN_UP && conn->substreams_len == 0 &&
		    (oldest == NULL || conn->idle_since_ms < oldest->idle_since_ms))
			oldest = conn;
	}
	if (open < TRANSPORT_CONNS_PER_PEER)
		return true;
	if (oldest == NULL)
		return false;
	close_idle(oldest);
	return true;
}
