/* How long the packets of a connection may be, after a path that took long ones has stopped to:
 * a new route, say, with a smaller MTU (RFC 8899, 4.3: black holes). ngtcp2 only finds out how
 * much longer they may become. */
#ifndef PU_QUIC_PACKET_SIZE_H
#define PU_QUIC_PACKET_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every path takes (RFC 9000, 14.1). */
#define PU_QUIC_PACKET_SIZE_BASE 1200

struct pu_quic_packet_size {
	bool is_base;
	uint64_t moved_at;  /* bytes were confirmed, or none were under way */
	uint64_t change_at; /* of is_base: the last time, or the next */
	uint64_t pause;     /* until long packets are tried again; doubles while that is in vain */
};

/* Bytes of a stream were confirmed, or none are under way. */
void pu_quic_packet_size_moved(struct pu_quic_packet_size *size, uint64_t now);
/* That is five PTOs ago, of which the third has its turn at seven. */
bool pu_quic_packet_size_is_silent(const struct pu_quic_packet_size *size, uint64_t now,
                                   uint64_t pto);
/* Before packets are written: the most bytes of one, at most `max`. Silence makes packets
 * short; whether the path takes long ones again is found out by trying, at first 10 s later. */
size_t pu_quic_packet_size_next(struct pu_quic_packet_size *size, size_t max, uint64_t now,
                                uint64_t pto);

#endif
