/* Knows the peers: their connections, who waits for one, and who wants to keep one. */
#include "swarm.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/rand.h"
#include "codes.h"
#include "dial.h"
#include "relays.h"
#include "transport.h"

void transport_swarm_init(struct transport *transport)
{
	pu_map_init(&transport->swarm.peers);
}

struct transport_peer *transport_swarm_peer(struct transport *transport,
                                            const struct pu_peer_id *id)
{
	struct pu_map *peers = &transport->swarm.peers;
	struct transport_peer *peer = pu_map_get(peers, pu_peer_id_bytes(id));
	if (peer != NULL)
		return peer;
	if (pu_map_len(peers) >= TRANSPORT_PEERS_MAX)
		return NULL;
	peer = PU_NEW(struct transport_peer);
	peer->id = *id;
	pu_peer_id_print(id, peer->text);
	peer->transport = transport;
	pu_list_init(&peer->conns);
	pu_list_init(&peer->waiters);
	pu_map_put(peers, pu_peer_id_bytes(&peer->id), peer);
	return peer;
}

static void peer_free(struct transport_peer *peer)
{
	struct transport *transport = peer->transport;
	transport_deadline_clear(&transport->timers, &peer->retry);
	transport_dial_free(peer->dial);
	pu_map_del(&transport->swarm.peers, pu_peer_id_bytes(&peer->id));
	pu_free(peer);
}

void transport_peer_settle(struct transport_peer *peer)
{
	if (peer->conns_len == 0 && peer->waiters_len == 0 && peer->needed == 0 &&
	    peer->dial == NULL && peer->held == 0)
		peer_free(peer);
}

void transport_peer_hold(struct transport_peer *peer)
{
	peer->held++;
}

void transport_peer_rele(struct transport_peer *peer)
{
	peer->held--;
	transport_peer_settle(peer);
}

/* ---- connections of a peer ---- */

/* Allowed, and not about to close. */
static bool is_usable(const struct transport_conn *conn)
{
	return conn->state == CONN_UP && pu_mux_is_up(conn->mux);
}

static bool is_relayed(const struct transport_conn *conn)
{
	return conn->carrier == PU_CARRIER_NONE;
}

static bool is_better(const struct transport_conn *conn, const struct transport_conn *than)
{
	if (is_relayed(conn) != is_relayed(than))
		return is_relayed(than);
	return conn->substreams_len > than->substreams_len;
}

/* Among those that are up, guests' aside: a direct one, then the one that carries most, then
 * the oldest. */
struct transport_conn *transport_peer_best(const struct transport_peer *peer)
{
	struct transport_conn *best = NULL;
	PU_LIST_FOREACH(node, &peer->conns) {
		struct transport_conn *conn = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
		if (is_usable(conn) && !conn->guest && (best == NULL || is_better(conn, best)))
			best = conn;
	}
	return best;
}

struct transport_conn *transport_peer_direct(const struct transport_peer *peer)
{
	struct transport_conn *newest = NULL;
	PU_LIST_FOREACH(node, &peer->conns) {
		struct transport_conn *conn = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
		if (is_usable(conn) && !is_relayed(conn))
			newest = conn;
	}
	return newest;
}

/* Not connected, or through a relay only. */
static bool wants_better(const struct transport_peer *peer)
{
	const struct transport_conn *best = transport_peer_best(peer);
	return best == NULL || is_relayed(best);
}

size_t transport_peer_conns_up(const struct transport_peer *peer)
{
	size_t count = 0;
	PU_LIST_FOREACH(node, &peer->conns)
		count += is_usable(PU_LIST_ENTRY(node, struct transport_conn, in_peer));
	return count;
}

void transport_peer_disconnect(struct transport_peer *peer, uint64_t code, const char *reason)
{
	PU_LIST_FOREACH(node, &peer->conns)
		pu_mux_close(PU_LIST_ENTRY(node, struct transport_conn, in_peer)->mux, code, reason);
}

