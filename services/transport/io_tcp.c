/* Knows the kernel's TCP connection: how it comes from a port that is listened on, when it
 * wants more, and in how many ways it ends. */
#include "io_tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/pacing.h"

#define PIECES_MAX 1024 /* of one write: the kernel's */

enum tcp_state {
	TCP_CONNECTING,
	TCP_OPEN,
	TCP_LOST, /* on_end told it */
	TCP_GONE, /* freed by its owner; libuv still holds it */
};

struct transport_tcp {
	uv_poll_t poll;
	struct transport_tcp_engine *engine;
	int fd;
	enum tcp_state state;
	const struct transport_tcp_ops *ops;
	void *user;
	struct pu_quic_addr local, remote;
	int events; /* polled for */
	int error;  /* of a write; on_end will tell it */
	bool paused;
	bool ended;    /* the peer finished */
	bool finished; /* we did */
	bool want_writable;
};

void transport_tcp_engine_init(struct transport_tcp_engine *engine, uv_loop_t *loop)
{
	*engine =
	    (struct transport_tcp_engine){.loop = loop, .memory = pu_alloc(TRANSPORT_TCP_READ_MAX)};
}

void transport_tcp_engine_fini(struct transport_tcp_engine *engine)
{
	pu_free(engine->memory);
	engine->memory = NULL;
}

/* ---- waiting ---- */

static void on_poll(uv_poll_t *handle, int status, int events);

static int wanted_events(const struct transport_tcp *tcp)
{
	if (tcp->state == TCP_CONNECTING)
		return UV_WRITABLE;
	if (tcp->state != TCP_OPEN)
		return 0;
	bool reads = !tcp->paused && !tcp->ended;
	bool writes = tcp->want_writable || tcp->error != 0;
	return (reads ? UV_READABLE : 0) | (writes ? UV_WRITABLE : 0);
}

static void update_poll(struct transport_tcp *tcp)
{
	int events = wanted_events(tcp);
	if (events == tcp->events || tcp->state == TCP_GONE)
		return;
	tcp->events = events;
	if (events == 0)
		uv_poll_stop(&tcp->poll);
	else
		uv_poll_start(&tcp->poll, events, on_poll);
}

/* ---- ending ---- */

static void lose(struct transport_tcp *tcp, int error)
{
	enum pu_err err = pu_err_from_errno(error);
	tcp->state = TCP_LOST;
	update_poll(tcp);
	tcp->ops->on_end(tcp->user, err == PU_OK || err == PU_EAGAIN ? PU_ECLOSED : err);
}

/* The error that the kernel keeps for us, 0 if there is none. */
static int pending_error(const struct transport_tcp *tcp)
{
	int error = 0;
	socklen_t len = sizeof(error);
	if (getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return errno;
	return error;
}

static void on_closed(uv_handle_t *handle)
{
	pu_free(handle->data);
}

void transport_tcp_free(struct transport_tcp *tcp)
{
	if (tcp == NULL)
		return;
	tcp->state = TCP_GONE;
	uv_poll_stop(&tcp->poll);
	close(tcp->fd);
	uv_close((uv_handle_t *)&tcp->poll, on_closed);
}

void transport_tcp_abort(struct transport_tcp *tcp)
{
	if (tcp == NULL)
		return;
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	(void)setsockopt(tcp->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	transport_tcp_free(tcp);
}

/* ---- receiving ---- */

/* Reads once; answers whether there may be more to read at once. */
static bool receive_once(struct transport_tcp *tcp, bool after_error)
{
	ssize_t got = recv(tcp->fd, tcp->engine->memory, TRANSPORT_TCP_READ_MAX, 0);
	if (got > 0) {
		tcp->ops->on_bytes(tcp->user, pu_bytes(tcp->engine->memory, (size_t)got));
		return after_error || got == TRANSPORT_TCP_READ_MAX;
	}
	if (got == 0) {
		tcp->ended = true;
		tcp->ops->on_end(tcp->user, PU_OK);
	} else if (after_error || (errno != EAGAIN && errno != EINTR)) {
		lose(tcp, errno);
	}
	return false;
}

static void receive(struct transport_tcp *tcp, bool after_error)
{
	for (int turn = 0; turn < TRANSPORT_TCP_READS; turn++) {
		if (tcp->state != TCP_OPEN || tcp->paused || tcp->ended)
			return;
		if (!receive_once(tcp, after_error))
			return;
	}
}

/* The kernel reports an error, which may stand behind bytes that came before it. */
static void on_error(struct transport_tcp *tcp)
{
	if (tcp->paused || tcp->ended || tcp->error != 0)
		lose(tcp, tcp->error != 0 ? tcp->error : pending_error(tcp));
	else
		receive(tcp, true);
}

/* ---- connecting ---- */

static bool same_addr(const struct pu_quic_addr *a, const struct pu_quic_addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family || a->in.sin_port != b->in.sin_port)
		return false;
	return a->sa.sa_family == AF_INET
	           ? a->in.sin_addr.s_addr == b->in.sin_addr.s_addr
	           : memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr)) == 0;
}

