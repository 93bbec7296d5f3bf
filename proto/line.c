/* When a line is made and made again. */
#include "proto/line.h"

#include <string.h>
#include <sys/socket.h>

#define DELAY_MIN_MS 25
#define DELAY_MAX_MS 400

static void on_timer(uv_timer_t *timer);

static void retry_later(struct pu_line *line)
{
	uv_timer_start(&line->timer, on_timer, line->delay_ms, 0);
	line->delay_ms = line->delay_ms * 2 < DELAY_MAX_MS ? line->delay_ms * 2 : DELAY_MAX_MS;
}

static void lose(struct pu_line *line)
{
	bool was_connected = pu_line_connected(line);

	pu_pipe_free(line->pipe);
	line->pipe = NULL;
	retry_later(line);
	if (was_connected)
		line->ops->on_pipe(line->user, false);
}

static void on_ready(void *user, struct pu_pipe *pipe)
{
	struct pu_line *line = user;

	(void)pipe;
	uv_timer_stop(&line->timer);
	line->delay_ms = DELAY_MIN_MS;
	line->ops->on_pipe(line->user, true);
}

static void on_message(void *user, struct pu_pipe *pipe, struct pu_bytes message)
{
	struct pu_line *line = user;

	(void)pipe;
	line->ops->on_message(line->user, message);
}

static void on_pipe_closed(void *user, struct pu_pipe *pipe)
{
	(void)pipe;
	lose(user);
}

static const struct pu_pipe_ops pipe_ops = {
    .on_ready = on_ready,
    .on_message = on_message,
    .on_closed = on_pipe_closed,
};

static void connect_now(struct pu_line *line)
{
	int fd;

	enum pu_err err = pu_socket_connect(line->path, SOCK_STREAM, &fd);
	if (err == PU_OK || err == PU_EAGAIN)
		line->absent_since = 0;
	if (err == PU_OK)
		err = pu_pipe_new(&line->pipe, fd, &line->options);
	if (err == PU_OK)
		uv_timer_start(&line->timer, on_timer, PU_LINK_GREETING_MS, 0);
	else
		retry_later(line);
	if (err == PU_ECLOSED && line->absent_since == 0)
		line->absent_since = uv_now(line->options.loop);
}

static void on_timer(uv_timer_t *timer)
{
	struct pu_line *line = timer->data;

	if (line->pipe != NULL) {
		lose(line);
		return;
	}
	connect_now(line);
	if (line->absent_since != 0)
		line->ops->on_absent(line->user);
}

void pu_line_init(struct pu_line *line, uv_loop_t *loop, enum pu_sp own,
                  const struct pu_line_ops *ops, void *user)
{
	*line = (struct pu_line){
	    .options = {.loop = loop, .own = own, .queue_max = PU_LINK_QUEUE_MAX, .ops = &pipe_ops},
	    .delay_ms = DELAY_MIN_MS,
	    .ops = ops,
	    .user = user};
	line->options.user = line;
	uv_timer_init(loop, &line->timer);
	line->timer.data = line;
}

enum pu_err pu_line_dial(struct pu_line *line, const char *runtime_dir, enum pu_service to,
                         const char *suffix)
{
	enum pu_err err = pu_socket_path(line->path, runtime_dir, to, suffix);

	if (err != PU_OK)
		return err;
	uv_update_time(line->options.loop);
	connect_now(line);
	return PU_OK;
}

bool pu_line_connected(const struct pu_line *line)
{
	return line->pipe != NULL && line->pipe->ready;
}

uint64_t pu_line_absent_ms(const struct pu_line *line)
{
	return line->absent_since != 0 ? uv_now(line->options.loop) - line->absent_since : 0;
}

void pu_line_send(struct pu_line *line, struct pu_bytes first, struct pu_bytes second)
{
	if (pu_line_connected(line))
		pu_pipe_send(line->pipe, first, second);
}

static void on_timer_closed(uv_handle_t *timer)
{
	struct pu_line *line = timer->data;

	line->ops->on_closed(line->user);
}

void pu_line_close(struct pu_line *line)
{
	pu_pipe_free(line->pipe);
	line->pipe = NULL;
	uv_close((uv_handle_t *)&line->timer, on_timer_closed);
}
