/* Knows how one attempt goes: ask naming, resolve host names, then try addresses in turn, the
 * next one when its time has come or when all tried so far have failed. */
#include "dial.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "codes.h"
#include "conn_tcp.h"
#include "dial_rank.h"
#include "quic/conn.h"
#include "relayed.h"
#include "relays.h"
#include "transport.h"

/* How much a failure tells of why the peer is not reached: our own refusal or the peer's says
 * more than a relay's, that more than silence, and any of it more than an address that is of no
 * use here. */
enum worth { NO_FAILURE, USELESS_ADDRESS, SILENCE, RELAY_REFUSAL, REFUSAL };

struct transport_dial {
	struct transport_peer *peer;
	struct transport *transport;
	struct transport_candidate candidates[TRANSPORT_DIAL_ADDRS_MAX];
	size_t candidates_len, next;
	unsigned running; /* handshakes */
	unsigned lookups; /* of host names; the dial is freed when the last has ended */
	uint64_t ask;     /* open question to naming */
	uint64_t started_ms;
	struct transport_deadline step;
	struct transport_deadline again; /* relays, while direct addresses are still tried */
	enum worth worth;                /* of the most telling failure so far */
	enum pu_err err;
	char text[256];
	unsigned relayed_len; /* candidates through relays */
	bool direct_only;     /* there is a relayed connection already */
	bool unranked;        /* candidates from `next` on are in no order yet */
	bool abandoned;       /* freed, but lookups hold it */
};

struct lookup {
	uv_getaddrinfo_t request;
	struct transport_dial *dial;
	struct pu_multiaddr addr;
};

static void advance(struct transport_dial *dial);
static void relays_later(struct transport_dial *dial);

static enum worth worth_of(enum pu_err err)
{
	if (pu_err_is_denial(err) || err == PU_ECRYPTO)
		return REFUSAL;
	if (err == PU_EREFUSED)
		return RELAY_REFUSAL;
	return err == PU_EUNREACHABLE ? USELESS_ADDRESS : SILENCE;
}

static void note_failure(struct transport_dial *dial, enum pu_err err, const char *text)
{
	enum worth worth = worth_of(err);
	if (worth <= dial->worth)
		return;
	dial->worth = worth;
	dial->err = worth == REFUSAL ? err : PU_EUNREACHABLE;
	snprintf(dial->text, sizeof(dial->text), "%s", text);
}

/* ---- candidates ---- */

/* The candidate behind the last is there already. */
static bool is_known(const struct transport_dial *dial)
{
	const struct transport_candidate *fresh = &dial->candidates[dial->candidates_len];
	for (size_t i = 0; i < dial->candidates_len; i++)
		if (transport_candidate_eq(&dial->candidates[i], fresh))
			return true;
	return false;
}

/* `addr` is what was told, `real` the same with an IP address for a name. */
static void add_candidate(struct transport_dial *dial, const struct pu_multiaddr *addr,
                          const struct pu_multiaddr *real)
{
	if (dial->candidates_len == TRANSPORT_DIAL_ADDRS_MAX)
		return;
	struct transport_candidate *candidate = &dial->candidates[dial->candidates_len];
	*candidate =
	    (struct transport_candidate){.multiaddr = *addr, .carrier = pu_multiaddr_carrier(real)};
	socklen_t len;
	if (pu_multiaddr_to_sockaddr(real, &candidate->addr, &len) != PU_OK || is_known(dial))
		return;
	dial->candidates_len++;
	dial->unranked = true;
}

/* Relays come in the order of their worth. */
static void add_relayed(struct transport_dial *dial, const struct pu_multiaddr *addr)
{
	struct pu_multiaddr relay;
	struct pu_peer_id id;
	if (dial->candidates_len == TRANSPORT_DIAL_ADDRS_MAX ||
	    pu_multiaddr_split_circuit(addr, &relay) != PU_OK ||
	    pu_multiaddr_peer(&relay, &id) != PU_OK || pu_peer_id_eq(&id, &dial->peer->id) ||
	    pu_peer_id_eq(&id, &dial->transport->identity.peer))
		return;
	if (transport_relays_has(dial->transport->relays, &id)) {
		relay = (struct pu_multiaddr){0}; /* we know how to reach it */
		if (pu_multiaddr_add_peer(&relay, &id) != PU_OK)
			return;
	}
	struct transport_candidate *candidate = &dial->candidates[dial->candidates_len];
	*candidate =
	    (struct transport_candidate){.multiaddr = relay, .preference = dial->relayed_len};
	if (is_known(dial))
		return;
	dial->relayed_len++;
	dial->candidates_len++;
	dial->unranked = true;
}

