/* Knows how to reach the target of an exposed service: its addresses, and a connect that may
 * take time. */
#include "io_target.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/pacing.h"
#include "io_host.h"
#include "limits.h"
#include "usage.h"

#define QUEUE_FULL_WAIT_MS 20 /* a Unix listener whose backlog is full says so at once */
#define TEXT_MAX           (PROXY_ENDPOINT_MAX + 96)

struct proxy_connector {
	uv_loop_t *loop;
	uv_timer_t timer;
	struct pu_heap deadlines; /* of struct attempt */
	struct pu_list attempts;
	size_t attempts_len;
	struct proxy_hosts *hosts;
};

struct watch { /* outlives its attempt until libuv has let go of the handle */
	uv_poll_t poll;
	struct attempt *attempt;
};

struct attempt {
	struct proxy_connector *connector;
	struct pu_list_node node;
	struct pu_heap_node deadline; /* of this address or this wait, in uv_now() time */
	struct proxy_lookup lookup;
	char peer_id[PROXY_PEER_ID_MAX]; /* who is to be connected to it */
	struct proxy_endpoint target;
	struct proxy_address addresses[PROXY_HOST_ADDRESSES];
	size_t addresses_len, next;
	uint64_t end_ms; /* of the whole */
	bool no_socket;  /* what is short is ours, not the target's */
	struct watch *watch;
	int fd; /* -1 = none */
	proxy_connected_fn connected;
	void *user;
};

static void try_next(struct attempt *attempt, enum pu_err err);

static void on_watch_closed(uv_handle_t *handle)
{
	pu_free(handle->data);
}

static void unwatch(struct attempt *attempt)
{
	if (attempt->watch == NULL)
		return;
	attempt->watch->attempt = NULL;
	uv_close((uv_handle_t *)&attempt->watch->poll, on_watch_closed);
	attempt->watch = NULL;
}

static void close_socket(struct attempt *attempt)
{
	unwatch(attempt);
	if (attempt->fd >= 0)
		close(attempt->fd);
	attempt->fd = -1;
}

static void on_timer(uv_timer_t *timer);

static void arm(struct proxy_connector *connector)
{
	struct pu_heap_node *first = pu_heap_min(&connector->deadlines);
	uint64_t now_ms = uv_now(connector->loop);

	if (first == NULL)
		uv_timer_stop(&connector->timer);
	else
		uv_timer_start(&connector->timer, on_timer,
		               first->key > now_ms ? first->key - now_ms : 0, 0);
}

static void set_deadline(struct attempt *attempt, uint64_t at_ms)
{
	if (at_ms > attempt->end_ms)
		at_ms = attempt->end_ms;
	pu_heap_set(&attempt->connector->deadlines, &attempt->deadline, at_ms);
	arm(attempt->connector);
}

static void attempt_free(struct attempt *attempt)
{
	struct proxy_connector *connector = attempt->connector;

	close_socket(attempt);
	proxy_hosts_cancel(&attempt->lookup);
	if (attempt->deadline.index != 0) {
		pu_heap_remove(&connector->deadlines, &attempt->deadline);
		arm(connector);
	}
	pu_list_remove(&attempt->node);
	connector->attempts_len--;
	pu_free(attempt);
}

static void succeed(struct attempt *attempt)
{
	proxy_connected_fn connected = attempt->connected;
	void *user = attempt->user;
	int fd = attempt->fd;

	pu_pacing_decide(fd, PU_PACING_SHORT_US);
	unwatch(attempt);
	attempt->fd = -1;
	attempt_free(attempt);
	connected(user, PU_OK, "", fd);
}

static const char *reason(const struct attempt *attempt, enum pu_err err)
{
	if (err == PU_EUNREACHABLE && attempt->addresses_len == 0)
		return "has no known address: check its host name";
	if (err == PU_EREFUSED || err == PU_ENOTFOUND)
		return "refused the connection: nothing listens there";
	if (err == PU_ETIMEOUT)
		return "did not answer in time";
	if (err == PU_EPERM)
		return "may not be connected to: permission denied";
	if (err == PU_ELIMIT && attempt->no_socket)
		return "cannot be connected to: this machine has no descriptor left";
	if (err == PU_ELIMIT)
		return "has too many connections waiting for it";
	return "cannot be reached";
}

