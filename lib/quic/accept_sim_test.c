/* Knows who gets in, and what those who do not cost. */
#include <criterion/criterion.h>
#include <string.h>

#include "quic/sim_world.h"
#include "quic/state.h"

Test(quic_accept, an_unproved_crowd_gets_retry_and_gets_in)
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

Test(quic_accept, spoofed_first_packets_leave_no_state_above_the_threshold)
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

enum { FORGED = 24 };
static struct {
	uint8_t data[1500];
	size_t len;
} forged[FORGED];
static size_t forged_len;

static bool keep_first_packets(struct sim *sim, const struct sim_host *from,
                               const uint8_t *data, size_t len)
{
	(void)sim;
	if (from->index == 0 && forged_len < FORGED && len <= sizeof(forged[0].data)) {
		memcpy(forged[forged_len].data, data, len);
		forged[forged_len++].len = len;
	}
	return false;
}

/* Whoever forges sources has a whole /56 to choose from, as any customer has. */
Test(quic_accept, forged_sources_of_one_ipv6_customer_count_as_one)
{
	struct world world;
	struct pu_quic_stats stats;
	struct sim_host *a;

	world_init(&world, 1);
	a = world.a.host;
	sim_start(a);
	sim_start(world.b.host);
	world.sim.tap = keep_first_packets;
	for (int i = 0; i < FORGED; i++)
		sim_dial(a, world.b.host, NULL, NULL);
	pu_quic_endpoint_flush(a->ep, world.sim.now);
	cr_assert_eq(forged_len, FORGED);
	a->addr = (struct pu_quic_addr){.len = sizeof(a->addr.in6)};
	a->addr.in6.sin6_family = AF_INET6;
	a->addr.in6.sin6_port = 1;
	memcpy(&a->addr.in6.sin6_addr, "\x20\x01\x0d\xb8\1\2\3", 7);
	for (size_t i = 0; i < FORGED; i++) {
		a->addr.in6.sin6_addr.s6_addr[7] = (uint8_t)i;
		sim_inject(world.b.host, a, forged[i].data, forged[i].len);
	}
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.handshakes, PU_QUIC_UNVERIFIED_PER_IP_MAX);
	cr_assert_eq(stats.retries_sent, FORGED - PU_QUIC_UNVERIFIED_PER_IP_MAX);
	sim_kill(a);
	sim_kill(world.b.host);
	sim_fini(&world.sim);
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

Test(quic_accept, policy_may_ask_for_retry_or_refuse)
{
	struct world world;

	world_init(&world, 1);
	world.b.host->cb.accept = want_proof;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 5 * PU_NS_PER_S, world_both_up, &world));
	world_end(&world);

	world_init(&world, 1);
	world.b.host->cb.accept = want_nobody;
	world_start(&world);
	cr_assert(sim_run(&world.sim, 5 * PU_NS_PER_S, world_a_down, &world));
	cr_assert_eq(world.a.why.err, PU_EREFUSED);
	cr_assert(world.a.why.remote);
	cr_assert_eq(world.b.news, 0);
	world_end(&world);
}

Test(quic_accept, garbage_is_counted_and_dropped)
{
	struct world world;
	struct pu_quic_stats stats;
	uint8_t junk[1500];

	world_init(&world, 1);
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
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

static uint8_t seen[4096];
static size_t seen_len;

static bool remember(struct sim *sim, const struct sim_host *from, const uint8_t *data,
                     size_t len)
{
	(void)sim;
	if (from->index == 1 && len <= sizeof(seen))
		memcpy(seen, data, seen_len = len);
	return true;
}

static void tell_ours(uint8_t hello[1200])
{
	struct pu_quic_stats stats;
	struct world world;

	world_init(&world, 1);
	world.sim.tap = remember;
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_S, world_both_up, &world);
	sim_inject(world.b.host, world.a.host, hello, 1199);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.negotiations_sent, 0);
	sim_inject(world.b.host, world.a.host, hello, 1200);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.negotiations_sent, 1);
	cr_assert_eq(stats.handshakes, 0);
	cr_assert_eq(memcmp(seen + 1, "\0\0\0\0", 4), 0);
	cr_assert_eq(memcmp(seen + seen_len - 4, "\0\0\0\1", 4), 0);
	world_end(&world);
}

