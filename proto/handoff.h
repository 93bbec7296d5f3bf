/* Seqpacket channels that carry one message and at most one descriptor per packet: the stream
 * handoff socket (<runtime dir>/stream.sock) and the supervisor's control channel (descriptor
 * 3). */
#ifndef PU_PROTO_HANDOFF_H
#define PU_PROTO_HANDOFF_H

#include <uv.h>

#include "base/error.h"
#include "proto/codec.h"
#include "proto/messages.h"

#define PU_STREAM_SOCKET "stream.sock"
#define PU_CONTROL_FD    3

/* In place of a descriptor that was sent, but that this process had no room for. */
#define PU_CHANNEL_FD_LOST (-2)

struct pu_channel;

struct pu_channel_ops {
	/* The message was checked against its row (kind STREAM or CONTROL, sender, fields). fd is
	 * -1, PU_CHANNEL_FD_LOST or belongs to the callee from now on. */
	void (*on_message)(void *user, struct pu_channel *channel, const struct pu_message *message,
	                   int fd);
	/* The other end is gone (or broke the format); the channel may be freed in here. */
	void (*on_closed)(void *user, struct pu_channel *channel);
};

/* Takes over a connected seqpacket descriptor (closed on failure, too). */
enum pu_err pu_channel_new(struct pu_channel **channel, uv_loop_t *loop, int fd,
                           const struct pu_channel_ops *ops, void *user) PU_MUST_CHECK;
/* From the channel's own callbacks, too; the loop must turn once more. */
void pu_channel_free(struct pu_channel *channel);

/* Sends the message, with a descriptor unless fd is -1. The descriptor is closed here once it
 * was sent (or failed): ownership passes in every case. Queues when the
 * socket is full; beyond the bound PU_ELIMIT, and on_closed follows from the loop, because a
 * lost message would leave both ends with different ideas of what is open. */
enum pu_err pu_channel_send(struct pu_channel *channel, enum pu_msg id, const void *message,
                            int fd) PU_MUST_CHECK;

/* Who may send what is decided by these: PU_SERVICE_USER until one of them was called. From
 * SO_PEERCRED and the roster (accepted connections), or known because of what we connected to
 * or whom we gave the other end (both ends of a socketpair name its maker). */
void pu_channel_set_roster(struct pu_channel *channel, const struct pu_roster *roster);
void pu_channel_set_peer(struct pu_channel *channel, enum pu_service peer);
enum pu_service pu_channel_peer(const struct pu_channel *channel);
pid_t pu_channel_peer_pid(const struct pu_channel *channel);
/* In on_closed: why, if we ended it; "" if the other end closed. */
const char *pu_channel_error(const struct pu_channel *channel);
void *pu_channel_user(const struct pu_channel *channel);
void pu_channel_set_user(struct pu_channel *channel, void *user);

/* Listening side (transport). Mode 0600; a stale socket is replaced. PU_EBUSY when somebody
 * listens there, PU_ELIMIT when the path is too long for a socket address. on_channel gets
 * descriptors of processes of our user, of root, and of those that the roster names. */
struct pu_channel_listener;
enum pu_err pu_channel_listen(struct pu_channel_listener **listener, uv_loop_t *loop,
                              const char *path, const struct pu_roster *roster,
                              void (*on_channel)(void *user, int fd), void *user) PU_MUST_CHECK;
void pu_channel_listener_free(struct pu_channel_listener *listener);

/* Connecting side. PU_ECLOSED when nobody listens (yet), PU_EPERM when another user does. */
enum pu_err pu_channel_connect(const char *path, int *fd) PU_MUST_CHECK;

#endif
