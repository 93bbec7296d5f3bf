/* Channels over socketpairs and over a listening socket in a temporary directory. */
#include "proto/handoff.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "proto/limits.h"
#include "proto/test_loop.h"

static struct {
	int far; /* the raw other end */
	struct pu_channel *near;
	char path[80];
	struct pu_channel_listener *listener;
} world;

static struct {
	unsigned messages, closed;
	uint64_t id;
	int fd;
	bool fd_lost;
	char error[256];
	bool free_in_callback;
	int accepted;
} seen;

static void on_message(void *user, struct pu_channel *channel, const struct pu_message *message,
                       int fd)
{
	cr_assert_eq(user, &seen);
	cr_assert_eq(message->row->id, PU_MSG_STREAM_ACCEPT);
	/* In order. */
	cr_assert_eq(((const struct pu_stream_accept *)message->body)->id, seen.id + 1);
	seen.id++;
	seen.messages++;
	if (fd >= 0)
		seen.fd = fd;
	seen.fd_lost = fd == PU_CHANNEL_FD_LOST;
	if (seen.free_in_callback) {
		pu_channel_free(channel);
		world.near = NULL;
	}
}

static void on_closed(void *user, struct pu_channel *channel)
{
	(void)user;
	seen.closed++;
	snprintf(seen.error, sizeof(seen.error), "%s", pu_channel_error(channel));
	pu_channel_free(channel);
	world.near = NULL;
}

static const struct pu_channel_ops ops = {on_message, on_closed};

static void setup(void)
{
	int ends[2];

	memset(&world, 0, sizeof(world));
	memset(&seen, 0, sizeof(seen));
	seen.fd = seen.accepted = -1;
	test_loop_begin();
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	world.far = ends[1];
	cr_assert_eq(pu_channel_new(&world.near, &test_loop.loop, ends[0], &ops, &seen), PU_OK);
	snprintf(world.path, sizeof(world.path), "%s/stream.sock", test_loop.dir);
}

static void teardown(void)
{
	pu_channel_free(world.near);
	pu_channel_listener_free(world.listener);
	close(world.far);
	if (seen.fd >= 0)
		close(seen.fd);
	if (seen.accepted >= 0)
		close(seen.accepted);
	unlink(world.path);
	test_loop_end();
}

TestSuite(handoff, .init = setup, .fini = teardown, .timeout = 60);

/* Sends bytes from the raw end, with `fds_len` descriptors. */
static void send_raw(const void *data, size_t len, const int *fds, size_t fds_len)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)data, .iov_len = len};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fds_len > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(fds_len * sizeof(int));
		control.header = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
		                                  .cmsg_type = SCM_RIGHTS,
		                                  .cmsg_len = CMSG_LEN(fds_len * sizeof(int))};
		memcpy(CMSG_DATA(&control.header), fds, fds_len * sizeof(int));
	}
	cr_assert_eq(sendmsg(world.far, &message, 0), (ssize_t)len);
}

static void send_accept(uint64_t id, const int *fds, size_t fds_len)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, PU_MESSAGE_MAX);
	cr_assert_eq(pu_encode(&buffer, PU_MSG_STREAM_ACCEPT, &(struct pu_stream_accept){id}),
	             PU_OK);
	send_raw(buffer.data, buffer.len, fds, fds_len);
	pu_buffer_fini(&buffer);
}

/* ---- receiving ---- */

