/* Knows what happens to the streams of two endpoints over wires of all kinds. */
#include <criterion/criterion.h>
#include <string.h>

#include "quic/sim_world.h"
#include "quic/state.h"

static void transfer(uint64_t seed, const struct sim_wire *wire, uint64_t len, size_t streams)
{
	struct world world;

	world_init(&world, seed);
	world.sim.wire = *wire;
	world.a.want_streams = streams;
	world.a.each_len = len;
	world.b.reply_len = len;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 600 * PU_NS_PER_S, world_flows_done, &world),
	          "seed %lu: %zu of %zu, in %lu bytes", seed, world.a.flows_done, streams,
	          world.b.bytes_in);
	cr_assert_eq(world.a.bytes_in, len * streams);
	cr_assert_eq(world.b.bytes_in, len * streams);
	world_end(&world);
}

static const struct sim_wire good_wire = {.delay = 5 * PU_NS_PER_MS, .mtu = 65535};

Test(quic_stream, carries_megabytes_both_ways_unchanged)
{
	transfer(1, &good_wire, 8 << 20, 1);
	transfer(2, &good_wire, 1 << 20, 8);
}

Test(quic_stream, carries_bytes_unchanged_over_bad_wires)
{
	for (uint64_t seed = 1; seed <= 30; seed++) {
		const struct sim_wire wire = {
		    .delay = (1 + seed % 5 * 10) * PU_NS_PER_MS,
		    .jitter = seed % 3 * 5 * PU_NS_PER_MS,
		    .loss = (double)(seed % 6) * 0.02,
		    .duplicate = seed % 2 ? 0.02 : 0,
		    .reorder = seed % 4 ? 0.05 : 0,
		    .mtu = seed % 2 ? 1400 : 65535,
		    .rate = seed % 3 == 2 ? 12500000 : 0,
		    .queue_max = 1 << 18,
		};

		transfer(seed, &wire, 300000, 1 + seed % 4);
	}
}

static bool halfway(void *test)
{
	const struct world *world = test;

	return world->b.bytes_in > 500000;
}

/* A new route swallows what was not too long before. */
Test(quic_stream, goes_on_when_the_path_takes_only_shorter_packets)
{
	static const size_t mtus[] = {1400, 1300, 1200};

	for (size_t i = 0; i < PU_ARRAY_LEN(mtus); i++) {
		struct world world;

		world_init(&world, i + 1);
		world.a.want_streams = 2;
		world.a.each_len = 1000000;
		world_start(&world);
		cr_assert(sim_run(&world.sim, 10 * PU_NS_PER_S, halfway, &world));
		world.sim.wire.mtu = mtus[i];
		cr_assert(sim_run(&world.sim, 5 * PU_NS_PER_S, world_flows_done, &world), "%zu",
		          mtus[i]);
		world_end(&world);
	}
}

static size_t longest;

static bool note_longest(struct sim *sim, const struct sim_host *from, const uint8_t *data,
                         size_t len)
{
	(void)sim, (void)from, (void)data;
	if (len > longest)
		longest = len;
	return true;
}

Test(quic_stream, takes_long_packets_again_after_a_gap)
{
	struct world world;

	world_init(&world, 1);
	world.a.want_streams = 2;
	world.a.each_len = 1000000;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 10 * PU_NS_PER_S, halfway, &world));
	world.sim.wire.mtu = 0;
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	world.sim.wire.mtu = 65535;
	cr_assert(sim_run(&world.sim, 5 * PU_NS_PER_S, world_flows_done, &world));
	sim_run(&world.sim, 10 * PU_NS_PER_S, NULL, NULL);
	world.sim.tap = note_longest;
	world.a.want_streams = 4;
	side_open_more(&world.a);
	cr_assert(sim_run(&world.sim, 5 * PU_NS_PER_S, world_flows_done, &world));
	cr_assert_gt(longest, 1400);
	world_end(&world);
}

Test(quic_stream, keys_change_in_mid_transfer)
{
	for (int fast = 0; fast < 2; fast++) {
		struct world world;

		world_init(&world, 1);
		world.sim.wire.rate = 1250000;
		world.a.want_streams = 1;
		world.a.each_len = 2000000;
		world.b.reply_len = 100000;
		sim_start(world.a.host);
		sim_start(world.b.host);
		/* Without the fast AES-GCM everything works as well. */
		world.a.host->ep->has_gcm = world.a.host->ep->has_gcm && fast;
		world.a.conn = sim_dial(world.a.host, world.b.host, &world.b.host->id, NULL);
		sim_run(&world.sim, PU_NS_PER_S / 2, world_both_up, &world);
		for (int i = 0; i < 3; i++) {
			sim_run(&world.sim, PU_NS_PER_S / 3, NULL, NULL);
			cr_assert_eq(ngtcp2_conn_initiate_key_update(
			                 (i == 1 ? &world.b : &world.a)->conn->quic, world.sim.now),
			             0);
		}
		cr_assert(!world_flows_done(&world));
		cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, world_flows_done, &world));
		world_end(&world);
	}
}

