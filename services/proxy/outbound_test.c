/* Forwards against a host of the test's own: whom they ask for, and where their clients go. */
#include "outbound.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "held.h"
#include "io_listen.h"
#include "io_owner.h"
#include "limits.h"
#include "skeleton/test_host.h"

#define HOME   "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define OFFICE "12D3KooWLU2znyJMtDiHArqAGbZn8CgUGp92kxDBtefftEEaHSZS"

static struct pu_host host;
static struct proxy proxy;

/* ---- naming ---- */

/* The question that waits for its answer; answered == NULL: none. */
static struct {
	uint64_t id;
	pu_answer_fn answered;
	void *user;
	char name[PROXY_PEER_TEXT_MAX];
} asked;

struct pu_client *pu_host_client(struct pu_host *of, enum pu_service to)
{
	(void)of;
	cr_assert_eq(to, PU_SERVICE_NAMING);
	return NULL;
}

uint64_t pu_client_ask(struct pu_client *client, enum pu_msg id, const void *message,
                       unsigned deadline_ms, pu_answer_fn answered, void *user)
{
	const struct pu_naming_resolve *question = message;

	(void)client;
	(void)deadline_ms;
	cr_assert_eq(id, PU_MSG_NAMING_RESOLVE);
	cr_assert_null(asked.answered, "one question at a time");
	asked.answered = answered;
	asked.user = user;
	snprintf(asked.name, sizeof(asked.name), "%s", question->name);
	return ++asked.id;
}

void pu_client_cancel(struct pu_client *client, uint64_t ask)
{
	(void)client;
	cr_assert_eq(ask, asked.id);
	asked.answered = NULL;
}

static void naming_says(enum pu_err err, const char *peer_id)
{
	struct pu_naming_resolved resolved = {.peer_id = peer_id};
	pu_answer_fn answered = asked.answered;

	cr_assert_not_null(answered);
	asked.answered = NULL;
	answered(asked.user, err, "naming is not running", err == PU_OK ? &resolved : NULL);
}

/* ---- transport ---- */

static bool transport_is_there;
static unsigned opens;
static char opened_to[PROXY_PEER_ID_MAX], needed[PROXY_PEER_ID_MAX];

bool pu_streams_connected(const struct pu_streams *streams)
{
	(void)streams;
	return transport_is_there;
}

enum pu_err pu_streams_open(struct pu_streams *streams, const char *peer_id,
                            const char *protocol, unsigned deadline_ms, int fd, uint64_t *id)
{
	(void)streams;
	(void)protocol;
	(void)deadline_ms;
	close(fd);
	snprintf(opened_to, sizeof(opened_to), "%s", peer_id);
	*id = ++opens;
	return PU_OK;
}

void pu_streams_need(struct pu_streams *streams, const char *peer_id, bool is_needed)
{
	(void)streams;
	if (is_needed) {
		cr_assert_str_empty(needed);
		snprintf(needed, sizeof(needed), "%s", peer_id);
	} else {
		cr_assert_str_eq(needed, peer_id);
		needed[0] = '\0';
	}
}

/* ---- the listener and its clients ---- */

struct proxy_listener {
	struct proxy_listener_options options;
	struct proxy_endpoint endpoint;
	bool paused;
};

static struct proxy_listener *listener; /* NULL: closed */
static unsigned resets;

enum pu_err proxy_listener_open(struct proxy_listener **out,
                                const struct proxy_endpoint *endpoint,
                                const struct proxy_listener_options *options, char *text,
                                size_t text_size)
{
	(void)text;
	(void)text_size;
	cr_assert_null(listener);
	listener = PU_NEW(struct proxy_listener);
	*listener = (struct proxy_listener){*options, *endpoint, true};
	*out = listener;
	return PU_OK;
}

void proxy_listener_close(struct proxy_listener *of)
{
	if (of != NULL)
		listener = NULL;
	pu_free(of);
}

void proxy_listener_leave(struct proxy_listener *of)
{
	proxy_listener_close(of);
}

void proxy_listener_pause(struct proxy_listener *of)
{
	of->paused = true;
}

