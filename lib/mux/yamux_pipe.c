/* Knows how two sessions meet in a test, and what must hold for each record and each byte
 * whatever they do. */
#include "mux/yamux_pipe.h"

#include <criterion/criterion.h>
#include <string.h>

#include "mux/yamux_state.h"

enum { KEY_LEN = 4 };

struct flight {
	struct pu_list_node node;
	uint64_t at;
	size_t len, off;
	uint8_t data[];
};

uint64_t pipe_random(struct pipe *pipe)
{
	pipe->random ^= pipe->random << 13;
	pipe->random ^= pipe->random >> 7;
	pipe->random ^= pipe->random << 17;
	return pipe->random;
}

static uint8_t byte_of(uint32_t key, bool opener, uint64_t at)
{
	return (uint8_t)(at * 167 + (at >> 8) * 13 + key * 31 + opener);
}

/* ---- flows ---- */

static struct flow *flow_new(struct side *side, struct pu_stream *stream, bool opener)
{
	struct flow *flow = PU_NEW(struct flow);

	flow->side = side;
	flow->stream = stream;
	flow->opener = opener;
	stream->user = flow;
	pu_list_append(&side->flows, &flow->in_side);
	return flow;
}

static struct model *model_of(const struct flow *flow)
{
	return &flow->side->pipe->models[flow->key];
}

static void fill(const struct flow *flow, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint64_t at = flow->written + i;

		if (flow->opener && at < KEY_LEN)
			out[i] = (uint8_t)(flow->key >> (8 * at));
		else
			out[i] = byte_of(flow->key, flow->opener, at);
	}
}

static void written(struct flow *flow, size_t len)
{
	flow->written += len;
	model_of(flow)->written[flow->opener] = flow->written;
}

void flow_pump(struct flow *flow)
{
	while (flow->stream != NULL && flow->has_key && flow->written < flow->to_write) {
		size_t want = flow->to_write - flow->written, given, used;
		struct iovec out[2];

		want = want > 100000 ? 100000 : want;
		given = pu_stream_reserve(flow->stream, want, out);
		cr_assert_leq(given, want);
		cr_assert_eq(given, out[0].iov_len + out[1].iov_len);
		used = given == 0 ? 0 : 1 + pipe_random(flow->side->pipe) % given;
		if (pipe_random(flow->side->pipe) % 2)
			used = given;
		fill(flow, out[0].iov_base, used < out[0].iov_len ? used : out[0].iov_len);
		if (used > out[0].iov_len) {
			flow->written += out[0].iov_len;
			fill(flow, out[1].iov_base, used - out[0].iov_len);
			flow->written -= out[0].iov_len;
		}
		pu_stream_commit(flow->stream, used);
		written(flow, used);
		if (given == 0)
			return;
	}
}

void flow_finish(struct flow *flow)
{
	if (flow->stream == NULL || flow->finished || !flow->has_key)
		return;
	if (pu_stream_can_send(flow->stream))
		model_of(flow)->finished[flow->opener] = true;
	pu_stream_finish(flow->stream);
	flow->finished = true;
	cr_assert(!pu_stream_can_send(flow->stream));
}

void flow_close(struct flow *flow)
{
	if (flow->stream == NULL)
		return;
	pu_stream_close(flow->stream);
	flow->stream = NULL;
	flow->side->done++;
}

static void check_bytes(struct flow *flow, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++, flow->read++) {
		if (!flow->opener && flow->read < KEY_LEN) {
			flow->key_bytes[flow->read] = data[i];
			if (flow->read == KEY_LEN - 1) {
				memcpy(&flow->key, flow->key_bytes, KEY_LEN);
				flow->has_key = true;
				cr_assert_lt(flow->key, flow->side->pipe->keys);
			}
			continue;
		}
		cr_assert_eq(data[i], byte_of(flow->key, !flow->opener, flow->read),
		             "stream %u, byte %lu", flow->key, flow->read);
	}
}

