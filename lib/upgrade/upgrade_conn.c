/* Knows how a connection begins and ends, and how it looks to a host that does not care what
 * carries it. */
#include <string.h>

#include "base/alloc.h"
#include "upgrade/upgrade_state.h"

static struct pu_upgraded *conn_of(const struct pu_mux *mux)
{
	return PU_CONTAINER_OF((struct pu_mux *)(uintptr_t)mux, struct pu_upgraded, base);
}

/* ---- beginning ---- */

static enum pu_err may_begin(struct pu_upgrader *upgrader, const struct pu_upgrade *how)
{
	const struct pu_upgrader_config *config = &upgrader->config;

	if (how->kind == PU_CARRIER_WSS &&
	    (how->initiator ? config->web_client : config->web_server) == NULL)
		return PU_EUNSUPPORTED;
	if (upgrader->closed || upgrader->stats.conns >= config->conns_max ||
	    upgrader->pool.used + upgrader->stats.memory >= config->memory_max)
		return PU_ELIMIT;
	if (!how->initiator && upgrader->stats.handshakes >= config->handshakes_max)
		return PU_ELIMIT;
	return PU_OK;
}

static struct pu_upgraded *conn_alloc(struct pu_upgrader *upgrader,
                                      const struct pu_upgrade *how)
{
	struct pu_upgraded *conn = PU_NEW(struct pu_upgraded);
	bool is_web = how->kind == PU_CARRIER_WS || how->kind == PU_CARRIER_WSS;

	conn->base.ops = &pu_upgraded_mux_ops;
	conn->base.user = how->user;
	conn->upgrader = upgrader;
	conn->ops = how->ops;
	conn->carrier = how->carrier;
	conn->kind = how->kind;
	conn->initiator = how->initiator;
	conn->has_expected = how->expected != NULL;
	if (conn->has_expected)
		conn->expected = *how->expected;
	if (how->initiator && is_web && how->host != NULL)
		conn->host = pu_strdup(how->host);
	if (how->initiator && is_web && how->server_name != NULL)
		conn->server_name = pu_strdup(how->server_name);
	conn->why.reason = conn->reason;
	conn->handshake_until = upgrader->now + upgrader->config.handshake_timeout;
	pu_buffer_init(&conn->waiting, PU_UPGRADE_WAITING_MAX);
	pu_list_append(&upgrader->conns, &conn->in_upgrader);
	upgrader->stats.conns++;
	return conn;
}

enum pu_err pu_upgraded_new(struct pu_upgrader *upgrader, uint64_t now,
                            const struct pu_upgrade *how, struct pu_upgraded **out)
{
	enum pu_err err = may_begin(upgrader, how);

	if (err != PU_OK) {
		upgrader->stats.refused++;
		return err;
	}
	pu_upgrader_tick(upgrader, now);
	struct pu_upgraded *conn = conn_alloc(upgrader, how);
	conn->counted = !how->initiator;
	upgrader->stats.handshakes += conn->counted;
	err = pu_upgraded_begin(conn);
	if (err != PU_OK) {
		pu_upgraded_free(conn);
		upgrader->stats.refused++;
		return err;
	}
	*(how->initiator ? &upgrader->stats.dialled : &upgrader->stats.accepted) += 1;
	pu_upgraded_write(conn);
	pu_upgraded_arm(conn);
	*out = conn;
	return PU_OK;
}

struct pu_mux *pu_upgraded_mux(struct pu_upgraded *conn)
{
	return &conn->base;
}

/* ---- end ---- */

void pu_upgraded_free(struct pu_upgraded *conn)
{
	struct pu_upgrader *upgrader = conn->upgrader;

	pu_yamux_free(conn->yamux);
	pu_list_remove(&conn->in_upgrader);
	pu_list_remove(&conn->in_dirty);
	pu_heap_remove(&upgrader->deadlines, &conn->timer);
	for (unsigned i = conn->layers_len; i-- > 0;) {
		pu_secure_free(conn->layers[i].secure);
		upgrader->stats.memory -= conn->layers[i].partial.len;
		pu_buffer_fini(&conn->layers[i].partial);
	}
	pu_free(conn->select);
	pu_upgraded_drop_waiting(conn);
	pu_free(conn->host);
	pu_free(conn->server_name);
	upgrader->stats.handshakes -= conn->counted;
	upgrader->stats.conns--;
	pu_free(conn);
}

