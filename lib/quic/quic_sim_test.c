/* Knows how two endpoints behave over wires of all kinds. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/alloc.h"
#include "quic/conn.h"
#include "quic/limits.h"
#include "quic/sim.h"
#include "quic/state.h"
#include "quic/stream.h"

/* One direction of one stream: bytes of a counter-based pattern, checked on arrival. */
struct half {
	uint64_t seed, total, written, read;
	bool finished, ended, bad;
	enum pu_quic_recv how;
	uint64_t code;
};

struct flow {
	struct half out, in;
	struct pu_quic_stream *stream;
	bool close_early, echo, stopped;
};

struct side {
	struct sim_host *host;
	struct pu_quic_conn *conn;
	struct pu_quic_close why;
	char reason[PU_QUIC_REASON_MAX + 1];
	int news, ups, downs, paths, availables, stops;
	size_t streams_in, flows_done;
	struct pu_quic_stream *last_stream;
	uint64_t reply_len; /* what it answers on an inbound stream after FIN */
	bool refuse, hold;  /* hold: does not read */
	uint64_t want_streams, opened;
	uint64_t each_len;
	uint64_t bytes_in;
	size_t max_events_per_time;
};

struct world {
	struct sim sim;
	struct side a, b; /* a dials b */
};

static uint8_t pattern(uint64_t seed, uint64_t at)
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
				((uint8_t *)out[i].iov_base)[j] = pattern(half->seed, half->written++);
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
	enum pu_quic_recv state;
	size_t count, len = 0;

	count = pu_quic_stream_peek(flow->stream, in, 4, &state);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *data = in[i].iov_base;

		for (size_t j = 0; j < in[i].iov_len; j++)
			if (data[j] != pattern(half->seed, half->read++))
				half->bad = true;
		len += in[i].iov_len;
	}
	pu_quic_stream_consume(flow->stream, len);
	side->bytes_in += len;
	if (state == PU_QUIC_RECV_OPEN) {
		if (count == 4)
			pump_in(side, flow);
		return;
	}
	half->ended = true;
	half->how = state;
	half->code = pu_quic_stream_reset_code(flow->stream);
}

static struct flow *flow_new(struct pu_quic_stream *stream, uint64_t out_len)
{
	struct flow *flow = PU_NEW(struct flow);

	flow->stream = stream;
	flow->out.seed = 1;
	flow->in.seed = 1;
	flow->out.total = out_len;
	pu_quic_stream_set_user(stream, flow);
	return flow;
}

static void flow_end(struct side *side, struct flow *flow)
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

static void open_more(struct side *side)
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
	open_more(side);
}

static void on_down(void *user, struct pu_quic_conn *conn, const struct pu_quic_close *why)
{
	struct side *side = side_of(user);

	side->downs++;
	side->why = *why;
	strcpy(side->reason, why->reason);
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
	open_more(side_of(user));
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

	if (side->hold && pu_quic_stream_conn(stream) != NULL)
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

static void world_init(struct world *world, uint64_t seed)
{
	memset(world, 0, sizeof(*world));
	sim_init(&world->sim, seed);
	world->a.host = sim_add(&world->sim, &callbacks, &world->a);
	world->b.host = sim_add(&world->sim, &callbacks, &world->b);
}

static void world_start(struct world *world)
{
	sim_start(world->a.host);
	sim_start(world->b.host);
	world->a.conn = sim_dial(world->a.host, world->b.host, &world->b.host->id, NULL);
}

static bool both_up(void *test)
{
	const struct world *world = test;

	return world->a.ups == 1 && world->b.ups == 1;
}

static bool flows_done(void *test)
{
	const struct world *world = test;

	return world->a.flows_done == world->a.want_streams &&
	       world->b.flows_done == world->b.streams_in &&
	       world->b.streams_in == world->a.want_streams;
}

static bool a_down(void *test)
{
	const struct world *world = test;

	return world->a.downs > 0;
}

static bool both_down(void *test)
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
static void world_end(struct world *world)
{
	if (world->a.conn != NULL)
		pu_quic_conn_close(world->a.conn, 0, NULL);
	sim_run(&world->sim, 60 * PU_NS_PER_S, both_down, world);
	sim_run(&world->sim, 60 * PU_NS_PER_S, NULL, NULL);
	if (world->a.host->ep != NULL)
		check_empty(world->a.host);
	if (world->b.host->ep != NULL)
		check_empty(world->b.host);
	sim_fini(&world->sim);
}

Test(quic, connects_and_both_sides_know_the_other)
{
	struct world world;

	world_init(&world, 1);
	world_start(&world);
	/* Two round trips, of which the second tells the dialler that it is confirmed. */
	cr_assert(sim_run(&world.sim, 21 * PU_NS_PER_MS, both_up, &world));
	cr_assert(pu_peer_id_eq(pu_quic_conn_peer(world.a.conn), &world.b.host->id));
	cr_assert(pu_peer_id_eq(pu_quic_conn_peer(world.b.conn), &world.a.host->id));
	cr_assert_eq(world.b.news, 1);
	world_end(&world);
	cr_assert_eq(world.a.why.err, PU_OK);
	cr_assert_eq(world.b.why.err, PU_OK);
	cr_assert(world.b.why.remote && world.b.why.app);
	cr_assert(!world.a.why.remote);
}

static void transfer(uint64_t seed, const struct sim_wire *wire, uint64_t len, size_t streams)
{
	struct world world;

	world_init(&world, seed);
	world.sim.wire = *wire;
	world.a.want_streams = streams;
	world.a.each_len = len;
	world.b.reply_len = len;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 600 * PU_NS_PER_S, flows_done, &world),
	          "seed %lu: %zu of %zu, in %lu bytes", seed, world.a.flows_done, streams,
	          world.b.bytes_in);
	cr_assert_eq(world.a.bytes_in, len * streams);
	cr_assert_eq(world.b.bytes_in, len * streams);
	world_end(&world);
}

