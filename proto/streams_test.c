/* The stub of streams against a transport that this test plays. */
#include "proto/streams.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "proto/test_loop.h"

#define LOG_MAX 32

static struct {
	char path[80];
	struct pu_channel_listener *listener;
	struct pu_channel *channel; /* transport's end */
	struct pu_streams *streams;
} world;

/* What transport heard, as "type id|peer" lines, and what the user was told. */
static struct {
	char heard[LOG_MAX][64];
	unsigned heard_len;
	uint64_t heard_id;
	int fd;
	unsigned connected;
	char told[LOG_MAX][64];
	unsigned told_len;
	uint64_t told_id;
	int told_fd;
	bool free_when_told;
} seen;

/* ---- transport ---- */

static const char *detail_of(const struct pu_message *message)
{
	if (message->row->id == PU_MSG_STREAM_REGISTER)
		return ((const struct pu_stream_register *)message->body)->protocol;
	if (message->row->id == PU_MSG_STREAM_OPEN)
		return ((const struct pu_stream_open *)message->body)->peer;
	if (message->row->id == PU_MSG_STREAM_NEED)
		return ((const struct pu_stream_need *)message->body)->needed ? "yes" : "no";
	if (message->row->id == PU_MSG_STREAM_FAILED)
		return ((const struct pu_stream_failed *)message->body)->message;
	return "";
}

static void on_message(void *user, struct pu_channel *channel, const struct pu_message *message,
                       int fd)
{
	(void)user;
	(void)channel;
	cr_assert_lt(seen.heard_len, LOG_MAX);
	snprintf(seen.heard[seen.heard_len++], sizeof(seen.heard[0]), "%s %s", message->row->type,
	         detail_of(message));
	/* All but stream.need begin with their ID. */
	if (message->row->id != PU_MSG_STREAM_NEED)
		seen.heard_id = *(const uint64_t *)message->body;
	if (fd >= 0)
		seen.fd = fd;
}

static void on_channel_closed(void *user, struct pu_channel *channel)
{
	(void)user;
	cr_assert_str_eq(pu_channel_error(channel), "");
	pu_channel_free(channel);
	world.channel = NULL;
}

static const struct pu_channel_ops channel_ops = {on_message, on_channel_closed};

static void on_channel(void *user, int fd)
{
	(void)user;
	cr_assert_null(world.channel);
	cr_assert_eq(pu_channel_new(&world.channel, &test_loop.loop, fd, &channel_ops, NULL),
	             PU_OK);
	pu_channel_set_peer(world.channel, PU_SERVICE_PROXY);
}

static void start_transport(void)
{
	cr_assert_eq(
	    pu_channel_listen(&world.listener, &test_loop.loop, world.path, NULL, on_channel, NULL),
	    PU_OK);
}

static void stop_transport(void)
{
	pu_channel_free(world.channel);
	pu_channel_listener_free(world.listener);
	world.channel = NULL;
	world.listener = NULL;
}

static void say(enum pu_msg id, const void *message, int fd)
{
	cr_assert_eq(pu_channel_send(world.channel, id, message, fd), PU_OK);
}

static bool heard(const char *line)
{
	for (unsigned i = 0; i < seen.heard_len; i++)
		if (strcmp(seen.heard[i], line) == 0)
			return true;
	return false;
}

/* ---- the user ---- */

static void tell(const char *what, uint64_t id, const char *text)
{
	cr_assert_lt(seen.told_len, LOG_MAX);
	snprintf(seen.told[seen.told_len++], sizeof(seen.told[0]), "%s %s", what, text);
	seen.told_id = id;
	if (seen.free_when_told) {
		pu_streams_free(world.streams);
		world.streams = NULL;
	}
}

static void on_inbound(void *user, const struct pu_stream_inbound *inbound)
{
	(void)user;
	tell("inbound", inbound->id, inbound->peer);
}

static void on_opened(void *user, uint64_t id, enum pu_err err, const char *text, int fd)
{
	(void)user;
	(void)text;
	seen.told_fd = fd;
	tell("opened", id, pu_err_code(err));
}

static void on_closed(void *user, const struct pu_stream_closed *closed, bool inbound)
{
	(void)user;
	tell(inbound ? "closed in" : "closed out", closed->id, closed->code);
}

static void on_connected(void *user)
{
	(void)user;
	seen.connected++;
}

static const struct pu_streams_ops ops = {on_inbound, on_opened, on_closed, on_connected};

static bool told(const char *line)
{
	for (unsigned i = 0; i < seen.told_len; i++)
		if (strcmp(seen.told[i], line) == 0)
			return true;
	return false;
}

static void setup(void)
{
	memset(&world, 0, sizeof(world));
	memset(&seen, 0, sizeof(seen));
	seen.fd = seen.told_fd = -1;
	test_loop_begin();
	snprintf(world.path, sizeof(world.path), "%s/stream.sock", test_loop.dir);
	world.streams = pu_streams_new(&test_loop.loop, test_loop.dir, &ops, NULL);
}

