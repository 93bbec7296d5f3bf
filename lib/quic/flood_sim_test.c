/* Knows what strangers cannot do, however many datagrams they send: keep others out, or make us
 * work for them. */
#include <criterion/criterion.h>
#include <string.h>

#include "quic/sim_world.h"
#include "quic/state.h"

enum { FIRST_LEN = 1200 };

/* The header of a first packet with an ID of its own, and nonsense inside. */
static void make_forged(struct sim *sim, uint8_t data[FIRST_LEN])
{
	static const uint8_t header[] = {0xc3, 0, 0, 0, 1, 8};

	for (size_t i = 0; i < FIRST_LEN; i += 8) {
		uint64_t random = sim_random(sim);

		memcpy(data + i, &random, 8);
	}
	memcpy(data, header, sizeof(header));
	data[14] = 0;    /* no source ID */
	data[15] = 0;    /* no token */
	data[16] = 0x44; /* of 1182 bytes */
	data[17] = 0x9e;
}

/* All at one moment, each from another address. */
static void flood(struct world *world, size_t count)
{
	struct sim_host from = *world->a.host;
	uint8_t data[FIRST_LEN];

	for (size_t i = 0; i < count; i++) {
		from.addr.in.sin_addr.s_addr = htonl(0x0b000000 + (uint32_t)i);
		make_forged(&world->sim, data);
		sim_inject(world->b.host, &from, data, sizeof(data));
	}
}

Test(quic_flood, everybody_gets_retry_and_few_are_looked_at)
{
	struct world world;
	struct pu_quic_stats stats;
	size_t looked_at = PU_QUIC_UNVERIFIED_PER_S / (1 + PU_QUIC_FAILURE_COST) + 1;

	world_init(&world, 1);
	sim_start(world.a.host);
	sim_start(world.b.host);
	flood(&world, 20000);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.retries_sent, 20000 - looked_at);
	cr_assert_eq(stats.handshakes, 0);
	world_end(&world);
}

Test(quic_flood, a_newcomer_gets_in_meanwhile)
{
	struct world world;
	struct pu_quic_stats stats;

	world_init(&world, 1);
	world_start(&world);
	for (int ms = 0; ms < 200 && !world_both_up(&world); ms++) {
		flood(&world, 100);
		sim_run(&world.sim, PU_NS_PER_MS, world_both_up, &world);
	}
	cr_assert(world_both_up(&world));
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_geq(stats.retries_sent, 1000);
	world_end(&world);
}

/* Retry aside, what b says is lost: whoever has proved its address gets no further. */
static bool only_retry(struct sim *sim, const struct sim_host *from, const uint8_t *data,
                       size_t len)
{
	(void)sim, (void)len;
	return from->index != 1 || (data[0] & 0xf0) == 0xf0;
}

static enum pu_quic_verdict want_proof(void *user, const struct pu_quic_path *path)
{
	(void)user;
	(void)path;
	return PU_QUIC_RETRY;
}

/* Of 16, the fourth would be one of 13 free ones, of which a quarter is 3. */
Test(quic_flood, a_proved_address_holds_no_more_than_its_share_of_handshakes)
{
	struct side newcomer = {0};
	struct world world;
	struct pu_quic_stats stats;

	world_init(&world, 1);
	newcomer.host = sim_add(&world.sim, &world.a.host->cb, &newcomer);
	world.b.host->cb.accept = want_proof;
	world.b.host->config.handshakes_max = 16;
	for (size_t i = 0; i < world.sim.hosts_len; i++)
		sim_start(&world.sim.hosts[i]);
	world.sim.tap = only_retry;
	for (int i = 0; i < 40; i++)
		sim_dial(world.a.host, world.b.host, NULL, NULL);
	sim_run(&world.sim, PU_NS_PER_S / 2, NULL, NULL);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.handshakes, 3);
	world.sim.tap = NULL;
	sim_kill(world.a.host);
	newcomer.conn = sim_dial(newcomer.host, world.b.host, NULL, NULL);
	sim_run(&world.sim, PU_NS_PER_S, NULL, NULL);
	cr_assert_eq(newcomer.ups, 1);
	sim_fini(&world.sim);
}

/* However few handshakes there may be: those who have proved nothing leave most of them. */
Test(quic_flood, unproved_addresses_hold_a_quarter_of_the_handshakes)
{
	struct world world;
	struct pu_quic_stats stats;

	world_init(&world, 1);
	world.b.host->config.handshakes_max = 16;
	world.a.host->spoof_ports = true;
	sim_start(world.a.host);
	sim_start(world.b.host);
	for (int i = 0; i < 40; i++)
		world.a.conn = sim_dial(world.a.host, world.b.host, NULL, NULL);
	sim_run(&world.sim, PU_NS_PER_S / 5, NULL, NULL);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_leq(stats.handshakes, 4);
	cr_assert_geq(stats.retries_sent, 30);
	sim_fini(&world.sim);
}

/* Who is known to be there and begins too many is not answered any more, until a second later.
 */
Test(quic_flood, a_proved_address_begins_only_so_many_handshakes_per_second)
{
	struct world world;
	struct pu_quic_stats stats;

	world_init(&world, 1);
	world.b.host->cb.accept = want_proof;
	world.b.host->config.source_per_s = 4;
	sim_start(world.a.host);
	sim_start(world.b.host);
	for (int i = 0; i < 8; i++)
		world.a.conn = sim_dial(world.a.host, world.b.host, NULL, NULL);
	sim_run(&world.sim, PU_NS_PER_S / 5, NULL, NULL);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.up, 4);
	sim_run(&world.sim, 5 * PU_NS_PER_S, NULL, NULL);
	pu_quic_endpoint_stats(world.b.host->ep, &stats);
	cr_assert_eq(stats.up, 8);
	pu_quic_endpoint_shutdown(world.a.host->ep, 0, NULL);
	world_end(&world);
}
