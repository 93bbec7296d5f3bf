/* Knows how a forward's listening sockets are made, adopted, accepted from and given up. */
#include "io_listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/pacing.h"
#include "limits.h"

#define SOCKETS_MAX 2 /* the addresses of localhost */

struct listen_socket {
	struct proxy_listener *listener;
	uv_poll_t poll;
	int fd;
	char name[PROXY_KEPT_NAME_MAX];
};

struct proxy_listener {
	struct proxy_endpoint endpoint;
	struct proxy_listener_options options;
	struct listen_socket sockets[SOCKETS_MAX];
	size_t sockets_len;
	uv_timer_t rest; /* runs while descriptors are short */
	bool paused;
	size_t closing; /* handles that libuv still holds */
};

/* The name under which the supervisor keeps a socket: long paths by their end. */
static void keep_name(const struct proxy_address *address, char out[PROXY_KEPT_NAME_MAX])
{
	char text[PROXY_ENDPOINT_MAX];
	const size_t room = PROXY_KEPT_NAME_MAX - sizeof("listen:");
	size_t len;

	proxy_address_print(address, text);
	len = strlen(text);
	snprintf(out, PROXY_KEPT_NAME_MAX, "listen:%.*s", (int)room,
	         len > room ? text + len - room : text);
}

static bool same_address(const struct proxy_address *a, const struct proxy_address *b)
{
	char a_text[PROXY_ENDPOINT_MAX], b_text[PROXY_ENDPOINT_MAX];

	return strcmp(proxy_address_print(a, a_text), proxy_address_print(b, b_text)) == 0;
}

static enum pu_err address_of_socket(int fd, struct proxy_address *out)
{
	struct proxy_address address = {.len = sizeof(address.socket)};

	if (getsockname(fd, &address.socket.any, &address.len) != 0)
		return pu_err_from_errno(errno);
	*out = address;
	return PU_OK;
}

/* A kept socket is good if it still listens, on this address, and can be found there. */
static int adopt(struct proxy_kept_table *kept, const struct proxy_address *address)
{
	char name[PROXY_KEPT_NAME_MAX];
	struct proxy_address real;
	int listening = 0, fd;
	socklen_t len = sizeof(listening);

	keep_name(address, name);
	fd = proxy_kept_take(kept, name);
	if (fd < 0)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening &&
	    address_of_socket(fd, &real) == PU_OK && same_address(&real, address) &&
	    (address->socket.any.sa_family != AF_UNIX ||
	     access(address->socket.unix_path.sun_path, F_OK) == 0))
		return fd;
	close(fd);
	return -1;
}

/* Removes a socket file that nobody listens on. PU_EBUSY: somebody does. */
static enum pu_err remove_stale(const struct proxy_address *address)
{
	const char *path = address->socket.unix_path.sun_path;
	struct stat info;
	int fd, error;

	if (lstat(path, &info) != 0)
		return errno == ENOENT ? PU_OK : pu_err_from_errno(errno);
	if (!S_ISSOCK(info.st_mode))
		return PU_EEXIST;
	if (info.st_uid != geteuid())
		return PU_EPERM;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return pu_err_from_errno(errno);
	error = connect(fd, &address->socket.any, address->len) == 0 ? 0 : errno;
	close(fd);
	if (error != ECONNREFUSED)
		return PU_EBUSY;
	return unlink(path) == 0 || errno == ENOENT ? PU_OK : pu_err_from_errno(errno);
}

static int bind_private(int fd, const struct proxy_address *address)
{
	mode_t before = umask(0177);
	int result = bind(fd, &address->socket.any, address->len);

	umask(before);
	return result;
}

