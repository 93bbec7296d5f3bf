/* Knows what a connection over a byte stream costs by itself: two upgraders back to back in one
 * thread, bytes copied in memory, real time. Prints throughput and handshakes. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "upgrade/upgrade_world.h"

#define GB 1000000000

static double cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct world *start(bool noise)
{
	struct world *world = world_new(1);

	world->checks = false;
	world->no_tls = noise;
	world->room = 1 << 20;
	world_start(world);
	return world;
}

static struct link *connect_up(struct world *world, enum pu_carrier kind)
{
	struct link *link = world_connect(world, kind);

	if (link == NULL)
		abort();
	world_settle(world);
	if (link->ends[0].ups + link->ends[1].ups != 2)
		abort();
	return link;
}

static void step(struct world *world)
{
	world->now = pu_now_ns();
	world_step(world);
}

static void bench_transfer(const char *name, enum pu_carrier kind, bool noise, uint64_t bytes)
{
	struct world *world = start(noise);
	struct link *link;
	double cpu;

	world->now = pu_now_ns();
	link = connect_up(world, kind);
	world_open(&link->ends[0], UINT64_MAX);
	while (world->hosts[1].got < bytes / 10)
		step(world);
	world->hosts[1].got = 0;
	cpu = cpu_s();
	while (world->hosts[1].got < bytes)
		step(world);
	cpu = cpu_s() - cpu;
	printf("%-16s %6.2f GB/s one way, %5.2f CPU s/GB for both ends\n", name,
	       (double)world->hosts[1].got / cpu / GB, cpu * GB / (double)world->hosts[1].got);
	world_free(world);
}

static void bench_handshakes(const char *name, enum pu_carrier kind, bool noise, size_t count)
{
	struct world *world = start(noise);
	double cpu = cpu_s();

	for (size_t i = 0; i < count; i++) {
		struct link *link = connect_up(world, kind);

		pu_mux_close(link->ends[0].mux, 0, NULL);
		world_settle(world);
		link_free(link);
	}
	cpu = cpu_s() - cpu;
	printf("%-16s %6.0f us for both ends\n", name, cpu * 1e6 / (double)count);
	world_free(world);
}

int main(int argc, char **argv)
{
	uint64_t bytes = (argc > 1 ? strtoull(argv[1], NULL, 10) : 4) * GB;

	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_transfer("tcp, tls", PU_CARRIER_TCP, false, bytes);
	if (argc > 2)
		return 0;
	bench_transfer("tcp, noise", PU_CARRIER_TCP, true, bytes);
	bench_transfer("ws, tls", PU_CARRIER_WS, false, bytes);
	bench_transfer("wss, tls", PU_CARRIER_WSS, false, bytes);
	bench_handshakes("tcp, tls", PU_CARRIER_TCP, false, 500);
	bench_handshakes("tcp, noise", PU_CARRIER_TCP, true, 500);
	bench_handshakes("wss, tls", PU_CARRIER_WSS, false, 500);
	return 0;
}
