/* One seqpacket channel: a packet is a message, with at most one descriptor beside it. */
#include "proto/handoff.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/list.h"
#include "proto/limits.h"

/* Packets taken before the loop gets its turn. */
#define BURST 64
/* Descriptors that one packet may bring; the kernel closes what goes beyond, we all but the
 * first. */
#define FDS_MAX   8
#define ERROR_MAX 256

struct packet {
	struct pu_list_node node;
	int fd; /* owned, or -1 */
	size_t len;
	uint8_t data[];
};

struct pu_channel {
	int fd;
	uv_poll_t poll;
	const struct pu_channel_ops *ops;
	void *user;
	bool freed;
	bool closed; /* on_closed was called */
	enum pu_service peer;
	pid_t pid;
	struct pu_decoder *decoder;
	struct pu_buffer buffer; /* of the message being sent */
	struct pu_list queue;    /* packets that wait for room in the socket */
	size_t queue_bytes;
	char error[ERROR_MAX];
};

/* Room for FDS_MAX descriptors, aligned as the kernel wants it. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

static void close_channel(struct pu_channel *channel)
{
	if (channel->closed || channel->freed)
		return;
	channel->closed = true;
	uv_poll_stop(&channel->poll);
	channel->ops->on_closed(channel->user, channel);
}

/* ---- sending ---- */

/* PU_EAGAIN: not now. */
static enum pu_err send_packet(int socket, struct pu_bytes bytes, int fd)
{
	struct iovec iov = {.iov_base = (void *)bytes.data, .iov_len = bytes.len};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control;

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(sizeof(int));
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
	}
	if (sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return PU_OK;
	/* ETOOMANYREFS: too many descriptors are under way until the other end takes some. */
	if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ETOOMANYREFS)
		return PU_EAGAIN;
	return errno == EPIPE || errno == ECONNRESET ? PU_ECLOSED : pu_err_from_errno(errno);
}

static void packet_free(struct packet *packet)
{
	if (packet->fd >= 0)
		close(packet->fd);
	pu_list_remove(&packet->node);
	pu_free(packet);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct pu_channel *channel)
{
	int events = UV_READABLE | (pu_list_empty(&channel->queue) ? 0 : UV_WRITABLE);

	uv_poll_start(&channel->poll, events, on_poll);
}

/* Who lets so much pile up is cut off: the loop will read the end and call on_closed. */
static enum pu_err enqueue(struct pu_channel *channel, struct pu_bytes bytes, int fd)
{
	size_t size = sizeof(struct packet) + bytes.len;

	if (channel->queue_bytes + size > PU_CHANNEL_QUEUE_MAX) {
		if (fd >= 0)
			close(fd);
		snprintf(channel->error, ERROR_MAX, "more than %d MiB wait for the other end",
		         PU_CHANNEL_QUEUE_MAX >> 20);
		shutdown(channel->fd, SHUT_RDWR);
		return PU_ELIMIT;
	}
	struct packet *packet = pu_alloc(size);
	*packet = (struct packet){.fd = fd, .len = bytes.len};
	memcpy(packet->data, bytes.data, bytes.len);
	pu_list_append(&channel->queue, &packet->node);
	if (channel->queue_bytes == 0)
		watch(channel);
	channel->queue_bytes += size;
	return PU_OK;
}

/* What the socket refuses for good is lost with the channel: on_closed tells. */
static void flush(struct pu_channel *channel)
{
	while (!pu_list_empty(&channel->queue)) {
		struct packet *packet =
		    PU_LIST_ENTRY(pu_list_first(&channel->queue), struct packet, node);
		enum pu_err err =
		    send_packet(channel->fd, pu_bytes(packet->data, packet->len), packet->fd);
		if (err == PU_EAGAIN)
			return;
		channel->queue_bytes -= sizeof(*packet) + packet->len;
		packet_free(packet);
	}
	watch(channel);
}

enum pu_err pu_channel_send(struct pu_channel *channel, enum pu_msg id, const void *message,
                            int fd)
{
	pu_buffer_clear(&channel->buffer);
	enum pu_err err = channel->closed ? PU_ECLOSED : pu_encode(&channel->buffer, id, message);
	struct pu_bytes bytes = pu_buffer_bytes(&channel->buffer);
	if (err == PU_OK)
		err = channel->queue_bytes > 0 ? PU_EAGAIN : send_packet(channel->fd, bytes, fd);
	if (err == PU_EAGAIN)
		return enqueue(channel, bytes, fd);
	if (fd >= 0)
		close(fd);
	return err;
}

/* ---- receiving ---- */

/* The first descriptor of the packet, or -1; all others are closed. */
static int take_fd(struct msghdr *message)
{
	int first = -1;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
	     header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
			if (first < 0)
				first = fd;
			else
				close(fd);
		}
	}
	return first;
}

