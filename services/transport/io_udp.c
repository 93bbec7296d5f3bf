/* Knows the kernel's UDP: control messages, segmentation offload and what it does when a
 * kernel or a network card cannot. */
#include "io_udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"

#define RECV_BATCH      8
#define RECV_SIZE       65536
#define ERROR_TURNS     16
#define RECV_TURNS      4 /* batches read before others have their turn */
#define SOCKET_BUFFER   (7 << 20)
#define CONTROL_SIZE    128
#define SEND_SINGLE_MAX 64 /* datagrams in one sendmmsg() of the fallback */

struct transport_udp {
	uv_poll_t poll;
	int fd;
	struct pu_quic_addr local;
	const struct transport_udp_ops *ops;
	void *user;
	uint8_t *recv_memory; /* RECV_BATCH buffers of RECV_SIZE */
	bool gso;
	bool want_writable;
};

static void on_poll(uv_poll_t *handle, int status, int events);

static void poll_for(struct transport_udp *udp)
{
	uv_poll_start(&udp->poll, UV_READABLE | (udp->want_writable ? UV_WRITABLE : 0), on_poll);
}

/* ---- receiving ---- */

struct received {
	struct pu_quic_path path;
	uint8_t ecn;
	size_t segment;
};

static void take_local(struct cmsghdr *cmsg, struct received *out)
{
	if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;
		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		out->path.local.in.sin_addr = info.ipi_addr;
	} else if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo info;
		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		out->path.local.in6.sin6_addr = info.ipi6_addr;
		if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			out->path.local.in6.sin6_scope_id = info.ipi6_ifindex;
	}
}

static void take_control(struct msghdr *msg, struct received *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
			int size;
			memcpy(&size, CMSG_DATA(c), sizeof(size));
			out->segment = (size_t)size;
		} else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) ||
		           (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)) {
			out->ecn = *(uint8_t *)CMSG_DATA(c) & 3;
		} else {
			take_local(c, out);
		}
	}
}

static void deliver(struct transport_udp *udp, struct mmsghdr *msg, const uint8_t *data)
{
	struct received received = {.path = {.local = udp->local, .user = udp}};
	memcpy(&received.path.remote.in6, msg->msg_hdr.msg_name, msg->msg_hdr.msg_namelen);
	received.path.remote.len = msg->msg_hdr.msg_namelen;
	take_control(&msg->msg_hdr, &received);
	struct pu_quic_datagrams in = {
	    .path = &received.path,
	    .data = data,
	    .len = msg->msg_len,
	    .segment = received.segment,
	    .ecn = received.ecn,
	};
	udp->ops->on_datagrams(udp->user, &in);
}

/* Answers whether a full batch came, so that more may wait. */
static bool receive_batch(struct transport_udp *udp)
{
	struct mmsghdr msgs[RECV_BATCH] = {0};
	struct iovec iov[RECV_BATCH];
	struct sockaddr_in6 names[RECV_BATCH];
	_Alignas(struct cmsghdr) uint8_t control[RECV_BATCH][CONTROL_SIZE];

	for (size_t i = 0; i < RECV_BATCH; i++) {
		iov[i] = (struct iovec){udp->recv_memory + i * RECV_SIZE, RECV_SIZE};
		msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &names[i],
		    .msg_namelen = sizeof(names[i]),
		    .msg_iov = &iov[i],
		    .msg_iovlen = 1,
		    .msg_control = control[i],
		    .msg_controllen = CONTROL_SIZE,
		};
	}
	int count = recvmmsg(udp->fd, msgs, RECV_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		if (!(msgs[i].msg_hdr.msg_flags & MSG_TRUNC))
			deliver(udp, &msgs[i], udp->recv_memory + (size_t)i * RECV_SIZE);
	return count == RECV_BATCH;
}

