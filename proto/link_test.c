/* Both ends of a link in one process, over a temporary directory; the loop runs until what is
 * waited for has come. */
#include "proto/link.h"

#include <criterion/criterion.h>
#include <errno.h>
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
	struct pu_roster *roster;
	int roster_fd;
	struct pu_server *server;
	struct pu_client *client;
} world;

/* What the handlers saw and the callbacks got. */
static struct {
	unsigned asked;
	struct pu_request *held;
	enum pu_service sender;
	unsigned answered;
	enum pu_err err;
	char text[256];
	uint64_t generation;
	unsigned events;
	unsigned connected;
} seen;

static void on_check(void *service, struct pu_request *request, const void *message)
{
	const struct pu_auth_check *check = message;
	struct pu_auth_verdict verdict = {.allowed = true, .reason = check->peer, .generation = 7};

	(void)service;
	seen.asked++;
	seen.sender = pu_request_sender(request);
	if (strcmp(check->action, "hold") == 0)
		seen.held = request;
	else if (strcmp(check->action, "fail") == 0)
		pu_request_fail(request, PU_ENOTFOUND, "no peer \xff%s", check->peer);
	else
		pu_request_answer(request, &verdict);
}

static const struct pu_handler handlers[] = {
    {PU_MSG_AUTH_CHECK, on_check},
};

static void start_server(void)
{
	struct pu_server_options options = {
	    .loop = &test_loop.loop,
	    .runtime_dir = test_loop.dir,
	    .self = PU_SERVICE_AUTH,
	    .roster = world.roster,
	    .handlers = handlers,
	    .handlers_len = PU_ARRAY_LEN(handlers),
	};
	cr_assert_eq(pu_server_new(&world.server, &options), PU_OK);
}

static void stop_server(void)
{
	pu_server_free(world.server);
	world.server = NULL;
	seen.held = NULL;
}

static void setup(void)
{
	memset(&world, 0, sizeof(world));
	memset(&seen, 0, sizeof(seen));
	test_loop_begin();
	cr_assert_eq(pu_roster_create(&world.roster, &world.roster_fd), PU_OK);
	pu_roster_set(world.roster, PU_SERVICE_TRANSPORT, getpid());
	world.client = pu_client_new(&test_loop.loop, test_loop.dir, PU_SERVICE_AUTH);
}

static void teardown(void)
{
	pu_client_free(world.client);
	pu_server_free(world.server);
	test_loop_unlink("auth.ipc");
	test_loop_unlink("auth.events.ipc");
	test_loop_end();
	close(world.roster_fd);
}

TestSuite(link, .init = setup, .fini = teardown, .timeout = 60);

static void on_answer(void *user, enum pu_err err, const char *text, const void *answer)
{
	(void)user;
	seen.answered++;
	seen.err = err;
	snprintf(seen.text, sizeof(seen.text), "%s", text);
	if (err == PU_OK)
		seen.generation = ((const struct pu_auth_verdict *)answer)->generation;
}

static uint64_t ask(const char *action, unsigned deadline_ms)
{
	struct pu_auth_check check = {.peer = "12D3", .action = action};

	return pu_client_ask(world.client, PU_MSG_AUTH_CHECK, &check, deadline_ms, on_answer, NULL);
}

Test(link, a_question_gets_its_answer)
{
	start_server();
	cr_assert_neq(ask("connect", PU_ASK_DEADLINE_MS), 0);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_OK, "%s", seen.text);
	cr_assert_eq(seen.generation, 7);
	cr_assert_eq(seen.sender, PU_SERVICE_TRANSPORT);
}

Test(link, a_failure_brings_code_and_valid_text)
{
	start_server();
	ask("fail", PU_ASK_DEADLINE_MS);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_ENOTFOUND);
	cr_assert_str_eq(seen.text, "no peer ?12D3");
}

Test(link, a_question_without_answer_ends_at_its_deadline)
{
	start_server();
	ask("hold", 300);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_ETIMEOUT);
	cr_assert_str_eq(seen.text, "auth did not answer in 300 ms");
	cr_assert_eq(seen.asked, 1);
}