/* Other people's text for our logs. */
static void set_reason(struct pu_upgraded *conn, const char *text)
{
	size_t len = strlen(text);

	if (len > PU_MUX_REASON_MAX)
		len = PU_MUX_REASON_MAX;
	for (size_t i = 0; i < len; i++)
		conn->reason[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	conn->reason[len] = '\0';
}

void pu_upgraded_end(struct pu_upgraded *conn, const struct pu_mux_end *why)
{
	if (conn->stage == UPGRADE_ENDING)
		return;
	if (conn->stage < UPGRADE_UP)
		conn->upgrader->stats.failed++;
	conn->stage = UPGRADE_ENDING;
	set_reason(conn, why->reason != NULL ? why->reason : "");
	conn->why = *why;
	conn->why.reason = conn->reason;
	pu_heap_remove(&conn->upgrader->deadlines, &conn->timer);
	pu_upgraded_wake(conn);
}

void pu_upgraded_fail(struct pu_upgraded *conn, enum pu_err err, const char *reason)
{
	pu_upgraded_end(conn, &(struct pu_mux_end){.err = err, .reason = reason});
}

static void close_conn(struct pu_mux *mux, uint64_t app_code, const char *reason)
{
	struct pu_upgraded *conn = conn_of(mux);

	if (conn->stage == UPGRADE_ENDING)
		return;
	if (conn->yamux != NULL)
		pu_yamux_goaway(conn->yamux, (uint32_t)app_code);
	pu_upgraded_end(conn, &(struct pu_mux_end){.err = app_code == 0 ? PU_OK : PU_ECLOSED,
	                                           .app = true,
	                                           .code = app_code,
	                                           .reason = reason});
}

/* ---- being looked at ---- */

void pu_upgraded_wake(struct pu_upgraded *conn)
{
	struct pu_upgrader *upgrader = conn->upgrader;
	bool had_share = conn->turn == upgrader->turn && conn->spent >= PU_UPGRADE_BUDGET;

	if (!pu_list_linked(&conn->in_dirty))
		pu_list_append(had_share ? &upgrader->later : &upgrader->dirty, &conn->in_dirty);
}

/* A deadline that moves away, as the keep-alive does with all that is heard, leaves the timer
 * where it is: an early call costs less than to move it each time. */
void pu_upgraded_arm(struct pu_upgraded *conn)
{
	struct pu_heap *heap = &conn->upgrader->deadlines;
	uint64_t at = conn->stage < UPGRADE_UP ? conn->handshake_until
	              : conn->yamux != NULL    ? pu_yamux_deadline(conn->yamux)
	                                       : UINT64_MAX;

	if (at == UINT64_MAX)
		pu_heap_remove(heap, &conn->timer);
	else if (conn->timer.index == 0 || conn->timer.key > at)
		pu_heap_set(heap, &conn->timer, at);
}

/* ---- as any connection ---- */

static enum pu_err open_stream(struct pu_mux *mux, struct pu_stream **out)
{
	struct pu_upgraded *conn = conn_of(mux);

	return conn->stage == UPGRADE_UP ? pu_yamux_open(conn->yamux, out) : PU_ECLOSED;
}

static bool is_up(const struct pu_mux *mux)
{
	return conn_of(mux)->stage == UPGRADE_UP;
}

static const struct pu_peer_id *peer(const struct pu_mux *mux)
{
	const struct pu_upgraded *conn = conn_of(mux);

	return conn->has_peer ? &conn->peer : NULL;
}

static void info(struct pu_mux *mux, struct pu_mux_info *out)
{
	const struct pu_upgraded *conn = conn_of(mux);
	struct pu_yamux_info yamux = {0};

	if (conn->yamux != NULL)
		pu_yamux_info(conn->yamux, &yamux);
	*out =
	    (struct pu_mux_info){.rtt_ns = yamux.rtt_ns,
	                         .bytes_in = conn->bytes_in,
	                         .bytes_out = conn->bytes_out,
	                         .streams = yamux.streams,
	                         .send_buffered = yamux.send_buffered + pu_upgraded_waiting(conn),
	                         .recv_buffered = yamux.recv_buffered,
	                         .memory = sizeof(*conn) + yamux.memory};
}

const struct pu_mux_ops pu_upgraded_mux_ops = {
    .open = open_stream,
    .close = close_conn,
    .is_up = is_up,
    .peer = peer,
    .info = info,
};

/* ---- events of yamux ---- */

static void on_stream_new(void *user, struct pu_stream *stream)
{
	struct pu_upgraded *conn = user;

	conn->upgrader->cb->on_stream_new(conn->upgrader->user, &conn->base, stream);
}

static void on_stream_data(void *user, struct pu_stream *stream)
{
	const struct pu_upgraded *conn = user;

	conn->upgrader->cb->on_stream_data(conn->upgrader->user, stream);
}

static void on_stream_writable(void *user, struct pu_stream *stream)
{
	const struct pu_upgraded *conn = user;

	conn->upgrader->cb->on_stream_writable(conn->upgrader->user, stream);
}

static void on_stream_stopped(void *user, struct pu_stream *stream)
{
	const struct pu_upgraded *conn = user;

	conn->upgrader->cb->on_stream_stopped(conn->upgrader->user, stream);
}

static void on_streams_available(void *user)
{
	struct pu_upgraded *conn = user;

	conn->upgrader->cb->on_streams_available(conn->upgrader->user, &conn->base);
}

static void wake(void *user)
{
	pu_upgraded_wake(user);
}

const struct pu_yamux_callbacks pu_upgraded_yamux_callbacks = {
    .on_stream_new = on_stream_new,
    .on_stream_data = on_stream_data,
    .on_stream_writable = on_stream_writable,
    .on_stream_stopped = on_stream_stopped,
    .on_streams_available = on_streams_available,
    .wake = wake,
};
