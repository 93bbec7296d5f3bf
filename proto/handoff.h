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

struct pu_channel;

struct pu_channel_ops {
	/* The message was checked against its row. fd is -1 or belongs to the callee from now on.
	 */
	void (*on_message)(void *user, struct pu_channel *channel, const struct pu_message *message,
	                   int fd);
	/* The other end is gone (or broke the format); the channel may be freed in here. */
	void (*on_closed)(void *user, struct pu_channel *channel);
};

/* Takes over a connected seqpacket descriptor. `self`: which end we are, for row checks. */
enum pu_err pu_channel_new(struct pu_channel **channel, uv_loop_t *loop, int fd,
                           const struct pu_channel_ops *ops, void *user) PU_MUST_CHECK;
void pu_channel_free(struct pu_channel *channel);

/* Sends the message, with a descriptor unless fd is -1. The descriptor is closed here once it
 * was sent (or failed): ownership passes in every case. Queues (bounded; PU_ELIMIT) when the
 * socket is full. */
enum pu_err pu_channel_send(struct pu_channel *channel, enum pu_msg id, const void *message,
                            int fd) PU_MUST_CHECK;

/* From SO_PEERCRED and the roster; known at once. */
enum pu_service pu_channel_peer(const struct pu_channel *channel);
pid_t pu_channel_peer_pid(const struct pu_channel *channel);
void pu_channel_set_roster(struct pu_channel *channel, const struct pu_roster *roster);
void *pu_channel_user(const struct pu_channel *channel);
void pu_channel_set_user(struct pu_channel *channel, void *user);

/* Listening side (transport). */
struct pu_channel_listener;
enum pu_err pu_channel_listen(struct pu_channel_listener **listener, uv_loop_t *loop,
                              const char *path, const struct pu_roster *roster,
                              void (*on_channel)(void *user, int fd), void *user) PU_MUST_CHECK;
void pu_channel_listener_free(struct pu_channel_listener *listener);

/* Connecting side. PU_ECLOSED when nobody listens (yet). */
enum pu_err pu_channel_connect(const char *path, int *fd) PU_MUST_CHECK;

#endif