Test(link, a_service_that_does_not_run_is_said_so)
{
	ask("connect", 50);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_ECLOSED);
	cr_assert_str_eq(seen.text, "auth is not running");
}

Test(link, a_question_waits_for_a_service_that_starts_later)
{
	ask("connect", PATIENCE_MS);
	uv_run(&test_loop.loop, UV_RUN_NOWAIT);
	start_server();
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_OK, "%s", seen.text);
}

Test(link, a_question_is_asked_again_of_the_next_server)
{
	start_server();
	ask("hold", PATIENCE_MS);
	RUN_UNTIL(seen.held != NULL);
	stop_server();
	start_server();
	RUN_UNTIL(seen.held != NULL);
	cr_assert_eq(seen.asked, 2);
	pu_request_answer(seen.held, &(struct pu_auth_verdict){.generation = 9});
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_OK, "%s", seen.text);
	cr_assert_eq(seen.generation, 9);
}

Test(link, many_questions_at_once_are_all_answered)
{
	start_server();
	for (int i = 0; i < 1000; i++)
		ask("connect", PATIENCE_MS);
	RUN_UNTIL(seen.answered == 1000);
	cr_assert_eq(seen.err, PU_OK, "%s", seen.text);
	cr_assert_eq(seen.asked, 1000);
}

Test(link, one_question_too_many_fails_from_the_loop)
{
	for (int i = 0; i < PU_LINK_ASKS_MAX; i++)
		ask("connect", PATIENCE_MS);
	ask("connect", PATIENCE_MS);
	cr_assert_eq(seen.answered, 0);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_ELIMIT);
}

Test(link, a_cancelled_question_stays_silent)
{
	start_server();
	uint64_t id = ask("hold", PU_ASK_DEADLINE_MS);
	RUN_UNTIL(seen.held != NULL);
	pu_client_cancel(world.client, id);
	pu_client_cancel(world.client, 4711);
	pu_request_answer(seen.held, &(struct pu_auth_verdict){.generation = 1});
	ask("fail", PU_ASK_DEADLINE_MS);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_ENOTFOUND);
}

Test(link, who_may_not_ask_is_refused_by_name)
{
	start_server();
	pu_client_ask(world.client, PU_MSG_AUTH_LIST, NULL, PU_ASK_DEADLINE_MS, on_answer, NULL);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_ENOTAUTHORIZED);
	cr_assert_str_eq(seen.text, "transport may not send auth.list");
}

Test(link, a_process_outside_the_roster_is_the_user)
{
	pu_roster_set(world.roster, PU_SERVICE_TRANSPORT, 0);
	start_server();
	ask("connect", PU_ASK_DEADLINE_MS);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_ENOTAUTHORIZED);
	cr_assert_str_eq(seen.text, "user may not send auth.check");
	cr_assert_eq(seen.asked, 0);
}

Test(link, a_message_without_handler_is_unsupported)
{
	start_server();
	pu_client_ask(world.client, PU_MSG_AUTH_IDENTITY, NULL, PU_ASK_DEADLINE_MS, on_answer,
	              NULL);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_EUNSUPPORTED);
	cr_assert_str_eq(seen.text, "auth does not answer auth.identity");
}

Test(link, another_services_question_is_refused)
{
	start_server();
	pu_client_ask(world.client, PU_MSG_NAMING_RESOLVE, &(struct pu_naming_resolve){"home"},
	              PU_ASK_DEADLINE_MS, on_answer, NULL);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_EINVAL);
	cr_assert_str_eq(seen.text, "naming.resolve is not a question to auth");
}

static void on_raw(void *user, enum pu_err err, const char *text,
                   const struct pu_message *answer)
{
	(void)user;
	seen.answered++;
	seen.err = err;
	snprintf(seen.text, sizeof(seen.text), "%s", text);
	if (answer != NULL && answer->row->id == PU_MSG_AUTH_VERDICT)
		seen.generation = ((const struct pu_auth_verdict *)answer->body)->generation;
}