/* The error queue: what comes back of what we sent. */
static void receive_errors(struct transport_udp *udp)
{
	struct sockaddr_in6 name;
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_SIZE * 2];
	struct msghdr msg = {.msg_name = &name, .msg_control = control};
	for (int turn = 0; turn < ERROR_TURNS; turn++) {
		msg.msg_namelen = sizeof(name);
		msg.msg_controllen = sizeof(control);
		if (recvmsg(udp->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		if (msg.msg_namelen >= sizeof(struct sockaddr_in))
			udp->ops->on_refused(udp->user, (const struct sockaddr *)(const void *)&name);
	}
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct transport_udp *udp = handle->data;
	if (status < 0 || (events & UV_READABLE))
		receive_errors(udp);
	if (status < 0) /* libuv stops at what is only news: somebody was not there */
		poll_for(udp);
	if (status < 0 || (events & UV_READABLE))
		for (int turn = 0; turn < RECV_TURNS && receive_batch(udp); turn++)
			;
	if ((events & UV_WRITABLE) && udp->want_writable) {
		udp->want_writable = false;
		poll_for(udp);
		udp->ops->on_writable(udp->user);
	}
}

/* ---- sending ---- */

/* Appends one control message to a message whose controllen is what was used so far. */
static void put_control(struct msghdr *msg, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *cmsg =
	    (struct cmsghdr *)(void *)((uint8_t *)msg->msg_control + msg->msg_controllen);
	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cmsg), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

/* From which address, and with which ECN mark. */
static void put_source(struct msghdr *msg, const struct pu_quic_path *path, int ecn)
{
	if (path->remote.sa.sa_family == AF_INET) {
		struct in_pktinfo info = {.ipi_spec_dst = path->local.in.sin_addr};
		if (info.ipi_spec_dst.s_addr != INADDR_ANY)
			put_control(msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
		if (ecn != 0)
			put_control(msg, IPPROTO_IP, IP_TOS, &ecn, sizeof(ecn));
		return;
	}
	struct in6_pktinfo info = {.ipi6_addr = path->local.in6.sin6_addr,
	                           .ipi6_ifindex = path->local.in6.sin6_scope_id};
	if (!IN6_IS_ADDR_UNSPECIFIED(&info.ipi6_addr))
		put_control(msg, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	if (ecn != 0)
		put_control(msg, IPPROTO_IPV6, IPV6_TCLASS, &ecn, sizeof(ecn));
}

/* ENOBUFS is none of it: a queue behind the socket has dropped the datagram, and the socket is
 * writable. */
static bool would_block(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK;
}

/* An error may be that of an earlier datagram to somebody else: the kernel tells what came back
 * by ICMP with the next call, whoever that is for. So both of these call once more. */
static bool send_one(int fd, const struct msghdr *msg)
{
	return sendmsg(fd, msg, MSG_DONTWAIT) >= 0 ||
	       (!would_block(errno) && sendmsg(fd, msg, MSG_DONTWAIT) >= 0);
}

static int send_some(int fd, struct mmsghdr *msgs, unsigned count)
{
	int sent = sendmmsg(fd, msgs, count, MSG_DONTWAIT);
	return sent >= 0 || would_block(errno) ? sent : sendmmsg(fd, msgs, count, MSG_DONTWAIT);
}

/* Datagram by datagram: for kernels and cards without segmentation. */
static size_t send_singly(struct transport_udp *udp, const struct pu_quic_datagrams *out,
                          const struct msghdr *base)
{
	size_t segment = out->segment == 0 ? out->len : out->segment;
	struct mmsghdr msgs[SEND_SINGLE_MAX];
	struct iovec iov[SEND_SINGLE_MAX];
	unsigned count = 0;
	for (size_t at = 0; at < out->len && count < SEND_SINGLE_MAX; at += segment, count++) {
		size_t len = out->len - at < segment ? out->len - at : segment;
		iov[count] = (struct iovec){(void *)(uintptr_t)(out->data + at), len};
		msgs[count] = (struct mmsghdr){.msg_hdr = *base};
		msgs[count].msg_hdr.msg_iov = &iov[count];
	}
	unsigned done = 0;
	while (done < count) {
		int sent = send_some(udp->fd, msgs + done, count - done);
		if (sent < 0 && would_block(errno))
			break;
		done += sent > 0 ? (unsigned)sent : 1; /* refused for good: taken, that is, lost */
	}
	size_t taken = (size_t)done * segment;
	return taken > out->len ? out->len : taken;
}

size_t transport_udp_send(struct transport_udp *udp, const struct pu_quic_datagrams *out)
{
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_SIZE] = {0};
	struct iovec iov = {(void *)(uintptr_t)out->data, out->len};
	struct msghdr msg = {
	    .msg_name = (void *)(uintptr_t)&out->path->remote.sa,
	    .msg_namelen = out->path->remote.len,
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	};
	put_source(&msg, out->path, out->ecn);
	bool run = out->segment != 0 && out->segment < out->len;
	struct msghdr single = msg;
	if (run && !udp->gso)
		return send_singly(udp, out, &single);
	if (run) {
		uint16_t segment = (uint16_t)out->segment;
		put_control(&msg, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment));
	}
	if (send_one(udp->fd, &msg))
		return out->len;
	if (would_block(errno))
		return 0;
	/* The device cannot checksum segments, or the kernel does not know them. */
	if (run && (errno == EIO || errno == ENOPROTOOPT))
		udp->gso = false;
	/* EINVAL may be about this run alone: its source address is gone, or older kernels find the
	 * segments too long for the device. */
	if (run && (!udp->gso || errno == EINVAL))
		return send_singly(udp, out, &single);
	return out->len;
}

void transport_udp_want_writable(struct transport_udp *udp)
{
	if (udp->want_writable)
		return;
	udp->want_writable = true;
	poll_for(udp);
}

bool transport_udp_gso(const struct transport_udp *udp)
{
	return udp->gso;
}

/* ---- life ---- */

static void set_option(int fd, int level, int name, int value)
{
	/* Each of these only makes things better; none is needed. */
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

static void set_options(struct transport_udp *udp, int family)
{
	if (family == AF_INET) {
		set_option(udp->fd, IPPROTO_IP, IP_PKTINFO, 1);
		set_option(udp->fd, IPPROTO_IP, IP_RECVTOS, 1);
		set_option(udp->fd, IPPROTO_IP, IP_RECVERR, 1);
		set_option(udp->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	} else {
		set_option(udp->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		set_option(udp->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		set_option(udp->fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
		set_option(udp->fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
		set_option(udp->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
	}
	set_option(udp->fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER);
	set_option(udp->fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER);
	set_option(udp->fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER); /* with CAP_NET_ADMIN */
	set_option(udp->fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER);
	set_option(udp->fd, SOL_UDP, UDP_GRO, 1);
	int segment = 0;
	socklen_t len = sizeof(segment);
	udp->gso = getsockopt(udp->fd, SOL_UDP, UDP_SEGMENT, &segment, &len) == 0;
}

static socklen_t addr_len(const struct sockaddr *addr)
{
	return addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
	                                  : sizeof(struct sockaddr_in6);
}

static enum pu_err bind_to(struct transport_udp *udp, const struct sockaddr *addr)
{
	udp->fd = socket(addr->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (udp->fd < 0)
		return pu_err_from_errno(errno);
	set_options(udp, addr->sa_family);
	if (bind(udp->fd, addr, addr_len(addr)) < 0)
		return errno == EADDRINUSE ? PU_EBUSY : pu_err_from_errno(errno);
	udp->local.len = sizeof(udp->local.in6);
	if (getsockname(udp->fd, &udp->local.sa, &udp->local.len) < 0)
		return pu_err_from_errno(errno);
	return PU_OK;
}

static void on_closed(uv_handle_t *handle)
{
	pu_free(handle->data);
}

enum pu_err transport_udp_new(struct transport_udp **out, uv_loop_t *loop,
                              const struct sockaddr *addr, const struct transport_udp_ops *ops,
                              void *user)
{
	struct transport_udp *udp = PU_NEW(struct transport_udp);
	udp->ops = ops;
	udp->user = user;
	enum pu_err err = bind_to(udp, addr);
	if (err == PU_OK) {
		/* Pages of it exist once datagrams arrive. */
		udp->recv_memory = mmap(NULL, RECV_BATCH * RECV_SIZE, PROT_READ | PROT_WRITE,
		                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (udp->recv_memory == MAP_FAILED)
			err = PU_EIO;
	}
	if (err == PU_OK && uv_poll_init(loop, &udp->poll, udp->fd) != 0)
		err = PU_EIO;
	if (err != PU_OK) {
		if (udp->fd >= 0)
			close(udp->fd);
		pu_free(udp);
		return err;
	}
	udp->poll.data = udp;
	poll_for(udp);
	*out = udp;
	return PU_OK;
}

void transport_udp_free(struct transport_udp *udp)
{
	if (udp == NULL)
		return;
	uv_poll_stop(&udp->poll);
	close(udp->fd);
	munmap(udp->recv_memory, RECV_BATCH * RECV_SIZE);
	uv_close((uv_handle_t *)&udp->poll, on_closed);
}

const struct pu_quic_addr *transport_udp_local(const struct transport_udp *udp)
{
	return &udp->local;
}

enum pu_err transport_udp_route(struct transport_udp *udp, const struct sockaddr *remote,
                                struct pu_quic_path *path)
{
	if (remote->sa_family != udp->local.sa.sa_family)
		return PU_EINVAL;
	/* A connected datagram socket sends nothing, but has the source that the route gives; and
	 * there is no route from a loopback address to another machine. */
	struct pu_quic_path result = {.local = udp->local, .user = udp};
	int fd = socket(remote->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return pu_err_from_errno(errno);
	struct pu_quic_addr source = udp->local;
	source.in.sin_port = 0; /* at the same place in both families */
	bool ok = bind(fd, &source.sa, source.len) == 0 &&
	          connect(fd, remote, addr_len(remote)) == 0 &&
	          getsockname(fd, &source.sa, &source.len) == 0;
	close(fd);
	if (!ok)
		return PU_EUNREACHABLE;
	if (remote->sa_family == AF_INET && udp->local.in.sin_addr.s_addr == INADDR_ANY)
		result.local.in.sin_addr = source.in.sin_addr;
	if (remote->sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&udp->local.in6.sin6_addr)) {
		result.local.in6.sin6_addr = source.in6.sin6_addr;
		result.local.in6.sin6_scope_id = source.in6.sin6_scope_id;
	}
	memcpy(&result.remote.in6, remote, addr_len(remote));
	result.remote.len = addr_len(remote);
	*path = result;
	return PU_OK;
}