void proxy_listener_resume(struct proxy_listener *of)
{
	of->paused = false;
}

const struct proxy_endpoint *proxy_listener_endpoint(const struct proxy_listener *of)
{
	return &of->endpoint;
}

void proxy_client_reset(int fd)
{
	resets++;
	close(fd);
}

static void client_connects(void)
{
	cr_assert_not(listener->paused);
	listener->options.on_client(listener->options.user, socket(AF_UNIX, SOCK_STREAM, 0));
}

/* ---- owners ---- */

enum pu_err proxy_owner_watch(struct proxy_owner **owner, uv_loop_t *loop, pid_t pid,
                              void (*gone)(void *user), void *user)
{
	(void)loop;
	(void)pid;
	(void)gone;
	(void)user;
	*owner = NULL;
	return PU_OK;
}

void proxy_owner_free(struct proxy_owner *owner)
{
	(void)owner;
}

/* ---- what the tests say ---- */

static void begin(void)
{
	uv_loop_init(&host.loop);
	proxy.host = &host;
	proxy_forwards_init(&proxy.forwards);
	proxy_flows_init(&proxy.flows, PROXY_STREAMS_MAX);
	proxy_usage_init(&proxy.usage, PROXY_USAGE_MAX);
	proxy_held_init(&proxy, proxy_clients_give_up);
	uv_timer_init(&host.loop, &proxy.retry);
	proxy.retry.data = &proxy;
	transport_is_there = true;
}

static void end(void)
{
	proxy_outbound_stop(&proxy);
	cr_assert_null(listener);
	cr_assert_eq(proxy.held_len, 0);
	proxy_held_fini(&proxy);
	uv_close((uv_handle_t *)&proxy.retry, NULL);
	proxy_flows_fini(&proxy.flows);
	proxy_usage_fini(&proxy.usage);
	uv_run(&host.loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&host.loop), 0);
}

TestSuite(outbound, .init = begin, .fini = end);

/* The configuration has one forward, which leads there. */
static const struct proxy_forward *configure(const char *peer, const char *service)
{
	struct proxy_wish wish = {
	    .id = "web", .peer = peer, .service = service, .listen = {"localhost", 8080, ""}};

	wish.enabled = true;
	proxy_outbound_apply(&proxy, &wish, 1);
	return proxy_forwards_find(&proxy.forwards, "web", true);
}

static const struct proxy_forward *listens_for_home(void)
{
	const struct proxy_forward *forward = configure("home", "web");

	naming_says(PU_OK, HOME);
	cr_assert_eq(forward->state, PROXY_LISTENING);
	cr_assert_str_eq(needed, HOME);
	return forward;
}

static void assert_leads_to(const struct proxy_forward *forward, const char *peer_id)
{
	cr_assert_eq(forward->state, PROXY_LISTENING);
	cr_assert_str_eq(forward->peer_id, peer_id);
	cr_assert_str_eq(needed, peer_id);
	client_connects();
	cr_assert_str_eq(opened_to, peer_id);
}

/* ---- a forward whose peer changes ---- */

Test(outbound, an_answer_about_the_peer_before_is_not_waited_for)
{
	const struct proxy_forward *forward = configure("home", "web");

	cr_assert_str_eq(asked.name, "home");
	configure("office", "web");
	cr_assert_str_eq(asked.name, "office");
	naming_says(PU_OK, OFFICE);
	cr_assert_null(asked.answered);
	assert_leads_to(forward, OFFICE);
}

Test(outbound, a_peer_id_needs_no_answer_about_the_name_before)
{
	const struct proxy_forward *forward = configure("home", "web");

	configure(OFFICE, "web");
	cr_assert_null(asked.answered);
	assert_leads_to(forward, OFFICE);
}

Test(outbound, takes_no_client_until_the_new_peer_is_known)
{
	const struct proxy_forward *forward = listens_for_home();

	configure("office", "web");
	cr_assert(listener->paused);
	cr_assert_str_empty(forward->peer_id);
	cr_assert_str_empty(needed);
	proxy_outbound_resolve_again(&proxy);
	cr_assert(listener->paused);
	naming_says(PU_OK, OFFICE);
	assert_leads_to(forward, OFFICE);
}