static void on_connect(struct transport_tcp *tcp)
{
	int error = pending_error(tcp);
	tcp->local.len = sizeof(tcp->local.in6);
	if (error == 0 && getsockname(tcp->fd, &tcp->local.sa, &tcp->local.len) < 0)
		error = errno;
	/* From a port to the same port without a listener, TCP connects to itself. */
	if (error == 0 && same_addr(&tcp->local, &tcp->remote))
		error = ECONNREFUSED;
	if (error != 0) {
		lose(tcp, error);
		return;
	}
	pu_pacing_decide(tcp->fd, PU_PACING_SHORT_US);
	tcp->state = TCP_OPEN;
	tcp->ops->on_connected(tcp->user);
}

static void on_open_poll(struct transport_tcp *tcp, int status, int events)
{
	if (status < 0 || tcp->error != 0) {
		on_error(tcp);
		return;
	}
	if ((events & UV_WRITABLE) && tcp->want_writable) {
		tcp->want_writable = false;
		tcp->ops->on_writable(tcp->user);
	}
	if (events & UV_READABLE)
		receive(tcp, false);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct transport_tcp *tcp = handle->data;
	if (status < 0)
		tcp->events = 0; /* libuv has stopped */
	if (tcp->state == TCP_CONNECTING)
		on_connect(tcp);
	else
		on_open_poll(tcp, status, events);
	update_poll(tcp);
}

/* ---- sending ---- */

static size_t total(const struct iovec *pieces, size_t count)
{
	size_t len = 0;
	for (size_t i = 0; i < count; i++)
		len += pieces[i].iov_len;
	return len;
}

static size_t send_some(struct transport_tcp *tcp, const struct iovec *pieces, size_t count)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)pieces,
	                     .msg_iovlen = count < PIECES_MAX ? count : PIECES_MAX};
	ssize_t sent = sendmsg(tcp->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent >= 0)
		return (size_t)sent;
	if (errno != EAGAIN && errno != EINTR)
		tcp->error = errno;
	return 0;
}

size_t transport_tcp_write(struct transport_tcp *tcp, const struct iovec *pieces, size_t count)
{
	if (tcp->state == TCP_LOST || tcp->finished || tcp->error != 0)
		return 0;
	size_t sent = tcp->state == TCP_OPEN ? send_some(tcp, pieces, count) : 0;
	if (sent < total(pieces, count))
		tcp->want_writable = true;
	update_poll(tcp);
	return sent;
}

void transport_tcp_finish(struct transport_tcp *tcp)
{
	tcp->finished = true;
	tcp->want_writable = false;
	(void)shutdown(tcp->fd, SHUT_WR);
	update_poll(tcp);
}

void transport_tcp_pause(struct transport_tcp *tcp)
{
	tcp->paused = true;
	update_poll(tcp);
}

void transport_tcp_resume(struct transport_tcp *tcp)
{
	tcp->paused = false;
	update_poll(tcp);
}

/* ---- making ---- */