Test(quic_stream, ten_thousand_streams_never_starve)
{
	struct world world;

	world_init(&world, 3);
	world.a.want_streams = 10000;
	world.a.each_len = 100;
	world.b.reply_len = 50;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 600 * PU_NS_PER_S, world_flows_done, &world), "%zu",
	          world.a.flows_done);
	world_end(&world);
}

static bool all_opened(void *test)
{
	const struct world *world = test;

	return world->a.opened == world->a.want_streams && world->a.flows_done == world->a.opened;
}

Test(quic_stream, refused_streams_give_their_credit_back)
{
	struct world world;

	world_init(&world, 3);
	world.a.want_streams = 2000;
	world.a.each_len = 100;
	world.b.refuse = true;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 600 * PU_NS_PER_S, all_opened, &world), "%lu",
	          world.a.opened);
	cr_assert_eq(world.b.streams_in, 2000);
	world_end(&world);
}

Test(quic_stream, a_reader_that_stops_holds_the_writer_and_no_more_memory_than_the_window)
{
	struct pu_quic_stats stats;
	struct world world;

	world_init(&world, 1);
	world.a.want_streams = 1;
	world.a.each_len = 100 << 20;
	world.b.hold = true;
	world_start(&world);
	sim_run(&world.sim, 20 * PU_NS_PER_S, NULL, NULL);
	cr_assert_eq(world.a.downs + world.b.downs, 0);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_leq(stats.memory_recv, PU_QUIC_STREAM_WINDOW + 2 * PU_CHUNK_BIG_LEN);
	pu_quic_endpoint_stats(world.a.host->ep, &stats);
	cr_assert_leq(stats.memory_send, PU_QUIC_STREAM_SEND_MAX + 2 * PU_CHUNK_BIG_LEN);
	world.b.hold = false;
	world_end(&world);
}

Test(quic_stream, memory_above_the_bound_ends_the_connection_not_the_process)
{
	struct world world;

	world_init(&world, 1);
	world.b.host->config.memory_max = 512 << 10;
	world.b.hold = true;
	world.a.want_streams = 1;
	world.a.each_len = 10 << 20;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 20 * PU_NS_PER_S, world_both_down, &world));
	cr_assert_eq(world.b.why.err, PU_ELIMIT);
	world_end(&world);
}

Test(quic_stream, a_socket_that_blocks_loses_nothing)
{
	struct world world;
	size_t turns = 0;

	world_init(&world, 1);
	world.sim.wire.delay = PU_NS_PER_MS;
	world.a.want_streams = 2;
	world.a.each_len = 1 << 20;
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	while (!world_flows_done(&world) && turns++ < 100000) {
		world.a.host->blocked = false;
		world.a.host->gso_left = 1 + sim_random(&world.sim) % 7;
		sim_run(&world.sim, PU_NS_PER_MS, world_flows_done, &world);
	}
	world.a.host->blocked = false;
	world.a.host->gso_left = 0;
	cr_assert(world_flows_done(&world));
	world_end(&world);
}

