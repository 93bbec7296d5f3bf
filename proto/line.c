/* How an NNG socket joins a libuv loop: its poll descriptor for messages, and for pipes the one
 * callback of ours that runs on an NNG thread. */
#include "proto/line.h"

#include <nng/transport/ipc/ipc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "proto/codec.h"

#define RECONNECT_MIN_MS 50
#define RECONNECT_MAX_MS 1000
/* A message with the topic of an event before it. */
#define RECEIVE_MAX (PU_MESSAGE_MAX + 128)

enum pu_err pu_nng_err(int result)
{
	if ((result & NNG_ESYSERR) != 0)
		return pu_err_from_errno(result & ~NNG_ESYSERR);
	switch (result) {
	case 0:
		return PU_OK;
	case NNG_EADDRINUSE:
		return PU_EBUSY;
	case NNG_EADDRINVAL:
		return PU_EINVAL;
	case NNG_EAGAIN:
		return PU_EAGAIN;
	case NNG_ETIMEDOUT:
		return PU_ETIMEOUT;
	case NNG_ECLOSED:
	case NNG_ECONNREFUSED:
	case NNG_ECONNRESET:
	case NNG_ECONNABORTED:
		return PU_ECLOSED;
	case NNG_EPERM:
		return PU_EPERM;
	case NNG_ENOENT:
		return PU_ENOTFOUND;
	case NNG_ENOFILES:
	case NNG_ENOSPC:
	case NNG_EMSGSIZE:
		return PU_ELIMIT;
	default:
		return PU_EINTERNAL;
	}
}

enum pu_err pu_line_url(char url[PU_LINE_URL_MAX], const char *runtime_dir,
                        enum pu_service service, const char *suffix)
{
	static const char scheme[] = "ipc://";

	int len = snprintf(url, PU_LINE_URL_MAX, "%s%s/%s%s", scheme, runtime_dir,
	                   pu_service_name(service), suffix);
	if (len < 0 || (size_t)len - strlen(scheme) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return PU_ELIMIT;
	return PU_OK;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct pu_line *line = poll->data;

	(void)status;
	(void)events;
	line->ops->on_readable(line->user);
}

static void on_async(uv_async_t *async)
{
	struct pu_line *line = async->data;
	uint32_t pipe = atomic_load(&line->pipe);

	if (pipe == line->pipe_seen || uv_is_closing((uv_handle_t *)async))
		return;
	line->pipe_seen = pipe;
	if (line->ops->on_pipe != NULL)
		line->ops->on_pipe(line->user, pipe != 0);
}

/* On an NNG thread. The new pipe may come before the old one's end is told. */
static void on_nng_pipe(nng_pipe pipe, nng_pipe_ev event, void *data)
{
	struct pu_line *line = data;
	uint32_t id = (uint32_t)nng_pipe_id(pipe);

	if (event == NNG_PIPE_EV_ADD_POST)
		atomic_store(&line->pipe, id);
	else
		atomic_compare_exchange_strong(&line->pipe, &id, 0);
	uv_async_send(&line->async);
}

void pu_line_init(struct pu_line *line, uv_loop_t *loop, const struct pu_line_ops *ops,
                  void *user)
{
	memset(line, 0, sizeof(*line));
	line->ops = ops;
	line->user = user;
	line->async.data = line;
	line->handles = 1;
	uv_async_init(loop, &line->async, on_async);
}

enum pu_err pu_line_open(struct pu_line *line, int (*open)(nng_socket *socket), int send_queue)
{
	int result = open(&line->socket);

	if (result != 0)
		return pu_nng_err(result);
	line->open = true;
	result = nng_socket_set_size(line->socket, NNG_OPT_RECVMAXSZ, RECEIVE_MAX);
	if (result == 0 && send_queue > 0)
		result = nng_socket_set_int(line->socket, NNG_OPT_SENDBUF, send_queue);
	return pu_nng_err(result);
}

enum pu_err pu_line_poll(struct pu_line *line)
{
	int fd;

	int result = nng_socket_get_int(line->socket, NNG_OPT_RECVFD, &fd);
	if (result != 0)
		return pu_nng_err(result);
	if (uv_poll_init(line->async.loop, &line->poll, fd) != 0)
		return PU_EIO;
	line->poll.data = line;
	line->polled = true;
	line->handles++;
	return uv_poll_start(&line->poll, UV_READABLE, on_poll) == 0 ? PU_OK : PU_EIO;
}

enum pu_err pu_line_listen(nng_socket socket, const char *url)
{
	nng_listener listener;

	int result = nng_listener_create(&listener, socket, url);
	if (result == 0)
		result = nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, S_IRUSR | S_IWUSR);
	if (result == 0)
		result = nng_listener_start(listener, 0);
	return pu_nng_err(result);
}

enum pu_err pu_line_dial(struct pu_line *line, const char *url)
{
	nng_dialer dialer;

	int result = nng_pipe_notify(line->socket, NNG_PIPE_EV_ADD_POST, on_nng_pipe, line);
	if (result == 0)
		result = nng_pipe_notify(line->socket, NNG_PIPE_EV_REM_POST, on_nng_pipe, line);
	if (result == 0)
		result = nng_dialer_create(&dialer, line->socket, url);
	if (result == 0)
		result = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMINT, RECONNECT_MIN_MS);
	if (result == 0)
		result = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMAXT, RECONNECT_MAX_MS);
	if (result == 0)
		result = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
	return pu_nng_err(result);
}

bool pu_line_connected(const struct pu_line *line)
{
	return line->pipe_seen != 0;
}

nng_msg *pu_line_receive(struct pu_line *line)
{
	nng_msg *message;

	return nng_recvmsg(line->socket, &message, NNG_FLAG_NONBLOCK) == 0 ? message : NULL;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct pu_line *line = handle->data;

	if (--line->handles == 0)
		line->ops->on_closed(line->user);
}

/* The descriptor leaves the loop before NNG closes it; the loop's wakening outlives NNG's
 * threads, which nng_close() waits for. */
void pu_line_close(struct pu_line *line)
{
	if (line->polled)
		uv_close((uv_handle_t *)&line->poll, on_handle_closed);
	if (line->open)
		nng_close(line->socket);
	line->open = false;
	uv_close((uv_handle_t *)&line->async, on_handle_closed);
}
