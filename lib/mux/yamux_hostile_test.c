/* Knows what a session does when its peer is late, wrong or wicked. */
#include <criterion/criterion.h>
#include <string.h>

#include "mux/yamux_pipe.h"
#include "mux/yamux_state.h"

#define WINDOW PU_YAMUX_WINDOW
#define PING   PU_YAMUX_PING
enum { SYN = PU_YAMUX_SYN, ACK = PU_YAMUX_ACK, FIN = PU_YAMUX_FIN, RST = PU_YAMUX_RST };

/* Only b lives; what a sends is made up. */
static struct pipe *alone(void)
{
	struct pipe *pipe = pipe_new(1);

	pipe_start(pipe);
	pipe->b.quiet = true;
	return pipe;
}

static struct flow *first_flow(const struct side *side)
{
	return PU_LIST_ENTRY(pu_list_first(&side->flows), struct flow, in_side);
}

static void send_data(struct side *to, unsigned flags, uint32_t id, size_t len)
{
	uint8_t *bytes = calloc(1, PU_YAMUX_HEADER_LEN + len);

	pu_yamux_header_write(
	    &(struct pu_yamux_header){PU_YAMUX_DATA, (uint16_t)flags, id, (uint32_t)len}, bytes);
	side_inject(to, bytes, PU_YAMUX_HEADER_LEN + len);
	free(bytes);
}

/* Lets b send; answers its last frame. */
static struct pu_yamux_header last_frame(struct pipe *pipe)
{
	pipe->a.blocked = true;
	pipe->a.err = PU_ECLOSED; /* must not matter */
	pipe_settle(pipe);
	cr_assert_gt(pipe->b.log_len, 0);
	return pipe->b.log[(pipe->b.log_len - 1) % PIPE_LOG_MAX];
}

static void expect_over(struct pipe *pipe, enum pu_err err, uint32_t code, const char *why)
{
	struct pu_yamux_header last;

	cr_assert_eq(pipe->b.err, err, "%s: %d", why, pipe->b.err);
	last = last_frame(pipe);
	cr_assert_eq(last.type, PU_YAMUX_GOAWAY, "%s", why);
	cr_assert_eq(last.len, code, "%s", why);
	cr_assert(!pu_yamux_has_output(pipe->b.yamux));
	/* Whatever comes now changes nothing. */
	side_frame(&pipe->b, PU_YAMUX_WINDOW, SYN, 21, 0);
	cr_assert(!pu_yamux_has_output(pipe->b.yamux), "%s", why);
	pipe_free(pipe);
}