/* Decodes and checks; false when the other end broke the format. */
static bool check_packet(struct pu_channel *channel, struct pu_bytes bytes, bool whole,
                         struct pu_message *message)
{
	if (!whole) {
		snprintf(channel->error, ERROR_MAX, "a packet of more than %d bytes",
		         PU_CHANNEL_PACKET_MAX);
		return false;
	}
	if (pu_decode(channel->decoder, bytes, message) != PU_OK) {
		snprintf(channel->error, ERROR_MAX, "%s", pu_decoder_error(channel->decoder));
		return false;
	}
	const struct pu_msg_row *row = message->row;
	if ((row->kind != PU_MSG_STREAM && row->kind != PU_MSG_CONTROL) ||
	    (row->from & PU_FROM(channel->peer)) == 0) {
		snprintf(channel->error, ERROR_MAX, "%s may not send %s here",
		         pu_service_name(channel->peer), row->type);
		return false;
	}
	return true;
}

static void deliver(struct pu_channel *channel, struct pu_bytes bytes, bool whole, int fd)
{
	struct pu_message message;

	if (check_packet(channel, bytes, whole, &message)) {
		channel->ops->on_message(channel->user, channel, &message, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	close_channel(channel);
}

/* Running out of descriptors is the matter of one message, not a reason to lose the others. */
static int fd_of(struct msghdr *message)
{
	int fd = take_fd(message);

	return fd < 0 && (message->msg_flags & MSG_CTRUNC) != 0 ? PU_CHANNEL_FD_LOST : fd;
}

/* False when there is nothing more for now. */
static bool receive(struct pu_channel *channel)
{
	uint8_t data[PU_CHANNEL_PACKET_MAX];
	struct iovec iov = {.iov_base = data, .iov_len = sizeof(data)};
	union control control;
	struct msghdr message = {.msg_iov = &iov,
	                         .msg_iovlen = 1,
	                         .msg_control = &control,
	                         .msg_controllen = sizeof(control)};

	ssize_t len = recvmsg(channel->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (len <= 0) {
		close_channel(channel);
		return false;
	}
	bool whole = (message.msg_flags & MSG_TRUNC) == 0;
	deliver(channel, pu_bytes(data, (size_t)len), whole, fd_of(&message));
	return !channel->closed && !channel->freed;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct pu_channel *channel = poll->data;

	if (status < 0) {
		close_channel(channel);
		return;
	}
	if ((events & UV_WRITABLE) != 0)
		flush(channel);
	if ((events & UV_READABLE) == 0)
		return;
	for (int i = 0; i < BURST; i++)
		if (!receive(channel))
			return;
}

/* ---- life ---- */

enum pu_err pu_channel_new(struct pu_channel **out, uv_loop_t *loop, int fd,
                           const struct pu_channel_ops *ops, void *user)
{
	struct ucred cred;
	socklen_t cred_len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &cred_len) != 0) {
		enum pu_err err = pu_err_from_errno(errno);
		close(fd);
		return err;
	}
	struct pu_channel *channel = PU_NEW(struct pu_channel);
	*channel = (struct pu_channel){.fd = fd, .ops = ops, .user = user, .pid = cred.pid};
	if (uv_poll_init(loop, &channel->poll, fd) != 0) {
		close(fd);
		pu_free(channel);
		return PU_EIO;
	}
	channel->poll.data = channel;
	channel->decoder = pu_decoder_new();
	pu_buffer_init(&channel->buffer, PU_CHANNEL_PACKET_MAX);
	pu_list_init(&channel->queue);
	watch(channel);
	*out = channel;
	return PU_OK;
}

static void on_poll_closed(uv_handle_t *handle)
{
	struct pu_channel *channel = handle->data;

	pu_decoder_free(channel->decoder);
	pu_buffer_fini(&channel->buffer);
	pu_free(channel);
}

void pu_channel_free(struct pu_channel *channel)
{
	if (channel == NULL || channel->freed)
		return;
	channel->freed = true;
	PU_LIST_FOREACH(node, &channel->queue)
		packet_free(PU_LIST_ENTRY(node, struct packet, node));
	uv_close((uv_handle_t *)&channel->poll, on_poll_closed);
	close(channel->fd);
}

void pu_channel_set_roster(struct pu_channel *channel, const struct pu_roster *roster)
{
	channel->peer = pu_roster_find(roster, channel->pid);
}

void pu_channel_set_peer(struct pu_channel *channel, enum pu_service peer)
{
	channel->peer = peer;
}

enum pu_service pu_channel_peer(const struct pu_channel *channel)
{
	return channel->peer;
}

pid_t pu_channel_peer_pid(const struct pu_channel *channel)
{
	return channel->pid;
}

const char *pu_channel_error(const struct pu_channel *channel)
{
	return channel->error;
}

void *pu_channel_user(const struct pu_channel *channel)
{
	return channel->user;
}

void pu_channel_set_user(struct pu_channel *channel, void *user)
{
	channel->user = user;
}