Test(handoff, a_descriptor_comes_with_its_message)
{
	int fds[2];
	char byte = 0;

	cr_assert_eq(pipe(fds), 0);
	send_accept(1, &fds[1], 1);
	close(fds[1]);
	RUN_UNTIL(seen.messages == 1);
	cr_assert_geq(seen.fd, 0);
	cr_assert_eq(fcntl(seen.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	cr_assert_eq(write(seen.fd, "x", 1), 1);
	cr_assert_eq(read(fds[0], &byte, 1), 1);
	cr_assert_eq(byte, 'x');
	close(fds[0]);
}

Test(handoff, descriptors_beyond_the_first_are_closed)
{
	int fds[2];
	char byte;

	cr_assert_eq(pipe(fds), 0);
	send_accept(1, (int[]){world.far, fds[1], fds[1], fds[1]}, 4);
	close(fds[1]);
	RUN_UNTIL(seen.messages == 1);
	/* Nobody has the writing end any more. */
	cr_assert_eq(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

Test(handoff, more_descriptors_than_there_is_room_for_are_closed)
{
	int fds[2], many[16];
	char byte;

	cr_assert_eq(pipe(fds), 0);
	for (size_t i = 0; i < PU_ARRAY_LEN(many); i++)
		many[i] = i == 0 ? world.far : fds[1];
	send_accept(1, many, PU_ARRAY_LEN(many));
	close(fds[1]);
	RUN_UNTIL(seen.messages == 1);
	cr_assert_eq(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

Test(handoff, a_descriptor_without_room_is_lost_and_its_message_is_not)
{
	struct rlimit limit, before;
	int fds[2];
	char byte;

	cr_assert_eq(pipe(fds), 0);
	send_accept(1, &fds[1], 1);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = (struct rlimit){.rlim_cur = (rlim_t)fds[1], .rlim_max = before.rlim_max};
	close(fds[1]);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	RUN_UNTIL(seen.messages == 1);
	cr_assert(seen.fd_lost);
	cr_assert_eq(read(fds[0], &byte, 1), 0, "nobody has it");
	send_accept(2, NULL, 0);
	RUN_UNTIL(seen.messages == 2);
	cr_assert_not(seen.fd_lost);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	close(fds[0]);
}

Test(handoff, many_messages_come_in_order)
{
	for (uint64_t id = 1; id <= 100; id++)
		send_accept(id, NULL, 0);
	RUN_UNTIL(seen.messages == 100);
}

Test(handoff, nonsense_closes_the_channel_and_its_descriptor)
{
	int fds[2];
	char byte;

	cr_assert_eq(pipe(fds), 0);
	send_raw("\xc1", 1, &fds[1], 1);
	close(fds[1]);
	RUN_UNTIL(seen.closed == 1);
	cr_assert_str_eq(seen.error, "not msgpack");
	cr_assert_eq(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

Test(handoff, a_message_of_another_kind_closes_the_channel)
{
	static const char bytes[] = "\x81\xa4type\xa9"
	                            "auth.list";

	send_raw(bytes, sizeof(bytes) - 1, NULL, 0);
	RUN_UNTIL(seen.closed == 1);
	cr_assert_str_eq(seen.error, "user may not send auth.list here");
}

Test(handoff, a_sender_that_the_row_does_not_name_is_cut_off)
{
	static const char bytes[] = "\x81\xa4type\xad"
	                            "service.ready";

	send_raw(bytes, sizeof(bytes) - 1, NULL, 0);
	RUN_UNTIL(seen.closed == 1);
	cr_assert_str_eq(seen.error, "user may not send service.ready here");
}

Test(handoff, a_packet_that_is_too_long_closes_the_channel)
{
	char *bytes = pu_zalloc(PU_CHANNEL_PACKET_MAX + 1);

	send_raw(bytes, PU_CHANNEL_PACKET_MAX + 1, NULL, 0);
	pu_free(bytes);
	RUN_UNTIL(seen.closed == 1);
	cr_assert_str_eq(seen.error, "a packet of more than 16384 bytes");
}

Test(handoff, what_was_sent_before_the_end_still_comes)
{
	send_accept(1, NULL, 0);
	shutdown(world.far, SHUT_RDWR);
	RUN_UNTIL(seen.closed == 1);
	cr_assert_eq(seen.messages, 1);
	cr_assert_str_eq(seen.error, "");
}

Test(handoff, a_channel_may_be_freed_in_its_callback)
{
	seen.free_in_callback = true;
	send_accept(1, NULL, 0);
	send_accept(2, NULL, 0);
	RUN_UNTIL(world.near == NULL);
	uv_run(&test_loop.loop, UV_RUN_ONCE);
	cr_assert_eq(seen.messages, 1);
}

/* ---- sending ---- */

static enum pu_err send_near(uint64_t id, int fd)
{
	return pu_channel_send(world.near, PU_MSG_STREAM_ACCEPT, &(struct pu_stream_accept){id},
	                       fd);
}

/* The raw end becomes a channel, too. */
static struct pu_channel *far_channel(void)
{
	struct pu_channel *far;
	int fd = fcntl(world.far, F_DUPFD_CLOEXEC, 0);

	cr_assert_eq(pu_channel_new(&far, &test_loop.loop, fd, &ops, &seen), PU_OK);
	return far;
}

Test(handoff, what_does_not_fit_the_socket_waits_and_comes_in_order)
{
	uint64_t sent = 0;
	int fds[2];
	char byte;

	cr_assert_eq(pipe(fds), 0);
	/* Far beyond what the socket takes: a connection with many streams ends so. */
	for (enum pu_err err = PU_OK; err == PU_OK && sent < PU_STREAMS_MAX; sent++)
		err = send_near(sent + 1, -1);
	cr_assert_eq(sent, PU_STREAMS_MAX);
	cr_assert_eq(send_near(++sent, fds[1]), PU_OK);
	struct pu_channel *far = far_channel();
	RUN_UNTIL(seen.messages == sent);
	cr_assert_geq(seen.fd, 0);
	close(seen.fd);
	seen.fd = -1;
	cr_assert_eq(read(fds[0], &byte, 1), 0, "the sent descriptor is still open");
	close(fds[0]);
	pu_channel_free(far);
}

Test(handoff, an_end_that_does_not_read_is_cut_off)
{
	enum pu_err err = PU_OK;
	int fds[2];
	char byte;

	cr_assert_eq(pipe(fds), 0);
	for (uint64_t id = 1; err == PU_OK; id++)
		err = send_near(id, -1);
	cr_assert_eq(err, PU_ELIMIT);
	cr_assert_eq(send_near(0, fds[1]), PU_ELIMIT);
	cr_assert_eq(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	RUN_UNTIL(seen.closed == 1);
	cr_assert_str_eq(seen.error, "more than 16 MiB wait for the other end");
}

Test(handoff, sending_to_nobody_says_so_and_closes_the_descriptor)
{
	int fds[2];
	char byte;

	cr_assert_eq(pipe(fds), 0);
	close(world.far);
	cr_assert_eq(send_near(1, fds[1]), PU_ECLOSED);
	cr_assert_eq(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	world.far = -1;
}

/* ---- who is there ---- */

Test(handoff, the_other_end_is_known_from_the_roster)
{
	struct pu_roster *roster;
	int fd;

	cr_assert_eq(pu_roster_create(&roster, &fd), PU_OK);
	pu_roster_set(roster, PU_SERVICE_PROXY, getpid());
	cr_assert_eq(pu_channel_peer(world.near), PU_SERVICE_USER);
	pu_channel_set_roster(world.near, roster);
	cr_assert_eq(pu_channel_peer(world.near), PU_SERVICE_PROXY);
	cr_assert_eq(pu_channel_peer_pid(world.near), getpid());
	pu_channel_set_peer(world.near, PU_SERVICE_NAMING);
	cr_assert_eq(pu_channel_peer(world.near), PU_SERVICE_NAMING);
	close(fd);
}

static void on_channel(void *user, int fd)
{
	(void)user;
	seen.accepted = fd;
}

static enum pu_err listen_here(struct pu_channel_listener **listener)
{
	return pu_channel_listen(listener, &test_loop.loop, world.path, NULL, on_channel, NULL);
}

Test(handoff, a_listener_takes_connections_on_a_private_socket)
{
	struct pu_channel_listener *second;
	struct stat stat_of;
	int fd;

	cr_assert_eq(pu_channel_connect(world.path, &fd), PU_ECLOSED);
	cr_assert_eq(listen_here(&world.listener), PU_OK);
	cr_assert_eq(stat(world.path, &stat_of), 0);
	cr_assert_eq(stat_of.st_mode & 0777, 0600);
	cr_assert_eq(pu_channel_connect(world.path, &fd), PU_OK);
	RUN_UNTIL(seen.accepted >= 0);
	cr_assert_eq(listen_here(&second), PU_EBUSY);
	close(fd);
}

Test(handoff, a_stale_socket_is_replaced_and_a_file_is_not)
{
	struct pu_channel_listener *listener;
	int fd;

	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, world.path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	cr_assert_eq(listen_here(&listener), PU_OK);
	pu_channel_listener_free(listener);
	cr_assert_neq(access(world.path, F_OK), 0, "the socket was left behind");
	close(open(world.path, O_CREAT | O_RDWR, 0600));
	cr_assert_eq(listen_here(&listener), PU_EEXIST);
}

Test(handoff, a_path_that_is_too_long_is_refused)
{
	struct pu_channel_listener *listener;
	char path[200];
	int fd;

	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	cr_assert_eq(pu_channel_connect(path, &fd), PU_ELIMIT);
	cr_assert_eq(pu_channel_listen(&listener, &test_loop.loop, path, NULL, on_channel, NULL),
	             PU_ELIMIT);
}
