/* The service against a host of the test's own: what it answers, learns, asks peers and tells
 * them. */
#include "naming.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "discovery.h"
#include "skeleton/test_host.h"

#define ALICE "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define BOB   "12D3KooWLU2znyJMtDiHArqAGbZn8CgUGp92kxDBtefftEEaHSZS"
#define A     "/ip4/192.0.2.1/udp/4001/quic-v1"
#define B     "/ip4/192.0.2.2/udp/4001/quic-v1"

/* ---- the host's clients and streams ---- */

struct pu_client {
	enum pu_service to;
};

/* A question that naming has asked. */
static struct {
	enum pu_msg id;
	pu_answer_fn answered;
	void *user;
	char service[16], peer[64];
} asked;

struct pu_streams {
	const struct pu_streams_ops *ops;
	void *user;
	char protocol[64];
	uint64_t opened;
	enum pu_err refuses_to_open;
	enum pu_err refused; /* what an inbound stream was refused with */
	int accepted;        /* its descriptor */
};

static struct pu_host host;
static struct naming naming;
static struct pu_request request;
static struct pu_streams streams = {.accepted = -1};

struct pu_client *pu_host_client(struct pu_host *of, enum pu_service to)
{
	static struct pu_client client;

	(void)of;
	client.to = to;
	return &client;
}

uint64_t pu_client_ask(struct pu_client *client, enum pu_msg id, const void *message,
                       unsigned deadline_ms, pu_answer_fn answered, void *user)
{
	(void)client;
	(void)deadline_ms;
	asked.id = id;
	asked.answered = answered;
	asked.user = user;
	if (id == PU_MSG_AUTH_CHECK)
		snprintf(asked.service, sizeof(asked.service), "%s",
		         ((const struct pu_auth_check *)message)->service);
	if (id == PU_MSG_PROXY_OFFERS)
		snprintf(asked.peer, sizeof(asked.peer), "%s",
		         ((const struct pu_proxy_offers *)message)->peer_id);
	return 1;
}

void pu_client_cancel(struct pu_client *client, uint64_t ask)
{
	(void)client;
	cr_assert_eq(ask, 1);
	asked.answered = NULL;
}

struct pu_streams *pu_streams_new(uv_loop_t *loop, const char *runtime_dir,
                                  const struct pu_streams_ops *ops, void *user)
{
	(void)loop;
	(void)runtime_dir;
	streams.ops = ops;
	streams.user = user;
	return &streams;
}

void pu_streams_free(struct pu_streams *of)
{
	of->ops = NULL;
}

void pu_streams_register(struct pu_streams *of, const char *protocol)
{
	snprintf(of->protocol, sizeof(of->protocol), "%s", protocol);
}

enum pu_err pu_streams_open(struct pu_streams *of, const char *peer_id, const char *protocol,
                            unsigned deadline_ms, int fd, uint64_t *id)
{
	(void)deadline_ms;
	cr_assert_str_eq(peer_id, ALICE);
	cr_assert_str_eq(protocol, NAMING_DISCOVERY_PROTOCOL);
	cr_assert_eq(fd, -1);
	if (of->refuses_to_open != PU_OK)
		return of->refuses_to_open;
	*id = ++of->opened;
	return PU_OK;
}

void pu_streams_accept(struct pu_streams *of, uint64_t id, int fd)
{
	cr_assert_eq(id, 7);
	of->accepted = fd;
}

void pu_streams_refuse(struct pu_streams *of, uint64_t id, enum pu_err err, const char *text)
{
	(void)text;
	cr_assert_eq(id, 7);
	of->refused = err;
}

/* ---- what the tests say ---- */

static char home[] = "Home", alice[] = ALICE;
static struct pu_config_name names[] = {{home, alice}};
static const char *const address_texts[] = {A, "/ip4/192.0.2.9/udp/1/quic-v1/p2p/" BOB};
static struct pu_config_addresses addresses[] = {{home, {address_texts, 2}}};

static void look_at_change(enum pu_msg id, const void *event)
{
	(void)event;
	cr_assert_eq(id, PU_MSG_NAMING_CHANGED);
}

static void begin(void)
{
	uv_loop_init(&host.loop);
	host.look = look_at_change;
	host.config.names = (struct pu_entries){names, 1};
	host.config.addresses = (struct pu_entries){addresses, 1};
	cr_assert_eq(naming_start(&host, &naming), PU_OK);
	cr_assert_str_eq(streams.protocol, NAMING_DISCOVERY_PROTOCOL);
	cr_assert_not(host.ready, "peers cannot ask us yet");
	streams.ops->on_connected(streams.user);
	cr_assert(host.ready);
}

static void end(void)
{
	naming_stop(&naming);
	uv_run(&host.loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&host.loop), 0);
}