static void teardown(void)
{
	pu_streams_free(world.streams);
	stop_transport();
	if (seen.fd >= 0)
		close(seen.fd);
	if (seen.told_fd >= 0)
		close(seen.told_fd);
	unlink(world.path);
	test_loop_end();
}

TestSuite(streams, .init = setup, .fini = teardown, .timeout = 60);

static void connect_both(void)
{
	start_transport();
	RUN_UNTIL(seen.connected == 1 && world.channel != NULL);
}

static uint64_t open_stream(int fd)
{
	uint64_t id;

	cr_assert_eq(pu_streams_open(world.streams, "12D3", "/x/1", 0, fd, &id), PU_OK);
	return id;
}

static uint64_t inbound(uint64_t wire)
{
	unsigned before = seen.told_len;

	say(PU_MSG_STREAM_INBOUND, &(struct pu_stream_inbound){wire, "peer", "/x", "/ip4/1.1.1.1"},
	    -1);
	RUN_UNTIL(seen.told_len == before + 1);
	cr_assert_str_eq(seen.told[before], "inbound peer");
	return seen.told_id;
}

Test(streams, registrations_and_needs_are_repeated_after_a_restart)
{
	pu_streams_register(world.streams, "/peerup/*");
	pu_streams_need(world.streams, "12D3", true);
	pu_streams_need(world.streams, "other", true);
	connect_both();
	RUN_UNTIL(seen.heard_len == 3);
	pu_streams_need(world.streams, "other", false);
	RUN_UNTIL(seen.heard_len == 4);
	cr_assert(heard("stream.need no"));
	stop_transport();
	RUN_UNTIL(!pu_streams_connected(world.streams));
	memset(seen.heard, 0, sizeof(seen.heard));
	seen.heard_len = 0;
	start_transport();
	RUN_UNTIL(seen.heard_len == 2);
	cr_assert(heard("stream.register /peerup/*"));
	cr_assert(heard("stream.need yes"));
	cr_assert_eq(seen.connected, 2);
}

Test(streams, a_refused_registration_is_tried_again)
{
	pu_streams_register(world.streams, "/x/1");
	connect_both();
	RUN_UNTIL(seen.heard_len == 1);
	say(PU_MSG_STREAM_FAILED, &(struct pu_stream_failed){seen.heard_id, "already_exists", ""},
	    -1);
	RUN_UNTIL(seen.heard_len == 2);
	cr_assert_str_eq(seen.heard[1], "stream.register /x/1");
	say(PU_MSG_STREAM_OPENED, &(struct pu_stream_opened){seen.heard_id, ""}, -1);
	uint64_t id = open_stream(-1);
	RUN_UNTIL(seen.heard_id == id);
	cr_assert_eq(seen.told_len, 0);
}

Test(streams, opens_with_a_descriptor_and_hears_the_end)
{
	int fds[2];

	connect_both();
	cr_assert_eq(pipe(fds), 0);
	uint64_t id = open_stream(fds[1]);
	RUN_UNTIL(heard("stream.open 12D3"));
	cr_assert_geq(seen.fd, 0);
	cr_assert_eq(seen.heard_id, id);
	cr_assert_neq(id >> 63, 0, "our IDs have the top bit set");
	say(PU_MSG_STREAM_OPENED, &(struct pu_stream_opened){id, "/ip4/1.2.3.4"}, -1);
	RUN_UNTIL(told("opened ok"));
	cr_assert_eq(seen.told_id, id);
	say(PU_MSG_STREAM_CLOSED, &(struct pu_stream_closed){id, 1, 2, "ok", ""}, -1);
	RUN_UNTIL(told("closed out ok"));
	cr_assert_eq(seen.told_id, id);
	close(fds[0]);
}

Test(streams, opens_without_a_descriptor_and_gets_one)
{
	int fds[2];

	connect_both();
	uint64_t id = open_stream(-1);
	RUN_UNTIL(heard("stream.open 12D3"));
	cr_assert_eq(pipe(fds), 0);
	say(PU_MSG_STREAM_OPENED, &(struct pu_stream_opened){id, ""}, fds[1]);
	RUN_UNTIL(told("opened ok"));
	cr_assert_geq(seen.told_fd, 0);
	close(fds[0]);
}

Test(streams, a_descriptor_that_nobody_wanted_is_closed)
{
	int mine[2], theirs[2];
	char byte;

	connect_both();
	cr_assert_eq(pipe(mine), 0);
	cr_assert_eq(pipe(theirs), 0);
	uint64_t id = open_stream(mine[1]);
	RUN_UNTIL(heard("stream.open 12D3"));
	say(PU_MSG_STREAM_OPENED, &(struct pu_stream_opened){id, ""}, theirs[1]);
	RUN_UNTIL(told("opened ok"));
	cr_assert_eq(seen.told_fd, -1);
	cr_assert_eq(read(theirs[0], &byte, 1), 0, "it is still open");
	close(mine[0]);
	close(theirs[0]);
}

