/* Knows what two honest sessions do with each other. */
#include "mux/yamux_pipe.h"

#include <criterion/criterion.h>

#include "mux/yamux_state.h"

static struct pipe *started(uint64_t seed)
{
	struct pipe *pipe = pipe_new(seed);

	pipe_start(pipe);
	return pipe;
}

static uint64_t rtt_of(const struct side *side)
{
	struct pu_yamux_info info;

	pu_yamux_info(side->yamux, &info);
	return info.rtt_ns;
}

Test(mux_yamux, carries_bytes_both_ways_unchanged)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct pipe *pipe = pipe_new(seed);

		pipe->record_max = seed % 3 == 0 ? 65519 : seed % 3 == 1 ? 16384 : 100;
		pipe->pieces_max = 4 + seed % 20;
		pipe->jitter = seed % 2 * PU_NS_PER_MS;
		pipe->b.reply_len = 300000;
		pipe->a.reply_len = 1000;
		pipe_start(pipe);
		for (int i = 0; i < 5; i++) {
			pipe_open(&pipe->a, 10 + 100000 * (uint64_t)i);
			pipe_open(&pipe->b, 4);
		}
		pipe_run(pipe, 100 * PU_NS_PER_S);
		cr_assert_eq(pipe->a.done, 10, "seed %lu: %zu", seed, pipe->a.done);
		cr_assert_eq(pipe->b.done, 10);
		cr_assert_eq(pipe->a.bytes_in, 5 * 300000 + 5 * 4);
		cr_assert_eq(pipe->a.yamux->by_id.len + pipe->b.yamux->by_id.len, 0);
		cr_assert(pu_list_empty(&pipe->a.yamux->streams));
		pipe_free(pipe);
	}
}

Test(mux_yamux, a_bulk_transfer_fills_each_record_with_one_frame)
{
	struct pipe *pipe = started(1);
	struct flow *flow;

	pipe_settle(pipe);
	pipe->a.frames = pipe->a.records = 0;
	flow = pipe_open(&pipe->a, 16372 * 12);
	pipe_settle(pipe);
	cr_assert_eq(flow_peer(flow)->read, 16372 * 12);
	/* Not many more than the 12: the chunks that were committed decide where frames end. */
	cr_assert_leq(pipe->a.records, 14, "%zu", pipe->a.records);
	pipe_free(pipe);
}

Test(mux_yamux, small_frames_share_a_record)
{
	struct pipe *pipe = started(1);

	pipe->a.blocked = true;
	pipe_settle(pipe);
	for (int i = 0; i < 5; i++)
		pipe_open(&pipe->a, 50);
	pipe->a.blocked = false;
	pipe_settle(pipe);
	cr_assert_eq(pipe->a.records, 1); /* pong, ping, and twice five */
	cr_assert_eq(pipe->b.accepted, 5);
	pipe_free(pipe);
}

Test(mux_yamux, a_stream_shows_with_its_first_byte_and_is_acknowledged_by_the_first_answer)
{
	struct pipe *pipe = started(1);
	struct flow *flow;

	pipe->a.quiet = pipe->b.quiet = true;
	flow = pipe_open(&pipe->a, 4);
	pipe_settle(pipe);
	cr_assert_eq(pipe->b.accepted, 0);
	cr_assert_eq(pipe->a.yamux->unacked_len, 1);
	flow_pump(flow);
	pipe->b.quiet = false;
	pipe->b.reply_len = 7;
	pipe_settle(pipe);
	cr_assert_eq(side_sent(&pipe->a, PU_YAMUX_DATA, PU_YAMUX_SYN), 1);
	cr_assert_eq(side_sent(&pipe->a, PU_YAMUX_WINDOW, PU_YAMUX_SYN), 0);
	cr_assert_eq(side_sent(&pipe->b, PU_YAMUX_DATA, PU_YAMUX_ACK), 1);
	cr_assert_eq(side_sent(&pipe->b, PU_YAMUX_WINDOW, PU_YAMUX_ACK), 0);
	cr_assert_eq(pipe->a.yamux->unacked_len, 0);
	pipe_free(pipe);
}