/* ---- waiting ---- */

static void finish_waiter(struct transport_waiter *waiter, struct transport_conn *conn,
                          enum pu_err err, const char *text)
{
	transport_waiter_cancel(waiter);
	waiter->done(waiter, conn, err, text);
}

/* Each waiter may do anything, so the list is emptied from its front. */
static void finish_waiters(struct transport_peer *peer, struct transport_conn *conn,
                           enum pu_err err, const char *text)
{
	for (size_t left = peer->waiters_len; left > 0 && peer->waiters_len > 0; left--)
		finish_waiter(
		    PU_LIST_ENTRY(pu_list_first(&peer->waiters), struct transport_waiter, node), conn,
		    err, text);
}

void transport_swarm_fini(struct transport *transport)
{
	size_t pos = 0;
	struct pu_bytes key;
	void *value;
	while (pu_map_next(&transport->swarm.peers, &pos, &key, &value)) {
		finish_waiters(value, NULL, PU_ECLOSED, "transport is stopping");
		peer_free(value);
	}
	pu_map_fini(&transport->swarm.peers);
}

static void on_waiter_deadline(struct transport_deadline *deadline)
{
	struct transport_waiter *waiter =
	    PU_CONTAINER_OF(deadline, struct transport_waiter, deadline);
	struct transport_peer *peer = waiter->peer;
	transport_peer_hold(peer);
	finish_waiter(waiter, NULL, PU_EUNREACHABLE, "no address of the peer answered in time");
	transport_peer_rele(peer);
}

void transport_waiter_cancel(struct transport_waiter *waiter)
{
	if (!pu_list_linked(&waiter->node))
		return;
	transport_deadline_clear(&waiter->peer->transport->timers, &waiter->deadline);
	pu_list_remove(&waiter->node);
	waiter->peer->waiters_len--;
}

void transport_peer_connect(struct transport_peer *peer, struct transport_waiter *waiter,
                            struct pu_strings addresses, uint64_t deadline_ms)
{
	struct transport *transport = peer->transport;
	struct transport_conn *conn = transport_peer_best(peer);
	waiter->peer = peer;
	if (conn != NULL) {
		waiter->done(waiter, conn, PU_OK, "");
		return;
	}
	if (peer->waiters_len >= TRANSPORT_WAITERS_PER_PEER) {
		waiter->done(waiter, NULL, PU_ELIMIT, "too many streams wait for this peer");
		return;
	}
	if (pu_peer_id_eq(&peer->id, &transport->identity.peer)) {
		waiter->done(waiter, NULL, PU_EINVAL, "this is our own peer ID");
		transport_peer_settle(peer);
		return;
	}
	pu_list_append(&peer->waiters, &waiter->node);
	peer->waiters_len++;
	transport_deadline_set(&transport->timers, &waiter->deadline,
	                       deadline_ms != 0 ? deadline_ms : TRANSPORT_DIAL_DEADLINE_MS,
	                       on_waiter_deadline);
	if (peer->dial == NULL)
		transport_dial_start(peer, addresses);
	else
		transport_dial_add(peer->dial, addresses);
}

/* ---- keeping connected ---- */

static void on_retry(struct transport_deadline *deadline)
{
	struct transport_peer *peer = PU_CONTAINER_OF(deadline, struct transport_peer, retry);
	if (peer->needed > 0 && peer->dial == NULL && wants_better(peer))
		transport_dial_start(peer, (struct pu_strings){0});
}

static void retry_later(struct transport_peer *peer)
{
	if (peer->transport->draining)
		return;
	/* Not all of those that have lost it at the same moment. */
	uint64_t delay_ms = peer->attempt == 0
	                        ? pu_rand_uniform(TRANSPORT_RECONNECT_FIRST_MS)
	                        : pu_backoff_ms(peer->attempt - 1, TRANSPORT_RECONNECT_BASE_MS,
	                                        TRANSPORT_RECONNECT_MAX_MS);
	peer->attempt++;
	transport_deadline_set(&peer->transport->timers, &peer->retry, delay_ms, on_retry);
}