static const struct sim_wire good_wire = {.delay = 5 * PU_NS_PER_MS, .mtu = 65535};

Test(quic, carries_megabytes_both_ways_unchanged)
{
	transfer(1, &good_wire, 8 << 20, 1);
	transfer(2, &good_wire, 1 << 20, 8);
}

Test(quic, carries_bytes_unchanged_over_bad_wires)
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

Test(quic, keys_change_in_mid_transfer)
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
		sim_run(&world.sim, PU_NS_PER_S / 2, both_up, &world);
		for (int i = 0; i < 3; i++) {
			sim_run(&world.sim, PU_NS_PER_S / 3, NULL, NULL);
			cr_assert_eq(ngtcp2_conn_initiate_key_update(
			                 (i == 1 ? &world.b : &world.a)->conn->quic, world.sim.now),
			             0);
		}
		cr_assert(!flows_done(&world));
		cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, flows_done, &world));
		world_end(&world);
	}
}

Test(quic, a_dead_address_ends_in_time)
{
	struct world world;

	world_init(&world, 1);
	world_start(&world);
	sim_kill(world.b.host);
	cr_assert(sim_run(&world.sim, 11 * PU_NS_PER_S, a_down, &world));
	cr_assert_eq(world.a.why.err, PU_ETIMEOUT);
	cr_assert_eq(world.a.ups, 0);
	world_end(&world);
}

Test(quic, refuses_another_peer_than_the_one_dialled)
{
	struct world world;
	struct pu_peer_id other;

	world_init(&world, 1);
	sim_start(world.a.host);
	sim_start(world.b.host);
	other = world.b.host->id;
	other.bytes[10] ^= 1;
	world.a.conn = sim_dial(world.a.host, world.b.host, &other, NULL);
	cr_assert(sim_run(&world.sim, PU_NS_PER_S, both_down, &world));
	cr_assert_eq(world.a.why.err, PU_ECRYPTO);
	cr_assert(world.a.why.wrong_peer && !world.a.why.remote);
	cr_assert_eq(world.a.ups + world.b.ups, 0);
	cr_assert_eq(world.b.why.err, PU_ECRYPTO);
	cr_assert(world.b.why.remote);
	world_end(&world);
}

Test(quic, close_carries_code_and_reason)
{
	struct world world;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, both_up, &world);
	pu_quic_conn_close(world.a.conn, 0x1001, "too\nmany");
	cr_assert(sim_run(&world.sim, PU_NS_PER_S, both_down, &world));
	cr_assert_eq(world.b.why.code, 0x1001);
	cr_assert(world.b.why.app && world.b.why.remote);
	cr_assert_eq(world.b.why.err, PU_ECLOSED);
	cr_assert_str_eq(world.b.reason, "too?many");
	world_end(&world);
}

Test(quic, a_lost_close_is_repeated)
{
	struct world world;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, both_up, &world);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	world.sim.wire.mtu = 0;
	pu_quic_conn_close(world.a.conn, 5, NULL);
	cr_assert(sim_run(&world.sim, PU_NS_PER_MS, a_down, &world));
	world.sim.wire.mtu = 65535;
	world.b.want_streams = 1;
	open_more(&world.b);
	cr_assert(sim_run(&world.sim, PU_NS_PER_S, both_down, &world));
	cr_assert_eq(world.b.why.code, 5);
	world_end(&world);
}