Test(mux_yamux_hostile, frames_that_cannot_be_end_the_session)
{
	static const struct {
		const char *bytes;
		const char *why;
	} cases[] = {
	    {"\1\0\0\1\0\0\0\1\0\0\0", "version"},
	    {"\0\7\0\0\0\0\0\1\0\0\0", "type"},
	    {"\0\0\0\3\0\0\0\1\0\0\0", "SYN and ACK"},
	    {"\0\0\0\0\0\0\0\0\0\0\0", "data of stream 0"},
	    {"\0\1\0\0\0\0\0\0\0\0\0", "window of stream 0"},
	    {"\0\2\0\0\0\0\0\0\0\0\0", "ping without a flag"},
	    {"\0\1\0\1\0\0\0\2\0\0\0", "an ID of ours"},
	    {"\0\0\0\1\0\0\0\5\0\4\0\1", "SYN with more than the window"},
	    {"\0\0\0\0\0\0\0\5\1\0\0\1", "a frame without end, of nobody"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pipe *pipe = alone();

		side_inject(&pipe->b, cases[i].bytes, PU_YAMUX_HEADER_LEN);
		expect_over(pipe, PU_EPROTOCOL, PU_YAMUX_PROTOCOL_ERROR, cases[i].why);
	}
}

Test(mux_yamux_hostile, a_stream_is_opened_once)
{
	struct pipe *pipe = alone();

	side_frame(&pipe->b, WINDOW, SYN, 1, 0);
	side_frame(&pipe->b, WINDOW, SYN, 1, 0);
	expect_over(pipe, PU_EPROTOCOL, PU_YAMUX_PROTOCOL_ERROR, "twice");
}

Test(mux_yamux_hostile, neighbours_may_come_in_any_order_but_not_old_ids)
{
	struct pipe *pipe = alone();

	side_frame(&pipe->b, WINDOW, SYN, 5001, 0);
	side_frame(&pipe->b, WINDOW, SYN, 4999, 0);
	cr_assert_eq(pipe->b.err, PU_OK);
	cr_assert_eq(pipe->b.accepted, 2);
	side_frame(&pipe->b, WINDOW, SYN, 1, 0);
	expect_over(pipe, PU_EPROTOCOL, PU_YAMUX_PROTOCOL_ERROR, "an old ID");
}

Test(mux_yamux_hostile, more_than_the_window_ends_the_session)
{
	struct pipe *pipe = alone();

	send_data(&pipe->b, SYN, 1, 200000);
	send_data(&pipe->b, 0, 1, 62144);
	cr_assert_eq(pipe->b.err, PU_OK);
	cr_assert_eq(pu_stream_readable(first_flow(&pipe->b)->stream), 262144);
	send_data(&pipe->b, 0, 1, 0); /* counts nothing */
	cr_assert_eq(pipe->b.err, PU_OK);
	send_data(&pipe->b, 0, 1, 1);
	expect_over(pipe, PU_EPROTOCOL, PU_YAMUX_PROTOCOL_ERROR, "window");
}

Test(mux_yamux_hostile, a_window_that_overflows_ends_the_session)
{
	struct pipe *pipe = alone();

	side_frame(&pipe->b, WINDOW, SYN, 1, UINT32_MAX - PU_YAMUX_WINDOW_INITIAL);
	cr_assert_eq(pipe->b.err, PU_OK);
	side_frame(&pipe->b, WINDOW, 0, 1, 1);
	expect_over(pipe, PU_EPROTOCOL, PU_YAMUX_PROTOCOL_ERROR, "overflow");
}

Test(mux_yamux_hostile, the_code_of_a_reset_is_no_credit)
{
	struct pipe *pipe = alone();

	side_frame(&pipe->b, WINDOW, SYN, 1, 0);
	side_frame(&pipe->b, WINDOW, RST, 1, UINT32_MAX);
	cr_assert_eq(pipe->b.err, PU_OK);
	cr_assert_eq(pu_stream_reset_code(first_flow(&pipe->b)->stream), UINT32_MAX);
	cr_assert(first_flow(&pipe->b)->stopped);
	pipe_free(pipe);
}

Test(mux_yamux_hostile, late_frames_of_closed_and_unknown_streams_are_skipped)
{
	struct pipe *pipe = alone();

	side_frame(&pipe->b, WINDOW, SYN, 1, 0);
	flow_close(first_flow(&pipe->b));
	last_frame(pipe); /* RST is out */
	cr_assert_eq(pipe->b.yamux->streams_len, 0);
	send_data(&pipe->b, FIN, 1, 300000);
	side_frame(&pipe->b, WINDOW, 0, 1, UINT32_MAX);
	side_frame(&pipe->b, WINDOW, FIN, 1, 0);
	side_frame(&pipe->b, WINDOW, RST, 1, 7);
	send_data(&pipe->b, 0, 99, 1000);
	side_frame(&pipe->b, WINDOW, 0, 2, 10); /* ours, never opened */
	cr_assert_eq(pipe->b.err, PU_OK);
	send_data(&pipe->b, SYN | FIN, 3, 5); /* the next one is understood */
	cr_assert_eq(pipe->b.accepted, 2);
	pipe_free(pipe);
}

Test(mux_yamux_hostile, data_behind_the_end_is_dropped)
{
	struct pipe *pipe = alone();

	send_data(&pipe->b, SYN | FIN, 1, 5);
	send_data(&pipe->b, FIN, 1, 500);
	cr_assert_eq(pipe->b.err, PU_OK);
	cr_assert_eq(pu_stream_readable(first_flow(&pipe->b)->stream), 5);
	pipe_free(pipe);
}

Test(mux_yamux_hostile, a_stream_reset_before_anybody_saw_it_is_never_told)
{
	struct pipe *pipe = alone();
	uint8_t bytes[2 * PU_YAMUX_HEADER_LEN];

	pu_yamux_header_write(&(struct pu_yamux_header){WINDOW, SYN, 1, 0}, bytes);
	pu_yamux_header_write(&(struct pu_yamux_header){WINDOW, RST, 1, 0},
	                      bytes + PU_YAMUX_HEADER_LEN);
	side_inject(&pipe->b, bytes, sizeof(bytes));
	side_frame(&pipe->b, WINDOW, SYN | RST, 3, 0);
	cr_assert_eq(pipe->b.accepted, 0);
	cr_assert_eq(pipe->b.yamux->streams_len, 0);
	pipe_free(pipe);
}

Test(mux_yamux_hostile, pings_without_end_cost_one_answer)
{
	struct pipe *pipe = alone();

	for (uint32_t i = 0; i < 1000; i++)
		side_frame(&pipe->b, PING, SYN, 0, i);
	last_frame(pipe);
	cr_assert_eq(side_sent(&pipe->b, PING, ACK), 1);
	cr_assert_eq(pipe->b.log[0].len, 999);
	pipe_free(pipe);
}

Test(mux_yamux_hostile, answers_nobody_asked_for_are_ignored)
{
	struct pipe *pipe = alone();
	struct pu_yamux_info info;

	side_frame(&pipe->b, PING, ACK, 0, 0);
	side_frame(&pipe->b, PING, ACK, 0, 12345);
	last_frame(pipe);
	side_frame(&pipe->b, PING, ACK, 0, 12345);
	pu_yamux_info(pipe->b.yamux, &info);
	cr_assert_eq(info.rtt_ns, 0);
	pipe->now += PU_NS_PER_MS;
	side_frame(&pipe->b, PING, ACK, 0, 0);
	pu_yamux_info(pipe->b.yamux, &info);
	cr_assert_gt(info.rtt_ns, 0);
	cr_assert_eq(pipe->b.err, PU_OK);
	pipe_free(pipe);
}

Test(mux_yamux_hostile, refusals_that_are_not_taken_end_the_session)
{
	struct pipe *pipe = alone();

	pipe->b.config.streams_max = 0;
	for (uint32_t i = 0; i < PU_YAMUX_REFUSED_MAX; i++)
		side_frame(&pipe->b, WINDOW, SYN, 1 + 2 * i, 0);
	cr_assert_eq(pipe->b.err, PU_OK);
	side_frame(&pipe->b, WINDOW, SYN, 3 + 2 * PU_YAMUX_REFUSED_MAX, 0);
	expect_over(pipe, PU_ELIMIT, PU_YAMUX_INTERNAL_ERROR, "refusals");
}

Test(mux_yamux_hostile, memory_above_the_bound_ends_the_stream_not_the_session)
{
	struct pipe *pipe = alone();
	uint32_t id;

	pipe->b.config.pool_max = 1000000;
	for (id = 1; id < 10; id += 2)
		side_frame(&pipe->b, WINDOW, SYN, id, 0);
	for (id = 1; id < 10; id += 2)
		send_data(&pipe->b, 0, id, 200000);
	cr_assert_leq(pipe->pool.used, 1000000, "%zu", pipe->pool.used);
	cr_assert_geq(pipe->pool.used, 400000, "%zu", pipe->pool.used);
	cr_assert_eq(pipe->b.err, PU_OK);
	last_frame(pipe);
	cr_assert_eq(side_sent(&pipe->b, WINDOW, RST), 2);
	cr_assert_eq(first_flow(&pipe->b)->state, PU_RECV_OPEN);
	/* A quarter is kept for sessions that hold little, as this one soon. */
	cr_assert_leq(pipe->pool.used, 750000 + PU_CHUNK_BIG_LEN);
	pu_stream_consume(first_flow(&pipe->b)->stream, 200000);
	send_data(&pipe->b, 0, 1, 50000);
	cr_assert_eq(pu_stream_readable(first_flow(&pipe->b)->stream), 50000);
	pipe_free(pipe);
}

Test(mux_yamux_hostile, bytes_sent_before_their_stream_are_nobodys)
{
	struct pipe *pipe = alone();
	struct pu_yamux_header header = {.type = PU_YAMUX_DATA, .id = 2, .len = 16 << 20};
	uint8_t bytes[PU_YAMUX_HEADER_LEN], payload[1000] = {0};

	pu_yamux_header_write(&header, bytes);
	side_inject(&pipe->b, bytes, sizeof(bytes));
	struct flow *flow = pipe_open(&pipe->b, 100);
	cr_assert_not_null(flow);
	cr_assert_eq(pu_stream_write(flow->stream, "x", 1), 1);
	cr_assert_eq(last_frame(pipe).id, 2); /* which it has now */
	side_inject(&pipe->b, payload, sizeof(payload));
	cr_assert_eq(pipe->b.err, PU_OK);
	cr_assert_eq(pu_stream_readable(flow->stream), 0);
	pipe_free(pipe);
}

Test(mux_yamux_hostile, a_header_cut_anywhere_waits_for_its_rest)
{
	for (size_t cut = 0; cut <= PU_YAMUX_HEADER_LEN + 3; cut++) {
		uint8_t bytes[PU_YAMUX_HEADER_LEN + 3] = {0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9};
		struct pipe *pipe = alone();

		side_inject(&pipe->b, bytes, cut);
		cr_assert_eq(pipe->b.accepted, cut >= PU_YAMUX_HEADER_LEN);
		side_inject(&pipe->b, bytes + cut, sizeof(bytes) - cut);
		cr_assert_eq(pipe->b.accepted, 1);
		cr_assert_eq(pu_stream_readable(first_flow(&pipe->b)->stream), 3);
		pipe_free(pipe);
	}
}
