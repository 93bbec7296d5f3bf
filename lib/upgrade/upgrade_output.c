/* Knows how bytes get down through the layers of a connection, and what happens when its
 * carrier does not take them. Plain bytes of streams are sealed straight into the run that is
 * handed to the carrier; nothing is kept but what the carrier left behind. */
#include <string.h>

#include "upgrade/upgrade_state.h"

/* ---- what waits ---- */

size_t pu_upgraded_waiting(const struct pu_upgraded *conn)
{
	return conn->waiting.len - conn->waiting_at;
}

void pu_upgraded_drop_waiting(struct pu_upgraded *conn)
{
	conn->upgrader->stats.memory -= pu_upgraded_waiting(conn);
	conn->waiting_at = 0;
	pu_buffer_fini(&conn->waiting);
}

static void wait_for_carrier(struct pu_upgraded *conn, const uint8_t *data, size_t len)
{
	pu_buffer_consume(&conn->waiting, conn->waiting_at);
	conn->waiting_at = 0;
	if (pu_buffer_append(&conn->waiting, data, len) != PU_OK)
		pu_upgraded_fail(conn, PU_ELIMIT, "the peer reads nothing and keeps asking");
	else
		conn->upgrader->stats.memory += len;
}

/* ---- the carrier ---- */

void pu_upgraded_write(struct pu_upgraded *conn)
{
	struct pu_upgrader *upgrader = conn->upgrader;
	size_t len = upgrader->run_len, taken = 0;

	upgrader->run_len = 0;
	if (len == 0)
		return;
	conn->bytes_out += len;
	if (conn->kind != PU_CARRIER_NONE)
		upgrader->stats.bytes_out += len;
	if (!conn->blocked)
		taken = conn->ops->write(conn->carrier, upgrader->run, len);
	if (taken == len)
		return;
	conn->blocked = true;
	wait_for_carrier(conn, upgrader->run + taken, len - taken);
}

void pu_upgraded_writable(struct pu_upgraded *conn, uint64_t now)
{
	pu_upgrader_tick(conn->upgrader, now);
	if (!conn->blocked)
		return;
	if (pu_upgraded_waiting(conn) > 0) {
		size_t taken = conn->ops->write(conn->carrier, conn->waiting.data + conn->waiting_at,
		                                pu_upgraded_waiting(conn));

		conn->waiting_at += taken;
		conn->upgrader->stats.memory -= taken;
	}
	if (pu_upgraded_waiting(conn) > 0)
		return;
	pu_upgraded_drop_waiting(conn);
	conn->blocked = false;
	pu_upgraded_wake(conn);
}

/* ---- layers ---- */

static void append_run(struct pu_upgraded *conn, const struct iovec *pieces, size_t count)
{
	struct pu_upgrader *upgrader = conn->upgrader;

	for (size_t i = 0; i < count; i++) {
		memcpy(upgrader->run + upgrader->run_len, pieces[i].iov_base, pieces[i].iov_len);
		upgrader->run_len += pieces[i].iov_len;
	}
}

/* One record of the layer below `depth`, which the pieces fit into. */
static void seal(struct pu_upgraded *conn, unsigned depth, const struct iovec *pieces,
                 size_t count)
{
	struct pu_upgrader *upgrader = conn->upgrader;
	struct pu_secure *secure = conn->layers[depth - 1].secure;
	bool last = depth == 1;
	uint8_t *out = last ? upgrader->run + upgrader->run_len : upgrader->sealed[depth - 1];
	size_t len = pu_secure_seal(secure, pieces, count, out);

	if (len == 0)
		pu_upgraded_fail(conn, PU_ECRYPTO, "the keys of the connection are used up");
	else if (last)
		upgrader->run_len += len;
	else
		pu_upgraded_push(conn, depth - 1, &(struct iovec){out, len}, 1);
}

void pu_upgraded_push(struct pu_upgraded *conn, unsigned depth, const struct iovec *pieces,
                      size_t count)
{
	size_t max;

	if (conn->upgrader->run_len > PU_UPGRADE_RUN_MAX)
		pu_upgraded_write(conn);
	if (depth == 0) {
		append_run(conn, pieces, count);
		return;
	}
	max = conn->layers[depth - 1].secure->ops->record_plain_max;
	if (count > 1 || pieces[0].iov_len <= max) {
		seal(conn, depth, pieces, count);
		return;
	}
	for (size_t off = 0; off < pieces[0].iov_len; off += max) {
		size_t left = pieces[0].iov_len - off;
		struct iovec piece = {(uint8_t *)pieces[0].iov_base + off, left < max ? left : max};

		seal(conn, depth, &piece, 1);
	}
}

void pu_upgraded_push_layer(struct pu_upgraded *conn, unsigned depth)
{
	struct pu_secure *secure = conn->layers[depth].secure;
	struct pu_bytes out;

	while ((out = pu_secure_output(secure)).len > 0) {
		pu_upgraded_push(conn, depth, &(struct iovec){(void *)(uintptr_t)out.data, out.len}, 1);
		pu_secure_written(secure, out.len);
	}
}

static size_t total(const struct iovec *pieces, size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += pieces[i].iov_len;
	return len;
}

void pu_upgraded_produce(struct pu_upgraded *conn)
{
	struct pu_secure *top = conn->layers[conn->layers_len - 1].secure;
	size_t count;
	struct iovec pieces[PU_UPGRADE_PIECES_MAX];

	while (!conn->blocked && conn->stage == UPGRADE_UP && conn->spent < PU_UPGRADE_BUDGET) {
		count = pu_yamux_output(conn->yamux, conn->upgrader->now, pieces, PU_UPGRADE_PIECES_MAX,
		                        top->ops->record_plain_max);
		if (count == 0)
			break;
		conn->spent += total(pieces, count);
		pu_upgraded_push(conn, conn->layers_len, pieces, count);
		pu_yamux_sent(conn->yamux);
		if (conn->upgrader->run_len >= PU_UPGRADE_RUN_MAX)
			pu_upgraded_write(conn);
	}
	pu_upgraded_write(conn);
	if (!conn->blocked && conn->stage == UPGRADE_UP && conn->spent >= PU_UPGRADE_BUDGET &&
	    pu_yamux_has_output(conn->yamux))
		pu_upgraded_wake(conn);
}
