/* Knows how connections begin, live and end. */
#include <criterion/criterion.h>
#include <string.h>

#include "quic/sim_world.h"
#include "quic/state.h"

Test(quic_conn, connects_and_both_sides_know_the_other)
{
	struct world world;

	world_init(&world, 1);
	world_start(&world);
	/* Two round trips, of which the second tells the dialler that it is confirmed. */
	cr_assert(sim_run(&world.sim, 21 * PU_NS_PER_MS, world_both_up, &world));
	cr_assert(pu_peer_id_eq(pu_quic_conn_peer(world.a.conn), &world.b.host->id));
	cr_assert(pu_peer_id_eq(pu_quic_conn_peer(world.b.conn), &world.a.host->id));
	cr_assert_eq(world.b.news, 1);
	world_end(&world);
	cr_assert_eq(world.a.why.err, PU_OK);
	cr_assert_eq(world.b.why.err, PU_OK);
	cr_assert(world.b.why.remote && world.b.why.app);
	cr_assert(!world.a.why.remote);
}

Test(quic_conn, a_dead_address_ends_in_time)
{
	struct world world;

	world_init(&world, 1);
	world_start(&world);
	sim_kill(world.b.host);
	cr_assert(sim_run(&world.sim, 11 * PU_NS_PER_S, world_a_down, &world));
	cr_assert_eq(world.a.why.err, PU_ETIMEOUT);
	cr_assert_str_eq(world.a.reason, "no answer at this address");
	cr_assert_eq(world.a.ups, 0);
	world_end(&world);
}

/* A host may read its clock anew for a dial that it makes from within a flush. */
Test(quic_conn, bears_a_clock_that_goes_back)
{
	struct world world;
	struct pu_quic_stats stats;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	world.sim.now += 50 * PU_NS_PER_MS;
	sim_dial(world.a.host, world.b.host, NULL, NULL);
	world.sim.now -= 50 * PU_NS_PER_MS;
	pu_quic_endpoint_flush(world.a.host->ep, world.sim.now);
	pu_quic_endpoint_expire(world.a.host->ep, 0);
	pu_quic_endpoint_flush(world.a.host->ep, 0);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	pu_quic_endpoint_stats(world.a.host->ep, &stats);
	cr_assert_eq(stats.up, 2);
	cr_assert_eq(stats.failed, 0);
	pu_quic_endpoint_shutdown(world.a.host->ep, 0, NULL);
	world_end(&world);
}

Test(quic_conn, a_peer_with_a_tiny_idle_timeout_is_not_kept_alive_all_the_time)
{
	struct world world;
	uint64_t before;

	world_init(&world, 1);
	world.b.host->config.idle_timeout = 2 * PU_NS_PER_MS;
	world.b.host->config.keep_alive = 0;
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	before = world.sim.datagrams;
	sim_run(&world.sim, 10 * PU_NS_PER_S, NULL, NULL);
	cr_assert_lt(world.sim.datagrams - before, 100);
	world_end(&world);
}

Test(quic_conn, refuses_another_peer_than_the_one_dialled)
{
	struct world world;
	struct pu_peer_id other;

	world_init(&world, 1);
	sim_start(world.a.host);
	sim_start(world.b.host);
	other = world.b.host->id;
	other.bytes[10] ^= 1;
	world.a.conn = sim_dial(world.a.host, world.b.host, &other, NULL);
	cr_assert(sim_run(&world.sim, PU_NS_PER_S, world_both_down, &world));
	cr_assert_eq(world.a.why.err, PU_ECRYPTO);
	cr_assert(world.a.why.wrong_peer && !world.a.why.remote);
	cr_assert_eq(world.a.ups + world.b.ups, 0);
	cr_assert_eq(world.b.why.err, PU_ECRYPTO);
	cr_assert(world.b.why.remote);
	world_end(&world);
}

Test(quic_conn, close_carries_code_and_reason)
{
	struct world world;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	pu_quic_conn_close(world.a.conn, 0x1001, "too\nmany");
	cr_assert(sim_run(&world.sim, PU_NS_PER_S, world_both_down, &world));
	cr_assert_eq(world.b.why.code, 0x1001);
	cr_assert(world.b.why.app && world.b.why.remote);
	cr_assert_eq(world.b.why.err, PU_ECLOSED);
	cr_assert_str_eq(world.b.reason, "too?many");
	world_end(&world);
}

Test(quic_conn, a_lost_close_is_repeated)
{
	struct world world;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	world.sim.wire.mtu = 0;
	pu_quic_conn_close(world.a.conn, 5, NULL);
	cr_assert(sim_run(&world.sim, PU_NS_PER_MS, world_a_down, &world));
	world.sim.wire.mtu = 65535;
	world.b.want_streams = 1;
	side_open_more(&world.b);
	cr_assert(sim_run(&world.sim, PU_NS_PER_S, world_both_down, &world));
	cr_assert_eq(world.b.why.code, 5);
	world_end(&world);
}

