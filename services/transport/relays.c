/* Knows what state each relay that we use is in, when to try again and when to renew, and which
 * of them is worth most. */
#include "relays.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "dial.h"
#include "identify.h"
#include "p2p/relay_message.h"
#include "relay_client.h"
#include "transport.h"
#include "watch.h"

enum relay_state {
	RELAY_CONNECTING,
	RELAY_CONNECTED, /* the reservation is asked for */
	RELAY_RESERVED,
	RELAY_BACKOFF,
	RELAY_REFUSED, /* the relay, or our own policy, says no */
};

static const char *const state_names[] = {
    [RELAY_CONNECTING] = "connecting", [RELAY_CONNECTED] = "connected",
    [RELAY_RESERVED] = "reserved",     [RELAY_BACKOFF] = "backoff",
    [RELAY_REFUSED] = "refused",
};

struct relay {
	struct transport_relays *relays;
	struct transport_peer *peer;                      /* held */
	const char *addresses[TRANSPORT_RELAY_ADDRS_MAX]; /* configured; owned */
	size_t addresses_len;
	enum relay_state state;
	struct transport_waiter waiter;
	struct transport_relay_ask *ask;
	struct transport_conn *conn;    /* what the reservation lives with */
	struct transport_deadline next; /* try again, or renew */
	uint64_t next_at_ms;            /* when it fires */
	uint64_t down_since_ms;         /* 0: reserved */
	uint64_t reserved_since_ms;     /* the last time */
	unsigned short_lived;           /* reservations in a row that soon were lost */
	bool left;                      /* it said that it serves no more */
	uint64_t reserved_until_ms;
	struct pu_relay_limit limit;
	struct pu_multiaddr addrs[TRANSPORT_RELAY_ADDRS_MAX]; /* ours through it */
	char *texts[TRANSPORT_RELAY_ADDRS_MAX];               /* the same */
	const char *views[TRANSPORT_RELAY_ADDRS_MAX];
	size_t addrs_len;
	char error[256];
};

struct transport_relays {
	struct transport *transport;
	struct relay *items[TRANSPORT_RELAYS_MAX];
	size_t len;
};

static void try(struct relay *relay);

static uint64_t now_of(const struct relay *relay)
{
	return transport_timers_now(&relay->relays->transport->timers);
}

static void set_state(struct relay *relay, enum relay_state state)
{
	struct transport *transport = relay->relays->transport;
	if (relay->state == state && state != RELAY_BACKOFF)
		return;
	relay->state = state;
	struct pu_relay_state event = {
	    .peer_id = relay->peer->text, .state = state_names[state], .reason = relay->error};
	pu_info("relay.state", "relay=%s state=%s reason=%s", event.peer_id, event.state,
	        event.reason[0] != '\0' ? event.reason : "-");
	pu_host_publish(transport->host, PU_MSG_RELAY_STATE, &event);
}

/* ---- our addresses through it ---- */

static void free_texts(char **texts, size_t len)
{
	for (size_t i = 0; i < len; i++)
		pu_free(texts[i]);
}

static void drop_addrs(struct relay *relay)
{
	free_texts(relay->texts, relay->addrs_len);
	relay->addrs_len = 0;
}

/* Peers and our own record hear of it. */
static void addrs_changed(struct transport *transport)
{
	transport_identity_sign_record(transport);
	transport_push_later(transport);
}

static void add_addr(struct relay *relay, const struct pu_multiaddr *of_relay)
{
	struct pu_multiaddr addr;
	char text[PU_MULTIADDR_TEXT_MAX];
	if (relay->addrs_len == TRANSPORT_RELAY_ADDRS_MAX ||
	    pu_relay_addr_circuit(of_relay, NULL, &addr) != PU_OK)
		return;
	relay->addrs[relay->addrs_len] = addr;
	relay->texts[relay->addrs_len] = pu_strdup(pu_multiaddr_print(&addr, text));
	relay->views[relay->addrs_len] = relay->texts[relay->addrs_len];
	relay->addrs_len++;
}

/* What the relay says of itself; else what we were told of it. */
static void list_addrs(struct relay *relay, const struct transport_reservation *reservation)
{
	struct pu_multiaddr addr;
	for (size_t i = 0; i < reservation->addrs.count; i++)
		add_addr(relay, &reservation->addrs.addrs[i]);
	for (size_t i = 0; relay->addrs_len == 0 && i < relay->addresses_len; i++)
		if (pu_multiaddr_parse(relay->addresses[i], &addr) == PU_OK)
			add_addr(relay, &addr);
}

