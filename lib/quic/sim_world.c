/* Knows how the two hosts of a test behave: what they send, check, answer and count. */
#include "quic/sim_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

uint8_t flow_byte(uint64_t seed, uint64_t at)
{
	uint64_t x = (at >> 3) * 0x9e3779b97f4a7c15u + seed;

	x ^= x >> 29;
	return (uint8_t)((x * 0xbf58476d1ce4e5b9u) >> (8 * (at & 7)));
}

static void pump_out(struct flow *flow)
{
	struct half *half = &flow->out;

	while (half->written < half->total) {
		struct iovec out[2];
		uint64_t want = half->total - half->written;
		size_t given = pu_quic_stream_reserve(flow->stream, want > 100000 ? 100000 : want, out);

		if (given == 0)
			return;
		for (int i = 0; i < 2; i++)
			for (size_t j = 0; j < out[i].iov_len; j++)
				((uint8_t *)out[i].iov_base)[j] = flow_byte(half->seed, half->written++);
		pu_quic_stream_commit(flow->stream, given);
	}
	if (!half->finished)
		pu_quic_stream_finish(flow->stream);
	half->finished = true;
}

static void pump_in(struct side *side, struct flow *flow)
{
	struct half *half = &flow->in;
	struct iovec in[4];
	enum pu_recv state;
	size_t count, len = 0;

	count = pu_quic_stream_peek(flow->stream, in, 4, &state);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *data = in[i].iov_base;

		for (size_t j = 0; j < in[i].iov_len; j++)
			if (data[j] != flow_byte(half->seed, half->read++))
				half->bad = true;
		len += in[i].iov_len;
	}
	pu_quic_stream_consume(flow->stream, len);
	side->bytes_in += len;
	if (state == PU_RECV_OPEN) {
		if (count == 4)
			pump_in(side, flow);
		return;
	}
	half->ended = true;
	half->how = state;
	half->code = pu_quic_stream_reset_code(flow->stream);
}

struct flow *flow_new(struct pu_quic_stream *stream, uint64_t out_len)
{
	struct flow *flow = PU_NEW(struct flow);

	flow->stream = stream;
	flow->out.seed = 1;
	flow->in.seed = 1;
	flow->out.total = out_len;
	pu_quic_stream_set_user(stream, flow);
	return flow;
}

void flow_end(struct side *side, struct flow *flow)
{
	cr_assert(!flow->in.bad);
	side->flows_done++;
	pu_quic_stream_close(flow->stream);
	pu_free(flow);
}

static struct side *side_of(void *user)
{
	struct sim_host *host = user;

	return host->test;
}

static void on_new(void *user, struct pu_quic_conn *conn)
{
	struct side *side = side_of(user);

	cr_assert(pu_quic_conn_is_inbound(conn));
	side->conn = conn;
	side->news++;
}

void side_open_more(struct side *side)
{
	struct pu_quic_stream *stream;

	while (side->opened < side->want_streams &&
	       pu_quic_stream_open(side->conn, NULL, &stream) == PU_OK) {
		side->opened++;
		pump_out(flow_new(stream, side->each_len));
	}
}

static void on_up(void *user, struct pu_quic_conn *conn)
{
	struct side *side = side_of(user);

	cr_assert(pu_quic_conn_peer(conn) != NULL);
	side->ups++;
	side_open_more(side);
}

static void on_down(void *user, struct pu_quic_conn *conn, const struct pu_mux_end *why)
{
	struct side *side = side_of(user);

	side->downs++;
	side->why = *why;
	snprintf(side->reason, sizeof(side->reason), "%s", why->reason);
	if (side->conn == conn)
		side->conn = NULL;
}

static void on_path(void *user, struct pu_quic_conn *conn)
{
	(void)conn;
	side_of(user)->paths++;
}

static void on_available(void *user, struct pu_quic_conn *conn)
{
	(void)conn;
	side_of(user)->availables++;
	side_open_more(side_of(user));
}

