/* Knows when a path is taken for one that swallows long packets, and when they are tried again.
 */
#include "quic/packet_size.h"

#include "base/clock.h"

#define SILENT_PTOS    5 /* a lost packet that is lost again is silence for three */
#define PAUSE_MIN      (10 * PU_NS_PER_S)
#define PAUSE_MAX      (600 * PU_NS_PER_S) /* RFC 8899, 5.1.1: PMTU_RAISE_TIMER */
#define IN_VAIN_WITHIN (10 * PU_NS_PER_S)

void pu_quic_packet_size_moved(struct pu_quic_packet_size *size, uint64_t now)
{
	size->moved_at = now;
}

bool pu_quic_packet_size_is_silent(const struct pu_quic_packet_size *size, uint64_t now,
                                   uint64_t pto)
{
	return now - size->moved_at > SILENT_PTOS * pto;
}

static void shorten(struct pu_quic_packet_size *size, uint64_t now)
{
	bool in_vain = size->pause != 0 && now - size->change_at < IN_VAIN_WITHIN;
	uint64_t pause = in_vain ? 2 * size->pause : PAUSE_MIN;

	size->pause = pause < PAUSE_MAX ? pause : PAUSE_MAX;
	size->is_base = true;
	size->change_at = now + size->pause;
}

size_t pu_quic_packet_size_next(struct pu_quic_packet_size *size, size_t max, uint64_t now,
                                uint64_t pto)
{
	if (max <= PU_QUIC_PACKET_SIZE_BASE)
		return max;
	if (!size->is_base && pu_quic_packet_size_is_silent(size, now, pto)) {
		shorten(size, now);
	} else if (size->is_base && now >= size->change_at) {
		size->is_base = false;
		size->change_at = size->moved_at = now;
	}
	return size->is_base ? PU_QUIC_PACKET_SIZE_BASE : max;
}