/* Answers whether they are others than before. */
static bool take_addrs(struct relay *relay, const struct transport_reservation *reservation)
{
	char *old[TRANSPORT_RELAY_ADDRS_MAX];
	size_t old_len = relay->addrs_len, same = 0;
	memcpy(old, relay->texts, sizeof(old));
	relay->addrs_len = 0;
	list_addrs(relay, reservation);
	while (same < old_len && same < relay->addrs_len &&
	       strcmp(old[same], relay->texts[same]) == 0)
		same++;
	free_texts(old, old_len);
	return same != old_len || same != relay->addrs_len;
}

/* ---- the way to a reservation ---- */

static void on_next(struct transport_deadline *deadline)
{
	try(PU_CONTAINER_OF(deadline, struct relay, next));
}

static void next_in(struct relay *relay, uint64_t delay_ms)
{
	relay->next_at_ms = now_of(relay) + delay_ms;
	transport_deadline_set(&relay->relays->transport->timers, &relay->next, delay_ms, on_next);
}

/* The longer it has been away, the longer the pause, so that a relay that comes back is used
 * again soon, and one that does not is not bothered. */
static uint64_t pause_ms(const struct relay *relay)
{
	uint64_t away = now_of(relay) - relay->down_since_ms;
	uint64_t pause = away / TRANSPORT_RELAY_PAUSE_SHARE;
	if (pause < TRANSPORT_RECONNECT_BASE_MS)
		pause = TRANSPORT_RECONNECT_BASE_MS;
	if (pause > TRANSPORT_RECONNECT_MAX_MS)
		pause = TRANSPORT_RECONNECT_MAX_MS;
	return pause / 2 + pu_rand_uniform((uint32_t)(pause / 2) + 1);
}

static void note_down(struct relay *relay)
{
	if (relay->down_since_ms == 0)
		relay->down_since_ms = now_of(relay);
	relay->conn = NULL;
	relay->reserved_until_ms = 0;
	if (relay->addrs_len > 0) {
		drop_addrs(relay);
		addrs_changed(relay->relays->transport);
	}
}

static void fail(struct relay *relay, enum pu_err err, const char *text)
{
	bool refused = pu_err_is_denial(err) || err == PU_EREFUSED;
	note_down(relay);
	snprintf(relay->error, sizeof(relay->error), "%s", text);
	set_state(relay, refused ? RELAY_REFUSED : RELAY_BACKOFF);
	next_in(relay, pause_ms(relay));
}

/* Well before it ends, and not all nodes at once. */
static uint64_t renew_ms(uint64_t ttl_ms)
{
	uint64_t at = ttl_ms / 4 * 3;
	if (ttl_ms > 2 * TRANSPORT_RELAY_RENEW_BEFORE_MS &&
	    ttl_ms - TRANSPORT_RELAY_RENEW_BEFORE_MS < at)
		at = ttl_ms - TRANSPORT_RELAY_RENEW_BEFORE_MS;
	return at - at / 8 + pu_rand_uniform((uint32_t)(at / 8) + 1);
}

/* Asked again it may say something else. */
static bool may_pass(enum pu_err err)
{
	return err == PU_ETIMEOUT || err == PU_EREFUSED || err == PU_ELIMIT || err == PU_EAGAIN ||
	       err == PU_ECLOSED;
}

/* A reservation that could not be renewed just now goes on to its end, which leaves time to try
 * again. */
static void not_reserved(struct relay *relay, enum pu_err err, const char *text)
{
	uint64_t now = now_of(relay);
	uint64_t left = relay->reserved_until_ms > now ? relay->reserved_until_ms - now : 0;
	if (relay->state != RELAY_RESERVED || left < TRANSPORT_RECONNECT_BASE_MS ||
	    !may_pass(err)) {
		fail(relay, err, text);
		return;
	}
	pu_warn("relay.renewal", "relay=%s code=%s reason=%s", relay->peer->text, pu_err_code(err),
	        text);
	next_in(relay,
	        left / 2 < TRANSPORT_RECONNECT_MAX_MS ? left / 2 : TRANSPORT_RECONNECT_MAX_MS);
}