Test(mux_yamux, a_stream_that_is_only_read_is_acknowledged_too)
{
	struct pipe *pipe = started(1);

	pipe->b.quiet = true;
	pipe_open(&pipe->a, 4);
	pipe_settle(pipe);
	cr_assert_eq(side_sent(&pipe->b, PU_YAMUX_WINDOW, PU_YAMUX_ACK), 1);
	cr_assert_eq(pipe->a.yamux->unacked_len, 0);
	pipe_free(pipe);
}

Test(mux_yamux, a_stream_without_a_word_leaves_no_trace)
{
	struct pipe *pipe = started(1);
	struct flow *flow;

	pipe_settle(pipe);
	pipe->a.quiet = true;
	pipe->a.frames = 0;
	flow_close(pipe_open(&pipe->a, 4));
	flow = pipe_open(&pipe->a, 4);
	pu_stream_reset(flow->stream, 5);
	flow_close(flow);
	pipe_settle(pipe);
	cr_assert_eq(pipe->a.frames, 0);
	cr_assert_eq(pipe->a.yamux->streams_len, 0);
	/* One that says nothing but its end is seen. */
	flow_finish(pipe_open(&pipe->a, 4));
	pipe_settle(pipe);
	cr_assert_eq(pipe->b.accepted, 1);
	cr_assert_eq(side_sent(&pipe->a, PU_YAMUX_WINDOW, PU_YAMUX_SYN | PU_YAMUX_FIN), 1);
	pipe_free(pipe);
}

Test(mux_yamux, each_half_ends_by_itself)
{
	for (int opener = 0; opener < 2; opener++) {
		struct pipe *pipe = started(1);
		struct flow *flow, *peer;

		pipe->a.quiet = pipe->b.quiet = true;
		flow = pipe_open(&pipe->a, 4);
		flow_pump(flow);
		pipe_settle(pipe);
		flow_read(PU_LIST_ENTRY(pu_list_first(&pipe->b.flows), struct flow, in_side), 4);
		peer = flow_peer(flow);
		if (!opener) { /* the other way round */
			struct flow *swap = flow;

			flow = peer;
			peer = swap;
		}
		flow_finish(flow);
		pipe_settle(pipe);
		flow_read(peer, 100);
		cr_assert_eq(peer->state, PU_RECV_FIN);
		peer->to_write += 200000;
		flow_pump(peer);
		pipe_settle(pipe);
		flow_read(flow, UINT64_MAX);
		cr_assert_eq(flow->state, PU_RECV_OPEN);
		cr_assert_eq(flow->read, peer->written);
		flow_finish(peer);
		pipe_settle(pipe);
		flow_read(flow, 1);
		cr_assert_eq(flow->state, PU_RECV_FIN);
		cr_assert_eq(pipe->a.yamux->by_id.len + pipe->b.yamux->by_id.len, 0);
		cr_assert_eq(side_sent(&pipe->a, PU_YAMUX_WINDOW, PU_YAMUX_RST), 0);
		pipe_free(pipe);
	}
}

/* An open stream with a few bytes in it, seen by both. */
static struct flow *both_open(struct pipe *pipe)
{
	struct flow *flow;

	pipe->a.quiet = pipe->b.quiet = true;
	flow = pipe_open(&pipe->a, 100);
	flow_pump(flow);
	pipe_settle(pipe);
	flow_read(PU_LIST_ENTRY(pu_list_first(&pipe->b.flows), struct flow, in_side), 10);
	return flow;
}

Test(mux_yamux, reset_ends_both_halves_with_its_code)
{
	struct pipe *pipe = started(1);
	struct flow *flow = both_open(pipe), *peer = flow_peer(flow);

	peer->to_write = 50;
	flow_pump(peer);
	pipe_settle(pipe);
	cr_assert_eq(pu_stream_readable(flow->stream), 50);
	pu_stream_reset(flow->stream, 0x1003);
	cr_assert(!pu_stream_can_send(flow->stream));
	cr_assert_eq(pu_stream_readable(flow->stream), 0);
	flow_read(flow, 1);
	cr_assert_eq(flow->state, PU_RECV_RESET);
	pipe_settle(pipe);
	cr_assert_eq(flow->data, 2); /* the bytes, and that it ended */
	cr_assert(!flow->stopped);
	cr_assert(peer->stopped);
	cr_assert(!pu_stream_can_send(peer->stream));
	cr_assert_eq(pu_stream_readable(peer->stream), 90); /* what had come can be read */
	flow_read(peer, 1000);
	cr_assert_eq(peer->state, PU_RECV_RESET);
	cr_assert_eq(pu_stream_reset_code(peer->stream), 0x1003);
	cr_assert_eq(side_sent(&pipe->a, PU_YAMUX_WINDOW, PU_YAMUX_RST), 1);
	cr_assert_eq(pipe->b.yamux->by_id.len, 0);
	pipe_free(pipe);
}