static enum pu_err ask(enum pu_msg id, const void *message, void (*look)(const void *answer))
{
	request = (struct pu_request){.look = look};
	skeleton_test_handler(naming_handlers, naming_handlers_len, id)
	    ->handle(&naming, &request, message);
	return request.err;
}

static void happen(enum pu_msg id, const void *body)
{
	naming_on_transport_event(&naming, &(struct pu_message){pu_msg_row(id), body});
}

TestSuite(naming, .init = begin, .fini = end);

/* ---- names and addresses ---- */

static void look_at_home(const void *answer)
{
	const struct pu_naming_resolved *resolved = answer;

	cr_assert_str_eq(resolved->name, "Home");
	cr_assert_str_eq(resolved->peer_id, ALICE);
}

Test(naming, resolves_names_and_peer_ids)
{
	cr_assert_eq(ask(PU_MSG_NAMING_RESOLVE, &(struct pu_naming_resolve){"hOME"}, look_at_home),
	             PU_OK);
	cr_assert_eq(ask(PU_MSG_NAMING_RESOLVE, &(struct pu_naming_resolve){ALICE}, look_at_home),
	             PU_OK);
	cr_assert_eq(ask(PU_MSG_NAMING_RESOLVE, &(struct pu_naming_resolve){"work"}, NULL),
	             PU_ENOTFOUND);
}

static size_t known_len;
static char known_sources[256], known_first[128];

static void look_at_known(const void *answer)
{
	const struct pu_naming_known *known = answer;
	const struct pu_naming_address *items = known->addresses.items;

	known_len = known->addresses.len;
	known_sources[0] = '\0';
	for (size_t i = 0; i < known_len; i++) {
		strcat(known_sources, items[i].source);
		strcat(known_sources, " ");
	}
	snprintf(known_first, sizeof(known_first), "%s", known_len > 0 ? items[0].address : "");
}

static void assert_known(const char *peer, const char *sources, const char *first)
{
	cr_assert_eq(
	    ask(PU_MSG_NAMING_ADDRESSES, &(struct pu_naming_addresses){peer}, look_at_known),
	    PU_OK);
	cr_assert_str_eq(known_sources, sources);
	cr_assert_str_eq(known_first, first);
}

Test(naming, knows_configured_addresses_but_none_of_another_peer)
{
	assert_known("home", "config ", A);
	assert_known(BOB, "", "");
	cr_assert_eq(ask(PU_MSG_NAMING_ADDRESSES, &(struct pu_naming_addresses){"work"}, NULL),
	             PU_ENOTFOUND);
}

Test(naming, learns_where_it_dialed_but_not_where_others_dialed_from)
{
	happen(PU_MSG_PEER_UP, &(struct pu_peer_up){BOB, A, "in", "direct"});
	assert_known(BOB, "", "");
	happen(PU_MSG_PEER_UP, &(struct pu_peer_up){BOB, B, "out", "direct"});
	assert_known(BOB, "connection ", B);
	happen(PU_MSG_PEER_UP, &(struct pu_peer_up){"nobody", B, "out", "direct"});
}

Test(naming, learns_what_peers_say_in_their_order_and_forgets_what_they_said)
{
	const char *const said[] = {A, B, "nonsense"};
	struct pu_peer_identified event = {.peer_id = BOB, .addresses = {said, 3}};

	happen(PU_MSG_PEER_IDENTIFIED, &event);
	assert_known(BOB, "identify identify ", A);
	event.addresses = (struct pu_strings){said + 1, 1};
	happen(PU_MSG_PEER_IDENTIFIED, &event);
	assert_known(BOB, "identify ", B);
	event.peer_id = "nobody";
	happen(PU_MSG_PEER_IDENTIFIED, &event);
}

Test(naming, asks_for_live_connections_when_transport_is_there)
{
	const struct pu_connection_info infos[] = {
	    {.peer_id = BOB, .address = B, .direction = "out"},
	    {.peer_id = BOB, .address = A, .direction = "in"},
	};
	const struct pu_transport_connections answer = {{infos, 2}};

	naming_on_connected(&naming, PU_SERVICE_TRANSPORT);
	cr_assert_eq(asked.id, PU_MSG_TRANSPORT_PEERS);
	asked.answered(asked.user, PU_ETIMEOUT, "no answer", NULL);
	asked.answered(asked.user, PU_OK, "", &answer);
	assert_known(BOB, "connection ", B);
}

static size_t listed;

static void look_at_list(const void *answer)
{
	const struct pu_naming_peers *list = answer;
	const struct pu_naming_known *items = list->peers.items;

	listed = list->peers.len;
	cr_assert_str_eq(items[0].name, "Home");
	cr_assert_str_eq(items[0].peer_id, ALICE);
}