void flow_read(struct flow *flow, uint64_t max)
{
	struct iovec out[3];
	size_t count;

	while (flow->stream != NULL && max > 0) {
		size_t sum = 0;

		count = pu_stream_peek(flow->stream, out, 3, &flow->state);
		for (size_t i = 0; i < count && max > 0; i++) {
			size_t len = out[i].iov_len < max ? out[i].iov_len : max;

			check_bytes(flow, out[i].iov_base, len);
			sum += len;
			max -= len;
		}
		flow->side->bytes_in += sum;
		if (count == 0)
			break;
		pu_stream_consume(flow->stream, sum);
	}
	if (flow->stream == NULL || !flow->has_key)
		return;
	cr_assert_leq(flow->read, model_of(flow)->written[!flow->opener]);
	pu_stream_peek(flow->stream, out, 3, &flow->state);
	if (flow->state != PU_RECV_FIN || flow->dropped || pu_stream_readable(flow->stream) > 0)
		return;
	cr_assert(model_of(flow)->finished[!flow->opener]);
	cr_assert_eq(flow->read, model_of(flow)->written[!flow->opener]);
}

static void flow_step(struct flow *flow)
{
	struct side *side = flow->side;

	if (flow->stream == NULL || side->quiet)
		return;
	if (!side->hold)
		flow_read(flow, UINT64_MAX);
	if (flow->has_key && flow->to_write == 0)
		flow->to_write = side->reply_len;
	flow_pump(flow);
	if (flow->has_key && flow->written >= flow->to_write && !flow->finished)
		flow_finish(flow);
	if (flow->state != PU_RECV_OPEN && pu_stream_readable(flow->stream) == 0 &&
	    (flow->finished || flow->state != PU_RECV_FIN))
		flow_close(flow);
}

struct flow *pipe_open(struct side *side, uint64_t len)
{
	struct pu_stream *stream;
	struct flow *flow;

	if (pu_yamux_open(side->yamux, &stream) != PU_OK)
		return NULL;
	flow = flow_new(side, stream, true);
	flow->key = side->pipe->keys++;
	cr_assert_lt(flow->key, PIPE_KEYS_MAX);
	flow->has_key = true;
	flow->to_write = len;
	flow_step(flow);
	return flow;
}

struct flow *flow_peer(const struct flow *flow)
{
	PU_LIST_FOREACH(it, &flow->side->peer->flows) {
		struct flow *other = PU_LIST_ENTRY(it, struct flow, in_side);

		if (other->has_key && other->key == flow->key && other->opener != flow->opener)
			return other;
	}
	return NULL;
}

/* ---- callbacks ---- */

static void on_stream_new(void *user, struct pu_stream *stream)
{
	struct side *side = user;

	side->accepted++;
	if (side->refuse) {
		pu_stream_close(stream);
		return;
	}
	flow_new(side, stream, false);
}

static void on_stream_data(void *user, struct pu_stream *stream)
{
	struct flow *flow = stream->user;

	((struct side *)user)->data++;
	flow->data++;
	flow_step(flow);
}

static void on_stream_writable(void *user, struct pu_stream *stream)
{
	((struct side *)user)->writable++;
	flow_step(stream->user);
}

static void on_stream_stopped(void *user, struct pu_stream *stream)
{
	struct flow *flow = stream->user;

	((struct side *)user)->stopped++;
	flow->stopped = true;
	cr_assert(!pu_stream_can_send(stream));
}

static void on_streams_available(void *user)
{
	((struct side *)user)->available++;
}

static void wake(void *user)
{
	((struct side *)user)->wakes++;
}

static const struct pu_yamux_callbacks callbacks = {
    .on_stream_new = on_stream_new,
    .on_stream_data = on_stream_data,
    .on_stream_writable = on_stream_writable,
    .on_stream_stopped = on_stream_stopped,
    .on_streams_available = on_streams_available,
    .wake = wake,
};

/* ---- the wire ---- */

static void check_record(struct side *side, const uint8_t *data, size_t len)
{
	struct pu_yamux_header header;

	side->records++;
	while (len > 0) {
		cr_assert_eq(pu_yamux_header_read(pu_bytes(data, len), &header), PU_OK);
		data += PU_YAMUX_HEADER_LEN;
		len -= PU_YAMUX_HEADER_LEN;
		if (header.type == PU_YAMUX_DATA) {
			cr_assert_leq(header.len, PU_YAMUX_PAYLOAD_MAX);
			cr_assert_leq(header.len, len, "a frame is cut");
			data += header.len;
			len -= header.len;
		}
		side->log[side->log_len++ % PIPE_LOG_MAX] = header;
		side->frames++;
	}
}

