/* Knows how a port is shared between listening and dialling, and what to do when connections
 * come faster than descriptors. */
#include "io_tcp_listen.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/pacing.h"

struct transport_tcp_listener {
	uv_poll_t poll;
	uv_timer_t rest;
	int fd; /* -1 = freed; libuv still holds it */
	int closing;
	struct pu_quic_addr local;
	transport_tcp_accept_fn accept;
	void *user;
};

/* ---- accepting ---- */

static void on_poll(uv_poll_t *poll, int status, int events);

static void on_rested(uv_timer_t *timer)
{
	struct transport_tcp_listener *listener = timer->data;
	uv_poll_start(&listener->poll, UV_READABLE, on_poll);
}

/* What waits cannot be taken: waking up for it would only burn time. */
static void rest(struct transport_tcp_listener *listener, int error)
{
	pu_warn("tcp.accept_failed", "error=%s", strerror(error));
	uv_poll_stop(&listener->poll);
	uv_timer_start(&listener->rest, on_rested, TRANSPORT_TCP_REST_MS, 0);
}

/* Errors of one connection, not of the listener (accept(2)). */
static bool is_of_one(int error)
{
	return error == ECONNABORTED || error == EINTR || error == EPROTO || error == ENETDOWN ||
	       error == ENETUNREACH || error == EHOSTDOWN || error == EHOSTUNREACH ||
	       error == ENONET || error == ENOPROTOOPT || error == EOPNOTSUPP || error == EPERM;
}

/* Answers whether to go on. */
static bool accept_one(struct transport_tcp_listener *listener)
{
	struct pu_quic_addr remote = {.len = sizeof(remote.in6)};
	int fd = accept4(listener->fd, &remote.sa, &remote.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		listener->accept(listener->user, fd, &remote);
		return listener->fd >= 0;
	}
	if (is_of_one(errno))
		return true;
	if (errno != EAGAIN)
		rest(listener, errno);
	return false;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct transport_tcp_listener *listener = poll->data;
	(void)events;
	if (status < 0) {
		rest(listener, -status);
		return;
	}
	for (int i = 0; i < TRANSPORT_TCP_ACCEPTS && accept_one(listener); i++)
		;
}

/* ---- life ---- */

static void set_option(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

static socklen_t addr_len(const struct sockaddr *addr)
{
	if (addr->sa_family == AF_INET)
		return sizeof(struct sockaddr_in);
	return addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : 0;
}

/* The port is shared only after it was got: another listener on it is an error, but sockets
 * that we dial with may have it. */
static int bind_alone(int fd, const struct sockaddr *addr)
{
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (addr->sa_family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (bind(fd, addr, addr_len(addr)) < 0)
		return -1;
	set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	pu_pacing_put_off(fd);
	return listen(fd, TRANSPORT_TCP_BACKLOG);
}

static enum pu_err err_of_bind(int error)
{
	return error == EADDRNOTAVAIL ? PU_EINVAL : pu_err_from_errno(error);
}

static enum pu_err open_socket(const struct sockaddr *addr, int *out,
                               struct pu_quic_addr *local)
{
	if (addr_len(addr) == 0)
		return PU_EINVAL;
	int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return pu_err_from_errno(errno);
	local->len = sizeof(local->in6);
	if (bind_alone(fd, addr) < 0 || getsockname(fd, &local->sa, &local->len) < 0) {
		enum pu_err err = err_of_bind(errno);
		close(fd);
		return err;
	}
	*out = fd;
	return PU_OK;
}

enum pu_err transport_tcp_listen(uv_loop_t *loop, const struct sockaddr *addr,
                                 transport_tcp_accept_fn accept, void *user,
                                 struct transport_tcp_listener **out)
{
	struct transport_tcp_listener *listener = PU_NEW(struct transport_tcp_listener);
	listener->accept = accept;
	listener->user = user;
	enum pu_err err = open_socket(addr, &listener->fd, &listener->local);
	if (err == PU_OK && uv_poll_init(loop, &listener->poll, listener->fd) != 0) {
		close(listener->fd);
		err = PU_EIO;
	}
	if (err != PU_OK) {
		pu_free(listener);
		return err;
	}
	uv_timer_init(loop, &listener->rest);
	listener->poll.data = listener->rest.data = listener;
	uv_poll_start(&listener->poll, UV_READABLE, on_poll);
	*out = listener;
	return PU_OK;
}

static void on_closed(uv_handle_t *handle)
{
	struct transport_tcp_listener *listener = handle->data;
	if (--listener->closing == 0)
		pu_free(listener);
}

void transport_tcp_listener_free(struct transport_tcp_listener *listener)
{
	if (listener == NULL)
		return;
	uv_poll_stop(&listener->poll);
	close(listener->fd);
	listener->fd = -1;
	listener->closing = 2;
	uv_close((uv_handle_t *)&listener->poll, on_closed);
	uv_close((uv_handle_t *)&listener->rest, on_closed);
}

const struct pu_quic_addr *
transport_tcp_listener_local(const struct transport_tcp_listener *listener)
{
	return &listener->local;
}