Test(naming, lists_configured_peers_first)
{
	happen(PU_MSG_PEER_UP, &(struct pu_peer_up){BOB, B, "out", "direct"});
	cr_assert_eq(ask(PU_MSG_NAMING_LIST, &(struct pu_naming_list){0}, look_at_list), PU_OK);
	cr_assert_eq(listed, 2);
}

Test(naming, lists_no_more_than_a_message_holds)
{
	for (unsigned i = 0; i < 1000; i++) {
		uint8_t raw[PU_ED25519_PUBLIC_LEN] = {(uint8_t)i, (uint8_t)(i >> 8)};
		struct pu_public_key key = {.type = PU_KEY_ED25519,
		                            .bytes = pu_bytes(raw, sizeof(raw))};
		struct pu_peer_id peer = pu_peer_id_of_key(&key);
		char text[PU_PEER_ID_TEXT_MAX], address[64];

		for (unsigned k = 0; k < 8; k++) {
			snprintf(address, sizeof(address), "/ip4/10.0.0.%u/udp/4001/quic-v1", k);
			happen(PU_MSG_PEER_UP, &(struct pu_peer_up){pu_peer_id_print(&peer, text), address,
			                                            "out", "direct"});
		}
	}
	cr_assert_eq(ask(PU_MSG_NAMING_LIST, &(struct pu_naming_list){0}, look_at_list), PU_OK);
	cr_assert(listed > 100 && listed < 1001, "%zu", listed);
}

Test(naming, follows_the_configuration)
{
	host.config.names.len = 0;
	naming_config_changed(&naming, &host.config);
	cr_assert_eq(host.published, 1);
	cr_assert_eq(ask(PU_MSG_NAMING_RESOLVE, &(struct pu_naming_resolve){"home"}, NULL),
	             PU_ENOTFOUND);
	assert_known(ALICE, "", "");
}

/* ---- asking a peer ---- */

static void look_at_offers(const void *answer)
{
	const struct pu_naming_offers *offers = answer;
	const struct pu_offer *items = offers->services.items;

	cr_assert_str_eq(offers->peer_id, ALICE);
	cr_assert_eq(offers->services.len, 1);
	cr_assert_str_eq(items[0].name, "web");
}

/* Asks Alice; answers the far end of the stream. */
static int ask_alice(void)
{
	int fds[2];

	ask(PU_MSG_NAMING_SERVICES, &(struct pu_naming_services){"home"}, look_at_offers);
	cr_assert_not(request.answered);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	streams.ops->on_opened(streams.user, streams.opened, PU_OK, "", fds[0]);
	return fds[1];
}

static void turn_until_answered(void)
{
	while (!request.answered)
		uv_run(&host.loop, UV_RUN_ONCE);
}

static void peer_says(int fd, const char *bytes, size_t len)
{
	cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
}

static void stream_ends(const char *code, const char *text)
{
	streams.ops->on_closed(
	    streams.user,
	    &(struct pu_stream_closed){.id = streams.opened, .code = code, .message = text}, false);
}

#define WEB "\x1a\x0a\x18\x0a\x03web\x12\x11/peerup/web/1.0.0"

Test(naming, tells_what_a_peer_offers_byte_by_byte)
{
	int fd = ask_alice();
	char byte;

	uv_run(&host.loop, UV_RUN_NOWAIT);
	cr_assert_eq(read(fd, &byte, 1), 0, "the question is a half-close");
	for (size_t i = 0; i < sizeof(WEB) - 1; i++) {
		cr_assert_not(request.answered);
		peer_says(fd, &WEB[i], 1);
		uv_run(&host.loop, UV_RUN_NOWAIT);
	}
	turn_until_answered();
	cr_assert_eq(request.err, PU_OK);
	stream_ends("ok", "");
	close(fd);
}

Test(naming, passes_on_why_a_peer_cannot_be_asked)
{
	ask(PU_MSG_NAMING_SERVICES, &(struct pu_naming_services){"home"}, NULL);
	streams.ops->on_opened(streams.user, streams.opened, PU_EUNREACHABLE, "no address", -1);
	cr_assert_eq(request.err, PU_EUNREACHABLE);
	cr_assert_str_eq(request.text, "no address");
	streams.refuses_to_open = PU_ECLOSED;
	cr_assert_eq(ask(PU_MSG_NAMING_SERVICES, &(struct pu_naming_services){"home"}, NULL),
	             PU_ECLOSED);
	cr_assert_str_eq(request.text, "transport is not there");
}

Test(naming, passes_on_why_a_peer_gives_no_answer)
{
	int fd = ask_alice();

	stream_ends("unsupported", "the peer does not speak this protocol");
	cr_assert_not(request.answered, "bytes may be on their way");
	close(fd);
	turn_until_answered();
	cr_assert_eq(request.err, PU_EUNSUPPORTED);
	cr_assert_str_eq(request.text, "the peer does not speak this protocol");
}

