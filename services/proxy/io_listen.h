/* The listening side of a forward: one or two sockets and the clients that connect to them. */
#ifndef PROXY_IO_LISTEN_H
#define PROXY_IO_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "endpoint.h"
#include "io_kept.h"
#include "skeleton/service.h"

struct proxy_listener;

struct proxy_listener_options {
	struct pu_host *host;
	struct proxy_kept_table *kept;
	/* fd: a client, non-blocking, close-on-exec, TCP_NODELAY; it belongs to the callee. */
	void (*on_client)(void *user, int fd);
	void *user;
};

/* Listens on the endpoint: both loopback addresses for localhost (IPv4 alone for port 0 or on
 * machines without IPv6). A socket that the supervisor kept is used again, with the clients
 * that wait in it; a new one is given to the supervisor to keep. Unix sockets have mode 0600,
 * and replace one that nobody listens on. Clients come once it is resumed. Errors, with a
 * sentence in `text`: PU_EBUSY taken, PU_EEXIST a file that is no socket, PU_EPERM,
 * PU_ENOTFOUND no such directory or address, PU_EIO. */
enum pu_err proxy_listener_open(struct proxy_listener **listener,
                                const struct proxy_endpoint *endpoint,
                                const struct proxy_listener_options *options, char *text,
                                size_t text_size) PU_MUST_CHECK;

/* Closes and removes it; the supervisor drops its copies. Accepts NULL. */
void proxy_listener_close(struct proxy_listener *listener);
/* Closes it as the process ends: TCP sockets stay with the supervisor for the next process,
 * Unix sockets are removed. Accepts NULL. */
void proxy_listener_leave(struct proxy_listener *listener);

void proxy_listener_pause(struct proxy_listener *listener);
void proxy_listener_resume(struct proxy_listener *listener);

/* The real one: port 0 is resolved. */
const struct proxy_endpoint *proxy_listener_endpoint(const struct proxy_listener *listener);

/* Closes a client so that it sees a reset, not an empty answer. */
void proxy_client_reset(int fd);

#endif