/* Clocks differ, and the relay may say what it likes: neither is it asked all the time, nor
 * never again. */
static uint64_t believed_ttl_ms(uint64_t expires_s)
{
	uint64_t now_s = pu_unix_ms() / 1000;
	uint64_t ttl_s = expires_s > now_s ? expires_s - now_s : 0;
	if (ttl_s == 0)
		return TRANSPORT_RELAY_TTL_UNSURE_MS;
	if (ttl_s < TRANSPORT_RELAY_TTL_MIN_MS / 1000)
		return TRANSPORT_RELAY_TTL_MIN_MS;
	if (ttl_s > TRANSPORT_RELAY_TTL_MAX_MS / 1000)
		return TRANSPORT_RELAY_TTL_MAX_MS;
	return ttl_s * 1000;
}

static void on_reserved(void *user, const struct transport_reservation *reservation,
                        enum pu_err err, const char *text)
{
	struct relay *relay = user;
	relay->ask = NULL;
	if (reservation == NULL) {
		not_reserved(relay, err, text);
		return;
	}
	uint64_t ttl_ms = believed_ttl_ms(reservation->expires_s);
	bool renewed = relay->state == RELAY_RESERVED;
	relay->down_since_ms = 0;
	relay->error[0] = '\0';
	relay->reserved_until_ms = now_of(relay) + ttl_ms;
	relay->limit = reservation->limit;
	if (take_addrs(relay, reservation))
		addrs_changed(relay->relays->transport);
	set_state(relay, RELAY_RESERVED);
	next_in(relay, renew_ms(ttl_ms));
	if (renewed)
		return;
	relay->reserved_since_ms = now_of(relay);
	transport_swarm_retry(relay->relays->transport); /* it may lead to peers */
}

static struct pu_strings addresses_of(const struct relay *relay)
{
	return (struct pu_strings){relay->addresses, relay->addresses_len};
}

/* It has come to us through another relay, and reserves nothing for who comes that way. Once
 * connected it is found at the next try. */
static void dial_directly(struct relay *relay)
{
	if (relay->peer->dial == NULL)
		transport_dial_start(relay->peer, addresses_of(relay));
}

static void on_connected(struct transport_waiter *waiter, struct transport_conn *conn,
                         enum pu_err err, const char *text)
{
	struct relay *relay = PU_CONTAINER_OF(waiter, struct relay, waiter);
	if (conn == NULL) {
		fail(relay, err, text);
		return;
	}
	if (conn->carrier == PU_CARRIER_NONE) {
		dial_directly(relay);
		fail(relay, PU_EUNREACHABLE, "it is reached through another relay only");
		return;
	}
	if (relay->state != RELAY_RESERVED)
		set_state(relay, RELAY_CONNECTED);
	relay->conn = conn;
	transport_watch(conn);
	relay->ask = transport_relay_reserve(conn, on_reserved, relay);
}

/* For the first time, again, or to renew. */
static void try(struct relay *relay)
{
	if (relay->ask != NULL || pu_list_linked(&relay->waiter.node) ||
	    relay->relays->transport->draining)
		return;
	transport_deadline_clear(&relay->relays->transport->timers, &relay->next);
	if (relay->state != RELAY_RESERVED)
		set_state(relay, RELAY_CONNECTING);
	relay->waiter.done = on_connected;
	transport_peer_connect(relay->peer, &relay->waiter, addresses_of(relay), 0);
}

/* One that grants and closes at once is not asked all the time. */
static uint64_t pause_after_loss(struct relay *relay)
{
	bool lived = relay->state == RELAY_RESERVED &&
	             now_of(relay) - relay->reserved_since_ms >= TRANSPORT_RELAY_HEALTHY_MS;
	if (lived)
		relay->short_lived = 0;
	if (relay->short_lived == 0) {
		relay->short_lived += !lived;
		return pu_rand_uniform(TRANSPORT_RELAY_AGAIN_MS);
	}
	return pu_backoff_ms(relay->short_lived++ - 1, TRANSPORT_RECONNECT_BASE_MS,
	                     TRANSPORT_RECONNECT_MAX_MS);
}

static void lose(struct relay *relay, const char *text)
{
	uint64_t pause = pause_after_loss(relay);
	transport_relay_cancel(relay->ask);
	relay->ask = NULL;
	snprintf(relay->error, sizeof(relay->error), "%s", text);
	note_down(relay);
	set_state(relay, RELAY_BACKOFF);
	next_in(relay, pause);
}