Test(streams, a_stream_whose_descriptor_has_no_room_is_not_opened)
{
	struct rlimit limit, before;
	int fds[2];

	connect_both();
	uint64_t id = open_stream(-1);
	RUN_UNTIL(heard("stream.open 12D3"));
	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = (struct rlimit){.rlim_cur = (rlim_t)fds[1], .rlim_max = before.rlim_max};
	say(PU_MSG_STREAM_OPENED, &(struct pu_stream_opened){id, ""}, fds[1]);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	RUN_UNTIL(told("opened limit"));
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	cr_assert_eq(seen.told_id, id);
	cr_assert_eq(seen.told_fd, -1);
	/* It has ended for both. */
	say(PU_MSG_STREAM_CLOSED, &(struct pu_stream_closed){id, 0, 0, "ok", ""}, -1);
	inbound(5);
	close(fds[0]);
}

Test(streams, hears_why_a_stream_could_not_be_opened)
{
	connect_both();
	uint64_t id = open_stream(-1);
	RUN_UNTIL(heard("stream.open 12D3"));
	say(PU_MSG_STREAM_FAILED, &(struct pu_stream_failed){id, "unreachable", "no address"}, -1);
	RUN_UNTIL(told("opened unreachable"));
	cr_assert_eq(seen.told_id, id);
}

Test(streams, opening_without_transport_fails_and_closes_the_descriptor)
{
	int fds[2];
	uint64_t id;
	char byte;

	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(pu_streams_open(world.streams, "p", "/x", 0, fds[1], &id), PU_ECLOSED);
	cr_assert_eq(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

Test(streams, accepts_an_inbound_stream_with_a_descriptor)
{
	int fds[2];

	connect_both();
	uint64_t id = inbound(1);
	cr_assert_eq(pipe(fds), 0);
	pu_streams_accept(world.streams, id, fds[1]);
	RUN_UNTIL(heard("stream.accept "));
	cr_assert_eq(seen.heard_id, 1);
	cr_assert_geq(seen.fd, 0);
	say(PU_MSG_STREAM_CLOSED, &(struct pu_stream_closed){1, 1, 2, "ok", ""}, -1);
	RUN_UNTIL(told("closed in ok"));
	cr_assert_eq(seen.told_id, id);
	close(fds[0]);
}

Test(streams, refuses_an_inbound_stream)
{
	connect_both();
	uint64_t id = inbound(1);
	pu_streams_refuse(world.streams, id, PU_EREFUSED, "not \xff today");
	RUN_UNTIL(heard("stream.failed not ? today"));
	cr_assert_eq(seen.heard_id, 1);
	/* The same number may come again. */
	inbound(1);
}

Test(streams, an_inbound_stream_may_end_before_it_is_answered)
{
	int fds[2];
	char byte;

	connect_both();
	uint64_t id = inbound(1);
	say(PU_MSG_STREAM_CLOSED, &(struct pu_stream_closed){1, 0, 0, "closed", ""}, -1);
	RUN_UNTIL(told("closed in closed"));
	cr_assert_eq(pipe(fds), 0);
	pu_streams_accept(world.streams, id, fds[1]);
	cr_assert_eq(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

Test(streams, all_streams_end_with_transport)
{
	connect_both();
	uint64_t open = open_stream(-1);
	RUN_UNTIL(heard("stream.open 12D3"));
	say(PU_MSG_STREAM_OPENED, &(struct pu_stream_opened){open, ""}, -1);
	RUN_UNTIL(told("opened ok"));
	pu_streams_accept(world.streams, inbound(1), -1);
	inbound(2);
	open_stream(-1);
	stop_transport();
	RUN_UNTIL(!pu_streams_connected(world.streams));
	cr_assert(told("closed out closed"));
	cr_assert(told("closed in closed"));
	cr_assert(told("opened closed"));
	cr_assert_eq(seen.told_len, 7);
}

Test(streams, numbers_of_inbound_streams_stay_unique_over_restarts)
{
	connect_both();
	uint64_t first = inbound(1);
	stop_transport();
	RUN_UNTIL(!pu_streams_connected(world.streams));
	start_transport();
	RUN_UNTIL(seen.connected == 2 && world.channel != NULL);
	cr_assert_neq(inbound(1), first);
}

Test(streams, may_be_freed_in_a_callback)
{
	connect_both();
	open_stream(-1);
	open_stream(-1);
	RUN_UNTIL(seen.heard_len == 2);
	seen.free_when_told = true;
	pu_channel_free(world.channel);
	world.channel = NULL;
	RUN_UNTIL(world.streams == NULL);
	cr_assert_eq(seen.told_len, 1);
}
