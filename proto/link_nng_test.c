/* Our ends of links against NNG's: other people's tools speak through it. NNG has threads of
 * its own; ours is the loop's. */
#include <criterion/criterion.h>
#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "proto/link.h"
#include "proto/test_loop.h"

static struct {
	char url[128];
	nng_socket socket;
} world;

static struct {
	unsigned answered;
	enum pu_err err;
	uint64_t generation;
	unsigned events;
	unsigned connected;
} seen;

static void use_socket(int (*open)(nng_socket *socket), const char *name)
{
	cr_assert_eq(open(&world.socket), 0);
	cr_assert_eq(nng_socket_set_ms(world.socket, NNG_OPT_SENDTIMEO, PATIENCE_MS), 0);
	snprintf(world.url, sizeof(world.url), "ipc://%s/%s", test_loop.dir, name);
}

static void setup(void)
{
	memset(&world, 0, sizeof(world));
	memset(&seen, 0, sizeof(seen));
	test_loop_begin();
}

static void teardown(void)
{
	nng_close(world.socket);
	test_loop_end();
}

TestSuite(link_nng, .init = setup, .fini = teardown, .timeout = 60);

/* ---- our server ---- */

static void on_check(void *service, struct pu_request *request, const void *message)
{
	const struct pu_auth_check *check = message;
	struct pu_auth_verdict verdict = {.allowed = true, .reason = check->peer, .generation = 7};

	(void)service;
	pu_request_answer(request, &verdict);
}

static const struct pu_handler handlers[] = {{PU_MSG_AUTH_CHECK, on_check}};

static struct pu_server *start_server(const struct pu_roster *roster)
{
	const struct pu_server_options options = {
	    .loop = &test_loop.loop,
	    .runtime_dir = test_loop.dir,
	    .self = PU_SERVICE_AUTH,
	    .roster = roster,
	    .handlers = handlers,
	    .handlers_len = PU_ARRAY_LEN(handlers),
	};
	struct pu_server *server;

	cr_assert_eq(pu_server_new(&server, &options), PU_OK);
	return server;
}

static nng_msg *receive(void)
{
	nng_msg *message = NULL;

	RUN_UNTIL(nng_recvmsg(world.socket, &message, NNG_FLAG_NONBLOCK) == 0);
	return message;
}

static void check_verdict(nng_msg *message)
{
	struct pu_decoder *decoder = pu_decoder_new();
	struct pu_message answer;

	cr_assert_eq(
	    pu_decode(decoder, pu_bytes(nng_msg_body(message), nng_msg_len(message)), &answer),
	    PU_OK, "%s", pu_decoder_error(decoder));
	cr_assert_eq(answer.row->id, PU_MSG_AUTH_VERDICT);
	cr_assert_eq(((const struct pu_auth_verdict *)answer.body)->generation, 7);
	pu_decoder_free(decoder);
	nng_msg_free(message);
}

Test(link_nng, our_server_answers_its_questions)
{
	struct pu_auth_check check = {.peer = "12D3", .action = "connect"};
	struct pu_roster *roster;
	struct pu_buffer question;
	int fd;

	cr_assert_eq(pu_roster_create(&roster, &fd), PU_OK);
	pu_roster_set(roster, PU_SERVICE_TRANSPORT, getpid());
	struct pu_server *server = start_server(roster);
	use_socket(nng_req0_open, "auth.ipc");
	cr_assert_eq(nng_dial(world.socket, world.url, NULL, NNG_FLAG_NONBLOCK), 0);
	pu_buffer_init(&question, PU_MESSAGE_MAX);
	cr_assert_eq(pu_encode(&question, PU_MSG_AUTH_CHECK, &check), PU_OK);
	for (int i = 0; i < 100; i++) {
		RUN_UNTIL(nng_send(world.socket, question.data, question.len, NNG_FLAG_NONBLOCK) == 0);
		check_verdict(receive());
	}
	pu_buffer_fini(&question);
	pu_server_free(server);
	close(fd);
}

