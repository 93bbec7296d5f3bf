/* Knows that whatever both hosts do at whatever moment, each stream's bytes are those that were
 * written, in order, complete when it ended well, and that nothing is left behind. */
#include <criterion/criterion.h>

#include "mux/yamux_pipe.h"
#include "mux/yamux_state.h"

enum { TURNS = 1500, FLOWS_MAX = 60 };

static struct flow *any_flow(struct side *side)
{
	size_t count = 0, at;

	PU_LIST_FOREACH(it, &side->flows)
		count += PU_LIST_ENTRY(it, struct flow, in_side)->stream != NULL;
	if (count == 0)
		return NULL;
	at = pipe_random(side->pipe) % count;
	PU_LIST_FOREACH(it, &side->flows) {
		struct flow *flow = PU_LIST_ENTRY(it, struct flow, in_side);

		if (flow->stream != NULL && at-- == 0)
			return flow;
	}
	return NULL;
}

static uint64_t some_len(struct pipe *pipe)
{
	return pipe_random(pipe) % (UINT64_C(1) << pipe_random(pipe) % 20);
}

static void act(struct side *side)
{
	struct pipe *pipe = side->pipe;
	struct flow *flow = any_flow(side);
	uint64_t what = pipe_random(pipe) % 40;

	if (flow == NULL || (what < 4 && side->yamux->streams_len < FLOWS_MAX)) {
		pipe_open(side, some_len(pipe));
	} else if (what < 14) {
		flow->to_write += flow->finished ? 0 : some_len(pipe);
		flow_pump(flow);
	} else if (what < 34) {
		flow_read(flow, what < 24 ? UINT64_MAX : some_len(pipe));
	} else if (what < 36) {
		flow_finish(flow);
	} else if (what == 36) {
		pu_stream_stop_sending(flow->stream, what);
		flow->dropped = true;
	} else if (what == 37 && pipe_random(pipe) % 2) {
		pu_stream_reset(flow->stream, pipe_random(pipe));
	} else if (what == 38) {
		flow_close(flow);
	} else {
		side->blocked = !side->blocked;
	}
}

static void check_sums(const struct side *side)
{
	size_t send = 0, recv = 0, streams = 0;
	uint64_t extra = 0;
	struct pu_yamux_info info;

	PU_LIST_FOREACH(it, &side->yamux->streams) {
		const struct pu_yamux_stream *stream =
		    PU_LIST_ENTRY(it, const struct pu_yamux_stream, in_session);

		streams++;
		send += stream->send.len;
		recv += stream->recv.len;
		extra += stream->window - PU_YAMUX_WINDOW_INITIAL;
		if (stream->on_wire)
			cr_assert_leq(stream->recv.len + stream->recv_left, stream->window);
	}
	pu_yamux_info(side->yamux, &info);
	cr_assert_eq(info.streams, streams);
	cr_assert_eq(info.send_buffered, send);
	cr_assert_eq(info.recv_buffered, recv);
	cr_assert_eq(side->yamux->window_extra, extra);
	cr_assert_leq(extra, side->config.conn_window_max);
}

/* No stream is forgotten: what may go, goes. */
static void check_nothing_waits(const struct side *side)
{
	PU_LIST_FOREACH(it, &side->yamux->streams) {
		const struct pu_yamux_stream *stream =
		    PU_LIST_ENTRY(it, const struct pu_yamux_stream, in_session);

		cr_assert(stream->send.len == 0 || stream->send_window == 0);
		cr_assert(!stream->on_wire || (!stream->rst_wanted && !stream->window_wanted));
		cr_assert(!stream->fin_wanted || stream->fin_sent || stream->send.len > 0 ||
		          !stream->on_wire);
	}
}

/* Both ends of a stream agree on what the other may send. */
static void check_windows(const struct side *side)
{
	PU_LIST_FOREACH(it, &side->yamux->streams) {
		const struct pu_yamux_stream *stream =
		    PU_LIST_ENTRY(it, const struct pu_yamux_stream, in_session);
		const struct pu_yamux_stream *other =
		    pu_map_get(&side->peer->yamux->by_id, pu_bytes(&stream->id, sizeof(stream->id)));

		if (other != NULL && stream->on_wire && !stream->fin_sent)
			cr_assert_eq(stream->send_window, other->recv_left);
	}
}

static void play(uint64_t seed)
{
	struct pipe *pipe = pipe_new(seed);

	pipe->record_max = seed % 4 == 0 ? 65519 : seed % 4 == 1 ? 40 : 16384;
	pipe->pieces_max = 4 + pipe_random(pipe) % 30;
	pipe->delay = seed % 5 * PU_NS_PER_MS;
	pipe->jitter = seed % 3 * PU_NS_PER_MS;
	pipe->a.config.streams_max = 5 + seed % 40;
	pipe->b.config.window_max = seed % 2 ? PU_YAMUX_WINDOW_INITIAL : 2 << 20;
	pipe->b.config.conn_window_max = 3 << 20;
	pipe->a.config.conn_send_max = 300000;
	pipe_start(pipe);
	pipe->a.quiet = pipe->b.quiet = true;
	for (int turn = 0; turn < TURNS; turn++) {
		act(pipe_random(pipe) % 2 ? &pipe->a : &pipe->b);
		if (pipe_random(pipe) % 3 == 0)
			pipe_step(pipe);
		check_sums(&pipe->a);
		check_sums(&pipe->b);
		cr_assert(pipe->a.err == PU_OK || pipe->a.err == PU_ETIMEOUT, "seed %lu", seed);
		cr_assert(pipe->b.err == PU_OK || pipe->b.err == PU_ETIMEOUT, "seed %lu", seed);
		pipe->a.err = pipe->b.err = PU_OK;
	}
	pipe->a.blocked = pipe->b.blocked = false;
	pipe_settle(pipe);
	check_nothing_waits(&pipe->a);
	check_nothing_waits(&pipe->b);
	check_windows(&pipe->a);
	check_windows(&pipe->b);
	pipe_free(pipe);
}

Test(mux_yamux_sim, every_byte_is_the_one_written_whatever_the_hosts_do)
{
	for (uint64_t seed = 1; seed <= 40; seed++)
		play(seed);
}
