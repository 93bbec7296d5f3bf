/* UDP sockets with everything that makes them fast: GRO and recvmmsg in, GSO out (with the
 * fallback), ECN, the local address of each datagram, no fragmentation. */
#ifndef TRANSPORT_IO_UDP_H
#define TRANSPORT_IO_UDP_H

#include <uv.h>

#include "base/error.h"
#include "quic/path.h"

struct transport_udp;

struct transport_udp_ops {
	/* One datagram or GRO run; the path's user is the socket. */
	void (*on_datagrams)(void *user, const struct pu_quic_datagrams *in);
	/* Somebody on the way says that nothing gets there (ICMP): nobody listens, no route.
	 * Anybody could say so: a reason to ask, not one to believe. */
	void (*on_refused)(void *user, const struct sockaddr *remote);
	/* The socket takes datagrams again after a short count of transport_udp_send(). */
	void (*on_writable)(void *user);
};

/* Binds. The port may be 0; see _local(). PU_EBUSY: the address is taken; PU_EINVAL: not
 * an address of this machine; PU_EPERM. */
enum pu_err transport_udp_new(struct transport_udp **udp, uv_loop_t *loop,
                              const struct sockaddr *addr, const struct transport_udp_ops *ops,
                              void *user) PU_MUST_CHECK;
void transport_udp_free(struct transport_udp *udp);

/* The bound address, with its real port; the IP may be unspecified. */
const struct pu_quic_addr *transport_udp_local(const struct transport_udp *udp);
/* The path on which this socket reaches `remote`: asks the routing table for our address.
 * PU_EUNREACHABLE: no route; PU_EINVAL: another family. */
enum pu_err transport_udp_route(struct transport_udp *udp, const struct sockaddr *remote,
                                struct pu_quic_path *path) PU_MUST_CHECK;

/* As the send() of struct pu_quic_callbacks. */
size_t transport_udp_send(struct transport_udp *udp, const struct pu_quic_datagrams *out);
/* Call when the last send was short: on_writable will come. */
void transport_udp_want_writable(struct transport_udp *udp);
bool transport_udp_gso(const struct transport_udp *udp);

#endif