Test(mux_yamux, close_of_an_unfinished_stream_resets_it)
{
	struct pipe *pipe = started(1);
	struct flow *flow = both_open(pipe), *peer = flow_peer(flow);

	flow_close(flow);
	pipe_settle(pipe);
	cr_assert(peer->stopped);
	cr_assert_eq(pipe->a.yamux->streams_len, 0);
	pipe_free(pipe);
}

Test(mux_yamux, a_finished_stream_goes_on_sending_after_close)
{
	struct pipe *pipe = started(1);
	struct flow *flow = both_open(pipe), *peer = flow_peer(flow);

	flow->to_write = 100000;
	flow_pump(flow);
	flow_finish(flow);
	flow_close(flow);
	pipe_settle(pipe);
	flow_read(peer, UINT64_MAX);
	cr_assert_eq(peer->read, 100000);
	cr_assert_eq(peer->state, PU_RECV_FIN);
	cr_assert_eq(pipe->a.yamux->streams_len, 1); /* until the peer has finished too */
	flow_finish(peer);
	pipe_settle(pipe);
	cr_assert_eq(pipe->a.yamux->streams_len, 0);
	cr_assert_eq(side_sent(&pipe->a, PU_YAMUX_WINDOW, PU_YAMUX_RST), 0);
	pipe_free(pipe);
}

Test(mux_yamux, a_closed_stream_whose_peer_never_finishes_is_reset_after_a_minute)
{
	struct pipe *pipe = started(1);
	struct flow *flow = both_open(pipe), *peer = flow_peer(flow);

	flow_finish(flow);
	flow_close(flow);
	pipe_run(pipe, PU_YAMUX_LINGER - PU_NS_PER_S);
	cr_assert(!peer->stopped);
	pipe_run(pipe, 2 * PU_NS_PER_S);
	cr_assert(peer->stopped);
	cr_assert_eq(pipe->a.yamux->streams_len, 0);
	pipe_free(pipe);
}

Test(mux_yamux, what_nobody_reads_is_dropped_up_to_a_bound)
{
	for (int finished = 0; finished < 2; finished++) {
		struct pipe *pipe = started(1);
		struct flow *flow = both_open(pipe), *peer = flow_peer(flow);

		pu_stream_stop_sending(peer->stream, 9);
		flow_read(peer, 1);
		cr_assert_eq(peer->state, PU_RECV_RESET);
		cr_assert_eq(pu_stream_reset_code(peer->stream), 9);
		peer->data = 0;
		if (finished)
			flow_finish(peer);
		pipe->a.quiet = false;
		flow->to_write = 10 << 20;
		flow_pump(flow);
		pipe_settle(pipe);
		cr_assert_eq(peer->data, 0);
		cr_assert_eq(flow->stopped, finished);
		cr_assert_geq(flow->written, PU_YAMUX_DISCARD_MAX);
		cr_assert_leq(flow->written, PU_YAMUX_DISCARD_MAX + (1 << 20));
		if (!finished) {
			pipe->b.quiet = false; /* our half goes on */
			peer->to_write = 1000;
			flow_pump(peer);
			pipe_settle(pipe);
			cr_assert_eq(flow->read, 1000);
		}
		pipe_free(pipe);
	}
}

Test(mux_yamux, streams_beyond_the_bound_are_refused_and_nothing_else)
{
	struct pipe *pipe = pipe_new(1);

	pipe->b.config.streams_max = 3;
	pipe->b.hold = true;
	pipe_start(pipe);
	for (int i = 0; i < 10; i++)
		pipe_open(&pipe->a, 100);
	pipe_settle(pipe);
	cr_assert_eq(pipe->b.accepted, 3);
	cr_assert_eq(side_sent(&pipe->b, PU_YAMUX_WINDOW, PU_YAMUX_RST), 7);
	cr_assert_eq(pipe->a.done, 7);
	cr_assert_eq(pipe->b.yamux->refused, NULL);
	cr_assert_eq(pipe->a.err, PU_OK);
	cr_assert_eq(pipe->b.err, PU_OK);
	pipe_free(pipe);
}

