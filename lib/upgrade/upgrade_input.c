/* Knows how received bytes get up through the layers of a connection. A record that has arrived
 * whole is opened from where it lies; only the beginning of one that has not is kept. */
#include <string.h>

#include "mux/yamux_frame.h"
#include "upgrade/upgrade_state.h"

static void feed(struct pu_upgraded *conn, unsigned depth, struct pu_bytes in);

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Of the codes only yamux's own have a meaning here; it has no text. */
static void end_by_goaway(struct pu_upgraded *conn)
{
	struct pu_mux_end why = {.err = PU_ECLOSED,
	                         .remote = true,
	                         .app = true,
	                         .code = pu_yamux_goaway_code(conn->yamux)};

	if (why.code == PU_YAMUX_NORMAL) {
		why.err = PU_OK;
	} else if (why.code == PU_YAMUX_PROTOCOL_ERROR || why.code == PU_YAMUX_INTERNAL_ERROR) {
		why.err = PU_EPROTOCOL;
		why.app = false;
		why.reason = why.code == PU_YAMUX_PROTOCOL_ERROR ? "the peer says that we broke yamux"
		                                                 : "the peer has an internal error";
	}
	pu_upgraded_end(conn, &why);
}

static void feed_yamux(struct pu_upgraded *conn, struct pu_bytes in)
{
	enum pu_err err = pu_yamux_input(conn->yamux, conn->upgrader->now, in);

	pu_upgraded_wake(conn);
	if (err == PU_ECLOSED)
		end_by_goaway(conn);
	else if (err != PU_OK)
		pu_upgraded_fail(conn, err, "the peer broke yamux");
}

/* What arrives above the last layer. */
static void feed_top(struct pu_upgraded *conn, struct pu_bytes in)
{
	while (in.len > 0 && conn->select != NULL) {
		unsigned layers = conn->layers_len;

		if (pu_upgraded_select(conn, &in) != PU_OK)
			return;
		if (conn->layers_len > layers) {
			feed(conn, layers, in);
			return;
		}
	}
	if (in.len > 0 && conn->yamux != NULL && conn->stage == UPGRADE_UP)
		feed_yamux(conn, in);
}

static void fail_layer(struct pu_upgraded *conn, unsigned depth)
{
	const struct pu_secure_result *result = pu_secure_result(conn->layers[depth].secure);

	pu_upgraded_end(conn, &(struct pu_mux_end){.err = result->err,
	                                           .remote = result->err == PU_EREFUSED,
	                                           .wrong_peer = result->wrong_peer,
	                                           .reason = result->text});
}

/* Only the word of the channel that knows the peer is the peer's. */
static void end_by_channel(struct pu_upgraded *conn, unsigned depth)
{
	bool last = conn->stage == UPGRADE_UP && depth + 1 == conn->layers_len;

	pu_upgraded_ended(conn, last ? PU_OK : PU_ECLOSED, "the peer closed the channel");
}

/* Takes one record off `in`; false when there is none any more. */
static bool read_layer(struct pu_upgraded *conn, unsigned depth, struct pu_bytes *in)
{
	uint8_t *plain = conn->upgrader->plain[depth];
	size_t len = 0;
	enum pu_secure_event event = pu_secure_read(conn->layers[depth].secure, in, plain, &len);

	pu_upgraded_push_layer(conn, depth);
	switch (event) {
	case PU_SECURE_MORE:
		return false;
	case PU_SECURE_PROGRESS:
		break;
	case PU_SECURE_ESTABLISHED:
		if (pu_upgraded_established(conn) != PU_OK)
			return false;
		break;
	case PU_SECURE_DATA:
		feed(conn, depth + 1, pu_bytes(plain, len));
		break;
	case PU_SECURE_END:
		end_by_channel(conn, depth);
		return false;
	case PU_SECURE_FAILED:
		fail_layer(conn, depth);
		return false;
	}
	return conn->stage != UPGRADE_ENDING;
}

/* Completes the record that has begun to arrive, with as little of `in` as possible; false: not
 * yet, or the connection is over. */
static bool complete(struct pu_upgraded *conn, unsigned depth, struct pu_bytes *in)
{
	struct pu_buffer *partial = &conn->layers[depth].partial;

	while (in->len > 0) {
		size_t had = partial->len, step = min_size(in->len, PU_UPGRADE_PARTIAL_STEP);
		struct pu_bytes view;

		if (pu_buffer_append(partial, in->data, step) != PU_OK) {
			pu_upgraded_fail(conn, PU_ELIMIT, "the peer sends an endless record");
			return false;
		}
		view = pu_buffer_bytes(partial);
		while (read_layer(conn, depth, &view))
			;
		if (conn->stage == UPGRADE_ENDING)
			return false;
		size_t used = partial->len - view.len;
		if (used >= had) { /* what is left lies in `in` as well */
			*in = pu_bytes(in->data + (used - had), in->len - (used - had));
			pu_buffer_clear(partial);
			return true;
		}
		pu_buffer_consume(partial, used);
		*in = pu_bytes(in->data + step, in->len - step);
	}
	return false;
}

static void keep(struct pu_upgraded *conn, unsigned depth, struct pu_bytes rest)
{
	struct pu_buffer *partial = &conn->layers[depth].partial;

	if (rest.len == 0)
		pu_buffer_fini(partial); /* an idle connection holds no memory */
	if (rest.len == 0)
		pu_buffer_init(partial, PU_UPGRADE_PARTIAL_MAX);
	else if (pu_buffer_append(partial, rest.data, rest.len) != PU_OK)
		pu_upgraded_fail(conn, PU_ELIMIT, "the peer sends an endless record");
}

static void feed_layer(struct pu_upgraded *conn, unsigned depth, struct pu_bytes in)
{
	if (conn->layers[depth].partial.len > 0 && !complete(conn, depth, &in))
		return;
	while (read_layer(conn, depth, &in))
		;
	if (conn->stage != UPGRADE_ENDING)
		keep(conn, depth, in);
}

/* Bytes for layer `depth`. */
static void feed(struct pu_upgraded *conn, unsigned depth, struct pu_bytes in)
{
	if (conn->stage == UPGRADE_ENDING)
		return;
	if (depth == conn->layers_len) {
		feed_top(conn, in);
		return;
	}
	size_t held = conn->layers[depth].partial.len;
	feed_layer(conn, depth, in);
	conn->upgrader->stats.memory += conn->layers[depth].partial.len - held;
}

void pu_upgraded_input(struct pu_upgraded *conn, uint64_t now, struct pu_bytes bytes)
{
	pu_upgrader_tick(conn->upgrader, now);
	conn->bytes_in += bytes.len;
	if (conn->kind != PU_CARRIER_NONE)
		conn->upgrader->stats.bytes_in += bytes.len;
	feed(conn, 0, bytes);
	pu_upgraded_write(conn);
}

void pu_upgraded_ended(struct pu_upgraded *conn, enum pu_err err, const char *reason)
{
	conn->input_ended = true;
	pu_upgraded_end(conn,
	                &(struct pu_mux_end){
	                    .err = err, .remote = true, .app = err == PU_OK, .reason = reason});
}

void pu_upgraded_input_end(struct pu_upgraded *conn)
{
	pu_upgraded_ended(conn, PU_ECLOSED,
	                  conn->stage < UPGRADE_UP ? "the peer closed during the handshake"
	                                           : "the peer closed without a word");
}

void pu_upgraded_lost(struct pu_upgraded *conn, enum pu_err err, const char *text)
{
	conn->input_ended = true;
	pu_upgraded_fail(conn, err, text);
}