Test(link_nng, our_events_come_to_its_subscriber)
{
	static const char topic[] = "auth.changed";
	struct pu_server *server = start_server(NULL);
	nng_msg *message = NULL;

	use_socket(nng_sub0_open, "auth.events.ipc");
	cr_assert_eq(nng_socket_set(world.socket, NNG_OPT_SUB_SUBSCRIBE, "auth.", 5), 0);
	cr_assert_eq(nng_dial(world.socket, world.url, NULL, NNG_FLAG_NONBLOCK), 0);
	while (nng_recvmsg(world.socket, &message, NNG_FLAG_NONBLOCK) != 0 && !test_loop.late) {
		pu_server_publish(server, PU_MSG_AUTH_CHANGED, &(struct pu_auth_changed){42});
		uv_run(&test_loop.loop, UV_RUN_ONCE);
	}
	cr_assert(!test_loop.late);
	cr_assert_gt(nng_msg_len(message), sizeof(topic));
	cr_assert_str_eq(nng_msg_body(message), topic);
	nng_msg_free(message);
	pu_server_free(server);
}

/* ---- our client ---- */

static void on_answer(void *user, enum pu_err err, const char *text, const void *answer)
{
	(void)user;
	(void)text;
	seen.answered++;
	seen.err = err;
	if (err == PU_OK)
		seen.generation = ((const struct pu_auth_verdict *)answer)->generation;
}

/* Never without waiting: NNG's REP then forgets whom it answers when its pipe is still busy.
 * That needs no turn of our loop: the message fits the socket. */
static void send_encoded(nng_msg *message, enum pu_msg id, const void *body)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, PU_MESSAGE_MAX);
	cr_assert_eq(pu_encode(&buffer, id, body), PU_OK);
	cr_assert_eq(nng_msg_append(message, buffer.data, buffer.len), 0);
	pu_buffer_fini(&buffer);
	cr_assert_eq(nng_sendmsg(world.socket, message, 0), 0);
}

Test(link_nng, its_server_answers_our_questions)
{
	struct pu_auth_check check = {.peer = "12D3", .action = "connect"};

	use_socket(nng_rep0_open, "auth.ipc");
	cr_assert_eq(nng_listen(world.socket, world.url, NULL, 0), 0);
	struct pu_client *client = pu_client_new(&test_loop.loop, test_loop.dir, PU_SERVICE_AUTH);
	for (unsigned i = 0; i < 100; i++) {
		pu_client_ask(client, PU_MSG_AUTH_CHECK, &check, PATIENCE_MS, on_answer, NULL);
		nng_msg *message = receive();
		nng_msg_clear(message);
		send_encoded(message, PU_MSG_AUTH_VERDICT,
		             &(struct pu_auth_verdict){.reason = "", .generation = 8});
		RUN_UNTIL(seen.answered == i + 1);
		cr_assert_eq(seen.err, PU_OK);
		cr_assert_eq(seen.generation, 8);
	}
	pu_client_free(client);
}

static void on_event(void *user, const struct pu_message *event)
{
	(void)user;
	cr_assert_eq(event->row->id, PU_MSG_AUTH_CHANGED);
	seen.events++;
}

static void on_connected(void *user)
{
	(void)user;
	seen.connected++;
}

Test(link_nng, its_events_come_to_our_subscriber)
{
	static const char topic[] = "auth.changed";

	use_socket(nng_pub0_open, "auth.events.ipc");
	cr_assert_eq(nng_listen(world.socket, world.url, NULL, 0), 0);
	struct pu_events *events =
	    pu_events_new(&test_loop.loop, test_loop.dir, PU_SERVICE_AUTH, "auth.", on_event, NULL);
	pu_events_on_connected(events, on_connected);
	RUN_UNTIL(seen.connected == 1);
	while (seen.events == 0 && !test_loop.late) {
		nng_msg *message;
		cr_assert_eq(nng_msg_alloc(&message, 0), 0);
		cr_assert_eq(nng_msg_append(message, topic, sizeof(topic)), 0);
		send_encoded(message, PU_MSG_AUTH_CHANGED, &(struct pu_auth_changed){42});
		uv_run(&test_loop.loop, UV_RUN_ONCE);
	}
	cr_assert(!test_loop.late);
	pu_events_free(events);
}