Test(link, raw_bytes_are_checked_by_the_server)
{
	start_server();
	pu_client_ask_raw(world.client, pu_bytes_of_str("nonsense"), PU_ASK_DEADLINE_MS, on_raw,
	                  NULL);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_EMALFORMED);
	cr_assert_str_eq(seen.text, "a message must be a map");
}

Test(link, a_raw_question_gets_whatever_comes)
{
	struct pu_buffer buffer;

	start_server();
	pu_buffer_init(&buffer, PU_MESSAGE_MAX);
	cr_assert_eq(pu_encode(&buffer, PU_MSG_AUTH_CHECK,
	                       &(struct pu_auth_check){.peer = "x", .action = "dial"}),
	             PU_OK);
	pu_client_ask_raw(world.client, pu_buffer_bytes(&buffer), PU_ASK_DEADLINE_MS, on_raw, NULL);
	pu_buffer_fini(&buffer);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_OK, "%s", seen.text);
	cr_assert_eq(seen.generation, 7);
}

static void free_client(void *user, enum pu_err err, const char *text, const void *answer)
{
	on_answer(user, err, text, answer);
	pu_client_free(world.client);
	world.client = NULL;
}

Test(link, a_client_may_be_freed_in_its_answer)
{
	struct pu_auth_check check = {.peer = "12D3", .action = "connect"};

	start_server();
	pu_client_ask(world.client, PU_MSG_AUTH_CHECK, &check, PU_ASK_DEADLINE_MS, free_client,
	              NULL);
	ask("connect", PU_ASK_DEADLINE_MS);
	RUN_UNTIL(world.client == NULL);
	cr_assert_eq(seen.answered, 1);
}

static void on_event(void *user, const struct pu_message *event)
{
	(void)user;
	cr_assert_eq(event->row->id, PU_MSG_AUTH_CHANGED);
	seen.generation = ((const struct pu_auth_changed *)event->body)->generation;
	seen.events++;
}

static void on_connected(void *user)
{
	(void)user;
	seen.connected++;
}

static void publish(uint64_t generation)
{
	seen.events = 0;
	pu_server_publish(world.server, PU_MSG_AUTH_CHANGED,
	                  &(struct pu_auth_changed){.generation = generation});
	RUN_UNTIL(seen.events == 1);
	cr_assert_eq(seen.generation, generation);
}

Test(link, an_event_comes_to_its_subscriber_and_again_after_a_restart)
{
	start_server();
	struct pu_events *events =
	    pu_events_new(&test_loop.loop, test_loop.dir, PU_SERVICE_AUTH, "auth.", on_event, NULL);
	cr_assert_eq(pu_events_error(events), PU_OK);
	pu_events_on_connected(events, on_connected);
	RUN_UNTIL(seen.connected == 1);
	publish(42);

	stop_server();
	start_server();
	RUN_UNTIL(seen.connected == 2);
	publish(43);
	pu_events_free(events);
}

Test(link, an_event_of_another_prefix_does_not_come)
{
	start_server();
	struct pu_events *events =
	    pu_events_new(&test_loop.loop, test_loop.dir, PU_SERVICE_AUTH, "peer.", on_event, NULL);
	pu_events_on_connected(events, on_connected);
	RUN_UNTIL(seen.connected == 1);
	pu_server_publish(world.server, PU_MSG_AUTH_CHANGED, &(struct pu_auth_changed){1});
	ask("connect", PU_ASK_DEADLINE_MS);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.events, 0);
	pu_events_free(events);
}

Test(link, publishing_to_nobody_does_not_block)
{
	start_server();
	for (int i = 0; i < 10000; i++)
		pu_server_publish(world.server, PU_MSG_AUTH_CHANGED, &(struct pu_auth_changed){1});
}