static void set_option(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* Takes the descriptor over. */
static enum pu_err make(struct transport_tcp_engine *engine, int fd,
                        const struct transport_tcp_ops *ops, void *user,
                        struct transport_tcp **out)
{
	struct transport_tcp *tcp = PU_NEW(struct transport_tcp);
	if (uv_poll_init(engine->loop, &tcp->poll, fd) != 0) {
		close(fd);
		pu_free(tcp);
		return PU_EIO;
	}
	/* No keepalive: whether the peer is there is asked above, by the multiplexer. */
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, TRANSPORT_TCP_UNSENT_MAX);
	tcp->poll.data = tcp;
	tcp->engine = engine;
	tcp->fd = fd;
	tcp->ops = ops;
	tcp->user = user;
	*out = tcp;
	return PU_OK;
}

enum pu_err transport_tcp_adopt(struct transport_tcp_engine *engine, int fd,
                                const struct transport_tcp_ops *ops, void *user,
                                struct transport_tcp **out)
{
	struct pu_quic_addr local = {.len = sizeof(local.in6)};
	struct pu_quic_addr remote = {.len = sizeof(remote.in6)};
	if (getsockname(fd, &local.sa, &local.len) < 0 ||
	    getpeername(fd, &remote.sa, &remote.len) < 0) {
		enum pu_err gone = pu_err_from_errno(errno);
		close(fd);
		return gone;
	}
	struct transport_tcp *tcp;
	enum pu_err err = make(engine, fd, ops, user, &tcp);
	if (err != PU_OK)
		return err;
	pu_pacing_decide(fd, PU_PACING_SHORT_US);
	tcp->local = local;
	tcp->remote = remote;
	tcp->state = TCP_OPEN;
	update_poll(tcp);
	*out = tcp;
	return PU_OK;
}

static socklen_t addr_len(const struct sockaddr *addr)
{
	if (addr->sa_family == AF_INET)
		return sizeof(struct sockaddr_in);
	return addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : 0;
}

/* A socket that is connecting, or what errno says. */
static int connect_from(const struct sockaddr *remote, const struct sockaddr *from)
{
	int fd = socket(remote->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	pu_pacing_put_off(fd);
	if (from != NULL) {
		set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	}
	if ((from == NULL || bind(fd, from, addr_len(from)) == 0) &&
	    (connect(fd, remote, addr_len(remote)) == 0 || errno == EINPROGRESS))
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* EINVAL: there is no way from a loopback address to another machine. */
static bool is_of_the_port(int error)
{
	return error == EADDRINUSE || error == EADDRNOTAVAIL || error == EINVAL;
}

enum pu_err transport_tcp_dial(struct transport_tcp_engine *engine,
                               const struct sockaddr *remote, const struct sockaddr *from,
                               const struct transport_tcp_ops *ops, void *user,
                               struct transport_tcp **out)
{
	if (addr_len(remote) == 0 || (from != NULL && from->sa_family != remote->sa_family))
		return PU_EINVAL;
	int fd = connect_from(remote, from);
	if (fd < 0 && from != NULL && is_of_the_port(errno))
		fd = connect_from(remote, NULL);
	if (fd < 0)
		return pu_err_from_errno(errno);
	struct transport_tcp *tcp;
	enum pu_err err = make(engine, fd, ops, user, &tcp);
	if (err != PU_OK)
		return err;
	tcp->remote.len = addr_len(remote);
	memcpy(&tcp->remote.in6, remote, tcp->remote.len);
	tcp->state = TCP_CONNECTING;
	update_poll(tcp);
	*out = tcp;
	return PU_OK;
}

/* ---- looking ---- */

const struct pu_quic_addr *transport_tcp_local(const struct transport_tcp *tcp)
{
	return &tcp->local;
}

const struct pu_quic_addr *transport_tcp_remote(const struct transport_tcp *tcp)
{
	return &tcp->remote;
}

uint64_t transport_tcp_confirmed_ms(const struct transport_tcp *tcp)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	if (tcp->state != TCP_OPEN || getsockopt(tcp->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return UINT64_MAX;
	return info.tcpi_last_ack_recv;
}