Test(outbound, a_stream_that_opens_late_does_not_let_clients_in)
{
	const struct proxy_forward *forward = listens_for_home();

	for (unsigned i = 0; i < PROXY_OPENING_MAX; i++)
		client_connects();
	cr_assert(listener->paused, "so many wait");
	configure("office", "web");
	proxy_clients_opened(&proxy, 1, PU_OK, "");
	cr_assert(listener->paused);
	naming_says(PU_OK, OFFICE);
	assert_leads_to(forward, OFFICE);
}

Test(outbound, clients_held_for_the_peer_before_are_reset)
{
	const struct proxy_forward *forward = listens_for_home();

	transport_is_there = false;
	client_connects();
	client_connects();
	cr_assert_eq(proxy.held_len, 2);
	configure("office", "web");
	cr_assert_eq(resets, 2);
	cr_assert_eq(forward->opening, 0);
	transport_is_there = true;
	proxy_clients_connected(&proxy);
	cr_assert_eq(opens, 0);
	naming_says(PU_OK, OFFICE);
	assert_leads_to(forward, OFFICE);
}

Test(outbound, clients_held_for_a_peer_whose_name_is_gone_are_reset)
{
	const struct proxy_forward *forward = listens_for_home();

	transport_is_there = false;
	client_connects();
	proxy_outbound_resolve_again(&proxy);
	naming_says(PU_ENOTFOUND, NULL);
	cr_assert_eq(forward->state, PROXY_FAILED);
	cr_assert_str_empty(forward->peer_id);
	cr_assert_eq(resets, 1);
	cr_assert_eq(forward->opening, 0);
	transport_is_there = true;
	proxy_clients_connected(&proxy);
	cr_assert_eq(opens, 0);
}

Test(outbound, does_not_stay_with_the_peer_before_while_naming_is_away)
{
	const struct proxy_forward *forward = listens_for_home();

	configure("office", "web");
	naming_says(PU_ECLOSED, NULL);
	cr_assert_eq(forward->state, PROXY_FAILED);
	cr_assert_str_empty(forward->peer_id);
	cr_assert_null(listener);
}

Test(outbound, stays_with_its_peer_while_naming_is_away)
{
	const struct proxy_forward *forward = listens_for_home();

	proxy_outbound_resolve_again(&proxy);
	naming_says(PU_ECLOSED, NULL);
	assert_leads_to(forward, HOME);
}

Test(outbound, asks_anew_when_names_change_under_its_question)
{
	const struct proxy_forward *forward = configure("home", "web");
	uint64_t before = asked.id;

	proxy_outbound_resolve_again(&proxy);
	cr_assert_eq(asked.id, before + 1);
	naming_says(PU_OK, OFFICE);
	assert_leads_to(forward, OFFICE);
}

Test(outbound, gets_another_service_of_its_peer_while_naming_is_away)
{
	const struct proxy_forward *forward = listens_for_home();

	configure("home", "files");
	cr_assert(listener->paused);
	naming_says(PU_ECLOSED, NULL);
	assert_leads_to(forward, HOME);
}

/* ---- a forward that somebody asks for ---- */

static void ask_for_home(struct pu_request *request)
{
	struct proxy_wish wish = {.id = "",
	                          .peer = "home",
	                          .service = "web",
	                          .listen = {"localhost", 8080, ""},
	                          .enabled = true,
	                          .owner = 42};

	proxy_outbound_ask(&proxy, &wish, request);
	cr_assert_not(request->answered);
}

Test(outbound, a_question_that_is_repeated_while_naming_is_away_is_answered)
{
	struct pu_request first = {0}, second = {0};

	ask_for_home(&first);
	naming_says(PU_OK, HOME);
	ask_for_home(&second);
	naming_says(PU_ECLOSED, NULL);
	cr_assert(first.answered && first.err == PU_OK);
	cr_assert(second.answered && second.err == PU_OK, "%s", second.text);
	cr_assert_eq(proxy.forwards.len, 1);
}
