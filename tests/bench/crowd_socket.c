/* Knows how one socket speaks from many addresses: each datagram says which, in and out. */
#include "crowd_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { BATCH = 64, DATAGRAM = 2048, CLIENTS_PER_ADDRESS = 4, ADDRESSES_PER_NET = 250 };

static int udp;
static struct pu_quic_path path;
static uint32_t first; /* of our addresses */

void crowd_die(const char *what)
{
	perror(what);
	exit(1);
}

void crowd_socket_open(const char *host, const char *port, const char *prefix)
{
	unsigned high, low;
	int size = 8 << 20, yes = 1;
	socklen_t len = sizeof(path.local.in);

	path.remote.in =
	    (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	path.local.in = (struct sockaddr_in){.sin_family = AF_INET};
	path.local.len = path.remote.len = len;
	if (sscanf(prefix, "%u.%u", &high, &low) != 2)
		crowd_die(prefix);
	first = high << 24 | low << 16;
	udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (inet_pton(AF_INET, host, &path.remote.in.sin_addr) != 1 || udp < 0 ||
	    setsockopt(udp, IPPROTO_IP, IP_PKTINFO, &yes, sizeof(yes)) != 0 ||
	    bind(udp, &path.local.sa, len) != 0 || getsockname(udp, &path.local.sa, &len) != 0)
		crowd_die(host);
	(void)setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(udp, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
}

struct pu_quic_path crowd_socket_path(size_t client)
{
	struct pu_quic_path from = path;
	size_t index = client / CLIENTS_PER_ADDRESS;

	from.local.in.sin_addr.s_addr = htonl(first | (uint32_t)(index / ADDRESSES_PER_NET) << 8 |
	                                      (uint32_t)(index % ADDRESSES_PER_NET + 1));
	return from;
}

/* The control message that says from or to which of our addresses. */
union info {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static ssize_t send_from(const struct pu_quic_addr *from, const uint8_t *data, size_t len)
{
	union info info = {0};
	struct iovec piece = {(void *)(uintptr_t)data, len};
	struct msghdr message = {.msg_name = &path.remote.in,
	                         .msg_namelen = sizeof(path.remote.in),
	                         .msg_iov = &piece,
	                         .msg_iovlen = 1,
	                         .msg_control = info.bytes,
	                         .msg_controllen = sizeof(info.bytes)};
	struct in_pktinfo source = {.ipi_spec_dst = from->in.sin_addr};

	info.header.cmsg_level = IPPROTO_IP;
	info.header.cmsg_type = IP_PKTINFO;
	info.header.cmsg_len = CMSG_LEN(sizeof(source));
	memcpy(CMSG_DATA(&info.header), &source, sizeof(source));
	return sendmsg(udp, &message, 0);
}

size_t crowd_socket_send(void *user, const struct pu_quic_datagrams *out)
{
	size_t step = out->segment > 0 ? out->segment : out->len;
	(void)user;

	for (size_t at = 0; at < out->len; at += step) {
		size_t len = out->len - at < step ? out->len - at : step;
		if (send_from(&out->path->local, out->data + at, len) < 0 && errno == EAGAIN)
			return at;
	}
	return out->len;
}

static void input(struct pu_quic_endpoint *endpoint, struct msghdr *message,
                  const uint8_t *bytes, size_t len)
{
	struct pu_quic_path to = path;
	struct pu_quic_datagrams in = {.path = &to, .data = bytes, .len = len};
	struct in_pktinfo info;
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	if (header == NULL || header->cmsg_type != IP_PKTINFO)
		return;
	memcpy(&info, CMSG_DATA(header), sizeof(info));
	to.local.in.sin_addr = info.ipi_addr;
	pu_quic_endpoint_input(endpoint, pu_now_ns(), &in);
}

static void receive(struct pu_quic_endpoint *endpoint)
{
	static uint8_t bytes[BATCH][DATAGRAM];
	static union info infos[BATCH];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec pieces[BATCH];

	for (size_t i = 0; i < BATCH; i++) {
		pieces[i] = (struct iovec){bytes[i], DATAGRAM};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i],
		                                      .msg_iovlen = 1,
		                                      .msg_control = infos[i].bytes,
		                                      .msg_controllen = sizeof(infos[i].bytes)};
	}
	int got = recvmmsg(udp, messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++)
		input(endpoint, &messages[i].msg_hdr, bytes[i], messages[i].msg_len);
}

bool crowd_socket_turn(struct pu_quic_endpoint *endpoint, uint64_t until)
{
	struct pollfd fds[2] = {{.fd = udp, .events = POLLIN},
	                        {.fd = STDIN_FILENO, .events = POLLIN}};
	uint64_t now = pu_now_ns(), deadline = pu_quic_endpoint_deadline(endpoint);

	if (deadline < until)
		until = deadline;
	struct timespec wait = {0};
	if (until > now)
		wait = (struct timespec){.tv_sec = (time_t)((until - now) / PU_NS_PER_S),
		                         .tv_nsec = (long)((until - now) % PU_NS_PER_S)};
	if (pu_quic_endpoint_blocked(endpoint))
		fds[0].events |= POLLOUT;
	if (ppoll(fds, 2, &wait, NULL) < 0 && errno != EINTR)
		crowd_die("poll");
	if (fds[0].revents & POLLOUT)
		pu_quic_endpoint_writable(endpoint, pu_now_ns());
	if (fds[0].revents & (POLLIN | POLLERR))
		receive(endpoint);
	if (pu_quic_endpoint_deadline(endpoint) <= pu_now_ns())
		pu_quic_endpoint_expire(endpoint, pu_now_ns());
	pu_quic_endpoint_flush(endpoint, pu_now_ns());
	return fds[1].revents != 0;
}