void transport_relays_conn_down(struct transport_relays *relays,
                                const struct transport_conn *conn)
{
	for (size_t i = 0; relays != NULL && i < relays->len; i++) {
		struct relay *relay = relays->items[i];
		if (relay->conn == conn)
			lose(relay, "the connection to it was lost");
	}
}

void transport_relays_identified(struct transport_relays *relays,
                                 const struct transport_conn *conn)
{
	bool serves = transport_conn_lists(conn, PU_RELAY_HOP_PROTOCOL);
	for (size_t i = 0; relays != NULL && i < relays->len; i++) {
		struct relay *relay = relays->items[i];
		if (relay->peer != conn->peer)
			continue;
		if (serves && relay->left)
			next_in(relay, 0);
		if (!serves && relay->conn == conn && relay->state == RELAY_RESERVED)
			lose(relay, "it is no relay any more");
		relay->left = !serves;
	}
}

void transport_relays_retry(struct transport_relays *relays)
{
	for (size_t i = 0; relays != NULL && i < relays->len; i++)
		if (relays->items[i]->state != RELAY_RESERVED)
			next_in(relays->items[i], 0);
}

/* ---- which there are ---- */

static struct relay *find(const struct transport_relays *relays, const struct pu_peer_id *id)
{
	for (size_t i = 0; relays != NULL && i < relays->len; i++)
		if (pu_peer_id_eq(&relays->items[i]->peer->id, id))
			return relays->items[i];
	return NULL;
}

static void relay_free(struct relay *relay)
{
	struct transport *transport = relay->relays->transport;
	transport_waiter_cancel(&relay->waiter);
	transport_relay_cancel(relay->ask);
	transport_deadline_clear(&transport->timers, &relay->next);
	drop_addrs(relay);
	for (size_t i = 0; i < relay->addresses_len; i++)
		pu_free((char *)(uintptr_t)relay->addresses[i]);
	transport_peer_rele(relay->peer);
	pu_free(relay);
}

static void add(struct transport_relays *relays, const char *address)
{
	struct transport *transport = relays->transport;
	struct pu_multiaddr addr;
	struct pu_peer_id id;
	if (pu_multiaddr_parse(address, &addr) != PU_OK || pu_multiaddr_peer(&addr, &id) != PU_OK ||
	    pu_peer_id_eq(&id, &transport->identity.peer))
		return;
	struct relay *relay = find(relays, &id);
	if (relay == NULL) {
		struct transport_peer *peer =
		    relays->len < TRANSPORT_RELAYS_MAX ? transport_swarm_peer(transport, &id) : NULL;
		if (peer == NULL)
			return;
		relay = PU_NEW(struct relay);
		relay->relays = relays;
		relay->peer = peer;
		transport_peer_hold(peer);
		relay->down_since_ms = transport_timers_now(&transport->timers);
		relays->items[relays->len++] = relay;
		next_in(relay, 0);
	}
	if (relay->addresses_len < TRANSPORT_RELAY_ADDRS_MAX)
		relay->addresses[relay->addresses_len++] = pu_strdup(address);
}

static void begin(struct transport_relays *relays)
{
	const struct pu_strings *addresses =
	    &pu_host_config(relays->transport->host)->relay.addresses;
	for (size_t i = 0; i < addresses->len; i++)
		add(relays, addresses->items[i]);
}

static void end(struct transport_relays *relays)
{
	for (size_t i = 0; i < relays->len; i++)
		relay_free(relays->items[i]);
	relays->len = 0;
}

struct transport_relays *transport_relays_new(struct transport *transport)
{
	struct transport_relays *relays = PU_NEW(struct transport_relays);
	relays->transport = transport;
	begin(relays);
	return relays;
}

void transport_relays_free(struct transport_relays *relays)
{
	if (relays == NULL)
		return;
	end(relays);
	pu_free(relays);
}

void transport_relays_reload(struct transport_relays *relays)
{
	end(relays);
	begin(relays);
	addrs_changed(relays->transport);
}

bool transport_relays_has(const struct transport_relays *relays, const struct pu_peer_id *id)
{
	return find(relays, id) != NULL;
}

/* ---- which is best ---- */

