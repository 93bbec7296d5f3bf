/* Unix sockets in the runtime directory: their names, listening on them and connecting to them.
 * Only processes of our user, of root, and those that a roster names get through.
 * PU_ELIMIT is about a path that is too long; no descriptor or memory left is PU_EIO. */
#ifndef PU_PROTO_SOCKET_H
#define PU_PROTO_SOCKET_H

#include <sys/un.h>
#include <uv.h>

#include "base/error.h"
#include "proto/roster.h"

/* With its NUL: what fits a socket address. */
#define PU_SOCKET_PATH_MAX sizeof(((struct sockaddr_un *)0)->sun_path)

#define PU_SOCKET_QUESTIONS ".ipc"
#define PU_SOCKET_EVENTS    ".events.ipc"

/* "<runtime dir>/<service><suffix>"; PU_ELIMIT when that does not fit a socket address. */
enum pu_err pu_socket_path(char path[PU_SOCKET_PATH_MAX], const char *runtime_dir,
                           enum pu_service service, const char *suffix) PU_MUST_CHECK;

/* type: SOCK_STREAM or SOCK_SEQPACKET. The descriptor does not block. PU_ECLOSED when nobody
 * listens there, PU_EAGAIN when too many wait already, PU_EPERM when another user listens. */
enum pu_err pu_socket_connect(const char *path, int type, int *fd) PU_MUST_CHECK;

/* Mode 0600; a socket that nobody listens on is replaced. PU_EBUSY when somebody does,
 * PU_EEXIST when it is not a socket. on_fd owns the descriptor that it gets, which does not
 * block. The loop must turn once after _free, which on_fd may call. */
struct pu_socket_listener;
struct pu_socket_listener_options {
	uv_loop_t *loop;
	const char *path;
	int type;
	const struct pu_roster *roster; /* or NULL */
	void (*on_fd)(void *user, int fd);
	void *user;
};
enum pu_err
pu_socket_listener_new(struct pu_socket_listener **listener,
                       const struct pu_socket_listener_options *options) PU_MUST_CHECK;
void pu_socket_listener_free(struct pu_socket_listener *listener);

#endif
