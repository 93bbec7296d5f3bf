/* How one SP connection reads and writes: no message is taken before the greeting, no length is
 * believed beyond the bound, and nothing blocks. */
#include "proto/pipe.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

#define READ_SIZE  16384
#define SEND_PARTS 3

static void close_pipe(struct pu_pipe *pipe)
{
	if (pipe->closed || pipe->freed)
		return;
	pipe->closed = true;
	uv_poll_stop(&pipe->poll);
	pipe->options.ops->on_closed(pipe->options.user, pipe);
}

/* ---- sending ---- */

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct pu_pipe *pipe)
{
	bool writing = pipe->out.len > 0;

	if (pipe->closed || pipe->freed)
		return;
	if (writing != pipe->writing)
		uv_poll_start(&pipe->poll, UV_READABLE | (writing ? UV_WRITABLE : 0), on_poll);
	pipe->writing = writing;
}

/* Bytes that the socket took. What is wrong with it is told by reading. */
static size_t send_now(const struct pu_pipe *pipe, struct iovec *parts, size_t len)
{
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = len};
	ssize_t sent = sendmsg(pipe->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

	return sent > 0 ? (size_t)sent : 0;
}

/* Sends what it can and queues the rest. */
static void send_parts(struct pu_pipe *pipe, struct iovec *parts, size_t len)
{
	size_t sent = pipe->out.len == 0 ? send_now(pipe, parts, len) : 0;

	for (size_t i = 0; i < len; i++) {
		size_t skipped = sent < parts[i].iov_len ? sent : parts[i].iov_len;
		sent -= skipped;
		if (skipped < parts[i].iov_len &&
		    pu_buffer_append(&pipe->out, (const uint8_t *)parts[i].iov_base + skipped,
		                     parts[i].iov_len - skipped) != PU_OK) {
			pu_pipe_end(pipe);
			return;
		}
	}
	watch(pipe);
}

void pu_pipe_send(struct pu_pipe *pipe, struct pu_bytes first, struct pu_bytes second)
{
	uint8_t head[PU_SP_HEAD_LEN];
	struct iovec parts[SEND_PARTS] = {
	    {.iov_base = head, .iov_len = sizeof(head)},
	    {.iov_base = (void *)first.data, .iov_len = first.len},
	    {.iov_base = (void *)second.data, .iov_len = second.len},
	};

	if (pipe->closed || pipe->freed)
		return;
	pu_sp_head(head, first.len + second.len);
	send_parts(pipe, parts, SEND_PARTS);
}

static void flush(struct pu_pipe *pipe)
{
	struct iovec part = {.iov_base = pipe->out.data, .iov_len = pipe->out.len};

	pu_buffer_consume(&pipe->out, send_now(pipe, &part, 1));
	if (pipe->out.len == 0)
		pu_buffer_fini(&pipe->out); /* it may have been large */
	watch(pipe);
}

void pu_pipe_end(struct pu_pipe *pipe)
{
	shutdown(pipe->fd, SHUT_RDWR);
}

/* ---- receiving ---- */

static enum pu_err take_greeting(struct pu_pipe *pipe, struct pu_bytes *bytes)
{
	if (pipe->ready)
		return PU_OK;
	if (bytes->len < PU_SP_GREETING_LEN)
		return PU_EAGAIN;
	enum pu_err err = pu_sp_check_greeting(bytes->data, pipe->options.own);
	if (err != PU_OK)
		return err;
	*bytes = pu_bytes(bytes->data + PU_SP_GREETING_LEN, bytes->len - PU_SP_GREETING_LEN);
	pipe->ready = true;
	pipe->options.ops->on_ready(pipe->options.user, pipe);
	return PU_OK;
}

/* Hands over whole messages; `bytes` is what remains. */
static enum pu_err take_all(struct pu_pipe *pipe, struct pu_bytes *bytes)
{
	struct pu_bytes message;

	enum pu_err err = take_greeting(pipe, bytes);
	while (err == PU_OK && !pipe->freed) {
		err = pu_sp_next(bytes, PU_PIPE_MESSAGE_MAX, &message);
		if (err == PU_OK)
			pipe->options.ops->on_message(pipe->options.user, pipe, message);
	}
	return err;
}

/* What is not a whole message waits for the rest. */
static enum pu_err take(struct pu_pipe *pipe, struct pu_bytes got)
{
	bool fresh = pipe->in.len == 0;

	enum pu_err err = fresh ? PU_OK : pu_buffer_append(&pipe->in, got.data, got.len);
	if (err != PU_OK)
		return err;
	struct pu_bytes bytes = fresh ? got : pu_buffer_bytes(&pipe->in);
	size_t had = bytes.len;
	err = take_all(pipe, &bytes);
	if (err != PU_EAGAIN || pipe->freed)
		return err;
	if (fresh)
		return pu_buffer_append(&pipe->in, bytes.data, bytes.len);
	pu_buffer_consume(&pipe->in, had - bytes.len);
	if (pipe->in.len == 0)
		pu_buffer_fini(&pipe->in);
	return PU_OK;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct pu_pipe *pipe = poll->data;
	uint8_t data[READ_SIZE];

	if (status < 0) {
		close_pipe(pipe);
		return;
	}
	if ((events & UV_WRITABLE) != 0)
		flush(pipe);
	if ((events & UV_READABLE) == 0)
		return;
	ssize_t len = recv(pipe->fd, data, sizeof(data), MSG_DONTWAIT);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0 || take(pipe, pu_bytes(data, (size_t)len)) != PU_OK)
		close_pipe(pipe);
}

/* ---- life ---- */

static void greet(struct pu_pipe *pipe)
{
	uint8_t greeting[PU_SP_GREETING_LEN];
	struct iovec part = {.iov_base = greeting, .iov_len = sizeof(greeting)};

	pu_sp_greeting(greeting, pipe->options.own);
	send_parts(pipe, &part, 1);
}

enum pu_err pu_pipe_new(struct pu_pipe **out, int fd, const struct pu_pipe_options *options)
{
	struct pu_pipe *pipe = PU_NEW(struct pu_pipe);
	struct ucred cred;
	socklen_t cred_len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &cred_len) != 0 ||
	    uv_poll_init(options->loop, &pipe->poll, fd) != 0) {
		close(fd);
		pu_free(pipe);
		return PU_EIO;
	}
	pipe->fd = fd;
	pipe->pid = cred.pid;
	pipe->since = uv_now(options->loop);
	pipe->options = *options;
	pipe->poll.data = pipe;
	pu_buffer_init(&pipe->in, PU_SP_HEAD_LEN + PU_PIPE_MESSAGE_MAX + READ_SIZE);
	pu_buffer_init(&pipe->out, options->queue_max);
	uv_poll_start(&pipe->poll, UV_READABLE, on_poll);
	greet(pipe);
	*out = pipe;
	return PU_OK;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct pu_pipe *pipe = handle->data;

	pu_buffer_fini(&pipe->in);
	pu_buffer_fini(&pipe->out);
	pu_free(pipe);
}

void pu_pipe_free(struct pu_pipe *pipe)
{
	if (pipe == NULL || pipe->freed)
		return;
	pipe->freed = true;
	uv_close((uv_handle_t *)&pipe->poll, on_handle_closed);
	close(pipe->fd);
}