static bool send_record(struct side *side)
{
	struct pipe *pipe = side->pipe;
	struct iovec out[64];
	size_t count =
	    pu_yamux_output(side->yamux, pipe->now, out, pipe->pieces_max, pipe->record_max);
	struct flight *flight;
	size_t sum = 0;

	cr_assert_leq(count, pipe->pieces_max);
	cr_assert_eq(count > 0, pu_yamux_has_output(side->yamux));
	for (size_t i = 0; i < count; i++)
		sum += out[i].iov_len;
	if (sum == 0)
		return false;
	cr_assert_leq(sum, pipe->record_max);
	flight = pu_alloc(sizeof(*flight) + sum);
	*flight = (struct flight){.at = pipe->now + pipe->delay, .len = sum};
	if (pipe->jitter > 0)
		flight->at += pipe_random(pipe) % pipe->jitter;
	sum = 0;
	for (size_t i = 0; i < count; sum += out[i++].iov_len)
		memcpy(flight->data + sum, out[i].iov_base, out[i].iov_len);
	if (!pu_list_empty(&side->flying)) { /* order is kept */
		struct flight *last = PU_LIST_ENTRY(side->flying.head.prev, struct flight, node);

		flight->at = flight->at < last->at ? last->at : flight->at;
	}
	pu_list_append(&side->flying, &flight->node);
	pu_yamux_sent(side->yamux);
	check_record(side, flight->data, sum);
	return true;
}

static void feed(struct side *to, const uint8_t *data, size_t len)
{
	/* What is read must not lie beside something readable: valgrind and ASan see it. */
	uint8_t *copy = pu_memdup(data, len);
	enum pu_err err = pu_yamux_input(to->yamux, to->pipe->now, pu_bytes(copy, len));

	if (err != PU_OK)
		to->err = err;
	pu_free(copy);
}

static bool receive(struct side *to)
{
	struct pu_list_node *node = pu_list_first(&to->peer->flying);
	struct flight *flight;
	size_t len;

	if (node == NULL)
		return false;
	flight = PU_LIST_ENTRY(node, struct flight, node);
	if (flight->at > to->pipe->now)
		return false;
	len = flight->len - flight->off;
	if (!to->pipe->whole && len > 1 && pipe_random(to->pipe) % 4 == 0)
		len = 1 + pipe_random(to->pipe) % (len - 1);
	feed(to, flight->data + flight->off, len);
	flight->off += len;
	if (flight->off == flight->len) {
		pu_list_remove(node);
		pu_free(flight);
	}
	return true;
}

void side_inject(struct side *to, const void *data, size_t len)
{
	feed(to, data, len);
	pu_yamux_deliver(to->yamux);
}

void side_frame(struct side *to, enum pu_yamux_type type, unsigned flags, uint32_t id,
                uint32_t len)
{
	uint8_t bytes[PU_YAMUX_HEADER_LEN];

	pu_yamux_header_write(&(struct pu_yamux_header){type, (uint16_t)flags, id, len}, bytes);
	side_inject(to, bytes, sizeof(bytes));
}

static bool side_turn(struct side *side)
{
	bool any = false;
	enum pu_err err;

	for (size_t i = pipe_random(side->pipe) % 8; receive(side) && i > 0; i--)
		any = true;
	if (pu_yamux_deadline(side->yamux) <= side->pipe->now) {
		err = pu_yamux_expire(side->yamux, side->pipe->now);
		if (err != PU_OK)
			side->err = err;
	}
	pu_yamux_deliver(side->yamux);
	cr_assert(pu_list_empty(&side->yamux->events));
	for (size_t i = pipe_random(side->pipe) % 8 + 1; i > 0 && !side->blocked; i--)
		if (!send_record(side))
			break;
		else
			any = true;
	return any || (pu_yamux_has_output(side->yamux) && !side->blocked);
}