Test(quic_conn, an_idle_connection_stays_for_as_long_as_both_want)
{
	struct world world;
	uint64_t before;

	world_init(&world, 1);
	world.b.host->config.idle_timeout = 10 * PU_NS_PER_S;
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	sim_run(&world.sim, 10 * PU_NS_PER_S, NULL, NULL);
	before = world.sim.datagrams;
	sim_run(&world.sim, 600 * PU_NS_PER_S, NULL, NULL);
	cr_assert_eq(world.a.downs + world.b.downs, 0);
	cr_assert(world.sim.datagrams - before < 600, "%lu", world.sim.datagrams - before);
	world_end(&world);
}

Test(quic_conn, a_silent_peer_is_given_up_after_the_idle_timeout)
{
	struct world world;
	uint64_t before;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	before = world.sim.now;
	world.sim.wire.mtu = 0;
	cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, world_both_down, &world));
	cr_assert_eq(world.a.why.err, PU_ETIMEOUT);
	cr_assert(world.sim.now - before < 50 * PU_NS_PER_S);
	world_end(&world);
}

Test(quic_conn, a_restarted_peer_says_at_once_that_it_forgot)
{
	struct world world;
	uint64_t before;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	sim_start(world.b.host);
	before = world.sim.now;
	world.a.want_streams = 1;
	world.a.each_len = 1000;
	side_open_more(&world.a);
	cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, world_a_down, &world));
	cr_assert_eq(world.a.why.err, PU_ECLOSED);
	cr_assert_str_eq(world.a.reason, "stateless reset");
	cr_assert(world.sim.now - before < PU_NS_PER_S);
	cr_assert_eq(world.a.flows_done, 1);
	world_end(&world);
}

Test(quic_conn, finds_the_mtu_of_the_path)
{
	static const size_t mtus[] = {65535, 1452, 1400, 1300};
	static const size_t found[] = {1472, 1452, 1392, 1280};

	for (size_t i = 0; i < 4; i++) {
		struct pu_quic_conn_info info;
		struct world world;

		world_init(&world, 1);
		world.sim.wire.mtu = mtus[i];
		world.a.want_streams = 1;
		world.a.each_len = 1000000;
		world_start(&world);
		cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, world_flows_done, &world));
		sim_run(&world.sim, 20 * PU_NS_PER_S, NULL, NULL);
		pu_quic_conn_info(world.a.conn, &info);
		cr_assert_eq(info.udp_payload, found[i], "%zu: %u", mtus[i], info.udp_payload);
		world_end(&world);
	}
}

Test(quic_conn, follows_a_peer_to_another_port)
{
	struct world world;

	world_init(&world, 1);
	world.sim.wire.rate = 1250000;
	world.a.want_streams = 1;
	world.a.each_len = 1000000;
	world.b.reply_len = 1000000;
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S / 2, NULL, NULL);
	sim_move(world.a.host, 5555);
	cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, world_flows_done, &world));
	cr_assert_eq(world.b.paths, 1);
	cr_assert_eq(pu_quic_conn_path(world.b.conn)->remote.in.sin_port, htons(5555));
	world_end(&world);
}

Test(quic_conn, many_seeds_of_bad_wires_all_get_up_and_down)
{
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct world world;

		world_init(&world, seed);
		world.sim.wire.delay = (1 + seed % 7 * 20) * PU_NS_PER_MS;
		world.sim.wire.jitter = seed % 3 * 20 * PU_NS_PER_MS;
		world.sim.wire.loss = (double)(seed % 4) * 0.1;
		world.sim.wire.reorder = 0.1;
		world.sim.wire.duplicate = 0.1;
		world_start(&world);
		cr_assert(sim_run(&world.sim, 10 * PU_NS_PER_S, world_both_up, &world), "seed %lu",
		          seed);
		cr_assert_eq(world.b.news, 1);
		world_end(&world);
		cr_assert_eq(world.a.downs, 1);
		cr_assert_eq(world.b.downs, 1);
	}
}

Test(quic_conn, an_idle_connection_hardly_wakes_anybody)
{
	struct world world;
	uint64_t steps;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, 60 * PU_NS_PER_S, NULL, NULL);
	steps = world.sim.steps;
	sim_run(&world.sim, 600 * PU_NS_PER_S, NULL, NULL);
	/* Of both ends together, in ten minutes. */
	cr_assert_lt(world.sim.steps - steps, 400, "%lu", world.sim.steps - steps);
	world_end(&world);
}

