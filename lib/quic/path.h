/* Addresses and datagrams as they cross the border of the QUIC endpoint. */
#ifndef PU_QUIC_PATH_H
#define PU_QUIC_PATH_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv4 or IPv6 address with port. IPv4-mapped IPv6 is the host's affair: the
 * endpoint compares addresses as they are given. */
struct pu_quic_addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t len; /* of the member in use; 0 = none */
};

/* `user` belongs to the host (its socket): what came in with a path goes out with it. Two
 * paths are the same path when both addresses are equal. */
struct pu_quic_path {
	struct pu_quic_addr local, remote;
	void *user;
};

/* One datagram, or a run of datagrams of equal size (GRO, GSO): every `segment` bytes of
 * `data` are one datagram, the last may be shorter. segment = 0 or >= len: one datagram. */
struct pu_quic_datagrams {
	const struct pu_quic_path *path;
	const uint8_t *data;
	size_t len;
	size_t segment;
	uint8_t ecn; /* the two bits of the IP header, RFC 3168 */
};

#endif