static uint64_t next_arrival(const struct side *side)
{
	const struct pu_list_node *node = pu_list_first(&side->flying);

	return node == NULL ? UINT64_MAX : PU_LIST_ENTRY(node, const struct flight, node)->at;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool busy(struct pipe *pipe)
{
	bool a = side_turn(&pipe->a), b = side_turn(&pipe->b);

	return a || b || min_u64(next_arrival(&pipe->a), next_arrival(&pipe->b)) <= pipe->now;
}

bool pipe_step(struct pipe *pipe)
{
	uint64_t next;

	while (busy(pipe))
		;
	next = min_u64(next_arrival(&pipe->a), next_arrival(&pipe->b));
	if (pipe->a.err == PU_OK)
		next = min_u64(next, pu_yamux_deadline(pipe->a.yamux));
	if (pipe->b.err == PU_OK)
		next = min_u64(next, pu_yamux_deadline(pipe->b.yamux));
	if (next == UINT64_MAX)
		return false;
	if (next > pipe->now)
		pipe->now = next;
	return true;
}

void pipe_run(struct pipe *pipe, uint64_t duration)
{
	uint64_t until = pipe->now + duration;

	while (pipe->now < until && pipe_step(pipe))
		;
}

void pipe_settle(struct pipe *pipe)
{
	for (;;) {
		uint64_t next;

		while (busy(pipe))
			;
		next = min_u64(next_arrival(&pipe->a), next_arrival(&pipe->b));
		if (next == UINT64_MAX)
			return;
		pipe->now = next > pipe->now ? next : pipe->now;
	}
}

size_t side_sent(const struct side *side, enum pu_yamux_type type, unsigned flags)
{
	size_t sum = 0, len = side->log_len < PIPE_LOG_MAX ? side->log_len : PIPE_LOG_MAX;

	for (size_t i = 0; i < len; i++)
		sum += side->log[i].type == type && (side->log[i].flags & flags) == flags;
	return sum;
}

static void side_init(struct pipe *pipe, struct side *side, struct side *peer)
{
	side->pipe = pipe;
	side->peer = peer;
	pu_yamux_config_default(&side->config);
	side->config.pool = &pipe->pool;
	pu_list_init(&side->flows);
	pu_list_init(&side->flying);
}

struct pipe *pipe_new(uint64_t seed)
{
	struct pipe *pipe = PU_NEW(struct pipe);

	pipe->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	pipe->now = 1000 * PU_NS_PER_S;
	pipe->delay = 5 * PU_NS_PER_MS;
	pipe->record_max = 16384;
	pipe->pieces_max = 16;
	side_init(pipe, &pipe->a, &pipe->b);
	side_init(pipe, &pipe->b, &pipe->a);
	return pipe;
}

void pipe_start(struct pipe *pipe)
{
	pipe->a.yamux = pu_yamux_new(&pipe->a.config, &callbacks, &pipe->a, true, pipe->now);
	pipe->b.yamux = pu_yamux_new(&pipe->b.config, &callbacks, &pipe->b, false, pipe->now);
}

static void side_end(struct side *side)
{
	struct pu_yamux_info info;
	struct pu_list_node *node;

	side->quiet = true;
	pu_yamux_lost(side->yamux);
	pu_yamux_info(side->yamux, &info);
	cr_assert_eq(info.streams, 0);
	cr_assert_eq(info.send_buffered, 0);
	cr_assert_eq(info.recv_buffered, 0);
	cr_assert_eq(side->yamux->unacked_len, 0);
	cr_assert_eq(side->yamux->inbound_len, 0);
	cr_assert_eq(side->yamux->window_extra, 0);
	while ((node = pu_list_first(&side->flows)) != NULL) {
		struct flow *flow = PU_LIST_ENTRY(node, struct flow, in_side);

		if (flow->stream != NULL) {
			cr_assert_eq(pu_yamux_stream_owner(flow->stream), NULL);
			cr_assert(!pu_stream_can_send(flow->stream));
		}
		flow_close(flow);
		pu_list_remove(node);
		pu_free(flow);
	}
	while ((node = pu_list_first(&side->flying)) != NULL) {
		pu_list_remove(node);
		pu_free(PU_LIST_ENTRY(node, struct flight, node));
	}
	pu_yamux_free(side->yamux);
}

void pipe_free(struct pipe *pipe)
{
	side_end(&pipe->a);
	side_end(&pipe->b);
	cr_assert_eq(pipe->pool.used, 0);
	pu_chunk_pool_fini(&pipe->pool);
	pu_free(pipe);
}
