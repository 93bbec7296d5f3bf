/* Where channels come from: the stream handoff socket. */
#include "proto/handoff.h"

#include <sys/socket.h>

#include "base/alloc.h"
#include "proto/socket.h"

struct pu_channel_listener {
	struct pu_socket_listener *socket;
};

enum pu_err pu_channel_connect(const char *path, int *fd)
{
	enum pu_err err = pu_socket_connect(path, SOCK_SEQPACKET, fd);

	return err == PU_EAGAIN ? PU_ECLOSED : err; /* later, in both cases */
}

enum pu_err pu_channel_listen(struct pu_channel_listener **out, uv_loop_t *loop,
                              const char *path, const struct pu_roster *roster,
                              void (*on_channel)(void *user, int fd), void *user)
{
	const struct pu_socket_listener_options options = {.loop = loop,
	                                                   .path = path,
	                                                   .type = SOCK_SEQPACKET,
	                                                   .roster = roster,
	                                                   .on_fd = on_channel,
	                                                   .user = user};
	struct pu_socket_listener *socket;

	enum pu_err err = pu_socket_listener_new(&socket, &options);
	if (err != PU_OK)
		return err;
	*out = PU_NEW(struct pu_channel_listener);
	(*out)->socket = socket;
	return PU_OK;
}

void pu_channel_listener_free(struct pu_channel_listener *listener)
{
	if (listener == NULL)
		return;
	pu_socket_listener_free(listener->socket);
	pu_free(listener);
}
