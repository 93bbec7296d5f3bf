/* Knows how one attempt goes: ask naming, resolve host names, then try addresses in turn, the
 * next one when its time has come or when all tried so far have failed. */
#include "dial.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "codes.h"
#include "dial_rank.h"
#include "transport.h"

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
	enum pu_err err; /* the most telling failure so far */
	char text[256];
	bool unranked;  /* candidates from `next` on are in no order yet */
	bool abandoned; /* freed, but lookups hold it */
};

struct lookup {
	uv_getaddrinfo_t request;
	struct transport_dial *dial;
	struct pu_multiaddr addr;
};

static void advance(struct transport_dial *dial);

/* Our own refusal, or the peer's, says more than a timeout elsewhere. */
static void note_failure(struct transport_dial *dial, enum pu_err err, const char *text)
{
	bool telling = err == PU_ENOTAUTHORIZED || err == PU_ECRYPTO;
	if (dial->err != PU_OK && !telling)
		return;
	dial->err = telling ? err : PU_EUNREACHABLE;
	snprintf(dial->text, sizeof(dial->text), "%s", text);
}

/* ---- candidates ---- */

static bool is_known(const struct transport_dial *dial, const struct sockaddr_storage *addr)
{
	for (size_t i = 0; i < dial->candidates_len; i++)
		if (memcmp(&dial->candidates[i].addr, addr, sizeof(*addr)) == 0)
			return true;
	return false;
}

static void add_candidate(struct transport_dial *dial, const struct pu_multiaddr *addr)
{
	if (dial->candidates_len == TRANSPORT_DIAL_ADDRS_MAX)
		return;
	struct transport_candidate *candidate = &dial->candidates[dial->candidates_len];
	*candidate = (struct transport_candidate){.multiaddr = *addr};
	socklen_t len;
	if (pu_multiaddr_to_sockaddr(addr, &candidate->addr, &len) != PU_OK ||
	    is_known(dial, &candidate->addr))
		return;
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
			add_candidate(dial, &resolved);
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
	if (pu_multiaddr_peer(&addr, &peer) == PU_OK && !pu_peer_id_eq(&peer, &dial->peer->id))
		return;
	if (pu_multiaddr_dns_host(&addr, &host) && host.code != PU_MA_DNSADDR)
		look_up(dial, &addr, &host);
	else
		add_candidate(dial, &addr);
}

/* ---- trying ---- */

static void try_one(struct transport_dial *dial, const struct transport_candidate *candidate)
{
	struct transport *transport = dial->transport;
	struct pu_quic_path path;
	enum pu_err err = transport_engine_route(&transport->engine,
	                                         (const struct sockaddr *)&candidate->addr, &path);
	struct transport_conn *conn;
	if (err != PU_OK) {
		note_failure(dial, err, "no route to its address");
		return;
	}
	conn = transport_conn_new(transport, dial->peer);
	struct pu_quic_dial request = {.path = &path, .expected = &dial->peer->id, .user = conn};
	err = pu_quic_endpoint_dial(transport->engine.quic, pu_now_ns(), &request, &conn->quic);
	if (err != PU_OK) {
		transport_peer_conn_down(conn);
		transport_conn_free(conn);
		note_failure(dial, err, pu_strerror(err));
		return;
	}
	conn->dial = dial;
	dial->running++;
}

/* What still runs of the attempt is of no use any more. */
static void close_handshakes(struct transport_dial *dial, const char *reason)
{
	PU_LIST_FOREACH(node, &dial->peer->conns) {
		struct transport_conn *conn = PU_LIST_ENTRY(node, struct transport_conn, in_peer);
		if (conn->dial != dial)
			continue;
		conn->dial = NULL;
		pu_quic_conn_close(conn->quic, CONN_CODE_NONE, reason);
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
	close_handshakes(dial, "the attempt is over");
	transport_dial_free(dial);
	transport_peer_dial_failed(peer, err, text);
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
		try_one(dial, candidate);
	}
	if (dial->running == 0 && dial->lookups == 0)
		fail(dial);
}

void transport_dial_conn_failed(struct transport_conn *conn, enum pu_err err, const char *text)
{
	struct transport_dial *dial = conn->dial;
	conn->dial = NULL;
	dial->running--;
	note_failure(dial, err, text);
	if (err == PU_ENOTAUTHORIZED || dial->transport->draining)
		fail(dial); /* its other addresses would say the same, or we are leaving */
	else if (dial->running == 0)
		advance(dial);
}

void transport_dial_won(struct transport_conn *conn)
{
	struct transport_dial *dial = conn->dial;
	conn->dial = NULL;
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
	if (dial->ask != 0)
		pu_client_cancel(pu_host_client(dial->transport->host, PU_SERVICE_NAMING), dial->ask);
	peer->dial = NULL;
	if (dial->lookups > 0)
		dial->abandoned = true;
	else
		pu_free(dial);
}

/* ---- beginning ---- */

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
	for (size_t i = 0; i < addresses.len; i++)
		add_address(dial, addresses.items[i]);
	struct pu_naming_addresses ask = {.peer = peer->text};
	dial->ask =
	    pu_client_ask(pu_host_client(dial->transport->host, PU_SERVICE_NAMING),
	                  PU_MSG_NAMING_ADDRESSES, &ask, PU_ASK_DEADLINE_MS, on_addresses, dial);
}