Test(quic_conn, an_idle_connection_holds_no_stream_memory)
{
	struct pu_quic_stats stats;
	struct world world;

	world_init(&world, 1);
	world.a.want_streams = 20;
	world.a.each_len = 1 << 20;
	world.b.reply_len = 1 << 20;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, world_flows_done, &world));
	sim_run(&world.sim, 60 * PU_NS_PER_S, NULL, NULL);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.memory_send + stats.memory_recv + stats.memory_free, 0);
	cr_assert_eq(stats.streams, 0);
	world_end(&world);
}

Test(quic_conn, ngtcp2_holds_nothing_in_vain_for_a_quiet_connection)
{
	struct pu_quic_stats stats;
	struct world world;

	if (ngtcp2_version(0)->version_num != PU_QUIC_KNOWN_VERSION)
		cr_skip_test("memory.c does not know ngtcp2 %s", ngtcp2_version(0)->version_str);
	world_init(&world, 1);
	world.a.want_streams = 4;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, world_flows_done, &world));
	sim_run(&world.sim, 60 * PU_NS_PER_S, NULL, NULL);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	/* Its pools or its own buffer would come to more. */
	cr_assert_lt(stats.memory_quic, 20 << 10, "%zu", stats.memory_quic);
	world_end(&world);
}

Test(quic_conn, a_dialler_that_vanishes_leaves_nothing)
{
	struct pu_quic_stats stats;
	struct world world;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, 7 * PU_NS_PER_MS, NULL, NULL);
	cr_assert_eq(world.b.news, 1);
	sim_kill(world.a.host);
	sim_run(&world.sim, 11 * PU_NS_PER_S, NULL, NULL);
	cr_assert_eq(world.b.downs, 1);
	cr_assert_eq(world.b.why.err, PU_ETIMEOUT);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.handshakes + stats.conns + stats.memory_quic, 0);
	world.a.conn = NULL;
	world_end(&world);
}

Test(quic_conn, closing_before_the_handshake_ends_tells_both)
{
	struct world world;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, 7 * PU_NS_PER_MS, NULL, NULL);
	pu_quic_conn_close(world.a.conn, 3, "changed my mind");
	pu_quic_conn_close(world.a.conn, 4, "twice does nothing");
	cr_assert(sim_run(&world.sim, PU_NS_PER_S, world_both_down, &world));
	cr_assert_eq(world.a.why.code, 3);
	cr_assert_eq(world.a.ups + world.b.ups, 0);
	world_end(&world);
}

Test(quic_conn, shutdown_closes_all_and_takes_no_more)
{
	struct world world;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	pu_quic_endpoint_shutdown(world.b.host->ep, 0x1006, "shutdown");
	cr_assert(sim_run(&world.sim, PU_NS_PER_S, world_both_down, &world));
	cr_assert_eq(world.a.why.code, 0x1006);
	world.a.downs = 0;
	sim_run(&world.sim, 5 * PU_NS_PER_S, NULL, NULL);
	world.a.conn = sim_dial(world.a.host, world.b.host, NULL, NULL);
	sim_run(&world.sim, 11 * PU_NS_PER_S, NULL, NULL);
	cr_assert_eq(world.a.why.err, PU_ETIMEOUT);
	world_end(&world);
}

static void free_flows(const struct pu_quic_conn *conn)
{
	PU_LIST_FOREACH(it, &conn->streams)
		pu_free(PU_LIST_ENTRY(it, struct pu_quic_stream, in_conn)->base.user);
}

Test(quic_conn, an_endpoint_may_be_freed_in_the_middle_of_everything)
{
	const struct pu_quic_conn *conn;
	struct world world;

	world_init(&world, 1);
	world.a.want_streams = 3;
	world.a.each_len = 10 << 20;
	world.b.hold = true;
	world_start(&world);
	sim_run(&world.sim, 100 * PU_NS_PER_MS, NULL, NULL);
	sim_dial(world.a.host, world.b.host, NULL, NULL);
	conn = world.b.conn;
	sim_run(&world.sim, 6 * PU_NS_PER_MS, NULL, NULL);
	free_flows(world.a.conn);
	free_flows(conn);
	sim_fini(&world.sim);
}

Test(quic_conn, nonsense_configuration_is_refused)
{
	const struct pu_quic_callbacks none = {0};
	struct pu_quic_endpoint *ep = NULL;
	struct pu_quic_config config;

	pu_quic_config_default(&config);
	cr_assert_eq(pu_quic_endpoint_new(&config, &none, NULL, &ep), PU_EINVAL);
	cr_assert_eq(ep, NULL);
	pu_quic_endpoint_free(NULL);
}
