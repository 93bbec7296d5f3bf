/* Knows the kernel's news about addresses (rtnetlink(7)): that there are some, not which. */
#include "io_interfaces.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

#define NEWS_SIZE 8192

struct transport_interfaces {
	uv_poll_t poll;
	int fd;
	void (*on_changed)(void *user);
	void *user;
};

/* What does not fit or was lost is news, too. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct transport_interfaces *interfaces = poll->data;
	uint8_t news[NEWS_SIZE];
	(void)events;
	if (status < 0) {
		uv_poll_stop(poll);
		return;
	}
	while (recv(interfaces->fd, news, sizeof(news), MSG_DONTWAIT) > 0)
		;
	interfaces->on_changed(interfaces->user);
}

static int open_socket(void)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK,
	                           .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)(const void *)&addr, sizeof(addr)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

struct transport_interfaces *
transport_interfaces_new(uv_loop_t *loop, void (*on_changed)(void *user), void *user)
{
	int fd = open_socket();
	if (fd < 0)
		return NULL;
	struct transport_interfaces *interfaces = PU_NEW(struct transport_interfaces);
	interfaces->fd = fd;
	interfaces->on_changed = on_changed;
	interfaces->user = user;
	if (uv_poll_init(loop, &interfaces->poll, fd) != 0) {
		close(fd);
		pu_free(interfaces);
		return NULL;
	}
	interfaces->poll.data = interfaces;
	uv_poll_start(&interfaces->poll, UV_READABLE, on_poll);
	return interfaces;
}

static void on_closed(uv_handle_t *handle)
{
	pu_free(handle->data);
}

void transport_interfaces_free(struct transport_interfaces *interfaces)
{
	if (interfaces == NULL)
		return;
	uv_poll_stop(&interfaces->poll);
	close(interfaces->fd);
	uv_close((uv_handle_t *)&interfaces->poll, on_closed);
}