static void set_tcp_options(int fd, const struct proxy_address *address)
{
	int on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Accepted sockets inherit it. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	pu_pacing_put_off(fd);
	if (address->socket.any.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
}

/* PU_EUNSUPPORTED: the machine does not have this address. */
static enum pu_err make_socket(const struct proxy_address *address, int *out)
{
	int family = address->socket.any.sa_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	enum pu_err err = PU_OK;
	int result;

	if (fd < 0)
		return pu_err_from_errno(errno);
	if (family == AF_UNIX)
		err = remove_stale(address);
	else
		set_tcp_options(fd, address);
	if (err == PU_OK) {
		result = family == AF_UNIX ? bind_private(fd, address)
		                           : bind(fd, &address->socket.any, address->len);
		if (result != 0 || listen(fd, PROXY_BACKLOG) != 0)
			err = errno == EADDRNOTAVAIL ? PU_EUNSUPPORTED : pu_err_from_errno(errno);
	}
	if (err != PU_OK) {
		close(fd);
		return err;
	}
	*out = fd;
	return PU_OK;
}

static void rest(struct proxy_listener *listener);

/* Errors of one client's connection, not of the listener (accept(2)). */
static bool is_transient(int error)
{
	return error == ECONNABORTED || error == EINTR || error == EPROTO || error == ENETDOWN ||
	       error == EHOSTUNREACH || error == ENETUNREACH;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct listen_socket *sock = poll->data;
	struct proxy_listener *listener = sock->listener;

	(void)status;
	(void)events;
	for (int i = 0; i < PROXY_ACCEPT_BATCH && !listener->paused; i++) {
		int fd = accept4(sock->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			pu_pacing_decide(fd, PU_PACING_SHORT_US);
			listener->options.on_client(listener->options.user, fd);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (!is_transient(errno)) {
			pu_warn("forward.accept_failed", "listen=%s error=%s", sock->name, strerror(errno));
			rest(listener);
			return;
		}
	}
}

static void watch(struct proxy_listener *listener)
{
	for (size_t i = 0; i < listener->sockets_len; i++)
		(void)uv_poll_start(&listener->sockets[i].poll, UV_READABLE, on_poll);
}

static void unwatch(struct proxy_listener *listener)
{
	for (size_t i = 0; i < listener->sockets_len; i++)
		(void)uv_poll_stop(&listener->sockets[i].poll);
}

static void on_rested(uv_timer_t *timer)
{
	struct proxy_listener *listener = timer->data;

	if (!listener->paused)
		watch(listener);
}

static void rest(struct proxy_listener *listener)
{
	unwatch(listener);
	uv_timer_start(&listener->rest, on_rested, PROXY_ACCEPT_PAUSE_MS, 0);
}

void proxy_listener_pause(struct proxy_listener *listener)
{
	listener->paused = true;
	unwatch(listener);
}

void proxy_listener_resume(struct proxy_listener *listener)
{
	listener->paused = false;
	if (!uv_is_active((uv_handle_t *)&listener->rest))
		watch(listener);
}

static enum pu_err add_socket(struct proxy_listener *listener,
                              const struct proxy_address *address)
{
	struct listen_socket *sock = &listener->sockets[listener->sockets_len];
	int fd = adopt(listener->options.kept, address);
	bool adopted = fd >= 0;
	struct proxy_address real;
	enum pu_err err;

	if (!adopted) {
		err = make_socket(address, &fd);
		if (err != PU_OK)
			return err;
	}
	if (address_of_socket(fd, &real) != PU_OK ||
	    uv_poll_init(pu_host_loop(listener->options.host), &sock->poll, fd) != 0) {
		close(fd);
		return PU_EIO;
	}
	sock->poll.data = sock;
	sock->listener = listener;
	sock->fd = fd;
	listener->sockets_len++;
	if (listener->endpoint.port == 0)
		listener->endpoint.port = proxy_address_port(&real);
	keep_name(&real, sock->name);
	if (!adopted)
		pu_host_keep(listener->options.host, sock->name, fd);
	return PU_OK;
}

static void explain(enum pu_err err, const struct proxy_endpoint *endpoint, char *text,
                    size_t text_size)
{
	char name[PROXY_ENDPOINT_MAX];
	const char *why = pu_strerror(err);

	if (err == PU_EBUSY)
		why = "another program listens there already";
	else if (err == PU_EEXIST)
		why = "there is a file that is no socket";
	else if (err == PU_EPERM)
		why = "permission denied";
	else if (err == PU_EUNSUPPORTED)
		why = "this machine does not have that address";
	else if (err == PU_ENOTFOUND)
		why = "no such directory";
	snprintf(text, text_size, "cannot listen on %s: %s", proxy_endpoint_print(endpoint, name),
	         why);
}

static enum pu_err add_sockets(struct proxy_listener *listener)
{
	struct proxy_address addresses[SOCKETS_MAX];
	size_t len = proxy_endpoint_addresses(&listener->endpoint, addresses);
	enum pu_err err;

	if (len == SOCKETS_MAX && listener->endpoint.port == 0) {
		len = 1;
		snprintf(listener->endpoint.host, sizeof(listener->endpoint.host), "%s", "127.0.0.1");
	}
	for (size_t i = 0; i < len; i++) {
		err = add_socket(listener, &addresses[i]);
		/* A machine without IPv6: the first address is enough. */
		if (err != PU_OK && !(err == PU_EUNSUPPORTED && i > 0))
			return err;
	}
	return listener->sockets_len > 0 ? PU_OK : PU_EUNSUPPORTED;
}

enum pu_err proxy_listener_open(struct proxy_listener **listener,
                                const struct proxy_endpoint *endpoint,
                                const struct proxy_listener_options *options, char *text,
                                size_t text_size)
{
	struct proxy_listener *fresh = PU_NEW(struct proxy_listener);
	enum pu_err err;

	fresh->endpoint = *endpoint;
	fresh->options = *options;
	fresh->paused = true;
	uv_timer_init(pu_host_loop(options->host), &fresh->rest);
	fresh->rest.data = fresh;
	err = add_sockets(fresh);
	if (err != PU_OK) {
		explain(err, endpoint, text, text_size);
		proxy_listener_close(fresh);
		return err;
	}
	*listener = fresh;
	return PU_OK;
}

static void on_closed(uv_handle_t *handle)
{
	struct proxy_listener *listener = handle->type == UV_TIMER
	                                      ? handle->data
	                                      : ((struct listen_socket *)handle->data)->listener;

	if (--listener->closing == 0)
		pu_free(listener);
}

static void close_all(struct proxy_listener *listener, bool forget)
{
	bool is_unix = proxy_endpoint_is_unix(&listener->endpoint);

	listener->closing = listener->sockets_len + 1;
	for (size_t i = 0; i < listener->sockets_len; i++) {
		struct listen_socket *sock = &listener->sockets[i];

		uv_close((uv_handle_t *)&sock->poll, on_closed);
		if (is_unix)
			(void)unlink(listener->endpoint.path);
		if (forget || is_unix) {
			/* The supervisor's copy lives a little longer: this frees the port now. */
			(void)shutdown(sock->fd, SHUT_RDWR);
			pu_host_drop(listener->options.host, sock->name);
		}
		close(sock->fd);
	}
	uv_close((uv_handle_t *)&listener->rest, on_closed);
}

void proxy_listener_close(struct proxy_listener *listener)
{
	if (listener != NULL)
		close_all(listener, true);
}

void proxy_listener_leave(struct proxy_listener *listener)
{
	if (listener != NULL)
		close_all(listener, false);
}

const struct proxy_endpoint *proxy_listener_endpoint(const struct proxy_listener *listener)
{
	return &listener->endpoint;
}

void proxy_client_reset(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}
