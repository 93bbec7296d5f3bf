/* Knows the turn: which connections have something to tell or to send, and when the next one
 * wants to be called. */
#include "base/alloc.h"
#include "base/clock.h"
#include "mux/yamux_frame.h"
#include "upgrade/upgrade_state.h"

#define TRIM_INTERVAL (10 * PU_NS_PER_S)

static struct pu_tls_context *hold(struct pu_tls_context *context)
{
	return context != NULL ? pu_tls_context_hold(context) : NULL;
}

struct pu_upgrader *pu_upgrader_new(const struct pu_upgrader_config *config,
                                    const struct pu_upgrade_callbacks *callbacks, void *user)
{
	struct pu_upgrader *upgrader = PU_NEW(struct pu_upgrader);

	upgrader->config = *config;
	upgrader->config.tls = hold(config->tls);
	upgrader->config.web_server = hold(config->web_server);
	upgrader->config.web_client = hold(config->web_client);
	upgrader->config.yamux.pool = &upgrader->pool;
	upgrader->config.yamux.pool_max = config->memory_max;
	upgrader->cb = callbacks;
	upgrader->user = user;
	pu_list_init(&upgrader->conns);
	pu_list_init(&upgrader->dirty);
	pu_list_init(&upgrader->later);
	pu_heap_init(&upgrader->deadlines);
	for (unsigned i = 0; i < PU_UPGRADE_LAYERS_MAX; i++) {
		upgrader->plain[i] = pu_alloc(PU_SECURE_PLAIN_MAX);
		upgrader->sealed[i] = pu_alloc(PU_UPGRADE_SEALED_MAX);
	}
	upgrader->run = pu_alloc(PU_UPGRADE_RUN_MAX + PU_UPGRADE_RUN_ROOM);
	return upgrader;
}

void pu_upgrader_free(struct pu_upgrader *upgrader)
{
	struct pu_list_node *node;

	if (upgrader == NULL)
		return;
	upgrader->cb = NULL;
	while ((node = pu_list_first(&upgrader->conns)) != NULL)
		pu_upgraded_free(PU_LIST_ENTRY(node, struct pu_upgraded, in_upgrader));
	pu_tls_context_rele(upgrader->config.tls);
	pu_tls_context_rele(upgrader->config.web_server);
	pu_tls_context_rele(upgrader->config.web_client);
	pu_heap_fini(&upgrader->deadlines);
	pu_chunk_pool_fini(&upgrader->pool);
	for (unsigned i = 0; i < PU_UPGRADE_LAYERS_MAX; i++) {
		pu_free(upgrader->plain[i]);
		pu_free(upgrader->sealed[i]);
	}
	pu_free(upgrader->run);
	pu_free(upgrader);
}

void pu_upgrader_trust_web(struct pu_upgrader *upgrader, struct pu_tls_context *client)
{
	pu_tls_context_rele(upgrader->config.web_client);
	upgrader->config.web_client = hold(client);
}

bool pu_upgrader_trusts_web(const struct pu_upgrader *upgrader)
{
	return upgrader->config.web_client != NULL;
}

void pu_upgrader_shutdown(struct pu_upgrader *upgrader, uint64_t app_code, const char *reason)
{
	upgrader->closed = true;
	PU_LIST_FOREACH(node, &upgrader->conns)
		pu_mux_close(&PU_LIST_ENTRY(node, struct pu_upgraded, in_upgrader)->base, app_code,
		             reason);
}

/* ---- events ---- */

/* The last words, as far as the carrier takes them now: a session that ends by itself says
 * that it is not the peer's fault. */
static void say_goodbye(struct pu_upgraded *conn)
{
	struct iovec pieces[PU_UPGRADE_PIECES_MAX];

	if (conn->input_ended || conn->blocked || conn->layers_len == 0)
		return;
	if (conn->yamux != NULL) {
		struct pu_secure *top = conn->layers[conn->layers_len - 1].secure;
		size_t count;

		pu_yamux_goaway(conn->yamux, PU_YAMUX_INTERNAL_ERROR);
		count = pu_yamux_output(conn->yamux, conn->upgrader->now, pieces, PU_UPGRADE_PIECES_MAX,
		                        top->ops->record_plain_max);
		if (count > 0)
			pu_upgraded_push(conn, conn->layers_len, pieces, count);
		if (count > 0)
			pu_yamux_sent(conn->yamux);
		for (unsigned depth = conn->layers_len; depth-- > 0;) {
			pu_secure_end(conn->layers[depth].secure);
			pu_upgraded_push_layer(conn, depth);
		}
	}
	pu_upgraded_write(conn);
}