static void lookup_done(struct transport_dial *dial)
{
	dial->lookups--;
	if (!dial->abandoned)
		advance(dial);
	else if (dial->lookups == 0)
		pu_free(dial);
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *result)
{
	struct lookup *lookup = request->data;
	struct transport_dial *dial = lookup->dial;
	for (const struct addrinfo *ai = result; ai != NULL && !dial->abandoned; ai = ai->ai_next) {
		struct pu_multiaddr resolved;
		if (pu_multiaddr_resolved(&lookup->addr, ai->ai_addr, &resolved) == PU_OK)
			add_candidate(dial, &lookup->addr, &resolved);
	}
	if (status != 0)
		note_failure(dial, PU_EUNREACHABLE, "the host name of its address does not resolve");
	uv_freeaddrinfo(result);
	pu_free(lookup);
	lookup_done(dial);
}

static void look_up(struct transport_dial *dial, const struct pu_multiaddr *addr,
                    const struct pu_multiaddr_part *host)
{
	if (dial->lookups == TRANSPORT_DIAL_ADDRS_MAX)
		return;
	struct lookup *lookup = PU_NEW(struct lookup);
	lookup->dial = dial;
	lookup->addr = *addr;
	lookup->request.data = lookup;
	char *name = pu_strndup((const char *)host->value.data, host->value.len);
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
	if (uv_getaddrinfo(dial->transport->loop, &lookup->request, on_looked_up, name, NULL,
	                   &hints) == 0)
		dial->lookups++;
	else
		pu_free(lookup);
	pu_free(name);
}

static void add_address(struct transport_dial *dial, const char *text)
{
	struct pu_multiaddr addr;
	struct pu_multiaddr_part host;
	struct pu_peer_id peer;
	if (pu_multiaddr_parse(text, &addr) != PU_OK)
		return;
	if (pu_multiaddr_has(&addr, PU_MA_P2P_CIRCUIT)) {
		add_relayed(dial, &addr);
		return;
	}
	if (pu_multiaddr_peer(&addr, &peer) == PU_OK && !pu_peer_id_eq(&peer, &dial->peer->id))
		return;
	if (pu_multiaddr_dns_host(&addr, &host) && host.code != PU_MA_DNSADDR)
		look_up(dial, &addr, &host);
	else
		add_candidate(dial, &addr, &addr);
}

/* ---- trying ---- */

static enum pu_err dial_one(struct transport_conn *conn,
                            const struct transport_candidate *candidate)
{
	const struct pu_peer_id *id = &conn->peer->id;
	if (candidate->carrier == PU_CARRIER_QUIC)
		return transport_quic_conn_dial(conn, id, candidate);
	if (candidate->carrier == PU_CARRIER_NONE)
		return transport_relayed_dial(conn, &candidate->multiaddr);
	return transport_tcp_conn_dial(conn, id, candidate);
}

/* It counts as running while it is dialed: what its failure sets off at once, relays that are
 * asked after all, say, must not find that nothing is left and end the attempt. */
static void try_one(struct transport_dial *dial, const struct transport_candidate *candidate)
{
	if (!transport_conn_has_room(dial->transport)) {
		note_failure(dial, PU_ELIMIT, TRANSPORT_CONN_NO_ROOM);
		return;
	}
	struct transport_conn *conn = transport_conn_new(dial->transport, dial->peer);
	dial->running++;
	enum pu_err err = dial_one(conn, candidate);
	if (err == PU_OK) {
		conn->dial = dial;
		return;
	}
	transport_peer_conn_down(conn);
	transport_conn_free(conn);
	note_failure(dial, err,
	             err == PU_EUNREACHABLE ? "no route to its address" : pu_strerror(err));
	dial->running--;
}

/* What still runs of the attempt is of no use any more. */
static void close_handshakes(struct transport_dial *dial, const char *reason)
{
	PU_LIST_FOREACH(node, &dial->peer->conns) {
		struct transport_conn *conn = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
		if (conn->dial != dial)
			continue;
		conn->dial = NULL;
		pu_mux_close(conn->mux, CONN_CODE_NONE, reason);
	}
}

