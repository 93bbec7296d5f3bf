/* Arbitrary bytes into a connection of either role, over TCP or a WebSocket, with Noise only or
 * TLS as well, whose carrier takes as little as the input says. In half of the runs the other
 * end is a true one, and the bytes come between its own. */
#include <stdlib.h>

#include "base/clock.h"
#include "upgrade/upgrade_world.h"

struct source {
	const uint8_t *data;
	size_t size;
};

static uint8_t next(struct source *source)
{
	if (source->size == 0)
		return 0;
	source->size--;
	return *source->data++;
}

static void inject(struct source *source, struct link_end *end, size_t len)
{
	if (len > source->size)
		len = source->size;
	end_inject(end, source->data, len);
	source->data += len;
	source->size -= len;
}

/* What the test plays reads a part of what is there. */
static void read_some(struct link_end *end, size_t len)
{
	size_t have = end_wire(end).len;

	if (end->conn == NULL && have > 0)
		end_take(end, len < have ? len : have);
}

/* Both greetings, so that not every input has to find them. */
static void greet(struct link_end *end, bool server, bool web)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
	                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	static const char hello[] = "\x13/multistream/1.0.0\n\x07/noise\n";
	static const uint8_t frame[] = {0x82, 0x80 | (sizeof(hello) - 1), 0, 0, 0, 0};

	if (web && server)
		end_inject(end, request, sizeof(request) - 1);
	if (web && server)
		end_inject(end, frame, sizeof(frame));
	if (!web || server)
		end_inject(end, hello, sizeof(hello) - 1);
}

static void step(struct source *source, struct world *world, struct link *link, int which)
{
	uint8_t what = next(source);
	struct link_end *end = &link->ends[which];

	if (what % 8 < 3)
		inject(source, end, next(source));
	else if (what % 8 == 3)
		read_some(&link->ends[1 - which], (size_t)next(source) * 100);
	else if (what % 8 == 4)
		world->room = (size_t)next(source) * 64;
	else if (what % 8 == 5)
		world_open(&link->ends[what / 8 % 2], (size_t)next(source) * 1000);
	else if (what % 8 == 6 && what > 200)
		world_pass(world, next(source) * PU_NS_PER_S / 4);
	else if (what == 0xff)
		end->fin = true;
	else if (what % 8 == 7 && what > 200 && end->mux != NULL)
		pu_mux_close(end->mux, next(source), "fuzz");
	for (uint8_t i = 0; i <= what / 64; i++)
		world_step(world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = {data, size};
	uint8_t how = next(&source);
	enum pu_carrier kind = how & 1 ? PU_CARRIER_WS : PU_CARRIER_TCP;
	int which = how >> 1 & 1;
	struct world *world = world_new(size);
	struct link *link;

	world->no_tls = how & 4;
	world->room = (size_t)next(&source) * 64;
	world->chunk_max = 1 + (size_t)next(&source) * 16;
	world->hosts[0].reply_len = world->hosts[1].reply_len = 5000;
	world_start(world);
	link = how & 8 ? world_connect(world, kind) : world_half(world, kind, which);
	if ((how & 24) == 16)
		greet(&link->ends[which], which == 1, kind == PU_CARRIER_WS);
	while (source.size > 0)
		step(&source, world, link, which);
	link->ends[which].fin = true;
	world_pass(world, 30 * PU_NS_PER_S);
	if (link->ends[which].downs != 1)
		abort();
	world_free(world);
	return 0;
}