static void bury(struct pu_upgraded *conn)
{
	struct pu_upgrader *upgrader = conn->upgrader;

	say_goodbye(conn);
	if (conn->yamux != NULL)
		pu_yamux_lost(conn->yamux);
	upgrader->cb->on_conn_down(upgrader->user, &conn->base, &conn->why);
	pu_upgraded_free(conn);
}

static void tell(struct pu_upgraded *conn)
{
	struct pu_upgrader *upgrader = conn->upgrader;

	if (conn->turn != upgrader->turn)
		conn->spent = 0;
	conn->turn = upgrader->turn;
	if (conn->stage == UPGRADE_UP && !conn->told_up) {
		conn->told_up = true;
		upgrader->cb->on_conn_up(upgrader->user, &conn->base);
	}
	if (conn->told_up)
		pu_yamux_deliver(conn->yamux);
	if (conn->stage == UPGRADE_UP)
		pu_upgraded_produce(conn);
	if (conn->stage == UPGRADE_ENDING)
		bury(conn);
	else
		pu_upgraded_arm(conn);
}

static void trim(struct pu_upgrader *upgrader)
{
	if (upgrader->now < upgrader->trim_at)
		return;
	upgrader->trim_at = upgrader->now + TRIM_INTERVAL;
	pu_chunk_pool_trim(&upgrader->pool);
}

void pu_upgrader_flush(struct pu_upgrader *upgrader, uint64_t now)
{
	struct pu_list_node *node;

	pu_upgrader_tick(upgrader, now);
	upgrader->turn++;
	while ((node = pu_list_first(&upgrader->later)) != NULL) {
		pu_list_remove(node);
		pu_list_append(&upgrader->dirty, node);
	}
	while ((node = pu_list_first(&upgrader->dirty)) != NULL) {
		pu_list_remove(node);
		tell(PU_LIST_ENTRY(node, struct pu_upgraded, in_dirty));
	}
	trim(upgrader);
}

bool pu_upgrader_busy(const struct pu_upgrader *upgrader)
{
	return !pu_list_empty(&upgrader->dirty) || !pu_list_empty(&upgrader->later);
}

/* ---- time ---- */

uint64_t pu_upgrader_deadline(const struct pu_upgrader *upgrader)
{
	const struct pu_heap_node *next = pu_heap_min(&upgrader->deadlines);
	uint64_t deadline = next != NULL ? next->key : UINT64_MAX;

	if (pu_chunk_pool_spare(&upgrader->pool) > 0 && upgrader->trim_at < deadline)
		return upgrader->trim_at;
	return deadline;
}

static void expire_conn(struct pu_upgraded *conn)
{
	if (conn->stage < UPGRADE_UP) {
		pu_upgraded_fail(conn, PU_ETIMEOUT, "the handshake took too long");
		return;
	}
	if (conn->stage == UPGRADE_UP && pu_yamux_expire(conn->yamux, conn->upgrader->now) != PU_OK)
		pu_upgraded_fail(conn, PU_ETIMEOUT, "the peer does not answer any more");
	pu_upgraded_wake(conn);
}

void pu_upgrader_expire(struct pu_upgrader *upgrader, uint64_t now)
{
	struct pu_heap_node *next;

	pu_upgrader_tick(upgrader, now);
	while ((next = pu_heap_min(&upgrader->deadlines)) != NULL && next->key <= upgrader->now) {
		pu_heap_remove(&upgrader->deadlines, next);
		expire_conn(PU_CONTAINER_OF(next, struct pu_upgraded, timer));
	}
	trim(upgrader);
}

static size_t streams_of(const struct pu_upgraded *conn)
{
	struct pu_yamux_info info = {0};

	if (conn->yamux != NULL)
		pu_yamux_info(conn->yamux, &info);
	return info.streams;
}

void pu_upgrader_stats(const struct pu_upgrader *upgrader, struct pu_upgrader_stats *out)
{
	*out = upgrader->stats;
	PU_LIST_FOREACH(node, &upgrader->conns)
		out->streams += streams_of(PU_LIST_ENTRY(node, struct pu_upgraded, in_upgrader));
	out->memory += upgrader->pool.used;
}