static void fail(struct attempt *attempt, enum pu_err err)
{
	proxy_connected_fn connected = attempt->connected;
	void *user = attempt->user;
	char name[PROXY_ENDPOINT_MAX], text[TEXT_MAX];

	snprintf(text, sizeof(text), "target %s %s", proxy_endpoint_print(&attempt->target, name),
	         reason(attempt, err));
	proxy_hosts_expire(attempt->connector->hosts, attempt->target.host);
	attempt_free(attempt);
	/* A missing Unix socket is a target that is down, not a service that is unknown. */
	connected(user, err == PU_ENOTFOUND ? PU_EREFUSED : err, text, -1);
}

/* What became of the connect: PU_OK, PU_EAGAIN for not decided yet, or why not. */
static enum pu_err outcome(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t len = sizeof(error);

	if (poll(&ready, 1, 0) == 0)
		return PU_EAGAIN;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return pu_err_from_errno(errno);
	return error == 0 ? PU_OK : pu_err_from_errno(error);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct attempt *attempt = ((struct watch *)poll->data)->attempt;
	enum pu_err err;

	(void)status;
	(void)events;
	if (attempt == NULL)
		return;
	err = outcome(attempt->fd);
	if (err == PU_OK) {
		succeed(attempt);
	} else if (err != PU_EAGAIN) {
		close_socket(attempt);
		try_next(attempt, err);
	}
}

static enum pu_err watch_socket(struct attempt *attempt)
{
	struct watch *watch = PU_NEW(struct watch);

	if (uv_poll_init(attempt->connector->loop, &watch->poll, attempt->fd) != 0) {
		pu_free(watch);
		return PU_EIO;
	}
	watch->poll.data = watch;
	watch->attempt = attempt;
	attempt->watch = watch;
	if (uv_poll_start(&watch->poll, UV_WRITABLE, on_poll) != 0)
		return PU_EIO;
	return PU_OK;
}

/* This address gets its share of the time that is left. */
static void share_time(struct attempt *attempt)
{
	uint64_t now_ms = uv_now(attempt->connector->loop);
	uint64_t left_ms = attempt->end_ms > now_ms ? attempt->end_ms - now_ms : 0;

	set_deadline(attempt, now_ms + left_ms / (attempt->addresses_len - attempt->next));
}

/* PU_OK: connected. PU_EAGAIN: under way. PU_EBUSY: a full queue, worth another try. */
static enum pu_err dial(struct attempt *attempt, const struct proxy_address *address)
{
	int family = address->socket.any.sa_family;
	int on = 1;
	enum pu_err err;