Test(quic_accept, another_version_is_told_ours)
{
	uint8_t hello[1200] = {0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9};

	tell_ours(hello);
}

/* Which ngtcp2 would speak (RFC 9369). */
Test(quic_accept, version_2_is_told_ours)
{
	uint8_t hello[1200] = {0xd0, 0x6b, 0x33, 0x43, 0xcf, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9};

	tell_ours(hello);
}

/* b claims to speak version 0x1a2a3a4a alone. */
static bool negotiate(struct sim *sim, const struct sim_host *from, const uint8_t *data,
                      size_t len)
{
	uint8_t answer[64] = {0x80};
	size_t at = 5;

	(void)len;
	if (from->index != 0)
		return true;
	answer[at++] = data[6 + data[5]];
	memcpy(answer + at, data + 7 + data[5], data[6 + data[5]]);
	at += data[6 + data[5]];
	answer[at++] = data[5];
	memcpy(answer + at, data + 6, data[5]);
	at += data[5];
	memcpy(answer + at, "\x1a\x2a\x3a\x4a", 4);
	memcpy(seen, answer, seen_len = at + 4);
	sim->tap = NULL;
	return false;
}

Test(quic_accept, a_dialler_ends_at_once_when_there_is_no_common_version)
{
	struct world world;

	world_init(&world, 1);
	world.sim.tap = negotiate;
	world_start(&world);
	sim_run(&world.sim, PU_NS_PER_MS, NULL, NULL);
	sim_inject(world.a.host, world.b.host, seen, seen_len);
	cr_assert(sim_run(&world.sim, PU_NS_PER_MS, world_a_down, &world));
	cr_assert_eq(world.a.why.err, PU_EUNSUPPORTED);
	world_end(&world);
}

Test(quic_accept, more_connections_than_allowed_are_refused)
{
	struct pu_quic_stats stats;
	struct world world;

	world_init(&world, 1);
	world.b.host->config.conns_max = 3;
	sim_start(world.a.host);
	sim_start(world.b.host);
	for (int i = 0; i < 5; i++)
		world.a.conn = sim_dial(world.a.host, world.b.host, NULL, NULL);
	sim_run(&world.sim, 2 * PU_NS_PER_S, NULL, NULL);
	cr_assert_eq(world.b.ups, 3);
	cr_assert_eq(world.a.downs, 2);
	cr_assert_eq(world.a.why.err, PU_EREFUSED);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.refusals_sent, 2);
	pu_quic_endpoint_shutdown(world.a.host->ep, 0, NULL);
	world_end(&world);
}

Test(quic_accept, a_token_serves_only_the_address_it_was_made_for)
{
	struct pu_quic_stats stats;
	struct world world;

	world_init(&world, 1);
	world.b.host->cb.accept = want_proof;
	world_start(&world);
	/* The Retry is on its way; the second first packet comes from elsewhere. */
	sim_run(&world.sim, 6 * PU_NS_PER_MS, NULL, NULL);
	world.a.host->spoof_ports = true;
	sim_run(&world.sim, 20 * PU_NS_PER_MS, NULL, NULL);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.retries_sent, 1);
	cr_assert_eq(stats.refusals_sent, 1);
	cr_assert_eq(stats.accepted, 0);
	world_end(&world);
}

Test(quic_accept, a_retry_token_outlives_a_restart)
{
	struct world world;

	world_init(&world, 1);
	world.b.host->cb.accept = want_proof;
	world_start(&world);
	sim_run(&world.sim, 7 * PU_NS_PER_MS, NULL, NULL);
	sim_start(world.b.host);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	/* Another identity now: what counts is that the handshake went on. */
	cr_assert(world.a.why.wrong_peer);
	world_end(&world);
}
