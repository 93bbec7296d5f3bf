/* Listening for TCP connections. */
#ifndef TRANSPORT_IO_TCP_LISTEN_H
#define TRANSPORT_IO_TCP_LISTEN_H

#include <uv.h>

#include "base/error.h"
#include "quic/path.h"

#define TRANSPORT_TCP_BACKLOG 1024
#define TRANSPORT_TCP_ACCEPTS 16   /* connections before others have their turn */
#define TRANSPORT_TCP_REST_MS 1000 /* without accepting, when descriptors are used up */

struct transport_tcp_listener;

/* A connection from `remote`. The descriptor is the callee's: to be adopted (io_tcp.h), or
 * closed. The listener may be freed in it. */
typedef void (*transport_tcp_accept_fn)(void *user, int fd, const struct pu_quic_addr *remote);

/* Listens; connections can be dialled from the same port. The port may be 0; see _local().
 * IPv6 is IPv6 only. PU_EBUSY: the address is taken, also by another listener of ours;
 * PU_EINVAL: not an address of this machine; PU_EPERM; PU_ELIMIT: no descriptors left. */
enum pu_err transport_tcp_listen(uv_loop_t *loop, const struct sockaddr *addr,
                                 transport_tcp_accept_fn accept, void *user,
                                 struct transport_tcp_listener **out) PU_MUST_CHECK;
/* Accepts NULL. */
void transport_tcp_listener_free(struct transport_tcp_listener *listener);

/* The bound address, with its real port; the IP may be unspecified. */
const struct pu_quic_addr *
transport_tcp_listener_local(const struct transport_tcp_listener *listener);

#endif
