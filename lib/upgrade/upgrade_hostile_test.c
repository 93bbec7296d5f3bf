/* Knows what a hostile peer tries, and that it costs no more than its own connection. */
#include "upgrade/upgrade_world.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/clock.h"

static const enum pu_carrier kinds[] = {PU_CARRIER_TCP, PU_CARRIER_WS, PU_CARRIER_WSS};

static void inject_text(struct link_end *end, const char *text)
{
	end_inject(end, text, strlen(text));
}

/* ---- garbage and ends anywhere ---- */

enum harm { HARM_FLIP, HARM_GARBAGE, HARM_END, HARMS };

static void harm(struct world *world, struct link_end *end, enum harm what)
{
	struct pu_bytes wire = end_wire(end);
	uint8_t garbage[300];

	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = (uint8_t)world_random(world);
	if (what == HARM_FLIP && wire.len > 0)
		((uint8_t *)(uintptr_t)wire.data)[world_random(world) % wire.len] ^=
		    (uint8_t)(1 + world_random(world) % 255);
	else if (what == HARM_END)
		end->fin = true;
	else
		end_inject(end, garbage, 1 + world_random(world) % sizeof(garbage));
}

/* Answers whether the handshake was over before the harm was done. */
static bool harm_after(enum pu_carrier kind, size_t steps, int which, bool noise)
{
	struct world *world = world_new(steps * 2 + (size_t)which);
	struct link *link;
	bool over;

	world->chunk_max = 70;
	world->room = 500;
	world->no_tls = noise;
	world_start(world);
	link = world_connect(world, kind);
	for (size_t i = 0; i < steps; i++)
		world_step(world);
	over = link->ends[0].ups + link->ends[1].ups == 2;
	harm(world, &link->ends[which], (enum harm)(steps % HARMS));
	world_pass(world, 60 * PU_NS_PER_S);
	/* Some harm is none, such as to what nobody reads in a WebSocket's greeting. */
	cr_assert_eq(link->ends[0].downs, link->ends[1].downs);
	if (link->ends[0].downs == 0)
		cr_assert_eq(link->ends[0].ups + link->ends[1].ups, 2);
	world_free(world);
	return over;
}

Test(upgrade_hostile, survives_harm_at_every_stage)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(kinds) * 2; i++)
		for (int which = 0; which < 2; which++)
			for (size_t steps = 0; !harm_after(kinds[i / 2], steps, which, i % 2);)
				steps++;
}

/* The same bytes, cut off after each of them. */
Test(upgrade_hostile, survives_a_responder_that_stops_after_any_byte)
{
	static const char said[] =
	    "\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n\x16\x03\x03\x00\x05\x02";

	for (size_t len = 0; len < sizeof(said); len++) {
		struct world *world = world_new(len);
		struct link *link;

		world->chunk_max = 1 + len % 9;
		world_start(world);
		link = world_half(world, PU_CARRIER_TCP, 0);
		end_inject(&link->ends[0], said, len);
		link->ends[0].fin = true;
		world_settle(world);
		cr_assert_eq(link->ends[0].downs, 1);
		cr_assert_eq(link->ends[0].ups, 0);
		cr_assert_eq(link->ends[0].why.err, PU_ECLOSED);
		world_free(world);
	}
}

/* ---- endless things ---- */

Test(upgrade_hostile, keeps_no_more_than_a_record_of_a_peer)
{
	for (size_t chunk = 1; chunk < 100000; chunk = chunk * 7 + 3) {
		static const uint8_t prefix[2] = {0xff, 0xff};
		static uint8_t rest[65535];
		struct world *world = world_new(chunk);
		struct link *link;
		size_t most = 0;

		world->no_tls = true;
		world_start(world);
		link = world_connect(world, PU_CARRIER_TCP);
		world_settle(world);
		world->chunk_max = chunk;
		end_inject(&link->ends[1], prefix, sizeof(prefix));
		end_inject(&link->ends[1], rest, sizeof(rest));
		while (world_step(world))
			if (link->ends[1].conn != NULL && link->ends[1].conn->layers[0].partial.cap > most)
				most = link->ends[1].conn->layers[0].partial.cap;
		cr_assert_leq(most, PU_UPGRADE_PARTIAL_MAX);
		cr_assert_eq(link->ends[1].why.err, PU_ECRYPTO);
		cr_assert_eq(link->ends[0].downs, 1);
		world_free(world);
	}
}