/* Through a relay it works; one day it may work without. */
static void retry_direct_later(struct transport_peer *peer)
{
	if (!peer->transport->draining)
		transport_deadline_set(&peer->transport->timers, &peer->retry,
		                       TRANSPORT_DIRECT_RETRY_MS, on_retry);
}

void transport_peer_need(struct transport_peer *peer, bool needed)
{
	if (needed) {
		if (peer->needed++ == 0)
			transport_deadline_set(&peer->transport->timers, &peer->retry, 0, on_retry);
		return;
	}
	if (peer->needed > 0 && --peer->needed == 0)
		transport_deadline_clear(&peer->transport->timers, &peer->retry);
	transport_peer_settle(peer);
}

void transport_swarm_retry(struct transport *transport)
{
	size_t pos = 0;
	struct pu_bytes key;
	void *value;
	while (pu_map_next(&transport->swarm.peers, &pos, &key, &value)) {
		struct transport_peer *peer = value;
		if (peer->needed == 0 || peer->dial != NULL || !wants_better(peer))
			continue;
		peer->attempt = 0;
		transport_deadline_set(&transport->timers, &peer->retry, 0, on_retry);
	}
}

void transport_peer_dial_failed(struct transport_peer *peer, enum pu_err err, const char *text)
{
	bool connected = transport_peer_best(peer) != NULL; /* through a relay */
	pu_info(connected ? "dial.direct_failed" : "dial.failed", "peer=%s code=%s reason=%s",
	        peer->text, pu_err_code(err), text);
	transport_peer_hold(peer);
	if (!connected)
		finish_waiters(peer, NULL, err, text);
	if (peer->needed > 0 && transport_peer_best(peer) == NULL)
		retry_later(peer);
	else if (peer->needed > 0)
		retry_direct_later(peer);
	transport_peer_rele(peer);
}

void transport_peer_conn_up(struct transport_conn *conn)
{
	struct transport_peer *peer = conn->peer;
	peer->transport->swarm.conns_up++;
	if (conn->guest)
		return; /* nobody may have waited for that */
	transport_deadline_clear(&peer->transport->timers, &peer->retry);
	if (peer->needed > 0 && is_relayed(conn))
		retry_direct_later(peer);
	finish_waiters(peer, conn, PU_OK, "");
}

/* Takes the connection out of its peer. */
void transport_peer_conn_down(struct transport_conn *conn)
{
	struct transport_peer *peer = conn->peer;
	struct transport *transport = peer->transport;
	pu_list_remove(&conn->in_peer);
	peer->conns_len--;
	if (conn->state == CONN_UP)
		transport->swarm.conns_up--;
	transport_relays_conn_down(transport->relays, conn);
	transport_relay_conn_down(peer);
	if (peer->dial != NULL && transport_peer_best(peer) == NULL)
		transport_dial_widen(peer->dial);
	if (conn->state == CONN_UP && peer->needed > 0 && transport_peer_best(peer) == NULL) {
		if (transport_timers_now(&transport->timers) - conn->since_ms >=
		    TRANSPORT_RECONNECT_HEALTH_MS)
			peer->attempt = 0;
		retry_later(peer);
	}
}

void transport_swarm_recheck(struct transport *transport)
{
	size_t pos = 0;
	struct pu_bytes key;
	void *value;
	while (pu_map_next(&transport->swarm.peers, &pos, &key, &value)) {
		struct transport_peer *peer = value;
		PU_LIST_FOREACH(node, &peer->conns) {
			struct transport_conn *conn = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
			if (conn->state != CONN_DIALING)
				transport_conn_check(conn);
		}
	}
}