static uint64_t rtt_of(const struct relay *relay)
{
	struct pu_mux_info info = {0};
	if (relay->conn != NULL && pu_mux_is_up(relay->conn->mux))
		pu_mux_info(relay->conn->mux, &info);
	return info.rtt_ns != 0 ? info.rtt_ns : UINT64_MAX;
}

static int compare(const void *left, const void *right)
{
	const struct relay *a = *(struct relay *const *)left, *b = *(struct relay *const *)right;
	bool reserved[2] = {a->state == RELAY_RESERVED, b->state == RELAY_RESERVED};
	if (reserved[0] != reserved[1])
		return reserved[0] ? -1 : 1;
	uint64_t rtts[2] = {rtt_of(a), rtt_of(b)};
	if (rtts[0] != rtts[1])
		return rtts[0] < rtts[1] ? -1 : 1;
	return strcmp(a->peer->text, b->peer->text);
}

/* The best first; answers how many. */
static size_t ranked(const struct transport_relays *relays,
                     struct relay *out[TRANSPORT_RELAYS_MAX])
{
	if (relays == NULL || relays->len == 0)
		return 0;
	memcpy(out, relays->items, relays->len * sizeof(struct relay *));
	qsort(out, relays->len, sizeof(struct relay *), compare);
	return relays->len;
}

size_t transport_relays_list(const struct transport_relays *relays, struct pu_multiaddr *out,
                             size_t max)
{
	struct relay *best[TRANSPORT_RELAYS_MAX];
	size_t count = ranked(relays, best), len = 0;
	for (size_t i = 0; i < count && len < max; i++) {
		struct pu_multiaddr addr = {0};
		if (pu_multiaddr_add_peer(&addr, &best[i]->peer->id) == PU_OK)
			out[len++] = addr;
	}
	return len;
}

size_t transport_relays_addrs(const struct transport_relays *relays, struct pu_multiaddr *out,
                              size_t max)
{
	struct relay *best[TRANSPORT_RELAYS_MAX];
	size_t count = ranked(relays, best), len = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < best[i]->addrs_len && len < max; j++)
			out[len++] = best[i]->addrs[j];
	return len;
}

void transport_relays_connect(struct transport_peer *peer, const struct pu_multiaddr *also,
                              struct transport_waiter *waiter)
{
	const struct relay *relay = find(peer->transport->relays, &peer->id);
	const char *addresses[TRANSPORT_RELAY_ADDRS_MAX + 1];
	char text[PU_MULTIADDR_TEXT_MAX];
	size_t len = 0;
	for (size_t i = 0; relay != NULL && i < relay->addresses_len; i++)
		addresses[len++] = relay->addresses[i];
	if (pu_multiaddr_carrier(also) != PU_CARRIER_NONE)
		addresses[len++] = pu_multiaddr_print(also, text);
	transport_peer_connect(peer, waiter, (struct pu_strings){addresses, len}, 0);
}

/* ---- telling ---- */

static uint64_t left_ms(const struct relay *relay, uint64_t at_ms)
{
	uint64_t now = now_of(relay);
	return at_ms > now ? at_ms - now : 0;
}

static struct pu_relay_info describe(const struct relay *relay)
{
	uint64_t rtt = rtt_of(relay);
	bool waits = relay->state == RELAY_BACKOFF || relay->state == RELAY_REFUSED;
	return (struct pu_relay_info){
	    .peer_id = relay->peer->text,
	    .address = relay->addresses_len > 0 ? relay->addresses[0] : "",
	    .state = state_names[relay->state],
	    .error = relay->error,
	    .rtt_us = rtt != UINT64_MAX ? rtt / PU_NS_PER_US : 0,
	    .reserved_for_ms = left_ms(relay, relay->reserved_until_ms),
	    .retry_ms = waits ? left_ms(relay, relay->next_at_ms) : 0,
	    .duration_ms = pu_relay_limit_duration_ms(&relay->limit),
	    .data = relay->limit.data,
	    .addresses = {relay->views, relay->addrs_len},
	};
}

size_t transport_relays_describe(const struct transport_relays *relays,
                                 struct pu_relay_info *out, size_t max)
{
	struct relay *best[TRANSPORT_RELAYS_MAX];
	size_t count = ranked(relays, best);
	for (size_t i = 0; i < count && i < max; i++) {
		out[i] = describe(best[i]);
		out[i].best = i == 0 && best[i]->state == RELAY_RESERVED;
	}
	return count < max ? count : max;
}