	attempt->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	attempt->no_socket = attempt->fd < 0;
	if (attempt->fd < 0)
		return pu_err_from_errno(errno);
	if (family != AF_UNIX) {
		(void)setsockopt(attempt->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		pu_pacing_put_off(attempt->fd);
	}
	if (connect(attempt->fd, &address->socket.any, address->len) == 0)
		return PU_OK;
	if (errno == EAGAIN)
		return PU_EBUSY;
	if (errno != EINPROGRESS)
		return pu_err_from_errno(errno);
	/* On loopback it is mostly decided by now, and then needs no handle. */
	err = outcome(attempt->fd);
	return err == PU_EAGAIN ? watch_socket(attempt) : err;
}

/* `err`: why the address before this one failed. Ends the connect or leaves it waiting. */
static void try_next(struct attempt *attempt, enum pu_err err)
{
	while (attempt->next < attempt->addresses_len) {
		share_time(attempt);
		err = dial(attempt, &attempt->addresses[attempt->next++]);
		if (err == PU_OK) {
			succeed(attempt);
			return;
		}
		if (err == PU_EAGAIN)
			return;
		close_socket(attempt);
		if (err == PU_EBUSY) {
			attempt->next--;
			set_deadline(attempt, uv_now(attempt->connector->loop) + QUEUE_FULL_WAIT_MS);
			return;
		}
	}
	fail(attempt, err);
}

static void on_timer(uv_timer_t *timer)
{
	struct proxy_connector *connector = timer->data;
	struct pu_heap_node *first = pu_heap_min(&connector->deadlines);

	while (first != NULL && first->key <= uv_now(connector->loop)) {
		struct attempt *attempt = PU_CONTAINER_OF(first, struct attempt, deadline);
		bool was_trying = attempt->fd >= 0 || attempt->lookup.host != NULL;

		close_socket(attempt);
		if (first->key >= attempt->end_ms)
			fail(attempt, was_trying ? PU_ETIMEOUT : PU_ELIMIT);
		else
			try_next(attempt, PU_ETIMEOUT);
		first = pu_heap_min(&connector->deadlines);
	}
	arm(connector);
}

static void on_found(struct proxy_lookup *lookup, enum pu_err err,
                     const struct proxy_address *addresses, size_t len)
{
	struct attempt *attempt = PU_CONTAINER_OF(lookup, struct attempt, lookup);

	attempt->addresses_len = len;
	for (size_t i = 0; i < len; i++) {
		attempt->addresses[i] = addresses[i];
		proxy_address_set_port(&attempt->addresses[i], attempt->target.port);
	}
	try_next(attempt, err);
}

static struct attempt *attempt_new(struct proxy_connector *connector, const char *peer_id,
                                   const struct proxy_endpoint *target,
                                   proxy_connected_fn connected, void *user)
{
	struct attempt *attempt = PU_NEW(struct attempt);

	attempt->connector = connector;
	snprintf(attempt->peer_id, sizeof(attempt->peer_id), "%s", peer_id);
	attempt->target = *target;
	attempt->fd = -1;
	attempt->connected = connected;
	attempt->user = user;
	attempt->end_ms = uv_now(connector->loop) + PROXY_CONNECT_MS;
	pu_list_append(&connector->attempts, &attempt->node);
	connector->attempts_len++;
	return attempt;
}

static size_t count_of(const struct proxy_connector *connector, const char *peer_id)
{
	size_t count = 0;

	PU_LIST_FOREACH(it, &connector->attempts) {
		const struct attempt *attempt = PU_LIST_ENTRY(it, struct attempt, node);

		count += strcmp(attempt->peer_id, peer_id) == 0 ? 1 : 0;
	}
	return count;
}

void proxy_connector_connect(struct proxy_connector *connector, const char *peer_id,
                             const struct proxy_endpoint *target, proxy_connected_fn connected,
                             void *user)
{
	struct attempt *attempt;

	if (connector->attempts_len >= PROXY_CONNECTS_MAX) {
		connected(user, PU_ELIMIT, "too many targets are slow to answer", -1);
		return;
	}
	if (count_of(connector, peer_id) >= PROXY_CONNECTS_PEER_MAX) {
		connected(user, PU_ELIMIT, "too many targets are slow to answer this peer", -1);
		return;
	}
	attempt = attempt_new(connector, peer_id, target, connected, user);
	attempt->addresses_len = proxy_endpoint_addresses(target, attempt->addresses);
	if (attempt->addresses_len > 0) {
		try_next(attempt, PU_EUNREACHABLE);
	} else {
		set_deadline(attempt, attempt->end_ms);
		proxy_hosts_lookup(connector->hosts, target->host, &attempt->lookup, on_found);
	}
}

struct proxy_connector *proxy_connector_new(uv_loop_t *loop)
{
	struct proxy_connector *connector = PU_NEW(struct proxy_connector);

	connector->loop = loop;
	pu_heap_init(&connector->deadlines);
	pu_list_init(&connector->attempts);
	connector->hosts = proxy_hosts_new(loop);
	uv_timer_init(loop, &connector->timer);
	connector->timer.data = connector;
	return connector;
}

static void on_timer_closed(uv_handle_t *handle)
{
	pu_free(handle->data);
}

void proxy_connector_free(struct proxy_connector *connector)
{
	if (connector == NULL)
		return;
	PU_LIST_FOREACH(it, &connector->attempts)
		attempt_free(PU_LIST_ENTRY(it, struct attempt, node));
	pu_heap_fini(&connector->deadlines);
	proxy_hosts_free(connector->hosts);
	uv_close((uv_handle_t *)&connector->timer, on_timer_closed);
}

void proxy_connector_forget(struct proxy_connector *connector)
{
	proxy_hosts_clear(connector->hosts);
}