Test(quic, ten_thousand_streams_never_starve)
{
	struct world world;

	world_init(&world, 3);
	world.a.want_streams = 10000;
	world.a.each_len = 100;
	world.b.reply_len = 50;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 600 * PU_NS_PER_S, flows_done, &world), "%zu",
	          world.a.flows_done);
	world_end(&world);
}

static bool all_opened(void *test)
{
	const struct world *world = test;

	return world->a.opened == world->a.want_streams && world->a.flows_done == world->a.opened;
}

Test(quic, refused_streams_give_their_credit_back)
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

Test(quic, an_idle_connection_stays_for_as_long_as_both_want)
{
	struct world world;
	uint64_t before;

	world_init(&world, 1);
	world.b.host->config.idle_timeout = 10 * PU_NS_PER_S;
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, both_up, &world);
	sim_run(&world.sim, 10 * PU_NS_PER_S, NULL, NULL);
	before = world.sim.datagrams;
	sim_run(&world.sim, 600 * PU_NS_PER_S, NULL, NULL);
	cr_assert_eq(world.a.downs + world.b.downs, 0);
	cr_assert(world.sim.datagrams - before < 600, "%lu", world.sim.datagrams - before);
	world_end(&world);
}

Test(quic, a_silent_peer_is_given_up_after_the_idle_timeout)
{
	struct world world;
	uint64_t before;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, both_up, &world);
	before = world.sim.now;
	world.sim.wire.mtu = 0;
	cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, both_down, &world));
	cr_assert_eq(world.a.why.err, PU_ETIMEOUT);
	cr_assert(world.sim.now - before < 50 * PU_NS_PER_S);
	world_end(&world);
}

Test(quic, an_unproved_crowd_gets_retry_and_gets_in)
{
	struct world world;
	struct pu_quic_stats stats;

	world_init(&world, 1);
	world.b.host->config.unverified_per_ip_max = 2;
	sim_start(world.a.host);
	sim_start(world.b.host);
	for (int i = 0; i < 20; i++)
		world.a.conn = sim_dial(world.a.host, world.b.host, NULL, NULL);
	sim_run(&world.sim, 5 * PU_NS_PER_S, NULL, NULL);
	cr_assert_eq(world.a.ups, 20);
	cr_assert_eq(world.b.ups, 20);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.retries_sent, 18);
	cr_assert_eq(stats.cert_cache_hits, 19);
	pu_quic_endpoint_shutdown(world.a.host->ep, 0, NULL);
	world_end(&world);
}

Test(quic, spoofed_first_packets_leave_no_state_above_the_threshold)
{
	struct world world;
	struct pu_quic_stats stats;

	world_init(&world, 1);
	world.a.host->spoof_ports = true;
	sim_start(world.a.host);
	sim_start(world.b.host);
	for (int i = 0; i < 200; i++)
		world.a.conn = sim_dial(world.a.host, world.b.host, NULL, NULL);
	sim_run(&world.sim, 20 * PU_NS_PER_MS, NULL, NULL);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.handshakes, PU_QUIC_UNVERIFIED_PER_IP_MAX);
	cr_assert_eq(world.b.news, PU_QUIC_UNVERIFIED_PER_IP_MAX);
	pu_quic_endpoint_shutdown(world.a.host->ep, 0, NULL);
	world_end(&world);
}

static enum pu_quic_verdict want_proof(void *user, const struct pu_quic_path *path)
{
	(void)user;
	(void)path;
	return PU_QUIC_RETRY;
}

static enum pu_quic_verdict want_nobody(void *user, const struct pu_quic_path *path)
{
	(void)user;
	(void)path;
	return PU_QUIC_REFUSE;
}

Test(quic, policy_may_ask_for_retry_or_refuse)
{
	struct world world;

	world_init(&world, 1);
	world.b.host->cb.accept = want_proof;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 5 * PU_NS_PER_S, both_up, &world));
	world_end(&world);

	world_init(&world, 1);
	world.b.host->cb.accept = want_nobody;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 5 * PU_NS_PER_S, a_down, &world));
	cr_assert_eq(world.a.why.err, PU_EREFUSED);
	cr_assert(world.a.why.remote);
	cr_assert_eq(world.b.news, 0);
	world_end(&world);
}

