/* Which connections a listening socket has, and how long one may take to greet. */
#include "proto/hub.h"

#include <sys/socket.h>
#include <unistd.h>

static struct pu_pipe *pipe_of(struct pu_list_node *node)
{
	return PU_LIST_ENTRY(node, struct pu_pipe, node);
}

static void drop(struct pu_hub *hub, struct pu_pipe *pipe)
{
	pu_list_remove(&pipe->node);
	hub->len--;
	pu_pipe_free(pipe);
}

/* ---- greetings ---- */

static void arm_timer(struct pu_hub *hub);

static void on_timer(uv_timer_t *timer)
{
	struct pu_hub *hub = timer->data;

	PU_LIST_FOREACH(node, &hub->greeting)
		if (pipe_of(node)->since + PU_LINK_GREETING_MS <= uv_now(timer->loop))
			drop(hub, pipe_of(node));
	arm_timer(hub);
}

static void arm_timer(struct pu_hub *hub)
{
	struct pu_list_node *oldest = pu_list_first(&hub->greeting);

	if (oldest == NULL) {
		uv_timer_stop(&hub->timer);
		return;
	}
	uint64_t due = pipe_of(oldest)->since + PU_LINK_GREETING_MS;
	uint64_t now = uv_now(hub->timer.loop);
	uv_timer_start(&hub->timer, on_timer, due > now ? due - now : 0, 0);
}

static void on_ready(void *user, struct pu_pipe *pipe)
{
	struct pu_hub *hub = user;

	pu_list_remove(&pipe->node);
	pu_list_append(&hub->ready, &pipe->node);
	arm_timer(hub);
}

/* ---- pipes ---- */

static void on_message(void *user, struct pu_pipe *pipe, struct pu_bytes message)
{
	struct pu_hub *hub = user;

	hub->ops->on_message(hub->user, pipe, message);
}

static void on_pipe_closed(void *user, struct pu_pipe *pipe)
{
	struct pu_hub *hub = user;

	if (pipe->ready)
		hub->ops->on_gone(hub->user, pipe);
	drop(hub, pipe);
	arm_timer(hub);
}

static const struct pu_pipe_ops pipe_ops = {
    .on_ready = on_ready,
    .on_message = on_message,
    .on_closed = on_pipe_closed,
};

/* Who greets late makes room for who comes. */
static bool make_room(struct pu_hub *hub)
{
	struct pu_list_node *oldest = pu_list_first(&hub->greeting);

	if (hub->len < PU_LINK_PIPES_MAX)
		return true;
	if (oldest == NULL)
		return false;
	drop(hub, pipe_of(oldest));
	return true;
}

static void on_fd(void *user, int fd)
{
	struct pu_hub *hub = user;
	struct pu_pipe *pipe;

	if (!make_room(hub)) {
		close(fd);
		return;
	}
	if (pu_pipe_new(&pipe, fd, &hub->pipe) != PU_OK)
		return;
	pipe->number = ++hub->last_number;
	pu_list_append(&hub->greeting, &pipe->node);
	hub->len++;
	arm_timer(hub);
}

void pu_hub_publish(struct pu_hub *hub, struct pu_bytes message)
{
	PU_LIST_FOREACH(node, &hub->greeting)
		pu_pipe_send(pipe_of(node), message, pu_bytes(NULL, 0));
	PU_LIST_FOREACH(node, &hub->ready)
		pu_pipe_send(pipe_of(node), message, pu_bytes(NULL, 0));
}

/* ---- life ---- */

void pu_hub_init(struct pu_hub *hub, uv_loop_t *loop, enum pu_sp own, size_t queue_max,
                 const struct pu_hub_ops *ops, void *user)
{
	*hub = (struct pu_hub){
	    .pipe = {.loop = loop, .own = own, .queue_max = queue_max, .ops = &pipe_ops},
	    .ops = ops,
	    .user = user};
	hub->pipe.user = hub;
	pu_list_init(&hub->greeting);
	pu_list_init(&hub->ready);
	uv_timer_init(loop, &hub->timer);
	hub->timer.data = hub;
}

enum pu_err pu_hub_listen(struct pu_hub *hub, const char *runtime_dir, enum pu_service self,
                          const char *suffix)
{
	char path[PU_SOCKET_PATH_MAX];
	const struct pu_socket_listener_options options = {
	    .loop = hub->pipe.loop, .path = path, .type = SOCK_STREAM, .on_fd = on_fd, .user = hub};

	enum pu_err err = pu_socket_path(path, runtime_dir, self, suffix);
	return err == PU_OK ? pu_socket_listener_new(&hub->listener, &options) : err;
}

static void on_timer_closed(uv_handle_t *timer)
{
	struct pu_hub *hub = timer->data;

	hub->ops->on_closed(hub->user);
}

void pu_hub_close(struct pu_hub *hub)
{
	pu_socket_listener_free(hub->listener);
	PU_LIST_FOREACH(node, &hub->greeting)
		drop(hub, pipe_of(node));
	PU_LIST_FOREACH(node, &hub->ready)
		drop(hub, pipe_of(node));
	uv_close((uv_handle_t *)&hub->timer, on_timer_closed);
}