static void on_stream(void *user, struct pu_quic_stream *stream)
{
	struct side *side = side_of(user);

	side->streams_in++;
	side->last_stream = stream;
	if (side->refuse) {
		pu_quic_stream_reset(stream, 7);
		pu_quic_stream_stop_sending(stream, 7);
		pu_quic_stream_close(stream);
		return;
	}
	flow_new(stream, side->reply_len);
}

static void on_data(void *user, struct pu_quic_stream *stream)
{
	struct side *side = side_of(user);
	struct flow *flow = pu_quic_stream_user(stream);

	if (side->keep || (side->hold && pu_quic_stream_conn(stream) != NULL))
		return;
	pump_in(side, flow);
	if (pu_quic_stream_conn(stream) == NULL) {
		flow_end(side, flow);
		return;
	}
	if (!flow->in.ended)
		return;
	if (pu_quic_stream_is_inbound(stream))
		pump_out(flow);
	if (flow->out.finished || !pu_quic_stream_can_send(stream))
		flow_end(side, flow);
}

static void on_writable(void *user, struct pu_quic_stream *stream)
{
	struct side *side = side_of(user);
	struct flow *flow = pu_quic_stream_user(stream);

	pump_out(flow);
	if (flow->out.finished && flow->in.ended)
		flow_end(side, flow);
}

static void on_stopped(void *user, struct pu_quic_stream *stream)
{
	struct flow *flow = pu_quic_stream_user(stream);

	side_of(user)->stops++;
	flow->stopped = true;
}

static const struct pu_quic_callbacks callbacks = {
    .on_conn_new = on_new,
    .on_conn_up = on_up,
    .on_conn_down = on_down,
    .on_path_changed = on_path,
    .on_streams_available = on_available,
    .on_stream_new = on_stream,
    .on_stream_data = on_data,
    .on_stream_writable = on_writable,
    .on_stream_stopped = on_stopped,
};

void world_init(struct world *world, uint64_t seed)
{
	memset(world, 0, sizeof(*world));
	sim_init(&world->sim, seed);
	world->a.host = sim_add(&world->sim, &callbacks, &world->a);
	world->b.host = sim_add(&world->sim, &callbacks, &world->b);
}

void world_start(struct world *world)
{
	sim_start(world->a.host);
	sim_start(world->b.host);
	world->a.conn = sim_dial(world->a.host, world->b.host, &world->b.host->id, NULL);
}

bool world_both_up(void *test)
{
	const struct world *world = test;

	return world->a.ups == 1 && world->b.ups == 1;
}

bool world_flows_done(void *test)
{
	const struct world *world = test;

	return world->a.flows_done == world->a.want_streams &&
	       world->b.flows_done == world->b.streams_in &&
	       world->b.streams_in == world->a.want_streams;
}

bool world_a_down(void *test)
{
	const struct world *world = test;

	return world->a.downs > 0;
}

bool world_both_down(void *test)
{
	const struct world *world = test;

	return world->a.downs > 0 && world->b.downs > 0;
}

static void check_empty(const struct sim_host *host)
{
	struct pu_quic_stats stats;

	pu_quic_endpoint_stats(host->ep, &stats);
	cr_assert_eq(stats.conns, 0);
	cr_assert_eq(stats.streams, 0);
	cr_assert_eq(stats.handshakes, 0);
	cr_assert_eq(stats.memory_quic, 0);
	cr_assert_eq(stats.memory_send, 0);
	cr_assert_eq(stats.memory_recv, 0);
}

/* Closes and checks that nothing is left. */
void world_end(struct world *world)
{
	if (world->a.conn != NULL)
		pu_quic_conn_close(world->a.conn, 0, NULL);
	sim_run(&world->sim, 60 * PU_NS_PER_S, world_both_down, world);
	sim_run(&world->sim, 60 * PU_NS_PER_S, NULL, NULL);
	if (world->a.host->ep != NULL)
		check_empty(world->a.host);
	if (world->b.host->ep != NULL)
		check_empty(world->b.host);
	sim_fini(&world->sim);
}