Test(mux_yamux, refused_streams_leave_nothing)
{
	struct pipe *pipe = started(1);

	pipe->b.refuse = true;
	for (int i = 0; i < 1000; i++) {
		pipe_open(&pipe->a, 100);
		if (i % 50 == 0)
			pipe_settle(pipe);
	}
	pipe_settle(pipe);
	cr_assert_eq(pipe->b.accepted, 1000);
	cr_assert_eq(pipe->a.done, 1000);
	cr_assert_eq(pipe->a.yamux->streams_len + pipe->b.yamux->streams_len, 0);
	pipe_free(pipe);
}

Test(mux_yamux, no_more_than_200_streams_wait_for_their_acknowledgement)
{
	struct pipe *pipe = started(1);
	size_t opened = 0;

	pipe_settle(pipe);
	while (pipe_open(&pipe->a, 10) != NULL)
		opened++;
	cr_assert_eq(opened, PU_YAMUX_UNACKED_MAX);
	cr_assert_eq(pipe->a.available, 0);
	pipe_settle(pipe);
	cr_assert_eq(pipe->a.available, 1);
	cr_assert_neq(pipe_open(&pipe->a, 10), NULL);
	pipe_free(pipe);
}

Test(mux_yamux, the_sum_of_streams_is_bounded_for_the_sake_of_rust)
{
	struct pipe *pipe = pipe_new(1);
	size_t opened = 0;

	pipe->b.config.streams_max = 1000;
	pipe_start(pipe);
	pipe->b.hold = true;
	for (int i = 0; i < 500; i++) {
		opened += pipe_open(&pipe->a, 10) != NULL;
		if (i % 50 == 0)
			pipe_settle(pipe);
	}
	cr_assert_eq(opened, PU_YAMUX_STREAMS_TOTAL_MAX);
	cr_assert_eq(pipe->a.available, 0);
	pipe_free(pipe);
}

Test(mux_yamux, a_stream_not_read_takes_its_window_and_holds_up_nobody)
{
	struct pipe *pipe = started(1);
	struct flow *stuck, *flow;
	struct pu_yamux_info info;

	pipe->b.hold = true;
	stuck = pipe_open(&pipe->a, 10 << 20);
	pipe_settle(pipe);
	pu_yamux_info(pipe->b.yamux, &info);
	cr_assert_eq(info.recv_buffered, PU_YAMUX_WINDOW_INITIAL);
	cr_assert_leq(stuck->written, PU_YAMUX_WINDOW_INITIAL + pipe->a.config.stream_send_max);
	pipe->b.hold = false;
	pipe->b.reply_len = 1 << 20;
	flow = pipe_open(&pipe->a, 5);
	pipe_settle(pipe);
	cr_assert_eq(flow->read, 1 << 20);
	pu_yamux_info(pipe->b.yamux, &info);
	cr_assert_eq(info.recv_buffered, PU_YAMUX_WINDOW_INITIAL);
	pipe_free(pipe);
}

Test(mux_yamux, the_window_grows_for_who_reads_at_once_and_stays_for_who_is_slow)
{
	struct pipe *pipe = pipe_new(1);
	struct flow *flow, *peer;

	pipe->delay = 50 * PU_NS_PER_MS;
	pipe->b.config.window_max = 4 << 20;
	pipe->b.config.conn_window_max = 5 << 20;
	pipe_start(pipe);
	flow = pipe_open(&pipe->a, 60 << 20);
	pipe_open(&pipe->a, 60 << 20);
	pipe_run(pipe, 2 * PU_NS_PER_S);
	peer = flow_peer(flow);
	cr_assert_gt(rtt_of(&pipe->b), 99 * PU_NS_PER_MS);
	cr_assert_leq(pu_yamux_stream_of(peer->stream)->window, 4 << 20);
	cr_assert_gt(pipe->b.yamux->window_extra, 4 << 20);
	cr_assert_leq(pipe->b.yamux->window_extra, 5 << 20);
	pipe_free(pipe);

	pipe = started(2);
	pipe_settle(pipe); /* 10 ms */
	pipe->b.quiet = true;
	flow = pipe_open(&pipe->a, 60 << 20);
	pipe_settle(pipe);
	peer = PU_LIST_ENTRY(pu_list_first(&pipe->b.flows), struct flow, in_side);
	for (int i = 0; i < 20; i++) {
		pipe->now += 50 * PU_NS_PER_MS;
		flow_read(peer, 150000);
		pipe_settle(pipe);
	}
	cr_assert_eq(pu_yamux_stream_of(peer->stream)->window, PU_YAMUX_WINDOW_INITIAL);
	cr_assert_eq(peer->read, 20 * 150000);
	pipe_free(pipe);
}

