#include "quic/packet_size.h"

#include <criterion/criterion.h>

#include "base/clock.h"

#define MS  PU_NS_PER_MS
#define PTO (100 * MS)
#define MAX 1472

static struct pu_quic_packet_size size;

static size_t next(uint64_t now)
{
	return pu_quic_packet_size_next(&size, MAX, now, PTO);
}

Test(packet_size, shortens_packets_after_silence_and_not_before)
{
	pu_quic_packet_size_moved(&size, 1000 * MS);
	cr_expect(next(1500 * MS) == MAX);
	pu_quic_packet_size_moved(&size, 1500 * MS);
	cr_expect(next(2000 * MS) == MAX);
	cr_expect(next(2001 * MS) == PU_QUIC_PACKET_SIZE_BASE);
	pu_quic_packet_size_moved(&size, 2100 * MS);
	cr_expect(next(12000 * MS) == PU_QUIC_PACKET_SIZE_BASE);
	cr_expect(next(12001 * MS) == MAX);
}

Test(packet_size, tries_long_ones_ever_more_seldom)
{
	uint64_t now = 1000 * MS, before = 0;

	for (int i = 0; i < 10; i++) {
		uint64_t began;

		pu_quic_packet_size_moved(&size, now);
		cr_expect(next(now + 501 * MS) == PU_QUIC_PACKET_SIZE_BASE);
		for (began = now += 501 * MS; next(now) != MAX; now += 1000 * MS)
			pu_quic_packet_size_moved(&size, now);
		cr_expect(now - began >= before && now - began <= 601000 * MS);
		before = now - began;
	}
	cr_expect(before >= 600000 * MS);
}

Test(packet_size, forgets_that_it_was_in_vain)
{
	pu_quic_packet_size_moved(&size, 1000 * MS);
	cr_expect(next(1501 * MS) == PU_QUIC_PACKET_SIZE_BASE);
	cr_expect(next(11501 * MS) == MAX);
	pu_quic_packet_size_moved(&size, 60000 * MS);
	cr_expect(next(60501 * MS) == PU_QUIC_PACKET_SIZE_BASE);
	cr_expect(next(70501 * MS) == MAX);
}

Test(packet_size, leaves_alone_what_is_short_anyway)
{
	cr_expect(pu_quic_packet_size_next(&size, 1200, 5000 * MS, PTO) == 1200);
	cr_expect(!size.is_base);
}