Test(quic_stream, each_half_of_a_stream_ends_by_itself)
{
	struct world world;
	struct pu_quic_stream *stream;
	struct flow *flow;
	uint8_t bytes[6];

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	cr_assert_eq(pu_quic_stream_open(world.a.conn, NULL, &stream), PU_OK);
	world.b.hold = true;
	flow = flow_new(stream, 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = flow_byte(1, i);
	cr_assert_eq(pu_quic_stream_write(stream, bytes, 3), 3);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	cr_assert_eq(world.b.streams_in, 1);
	pu_quic_stream_stop_sending(stream, 9);
	cr_assert(pu_quic_stream_can_send(stream));
	cr_assert_eq(pu_quic_stream_write(stream, bytes + 3, 3), 3);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	pu_quic_stream_reset(stream, 8);
	cr_assert(!pu_quic_stream_can_send(stream));
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	cr_assert(!flow->stopped);
	cr_assert_eq(world.b.stops, 1);
	flow_end(&world.a, flow);
	world.b.hold = false;
	world_end(&world);
}

Test(quic_stream, a_writer_learns_that_nobody_reads_even_when_it_may_not_write)
{
	struct world world;
	struct pu_quic_stream *stream = NULL;

	world_init(&world, 1);
	world.a.want_streams = 1;
	world.a.each_len = 100 << 20;
	world.b.hold = true;
	world_start(&world);
	sim_run(&world.sim, 5 * PU_NS_PER_S, NULL, NULL);
	cr_assert_eq(world.a.stops, 0);
	stream = world.b.last_stream;
	pu_quic_stream_stop_sending(stream, 3);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	cr_assert_eq(world.a.stops, 1);
	cr_assert_eq(world.a.downs, 0);
	world.b.hold = false;
	world_end(&world);
}

Test(quic_stream, streams_share_a_connection_evenly)
{
	struct world world;
	uint64_t least = UINT64_MAX, most = 0;

	world_init(&world, 1);
	world.sim.wire.rate = 1250000;
	world.a.want_streams = 8;
	world.a.each_len = 4 << 20;
	world_start(&world);
	sim_run(&world.sim, 8 * PU_NS_PER_S, NULL, NULL);
	PU_LIST_FOREACH(it, &world.b.conn->streams) {
		const struct pu_quic_stream *stream = PU_LIST_ENTRY(it, struct pu_quic_stream, in_conn);
		const struct flow *flow = stream->base.user;

		least = flow->in.read < least ? flow->in.read : least;
		most = flow->in.read > most ? flow->in.read : most;
	}
	cr_assert_gt(least, 100000);
	cr_assert_lt(most - least, most / 2, "%lu to %lu", least, most);
	world_end(&world);
}

Test(quic_stream, what_waits_to_be_sent_is_bounded_on_a_slow_path)
{
	struct pu_quic_stats stats;
	struct world world;

	world_init(&world, 1);
	world.sim.wire.rate = 125000;
	world.sim.wire.queue_max = 20000;
	world.a.want_streams = 1;
	world.a.each_len = 100 << 20;
	world_start(&world);
	sim_run(&world.sim, 20 * PU_NS_PER_S, NULL, NULL);
	pu_quic_endpoint_stats(world.a.host->ep, &stats);
	cr_assert_lt(stats.memory_send, 600000, "%zu", stats.memory_send);
	world_end(&world);
}

Test(quic_stream, a_reset_comes_after_the_bytes_before_it)
{
	struct world world;
	struct pu_quic_stream *stream;
	enum pu_recv state;
	struct iovec in[2];

	world_init(&world, 1);
	world.b.hold = true;
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	cr_assert_eq(pu_quic_stream_open(world.a.conn, NULL, &stream), PU_OK);
	cr_assert_eq(pu_quic_stream_write(stream, "abc", 3), 3);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	pu_quic_stream_reset(stream, 77);
	pu_quic_stream_close(stream);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	stream = world.b.last_stream;
	cr_assert_eq(pu_quic_stream_peek(stream, in, 2, &state), 1);
	cr_assert_eq(in[0].iov_len, 3);
	cr_assert_eq(state, PU_RECV_RESET);
	cr_assert_eq(pu_quic_stream_reset_code(stream), 77);
	pu_quic_stream_consume(stream, 3);
	flow_end(&world.b, pu_quic_stream_user(stream));
	world_end(&world);
}

Test(quic_stream, received_bytes_outlive_the_connection)
{
	struct world world;
	struct pu_quic_stream *stream;
	struct iovec in[2];
	enum pu_recv state;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	world.b.hold = world.b.keep = true;
	cr_assert_eq(pu_quic_stream_open(world.a.conn, NULL, &stream), PU_OK);
	cr_assert_eq(pu_quic_stream_write(stream, "abc", 3), 3);
	pu_quic_stream_finish(stream);
	flow_new(stream, 0);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	pu_quic_conn_close(world.a.conn, 0, NULL);
	sim_run(&world.sim, PU_NS_PER_S, world_both_down, &world);
	stream = world.b.last_stream;
	cr_assert_eq(pu_quic_stream_conn(stream), NULL);
	cr_assert(!pu_quic_stream_can_send(stream));
	cr_assert_eq(pu_quic_stream_write(stream, "x", 1), 0);
	cr_assert_eq(pu_quic_stream_peek(stream, in, 2, &state), 1);
	cr_assert_eq(state, PU_RECV_FIN);
	pu_quic_stream_consume(stream, 3);
	flow_end(&world.b, pu_quic_stream_user(stream));
	world_end(&world);
}