Test(mux_yamux, streams_take_turns)
{
	struct pipe *pipe = started(1);
	struct flow *greedy[3], *small;

	pipe_settle(pipe);
	pipe->a.blocked = true;
	for (int i = 0; i < 3; i++)
		greedy[i] = pipe_open(&pipe->a, 250000);
	small = pipe_open(&pipe->a, 1000);
	pipe->a.blocked = false;
	pipe->a.log_len = 0;
	pipe_settle(pipe);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(pipe->a.log[i].id, 1 + 2 * i, "%zu: %u", i, pipe->a.log[i].id);
	cr_assert_eq(flow_peer(small)->read, 1000);
	cr_assert_eq(flow_peer(greedy[2])->read, 250000);
	pipe_free(pipe);
}

Test(mux_yamux, writers_are_held_by_the_bounds_and_told_when_there_is_room)
{
	struct pipe *pipe = pipe_new(1);
	struct pu_yamux_info info;
	struct flow *flow;

	pipe->a.config.stream_send_max = 100000;
	pipe->a.config.conn_send_max = 250000;
	pipe_start(pipe);
	pipe->a.blocked = true;
	for (int i = 0; i < 10; i++)
		flow = pipe_open(&pipe->a, 200000);
	pu_yamux_info(pipe->a.yamux, &info);
	cr_assert_leq(info.send_buffered, 250000 + 10 * 2048);
	cr_assert_gt(flow->written, 0); /* who holds nothing always gets something */
	cr_assert_eq(pu_stream_pending(flow->stream, true), flow->written);
	pipe->a.blocked = false;
	pipe_settle(pipe);
	cr_assert_eq(pipe->a.done, 10);
	cr_assert_gt(pipe->a.writable, 10);
	cr_assert_eq(pipe->b.bytes_in, 10 * 200000);
	pipe_free(pipe);
}

Test(mux_yamux, the_host_is_woken_once)
{
	struct pipe *pipe = started(1);
	struct flow *flow;

	pipe_settle(pipe);
	pipe->a.quiet = true;
	pipe->a.wakes = 0;
	flow = pipe_open(&pipe->a, 500);
	cr_assert_eq(pipe->a.wakes, 0);
	flow_pump(flow);
	flow->to_write += 5000;
	flow_pump(flow);
	cr_assert_eq(pipe->a.wakes, 1);
	pu_stream_reset(flow->stream, 0); /* an event besides */
	cr_assert_eq(pipe->a.wakes, 2);
	pipe_settle(pipe);
	pipe->a.wakes = 0;
	flow_pump(pipe_open(&pipe->a, 500));
	cr_assert_eq(pipe->a.wakes, 1);
	pipe_free(pipe);
}

Test(mux_yamux, the_round_trip_is_measured_at_the_start_and_silence_broken_by_pings)
{
	struct pipe *pipe = started(1);

	pipe->whole = true;
	pipe_settle(pipe);
	cr_assert_eq(rtt_of(&pipe->a), 10 * PU_NS_PER_MS);
	cr_assert_eq(rtt_of(&pipe->b), 10 * PU_NS_PER_MS);
	cr_assert_eq(side_sent(&pipe->a, PU_YAMUX_PING, PU_YAMUX_SYN), 1);
	pipe_run(pipe, PU_YAMUX_KEEP_ALIVE - PU_NS_PER_S);
	cr_assert_eq(side_sent(&pipe->a, PU_YAMUX_PING, PU_YAMUX_SYN), 1);
	pipe_run(pipe, 600 * PU_NS_PER_S);
	cr_assert_geq(side_sent(&pipe->a, PU_YAMUX_PING, PU_YAMUX_SYN), 20);
	cr_assert_leq(pipe->a.frames, 130);
	cr_assert_eq(pipe->a.err, PU_OK);
	pipe_free(pipe);
}