Test(upgrade_hostile, refuses_a_handshake_message_without_end)
{
	struct world *world = world_new(1);
	struct link *link;

	world_start(world);
	link = world_half(world, PU_CARRIER_TCP, 1);
	inject_text(&link->ends[1], "\x13/multistream/1.0.0\n\x07/noise\n\xff\xff");
	world_settle(world);
	cr_expect_eq(link->ends[1].why.err, PU_ELIMIT);
	world_free(world);
}

Test(upgrade_hostile, hears_only_so_many_proposals)
{
	struct world *world = world_new(1);
	struct link *link;
	size_t proposals = 0;

	world_start(world);
	link = world_half(world, PU_CARRIER_TCP, 1);
	inject_text(&link->ends[1], "\x13/multistream/1.0.0\n");
	while (link->ends[1].downs == 0 && proposals < 10000) {
		inject_text(&link->ends[1], proposals++ % 2 ? "\x03/x\n" : "\x03ls\n");
		world_settle(world);
	}
	cr_expect_lt(proposals, 100);
	cr_expect_eq(link->ends[1].why.err, PU_EPROTOCOL);
	world_free(world);
}

/* ---- a peer that asks and does not read ---- */

enum { PING_MAX = 125, PONG_HEADER = 2 };

static void inject_ping(struct link_end *end, uint8_t len)
{
	uint8_t frame[2 + 4 + PING_MAX] = {0x89, (uint8_t)(0x80 | len)};

	end_inject(end, frame, 6u + len);
}

static void inject_binary(struct link_end *end, const char *text)
{
	uint8_t header[6] = {0x82, (uint8_t)(0x80 | strlen(text))};

	end_inject(end, header, sizeof(header)); /* masked with zeros */
	inject_text(end, text);
}

/* A server whose WebSocket is open, and whose carrier takes nothing. */
static struct link_end *stuffed_server(struct world *world)
{
	struct link_end *end = &world_half(world, PU_CARRIER_WS, 1)->ends[1];

	inject_text(end, "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
	                 "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
	world_settle(world);
	cr_assert_eq(end->conn->stage, UPGRADE_SECURITY);
	world->room = 0;
	return end;
}

Test(upgrade_hostile, ends_a_peer_that_pings_and_never_reads)
{
	struct world *world = world_new(1);
	struct link_end *end;
	size_t pings = 0;

	world_start(world);
	end = stuffed_server(world);
	while (end->downs == 0 && pings++ < 20000) {
		inject_ping(end, PING_MAX);
		world_settle(world);
		cr_assert_leq(world->hosts[1].upgrader->stats.memory, PU_UPGRADE_WAITING_MAX);
	}
	cr_expect_eq(end->why.err, PU_ELIMIT);
	cr_expect_eq(pings, PU_UPGRADE_WAITING_MAX / (PING_MAX + PONG_HEADER) + 1);
	world_free(world);
}

/* The answer of the selection is the one for which there is no room, in the middle of an input
 * that made us answer a lot: the handshake it would begin must not. */
Test(upgrade_hostile, an_ending_connection_does_not_go_on)
{
	struct world *world = world_new(1);
	struct link_end *end;
	size_t pings = PU_UPGRADE_WAITING_MAX / (PING_MAX + PONG_HEADER);

	world_start(world);
	end = stuffed_server(world);
	inject_binary(end, "\x13/multistream/1.0.0\n");
	while (pings-- > 10) {
		inject_ping(end, PING_MAX);
		world_settle(world);
	}
	world->hosts[1].upgrader->run_len = PU_UPGRADE_RUN_MAX + 1; /* such answers */
	inject_binary(end, "\x07/noise\n");
	pu_upgraded_input(end->conn, world->now, end_wire(end));
	end_take(end, end_wire(end).len);
	cr_assert_eq(end->conn->stage, UPGRADE_ENDING);
	cr_assert_eq(end->conn->layers_len, 1);
	world_settle(world);
	cr_assert_eq(end->downs, 1);
	cr_assert_eq(end->why.err, PU_ELIMIT);
	world_free(world);
}