static void fail(struct transport_dial *dial)
{
	struct transport_peer *peer = dial->peer;
	enum pu_err err = dial->err != PU_OK ? dial->err : PU_EUNREACHABLE;
	char text[256];
	snprintf(text, sizeof(text), "%s",
	         dial->candidates_len == 0 && dial->err == PU_OK ? "no address of it is known"
	                                                         : dial->text);
	bool tried = dial->candidates_len > dial->relayed_len;
	close_handshakes(dial, "the attempt is over");
	transport_dial_free(dial);
	if (tried || transport_peer_best(peer) == NULL)
		transport_peer_dial_failed(peer, err, text);
	else
		transport_peer_settle(peer); /* there is nothing better than the relay */
}

static void on_step(struct transport_deadline *deadline)
{
	advance(PU_CONTAINER_OF(deadline, struct transport_dial, step));
}

/* Those that came since the last time take their place behind what was tried. */
static void rank(struct transport_dial *dial, uint64_t elapsed)
{
	if (!dial->unranked)
		return;
	dial->unranked = false;
	dial->candidates_len = dial->next + transport_dial_rank(dial->candidates + dial->next,
	                                                        dial->candidates_len - dial->next);
	for (size_t i = dial->next; i < dial->candidates_len; i++)
		dial->candidates[i].delay_ms += (uint32_t)elapsed;
}

/* Starts what is due, then waits for the next one's time. Naming's addresses come first of all:
 * nothing starts before its answer. */
static void advance(struct transport_dial *dial)
{
	if (dial->ask != 0)
		return;
	uint64_t elapsed = transport_timers_now(&dial->transport->timers) - dial->started_ms;
	rank(dial, elapsed);
	while (dial->next < dial->candidates_len) {
		const struct transport_candidate *candidate = &dial->candidates[dial->next];
		if (candidate->delay_ms > elapsed && dial->running > 0) {
			transport_deadline_set(&dial->transport->timers, &dial->step,
			                       candidate->delay_ms - elapsed, on_step);
			return;
		}
		dial->next++;
		if (candidate->carrier != PU_CARRIER_NONE || !dial->direct_only)
			try_one(dial, candidate);
	}
	if (dial->running == 0 && dial->lookups == 0)
		fail(dial);
}

static bool tries_direct(const struct transport_dial *dial)
{
	PU_LIST_FOREACH(node, &dial->peer->conns) {
		const struct transport_conn *conn = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
		if (conn->dial == dial && conn->carrier != PU_CARRIER_NONE)
			return true;
	}
	return false;
}

void transport_dial_conn_failed(struct transport_conn *conn, enum pu_err err, const char *text)
{
	struct transport_dial *dial = conn->dial;
	conn->dial = NULL;
	dial->running--;
	note_failure(dial, err, text);
	if (pu_err_is_denial(err) || dial->transport->draining)
		fail(dial); /* its other addresses would say the same, or we are leaving */
	else if (dial->running == 0)
		advance(dial);
	else if (conn->carrier == PU_CARRIER_NONE && tries_direct(dial))
		relays_later(dial);
}

/* One through a relay is good enough for now: those that would be better go on. */
void transport_dial_won(struct transport_conn *conn)
{
	struct transport_dial *dial = conn->dial;
	conn->dial = NULL;
	if (conn->carrier == PU_CARRIER_NONE) {
		dial->running--;
		dial->direct_only = true;
		advance(dial);
		return;
	}
	close_handshakes(dial, "another address was faster");
	transport_dial_free(dial);
}

void transport_dial_free(struct transport_dial *dial)
{
	if (dial == NULL)
		return;
	struct transport_peer *peer = dial->peer;
	PU_LIST_FOREACH(node, &peer->conns) {
		struct transport_conn *conn = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
		if (conn->dial == dial)
			conn->dial = NULL;
	}
	transport_deadline_clear(&dial->transport->timers, &dial->step);
	transport_deadline_clear(&dial->transport->timers, &dial->again);
	if (dial->ask != 0)
		pu_client_cancel(pu_host_client(dial->transport->host, PU_SERVICE_NAMING), dial->ask);
	peer->dial = NULL;
	if (dial->lookups > 0)
		dial->abandoned = true;
	else
		pu_free(dial);
}

/* The peer may well have a reservation where we have one. Not asked for a relay itself. */
static void add_own_relays(struct transport_dial *dial)
{
	const struct transport_relays *relays = dial->transport->relays;
	struct pu_multiaddr list[TRANSPORT_RELAYS_MAX];
	if (transport_relays_has(relays, &dial->peer->id))
		return;
	size_t len = transport_relays_list(relays, list, TRANSPORT_RELAYS_MAX);
	for (size_t i = 0; i < len; i++)
		if (pu_multiaddr_append(&list[i], PU_MA_P2P_CIRCUIT, pu_bytes(NULL, 0)) == PU_OK)
			add_relayed(dial, &list[i]);
}