Test(mux_yamux, a_dead_peer_is_noticed)
{
	for (int blocked = 0; blocked < 2; blocked++) {
		struct pipe *pipe = started(1);
		uint64_t start;

		pipe_settle(pipe);
		start = pipe->now;
		if (blocked)
			pipe->a.blocked = true; /* even when the ping itself is stuck */
		pipe->b.blocked = true;
		pipe_run(pipe, PU_YAMUX_KEEP_ALIVE + PU_YAMUX_PING_TIMEOUT - 100 * PU_NS_PER_MS);
		cr_assert_eq(pipe->a.err, PU_OK);
		pipe_run(pipe, 60 * PU_NS_PER_S);
		cr_assert_eq(pipe->a.err, PU_ETIMEOUT);
		cr_assert_gt(pipe->now, start);
		pipe_free(pipe);
	}
}

Test(mux_yamux, goaway_ends_the_session_after_what_came_before)
{
	struct pipe *pipe = started(1);
	struct flow *flow = both_open(pipe), *peer = flow_peer(flow);

	flow->to_write = 300;
	flow_pump(flow);
	pipe_settle(pipe);
	pu_yamux_goaway(pipe->a.yamux, 0x1004);
	cr_assert(!pu_stream_can_send(flow->stream));
	cr_assert_eq(pipe_open(&pipe->a, 5), NULL);
	pipe_settle(pipe);
	cr_assert_eq(pipe->b.err, PU_ECLOSED);
	cr_assert_eq(pu_yamux_goaway_code(pipe->b.yamux), 0x1004);
	cr_assert_eq(pu_yamux_deadline(pipe->a.yamux), UINT64_MAX);
	pu_yamux_lost(pipe->b.yamux);
	flow_read(peer, 1000);
	cr_assert_eq(peer->read, 300);
	cr_assert_eq(peer->state, PU_RECV_LOST);
	pipe_free(pipe);
}

Test(mux_yamux, a_thousand_streams_at_once)
{
	struct pipe *pipe = pipe_new(1);
	size_t opened = 0;

	pipe->b.config.streams_max = pipe->a.config.streams_total_max = 1000;
	pipe->b.hold = true;
	pipe->b.reply_len = 3000;
	pipe_start(pipe);
	while (opened < 1000) {
		opened += pipe_open(&pipe->a, 2000) != NULL;
		if (opened % 100 == 0)
			pipe_settle(pipe);
	}
	cr_assert_eq(pipe->b.accepted, 1000);
	cr_assert_eq(pipe->a.done, 0);
	pipe->b.hold = false;
	PU_LIST_FOREACH(it, &pipe->b.flows) {
		struct flow *flow = PU_LIST_ENTRY(it, struct flow, in_side);

		flow_read(flow, UINT64_MAX);
		flow->to_write = 3000;
		flow_pump(flow);
		flow_finish(flow);
		flow_close(flow);
	}
	pipe_settle(pipe);
	cr_assert_eq(pipe->a.done, 1000);
	cr_assert_eq(pipe->a.bytes_in, 3000 * 1000);
	pipe_free(pipe);
}

Test(mux_yamux, memory_is_flat_over_ten_thousand_streams)
{
	struct pipe *pipe = started(1);
	struct pu_yamux_info info;

	pipe->b.reply_len = 50;
	for (int i = 0; i < 10000; i++) {
		cr_assert_neq(pipe_open(&pipe->a, 100), NULL);
		if (i % 20 == 0)
			pipe_settle(pipe);
	}
	pipe_settle(pipe);
	cr_assert_eq(pipe->a.done, 10000);
	pu_yamux_info(pipe->b.yamux, &info);
	cr_assert_eq(info.memory, sizeof(struct pu_yamux));
	pu_yamux_info(pipe->a.yamux, &info);
	cr_assert_eq(info.memory, sizeof(struct pu_yamux));
	cr_assert_leq(info.memory, 600);
	cr_assert_eq(pipe->pool.used, 0);
	pipe_free(pipe);
}

Test(mux_yamux, an_idle_stream_holds_no_chunk)
{
	struct pipe *pipe = started(1);

	both_open(pipe);
	flow_read(PU_LIST_ENTRY(pu_list_first(&pipe->b.flows), struct flow, in_side), 1000);
	cr_assert_eq(pipe->pool.used, 0);
	cr_assert_leq(sizeof(struct pu_yamux_stream), 320);
	pipe_free(pipe);
}
