/* The listening end of links: a socket in the runtime directory and the pipes to those who
 * connected. Who does not greet in time is dropped, and is the first to go when there are too
 * many. */
#ifndef PU_PROTO_HUB_H
#define PU_PROTO_HUB_H

#include "proto/pipe.h"
#include "proto/socket.h"

struct pu_hub_ops {
	void (*on_message)(void *user, struct pu_pipe *pipe, struct pu_bytes message);
	/* A pipe that messages came through, or went to. */
	void (*on_gone)(void *user, struct pu_pipe *pipe);
	/* After pu_hub_close(), from the loop: the owner may free itself. */
	void (*on_closed)(void *user);
};

struct pu_hub {
	struct pu_pipe_options pipe; /* how each is made */
	struct pu_socket_listener *listener;
	struct pu_list greeting, ready; /* oldest first */
	size_t len;                     /* pipes in both */
	uint32_t last_number;
	uv_timer_t timer; /* for the oldest that greets */
	const struct pu_hub_ops *ops;
	void *user;
};

/* Always leaves a hub that pu_hub_close() takes. queue_max: bytes that may wait for one pipe.
 */
void pu_hub_init(struct pu_hub *hub, uv_loop_t *loop, enum pu_sp own, size_t queue_max,
                 const struct pu_hub_ops *ops, void *user);
/* Errors of pu_socket_path() and pu_socket_listener_new(). */
enum pu_err pu_hub_listen(struct pu_hub *hub, const char *runtime_dir, enum pu_service self,
                          const char *suffix) PU_MUST_CHECK;
/* To every pipe, whether it has greeted or not: who has our greeting counts itself as
 * connected and shall miss nothing from then on. */
void pu_hub_publish(struct pu_hub *hub, struct pu_bytes message);
/* on_gone is called for no pipe any more. */
void pu_hub_close(struct pu_hub *hub);

#endif