Test(naming, calls_half_an_answer_what_it_is)
{
	int fd = ask_alice();

	peer_says(fd, WEB, 9);
	close(fd);
	for (int i = 0; i < 5; i++)
		uv_run(&host.loop, UV_RUN_NOWAIT);
	cr_assert_not(request.answered, "transport will say why");
	stream_ends("ok", "");
	cr_assert_eq(request.err, PU_EPROTOCOL);
}

Test(naming, refuses_an_answer_that_it_cannot_read)
{
	int fd = ask_alice();

	peer_says(fd, "\x02\x0a\x05", 3);
	turn_until_answered();
	cr_assert_eq(request.err, PU_EPROTOCOL);
	close(fd);
}

Test(naming, asks_so_many_peers_at_once_and_no_more)
{
	for (int i = 0; i < NAMING_ASKS_MAX; i++) {
		ask(PU_MSG_NAMING_SERVICES, &(struct pu_naming_services){"home"}, NULL);
		cr_assert_not(request.answered);
	}
	cr_assert_eq(ask(PU_MSG_NAMING_SERVICES, &(struct pu_naming_services){"home"}, NULL),
	             PU_EBUSY);
}

Test(naming, closes_what_is_opened_too_late)
{
	int fds[2];
	char byte;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	streams.ops->on_opened(streams.user, 99, PU_OK, "", fds[0]);
	cr_assert_eq(read(fds[1], &byte, 1), 0);
	close(fds[1]);
}

/* ---- answering a peer ---- */

static void peer_asks(void)
{
	const struct pu_stream_inbound inbound = {7, BOB, NAMING_DISCOVERY_PROTOCOL, B};

	streams.refused = PU_OK;
	streams.ops->on_inbound(streams.user, &inbound);
}

static void auth_says(bool allowed)
{
	cr_assert_eq(asked.id, PU_MSG_AUTH_CHECK);
	cr_assert_str_eq(asked.service, "discovery");
	asked.answered(
	    asked.user, PU_OK, "",
	    &(struct pu_auth_verdict){.allowed = allowed, .reason = "because", .generation = 1});
}

static void proxy_offers(size_t len)
{
	static const struct pu_offer web = {"web", "/peerup/web/1.0.0", {NULL, 0}};

	cr_assert_eq(asked.id, PU_MSG_PROXY_OFFERS);
	cr_assert_str_eq(asked.peer, BOB);
	asked.answered(asked.user, PU_OK, "", &(struct pu_proxy_offered){{&web, len}});
}

Test(naming, tells_a_peer_what_proxy_offers_it)
{
	char bytes[64];
	size_t got = 0;

	peer_asks();
	auth_says(true);
	proxy_offers(1);
	cr_assert_geq(streams.accepted, 0);
	/* Bytes that nobody asked for do no harm. */
	cr_assert_eq(write(streams.accepted, "hello", 5), 5);
	cr_assert_eq(shutdown(streams.accepted, SHUT_WR), 0);
	while (naming.answers_len > 0)
		uv_run(&host.loop, UV_RUN_ONCE);
	for (ssize_t len; (len = read(streams.accepted, bytes + got, sizeof(bytes) - got)) > 0;)
		got += (size_t)len;
	cr_assert_eq(got, sizeof(WEB) - 1);
	cr_assert_arr_eq(bytes, WEB, got);
	close(streams.accepted);
}

Test(naming, tells_a_stranger_nothing)
{
	peer_asks();
	auth_says(false);
	cr_assert_eq(streams.refused, PU_ENOTAUTHORIZED);
	cr_assert_eq(naming.answers_len, 0);
	cr_assert_eq(streams.accepted, -1);
}

Test(naming, tells_nothing_when_auth_or_proxy_does_not_answer)
{
	peer_asks();
	asked.answered(asked.user, PU_ETIMEOUT, "auth did not answer", NULL);
	cr_assert_eq(streams.refused, PU_ETIMEOUT);
	peer_asks();
	auth_says(true);
	asked.answered(asked.user, PU_ECLOSED, "proxy is not running", NULL);
	cr_assert_eq(streams.refused, PU_ECLOSED);
	cr_assert_eq(naming.answers_len, 0);
}

Test(naming, forgets_a_question_whose_stream_has_ended)
{
	peer_asks();
	streams.ops->on_closed(streams.user,
	                       &(struct pu_stream_closed){.id = 7, .code = "closed", .message = ""},
	                       true);
	cr_assert_null(asked.answered);
	cr_assert_eq(naming.answers_len, 0);
}

Test(naming, answers_so_many_peers_at_once_and_no_more)
{
	for (int i = 0; i < NAMING_ANSWERS_MAX; i++)
		peer_asks();
	cr_assert_eq(streams.refused, PU_OK);
	peer_asks();
	cr_assert_eq(streams.refused, PU_EBUSY);
}