/* A circuit through this relay is being made: it needs no second one. */
static bool is_under_way(const struct transport_dial *dial, const struct pu_multiaddr *relay)
{
	char text[PU_MULTIADDR_TEXT_MAX];
	size_t len = strlen(pu_multiaddr_print(relay, text));
	PU_LIST_FOREACH(node, &dial->peer->conns) {
		const struct transport_conn *conn = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
		if (conn->dial == dial && conn->carrier == PU_CARRIER_NONE &&
		    strncmp(conn->address, text, len) == 0 &&
		    strcmp(conn->address + len, "/p2p-circuit") == 0)
			return true;
	}
	return false;
}

/* Those through relays once more, as if for the first time. */
static void offer_relays_again(struct transport_dial *dial)
{
	struct transport_candidate passed[TRANSPORT_RELAYS_MAX];
	size_t passed_len = 0, kept = 0, before = dial->next;
	dial->relayed_len = 0;
	for (size_t i = 0; i < dial->candidates_len; i++) {
		bool relayed = dial->candidates[i].carrier == PU_CARRIER_NONE;
		bool again = relayed && !is_under_way(dial, &dial->candidates[i].multiaddr);
		if (!again)
			dial->candidates[kept++] = dial->candidates[i];
		else if (passed_len < TRANSPORT_RELAYS_MAX)
			passed[passed_len++] = dial->candidates[i];
		dial->next -= again && i < before;
		dial->relayed_len += relayed && !again;
	}
	dial->candidates_len = kept;
	add_own_relays(dial);
	for (size_t i = 0; i < passed_len; i++)
		if (pu_multiaddr_append(&passed[i].multiaddr, PU_MA_P2P_CIRCUIT, pu_bytes(NULL, 0)) ==
		    PU_OK)
			add_relayed(dial, &passed[i].multiaddr);
	advance(dial);
}

void transport_dial_widen(struct transport_dial *dial)
{
	if (!dial->direct_only)
		return;
	dial->direct_only = false;
	offer_relays_again(dial);
}

static void on_relays_again(struct transport_deadline *deadline)
{
	struct transport_dial *dial = PU_CONTAINER_OF(deadline, struct transport_dial, again);
	if (!dial->direct_only && tries_direct(dial))
		offer_relays_again(dial);
}

/* Direct addresses may be silent for long; meanwhile the peer may come back to its relay. When
 * only relays are left the attempt ends with them: they would keep each other waiting. */
static void relays_later(struct transport_dial *dial)
{
	if (dial->again.node.index == 0)
		transport_deadline_set(&dial->transport->timers, &dial->again,
		                       TRANSPORT_RELAYS_AGAIN_MS, on_relays_again);
}

static void on_addresses(void *user, enum pu_err err, const char *text, const void *answer)
{
	struct transport_dial *dial = user;
	const struct pu_naming_known *known = answer;
	dial->ask = 0;
	if (err == PU_OK) {
		const struct pu_naming_address *addresses = known->addresses.items;
		for (size_t i = 0; i < known->addresses.len; i++)
			add_address(dial, addresses[i].address);
	} else if (err != PU_ENOTFOUND) {
		pu_debug("dial.naming", "peer=%s error=%s", dial->peer->text, text);
	}
	advance(dial);
}

/* ---- beginning ---- */

void transport_dial_add(struct transport_dial *dial, struct pu_strings addresses)
{
	for (size_t i = 0; i < addresses.len; i++)
		add_address(dial, addresses.items[i]);
	if (addresses.len > 0)
		advance(dial);
}

void transport_dial_start(struct transport_peer *peer, struct pu_strings addresses)
{
	struct transport_dial *dial = PU_NEW(struct transport_dial);
	dial->peer = peer;
	dial->transport = peer->transport;
	dial->started_ms = transport_timers_now(&dial->transport->timers);
	peer->dial = dial;
	dial->direct_only = transport_peer_best(peer) != NULL;
	for (size_t i = 0; i < addresses.len; i++)
		add_address(dial, addresses.items[i]);
	add_own_relays(dial);
	struct pu_naming_addresses ask = {.peer = peer->text};
	dial->ask =
	    pu_client_ask(pu_host_client(dial->transport->host, PU_SERVICE_NAMING),
	                  PU_MSG_NAMING_ADDRESSES, &ask, PU_ASK_DEADLINE_MS, on_addresses, dial);
}