Test(quic, a_restarted_peer_says_at_once_that_it_forgot)
{
	struct world world;
	uint64_t before;

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, both_up, &world);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	sim_start(world.b.host);
	before = world.sim.now;
	world.a.want_streams = 1;
	world.a.each_len = 1000;
	open_more(&world.a);
	cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, a_down, &world));
	cr_assert_eq(world.a.why.err, PU_ECLOSED);
	cr_assert_str_eq(world.a.reason, "stateless reset");
	cr_assert(world.sim.now - before < PU_NS_PER_S);
	cr_assert_eq(world.a.flows_done, 1);
	world_end(&world);
}

Test(quic, finds_the_mtu_of_the_path)
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
		cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, flows_done, &world));
		sim_run(&world.sim, 20 * PU_NS_PER_S, NULL, NULL);
		pu_quic_conn_info(world.a.conn, &info);
		cr_assert_eq(info.udp_payload, found[i], "%zu: %u", mtus[i], info.udp_payload);
		world_end(&world);
	}
}

Test(quic, follows_a_peer_to_another_port)
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
	cr_assert(sim_run(&world.sim, 60 * PU_NS_PER_S, flows_done, &world));
	cr_assert_eq(world.b.paths, 1);
	cr_assert_eq(pu_quic_conn_path(world.b.conn)->remote.in.sin_port, htons(5555));
	world_end(&world);
}

Test(quic, a_reader_that_stops_holds_the_writer_and_no_more_memory_than_the_window)
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
	cr_assert_leq(stats.memory_recv, PU_QUIC_STREAM_WINDOW + 2 * PU_QUIC_CHUNK_BIG);
	pu_quic_endpoint_stats(world.a.host->ep, &stats);
	cr_assert_leq(stats.memory_send, PU_QUIC_STREAM_SEND_MAX + 2 * PU_QUIC_CHUNK_BIG);
	world.b.hold = false;
	world_end(&world);
}

Test(quic, memory_above_the_bound_ends_the_connection_not_the_process)
{
	struct world world;

	world_init(&world, 1);
	world.b.host->config.memory_max = 512 << 10;
	world.b.hold = true;
	world.a.want_streams = 1;
	world.a.each_len = 10 << 20;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 20 * PU_NS_PER_S, both_down, &world));
	cr_assert_eq(world.b.why.err, PU_ELIMIT);
	world_end(&world);
}

Test(quic, a_socket_that_blocks_loses_nothing)
{
	struct world world;
	size_t turns = 0;

	world_init(&world, 1);
	world.sim.wire.delay = PU_NS_PER_MS;
	world.a.want_streams = 2;
	world.a.each_len = 1 << 20;
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, both_up, &world);
	while (!flows_done(&world) && turns++ < 100000) {
		world.a.host->blocked = false;
		world.a.host->gso_left = 1 + sim_random(&world.sim) % 7;
		sim_run(&world.sim, PU_NS_PER_MS, flows_done, &world);
	}
	world.a.host->blocked = false;
	world.a.host->gso_left = 0;
	cr_assert(flows_done(&world));
	world_end(&world);
}

Test(quic, each_half_of_a_stream_ends_by_itself)
{
	struct world world;
	struct pu_quic_stream *stream;
	struct flow *flow;
	uint8_t bytes[6];

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, both_up, &world);
	cr_assert_eq(pu_quic_stream_open(world.a.conn, NULL, &stream), PU_OK);
	world.b.hold = true;
	flow = flow_new(stream, 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = pattern(1, i);
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

Test(quic, a_writer_learns_that_nobody_reads_even_when_it_may_not_write)
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

Test(quic, garbage_is_counted_and_dropped)
{
	struct world world;
	struct pu_quic_stats stats;
	uint8_t junk[1500];

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, both_up, &world);
	for (size_t i = 0; i < 20000; i++) {
		size_t len = sim_random(&world.sim) % sizeof(junk);

		for (size_t j = 0; j < len; j++)
			junk[j] = (uint8_t)sim_random(&world.sim);
		if (len > 5 && i % 3 == 0) {
			junk[0] |= 0xc0;
			memcpy(junk + 1, "\0\0\0\1", 4);
		}
		sim_inject(world.b.host, world.a.host, junk, len);
	}
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert(stats.dropped_garbage > 10000);
	cr_assert_leq(stats.resets_sent, 60);
	cr_assert_leq(stats.negotiations_sent, 60);
	cr_assert_eq(world.b.downs, 0);
	world_end(&world);
}