Test(link, sockets_are_private)
{
	struct stat stat_of;
	char path[128];

	start_server();
	snprintf(path, sizeof(path), "%s/auth.ipc", test_loop.dir);
	cr_assert_eq(stat(path, &stat_of), 0);
	cr_assert_eq(stat_of.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/auth.events.ipc", test_loop.dir);
	cr_assert_eq(stat(path, &stat_of), 0);
	cr_assert_eq(stat_of.st_mode & 0777, 0600);
}

/* ---- ends that do not behave ---- */

#define MANY 200
static const uint8_t req_greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
static const uint8_t sub_greeting[] = {0, 'S', 'P', 0, 0, 0x21, 0, 0};

static int connect_raw(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", test_loop.dir, name);
	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void send_raw(int fd, const void *data, size_t len)
{
	cr_assert_eq(send(fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void ask_once(void)
{
	unsigned before = seen.answered;

	ask("connect", PATIENCE_MS);
	RUN_UNTIL(seen.answered == before + 1);
	cr_assert_eq(seen.err, PU_OK, "%s", seen.text);
}

static uint64_t cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* A thread or a loop that spins takes all of this time; one that waits next to none. */
static void assert_idle(void)
{
	const uint64_t idle_ms = 400;
	uint64_t until = uv_now(&test_loop.loop) + idle_ms;
	uint64_t before = cpu_us();

	RUN_UNTIL(uv_now(&test_loop.loop) >= until);
	cr_assert_lt(cpu_us() - before, idle_ms * 1000 / 2);
}

/* The client of this test connects only afterwards: it meets what they left. */
static void start_server_alone(void)
{
	pu_client_free(world.client);
	start_server();
}

static void connect_client(void)
{
	world.client = pu_client_new(&test_loop.loop, test_loop.dir, PU_SERVICE_AUTH);
}

Test(link, who_connects_and_closes_at_once_harms_nobody)
{
	start_server_alone();
	for (int i = 0; i < MANY; i++) {
		close(connect_raw("auth.ipc"));
		close(connect_raw("auth.events.ipc"));
		if (i % 2 == 0)
			uv_run(&test_loop.loop, UV_RUN_NOWAIT);
	}
	connect_client();
	ask_once();
	pu_client_free(world.client);
	connect_client();
	ask_once();
	assert_idle();
}

Test(link, who_closes_within_its_greeting_harms_nobody)
{
	start_server_alone();
	for (int i = 0; i < MANY; i++) {
		int fd = connect_raw("auth.ipc");
		send_raw(fd, req_greeting, (size_t)i % sizeof(req_greeting));
		uv_run(&test_loop.loop, UV_RUN_NOWAIT);
		close(fd);
	}
	connect_client();
	ask_once();
	assert_idle();
}

Test(link, who_never_greets_is_dropped)
{
	static int fds[MANY];
	unsigned dropped = 0;
	char byte;

	start_server_alone();
	for (int i = 0; i < MANY; i++) {
		fds[i] = connect_raw("auth.ipc");
		uv_run(&test_loop.loop, UV_RUN_NOWAIT);
		cr_assert_eq(recv(fds[i], &byte, 1, MSG_PEEK), 1);
	}
	connect_client();
	ask_once();
	assert_idle();
	for (int i = 0; i < MANY; i++) {
		uint8_t greeting[sizeof(req_greeting)];
		recv(fds[i], greeting, sizeof(greeting), 0);
		RUN_UNTIL((dropped += recv(fds[i], &byte, 1, MSG_DONTWAIT) == 0) > (unsigned)i);
		close(fds[i]);
	}
	ask_once();
}

Test(link, who_greets_late_makes_room_for_others)
{
	static int fds[2 * MANY];

	start_server_alone();
	for (size_t i = 0; i < PU_ARRAY_LEN(fds); i++) {
		fds[i] = connect_raw("auth.ipc");
		uv_run(&test_loop.loop, UV_RUN_NOWAIT);
	}
	connect_client();
	ask_once();
	for (size_t i = 0; i < PU_ARRAY_LEN(fds); i++)
		close(fds[i]);
}

Test(link, who_does_not_speak_sp_is_cut_off)
{
	static const uint8_t endless[] = {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t no_number[] = {1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1};
	static const struct {
		const void *greeting, *data;
		size_t len;
	} cases[] = {
	    {"GET / HT", "TP/1.1\r\n", 8},
	    {sub_greeting, "", 0},
	    {req_greeting, "\x02", 1},
	    {req_greeting, endless, sizeof(endless)},
	    {req_greeting, no_number, sizeof(no_number)},
	};

	start_server();
	for (size_t i = 0; i < PU_ARRAY_LEN(cases); i++) {
		uint8_t greeting[sizeof(req_greeting)];
		char byte;
		int fd = connect_raw("auth.ipc");
		send_raw(fd, cases[i].greeting, sizeof(greeting));
		send_raw(fd, cases[i].data, cases[i].len);
		RUN_UNTIL(recv(fd, greeting, sizeof(greeting), MSG_DONTWAIT) == sizeof(greeting));
		/* What was not read when the other end closed is a reset. */
		RUN_UNTIL(recv(fd, &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET);
		close(fd);
	}
	ask_once();
	assert_idle();
}

Test(link, a_subscriber_that_does_not_read_is_cut_off)
{
	uint8_t bytes[4096];
	ssize_t len;

	start_server();
	int fd = connect_raw("auth.events.ipc");
	send_raw(fd, sub_greeting, sizeof(sub_greeting));
	ask_once();
	for (int i = 0; i < 100000; i++)
		pu_server_publish(world.server, PU_MSG_AUTH_CHANGED, &(struct pu_auth_changed){1});
	ask_once();
	while ((len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		continue;
	cr_assert(len == 0 || errno == ECONNRESET);
	close(fd);
	assert_idle();
}

/* A server that dies while we connect: the backlog takes us, and nobody greets. */
Test(link, a_client_survives_servers_that_die_in_the_greeting)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/auth.ipc", test_loop.dir);
	ask("connect", PATIENCE_MS);
	for (int i = 0; i < 5; i++) {
		int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
		cr_assert_eq(listen(listener, 1), 0);
		int fd;
		RUN_UNTIL((fd = accept(listener, NULL, NULL)) >= 0);
		close(fd);
		close(listener);
		unlink(address.sun_path);
	}
	start_server();
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_OK, "%s", seen.text);
}

Test(link, a_question_ends_early_when_patience_with_an_absent_service_does)
{
	pu_client_set_patience(world.client, 100);
	ask("connect", 10 * PATIENCE_MS);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_ECLOSED);
	cr_assert_str_eq(seen.text, "auth is not running");
	start_server();
	ask_once();
}

Test(link, patience_does_not_end_what_a_slow_service_works_on)
{
	start_server();
	pu_client_set_patience(world.client, 1);
	ask("hold", 300);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_ETIMEOUT);
	ask_once();
}

/* A socket file that nobody listens on is what a killed process leaves. */
Test(link, a_stale_socket_is_replaced)
{
	struct pu_server *second;
	struct pu_server_options options = {
	    .loop = &test_loop.loop, .runtime_dir = test_loop.dir, .self = PU_SERVICE_AUTH};
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/auth.ipc", test_loop.dir);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	start_server();
	ask("connect", PU_ASK_DEADLINE_MS);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_OK, "%s", seen.text);
	cr_assert_eq(pu_server_new(&second, &options), PU_EBUSY);
}

/* "Too long a name" would end the service for good. */
Test(link, a_server_without_a_descriptor_does_not_blame_the_name)
{
	struct pu_server *server;
	const struct pu_server_options options = {
	    .loop = &test_loop.loop, .runtime_dir = test_loop.dir, .self = PU_SERVICE_NAMING};
	struct rlimit before, none;
	enum pu_err err;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	err = pu_server_new(&server, &options);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	cr_assert_eq(err, PU_EIO);
}

Test(link, a_runtime_directory_with_a_long_name_is_refused)
{
	struct pu_server *server;
	struct pu_server_options options = {.loop = &test_loop.loop, .self = PU_SERVICE_AUTH};
	char dir[256];

	snprintf(dir, sizeof(dir), "%s/%0100d", test_loop.dir, 0);
	options.runtime_dir = dir;
	cr_assert_eq(pu_server_new(&server, &options), PU_ELIMIT);
	rmdir(dir);
	pu_client_free(world.client);
	world.client = pu_client_new(&test_loop.loop, dir, PU_SERVICE_AUTH);
	ask("connect", PU_ASK_DEADLINE_MS);
	RUN_UNTIL(seen.answered == 1);
	cr_assert_eq(seen.err, PU_ELIMIT);
}
