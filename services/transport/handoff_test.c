#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codes.h"
#include "handoff.h"
#include "net_sim.h"
#include "quic/limits.h"

#define ECHO_PROTOCOL "/peerup/echo/1.0.0"

static struct net net;
static struct net_node *a, *b;
static struct net_service client, server; /* at a and at b */
static struct transport_conn *conn;

static void set_up(void)
{
	net_init(&net);
	a = net_add(&net);
	b = net_add(&net);
	conn = net_join(a, b);
	net_service_start(&client, a);
	net_service_start(&server, b);
	net_sleep(&net, 20);
}

static void tear_down(void)
{
	net_service_stop(&client);
	net_service_stop(&server);
	net_fini(&net);
}

TestSuite(handoff, .init = set_up, .fini = tear_down);
TestSuite(pump, .init = set_up, .fini = tear_down);

/* ---- what processes say ---- */

static void registers(struct net_service *service, const char *protocol)
{
	struct pu_stream_register message = {.id = 1, .protocol = protocol};
	net_service_send(service, PU_MSG_STREAM_REGISTER, &message, -1);
	net_sleep(&net, 20);
}

static void opens(uint64_t id, const char *protocol, int fd)
{
	struct pu_stream_open message = {
	    .id = id, .peer = b->transport.identity.text, .protocol = protocol};
	net_service_send(&client, PU_MSG_STREAM_OPEN, &message, fd);
	net_sleep(&net, 50);
}

static void accepts(struct net_service *service, int fd)
{
	struct pu_stream_accept message = {.id = service->id};
	net_service_send(service, PU_MSG_STREAM_ACCEPT, &message, fd);
	net_sleep(&net, 50);
}

static void refuses(const char *code)
{
	struct pu_stream_failed message = {.id = server.id, .code = code, .message = "no"};
	net_service_send(&server, PU_MSG_STREAM_FAILED, &message, -1);
	net_sleep(&net, 50);
}

static void nonblocking(int fd)
{
	cr_assert(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
}

/* The test's end of a pair whose other end goes to transport. */
static int pair(int *theirs)
{
	int fds[2];
	cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	nonblocking(fds[0]);
	*theirs = fds[1];
	return fds[0];
}

/* A stream all the way: the program at `here` talks with the one at `there`. */
static void through(int *here, int *there)
{
	int theirs;
	registers(&server, "/peerup/*");
	*here = pair(&theirs);
	opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(client.opened == 1 && server.inbound == 1, "%s", client.text);
	*there = pair(&theirs);
	accepts(&server, theirs);
}

static bool gives(int fd, const char *text)
{
	char got[256];
	ssize_t len = read(fd, got, sizeof(got));
	return len == (ssize_t)strlen(text) && memcmp(got, text, (size_t)len) == 0;
}

static void says(int fd, const char *text)
{
	cr_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	net_sleep(&net, 50);
}

static bool is_over(void)
{
	return client.closed == 1 && server.closed == 1 && conn->substreams_len == 0;
}

/* ---- bytes ---- */

Test(pump, bytes_go_both_ways)
{
	int here, there;
	through(&here, &there);
	says(here, "question");
	cr_assert(gives(there, "question"));
	says(there, "answer");
	cr_assert(gives(here, "answer"));
	close(here);
	close(there);
	net_sleep(&net, 50);
	cr_assert(is_over());
	cr_assert_str_eq(client.code, "ok");
	cr_assert(client.bytes_out == 8 && client.bytes_in == 6);
	cr_assert(server.bytes_in == 8 && server.bytes_out == 6);
}

Test(pump, what_is_said_before_the_other_side_is_there_is_kept)
{
	int here, there, theirs;
	registers(&server, "/peerup/*");
	here = pair(&theirs);
	cr_assert(write(here, "early", 5) == 5);
	opens(7, ECHO_PROTOCOL, theirs);
	net_sleep(&net, 500);
	there = pair(&theirs);
	accepts(&server, theirs);
	cr_assert(gives(there, "early"));
	close(here);
	close(there);
}

Test(pump, each_half_ends_by_itself)
{
	int here, there;
	char byte;
	through(&here, &there);
	says(here, "request");
	cr_assert(shutdown(here, SHUT_WR) == 0);
	net_sleep(&net, 50);
	cr_assert(gives(there, "request"));
	cr_assert(read(there, &byte, 1) == 0, "the end of the request");
	says(there, "reply");
	cr_assert(gives(here, "reply"));
	cr_assert(read(here, &byte, 1) < 0 && errno == EAGAIN, "the reply goes on");
	cr_assert(shutdown(there, SHUT_WR) == 0);
	net_sleep(&net, 50);
	cr_assert(read(here, &byte, 1) == 0);
	cr_assert(is_over());
	cr_assert_str_eq(client.code, "ok");
	cr_assert_str_eq(server.code, "ok");
	close(here);
	close(there);
}

Test(pump, the_other_half_may_end_first)
{
	int here, there;
	char byte;
	through(&here, &there);
	cr_assert(shutdown(there, SHUT_WR) == 0);
	net_sleep(&net, 50);
	cr_assert(read(here, &byte, 1) == 0);
	says(here, "still");
	cr_assert(gives(there, "still"));
	close(here);
	net_sleep(&net, 50);
	cr_assert(is_over());
	close(there);
}

/* A Unix socket closed with unread bytes is its reset. */
static void reset(int fd, int other)
{
	says(other, "unread");
	close(fd);
	net_sleep(&net, 50);
	(void)!write(other, "more", 4);
	net_sleep(&net, 100);
}

Test(pump, a_reset_here_is_a_reset_there)
{
	int here, there;
	char byte;
	through(&here, &there);
	reset(here, there);
	cr_assert(is_over());
	cr_assert_str_eq(client.text, "the local connection was reset");
	cr_assert_str_eq(server.code, "closed");
	cr_assert(read(there, &byte, 1) <= 0);
	close(there);
}

Test(pump, a_reset_there_is_a_reset_here_and_says_whose)
{
	int here, there;
	through(&here, &there);
	reset(there, here);
	cr_assert(is_over());
	cr_assert_str_eq(client.code, "closed");
	cr_assert(strstr(client.text, "reset the connection") != NULL, "%s", client.text);
	close(here);
}

Test(pump, a_lost_connection_resets_both_and_says_why)
{
	int here, there;
	through(&here, &there);
	transport_peer_disconnect(net_peer(b, a), CONN_CODE_GATED, "not authorized");
	net_sleep(&net, 50);
	cr_assert(client.closed == 1 && server.closed == 1);
	cr_assert_str_eq(client.code, "not_authorized");
	cr_assert_str_eq(server.code, "closed");
	close(here);
	close(there);
}

Test(pump, a_peer_that_stopped_us_before_we_began_ends_it)
{
	int theirs, here = pair(&theirs);
	registers(&server, "/peerup/*");
	opens(7, ECHO_PROTOCOL, theirs);
	struct transport_substream *substream =
	    PU_LIST_ENTRY(pu_list_first(&conn->substreams), struct transport_substream, in_conn);
	pu_quic_stream_stop_sending(substream->quic, 0);
	cr_assert(shutdown(here, SHUT_WR) == 0);
	net_sleep(&net, 50);
	int there = pair(&theirs);
	accepts(&server, theirs);
	(void)!write(there, "for nobody", 10);
	net_sleep(&net, 50);
	cr_assert(server.closed == 1);
	close(here);
	close(there);
}

/* ---- who does not read ---- */

static size_t write_all_it_takes(int fd)
{
	static const char block[65536];
	size_t total = 0;
	for (int idle = 0; idle < 50; net_step(&net, 10)) {
		ssize_t len = write(fd, block, sizeof(block));
		idle = len > 0 ? 0 : idle + 1;
		total += len > 0 ? (size_t)len : 0;
	}
	return total;
}

static size_t read_all_there_is(int fd)
{
	static char block[65536];
	size_t total = 0;
	for (int idle = 0; idle < 50; net_step(&net, 10)) {
		ssize_t len = read(fd, block, sizeof(block));
		idle = len > 0 ? 0 : idle + 1;
		total += len > 0 ? (size_t)len : 0;
	}
	return total;
}

/* Whether the loop would wake up at once again. */
static bool is_busy(void)
{
	struct pollfd pollfd = {.fd = uv_backend_fd(&net.loop), .events = POLLIN};
	net_step(&net, 1);
	return poll(&pollfd, 1, 0) != 0;
}

Test(pump, who_does_not_read_stops_who_writes)
{
	int here, there;
	struct pu_quic_stats stats;
	through(&here, &there);
	size_t written = write_all_it_takes(here);
	cr_assert(written > 1 << 20 && written < 32 << 20, "%zu", written);
	pu_quic_endpoint_stats(b->sim->ep, &stats);
	cr_assert(stats.memory_recv <= PU_QUIC_STREAM_WINDOW_MAX * 2, "%zu", stats.memory_recv);
	cr_assert_not(is_busy());
	cr_assert(read_all_there_is(there) == written);
	says(here, "again");
	cr_assert(gives(there, "again"));
	close(here);
	close(there);
	net_sleep(&net, 50);
	cr_assert(is_over());
}

Test(pump, an_idle_one_costs_nothing)
{
	int here, there;
	through(&here, &there);
	cr_assert_not(is_busy());
	cr_assert(shutdown(here, SHUT_WR) == 0);
	net_sleep(&net, 50);
	cr_assert_not(is_busy());
	close(here);
	close(there);
}

Test(pump, who_closes_while_the_other_side_is_full_ends_both)
{
	int here, there;
	through(&here, &there);
	write_all_it_takes(here);
	close(there);
	net_sleep(&net, 200);
	cr_assert(server.closed == 1 && client.closed == 1);
	close(here);
}

Test(pump, a_service_that_takes_no_more_lets_the_reply_through)
{
	int here, there;
	through(&here, &there);
	cr_assert(shutdown(there, SHUT_RD) == 0);
	says(here, "unwanted");
	says(here, "unwanted");
	says(there, "reply");
	cr_assert(gives(here, "reply"));
	close(there);
	net_sleep(&net, 100);
	cr_assert(is_over());
	close(here);
}

/* ---- opening ---- */

Test(handoff, a_process_without_a_socket_gets_one)
{
	int theirs;
	registers(&server, "/peerup/*");
	opens(7, ECHO_PROTOCOL, -1);
	cr_assert(client.opened == 1 && client.fd >= 0);
	int there = pair(&theirs);
	accepts(&server, theirs);
	nonblocking(client.fd);
	says(client.fd, "hello");
	cr_assert(gives(there, "hello"));
	close(there);
}

Test(handoff, a_stream_connects_the_peer_first)
{
	int theirs;
	registers(&server, "/peerup/*");
	transport_peer_disconnect(net_peer(a, b), CONN_CODE_NONE, "test");
	net_sleep(&net, 100);
	int here = pair(&theirs);
	opens(7, ECHO_PROTOCOL, theirs);
	net_sleep(&net, 100);
	cr_assert(client.opened == 1 && server.inbound == 1);
	close(here);
	transport_peer_disconnect(net_peer(a, b), CONN_CODE_NONE, "test");
	net_sleep(&net, 100);
}

Test(handoff, a_peer_that_cannot_be_reached_fails_the_stream)
{
	int theirs;
	char byte;
	transport_peer_disconnect(net_peer(a, b), CONN_CODE_NONE, "test");
	net_sleep(&net, 100);
	a->unnamed = true;
	int here = pair(&theirs);
	opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(client.failed == 1 && client.opened == 0 && client.closed == 0);
	cr_assert_str_eq(client.code, "unreachable");
	cr_assert(read(here, &byte, 1) == 0, "transport has let go of it");
	close(here);
}

Test(handoff, an_id_that_is_in_use_is_refused)
{
	int here, there, theirs;
	through(&here, &there);
	int other = pair(&theirs);
	opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(client.failed == 1);
	cr_assert_str_eq(client.code, "exists");
	says(here, "still works");
	cr_assert(gives(there, "still works"));
	close(here);
	close(there);
	close(other);
}

Test(handoff, a_descriptor_that_cannot_be_polled_fails_the_stream)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	registers(&server, "/peerup/*");
	opens(7, ECHO_PROTOCOL, fd);
	cr_assert(client.failed == 1 && client.opened == 0);
	net_sleep(&net, 100);
}

Test(handoff, a_process_that_dies_while_it_waits_leaves_nothing)
{
	int theirs;
	transport_peer_disconnect(net_peer(a, b), CONN_CODE_NONE, "test");
	net_sleep(&net, 100);
	a->also = "/ip4/10.0.0.77/udp/9/quic-v1";
	a->unnamed = true;
	int here = pair(&theirs);
	opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(net_peer(a, b)->waiters_len == 1);
	net_service_stop(&client);
	net_sleep(&net, 100);
	cr_assert(net_peer(a, b)->waiters_len == 0);
	net_sleep(&net, 15000);
	cr_assert_null(net_peer(a, b));
	close(here);
	net_service_start(&client, a);
}

/* ---- inbound ---- */

Test(handoff, each_reason_to_refuse_has_its_code_on_the_wire)
{
	static const char *const codes[] = {"not_authorized", "not_found", "refused", "timeout",
	                                    "limit"};
	registers(&server, "/peerup/*");
	for (size_t i = 0; i < PU_ARRAY_LEN(codes); i++) {
		int theirs, here = pair(&theirs);
		client.closed = 0;
		opens(10 + i, ECHO_PROTOCOL, theirs);
		refuses(codes[i]);
		cr_assert(client.closed == 1);
		cr_assert_str_eq(client.code, codes[i]);
		close(here);
	}
}

Test(handoff, a_protocol_that_nobody_registered_is_refused)
{
	int theirs, here = pair(&theirs);
	opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(client.closed == 1);
	cr_assert_str_eq(client.code, "not_found");
	close(here);
}

Test(handoff, a_service_that_does_not_answer_is_not_waited_for_forever)
{
	int theirs, here = pair(&theirs);
	registers(&server, "/peerup/*");
	opens(7, ECHO_PROTOCOL, theirs);
	net_sleep(&net, TRANSPORT_INBOUND_ANSWER_MS);
	cr_assert(client.closed == 1);
	cr_assert_str_eq(client.code, "busy");
	server.closed = 0;
	accepts(&server, open("/dev/null", O_RDONLY | O_CLOEXEC)); /* too late */
	cr_assert(server.closed == 1);
	close(here);
}

Test(handoff, a_second_process_cannot_take_a_protocol)
{
	struct net_service thief;
	registers(&server, "/peerup/*");
	net_service_start(&thief, b);
	net_sleep(&net, 20);
	registers(&thief, "/peerup/*");
	cr_assert(thief.failed == 1);
	cr_assert_str_eq(thief.code, "exists");
	net_service_stop(&thief);
}

Test(handoff, the_narrowest_registration_gets_the_stream)
{
	struct net_service narrow;
	int theirs, here = pair(&theirs);
	registers(&server, "/peerup/*");
	net_service_start(&narrow, b);
	net_sleep(&net, 20);
	registers(&narrow, ECHO_PROTOCOL);
	opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(narrow.inbound == 1 && server.inbound == 0);
	close(here);
	net_service_stop(&narrow);
	net_sleep(&net, 20000);
}

Test(handoff, a_stream_waits_for_the_successor_of_a_dead_process)
{
	int theirs, here = pair(&theirs);
	registers(&server, "/peerup/*");
	net_service_stop(&server);
	net_sleep(&net, 20);
	opens(7, ECHO_PROTOCOL, theirs);
	net_service_start(&server, b);
	net_sleep(&net, 20);
	registers(&server, "/peerup/*");
	cr_assert(server.inbound == 1);
	cr_assert_str_eq(server.protocol, ECHO_PROTOCOL);
	int there = pair(&theirs);
	accepts(&server, theirs);
	says(here, "made it");
	cr_assert(gives(there, "made it"));
	close(here);
	close(there);
}

Test(handoff, a_stream_that_was_offered_to_the_dead_goes_to_the_successor)
{
	int theirs, here = pair(&theirs);
	registers(&server, "/peerup/*");
	opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(server.inbound == 1);
	net_service_stop(&server);
	net_service_start(&server, b);
	net_sleep(&net, 20);
	registers(&server, "/peerup/*");
	cr_assert(server.inbound == 1);
	refuses("refused");
	cr_assert_str_eq(client.code, "refused");
	close(here);
}

Test(handoff, streams_outlive_the_processes_that_handed_them_over)
{
	int here, there;
	through(&here, &there);
	net_service_stop(&client);
	net_service_stop(&server);
	net_sleep(&net, 100);
	says(here, "still");
	cr_assert(gives(there, "still"));
	close(here);
	close(there);
	net_sleep(&net, 100);
	cr_assert(conn->substreams_len == 0);
	net_service_start(&client, a);
	net_service_start(&server, b);
}

Test(handoff, a_registration_without_a_process_ends)
{
	const char *names[4];
	registers(&server, ECHO_PROTOCOL);
	cr_assert(transport_handoff_list(b->transport.handoff, names, 4) == 1);
	net_service_stop(&server);
	net_sleep(&net, 10000);
	cr_assert(transport_handoff_list(b->transport.handoff, names, 4) == 0);
	net_service_start(&server, b);
}

/* ---- need and credit ---- */

Test(handoff, a_need_ends_with_its_process)
{
	struct pu_stream_need need = {.peer = b->transport.identity.text, .needed = true};
	net_service_send(&client, PU_MSG_STREAM_NEED, &need, -1);
	net_service_send(&client, PU_MSG_STREAM_NEED, &need, -1);
	net_sleep(&net, 20);
	cr_assert(net_peer(a, b)->needed == 1);
	net_service_stop(&client);
	net_sleep(&net, 20);
	cr_assert(net_peer(a, b)->needed == 0);
	net_service_start(&client, a);
}

static int fds[PU_QUIC_STREAMS_MAX + 10];

/* As many streams as the peer allows, and five that wait. */
static void starve(void)
{
	b->config.limits.streams_per_protocol = 1000;
	registers(&server, "/peerup/*");
	for (size_t i = 0; i < PU_QUIC_STREAMS_MAX + 5; i++) {
		int theirs;
		fds[i] = pair(&theirs);
		struct pu_stream_open message = {
		    .id = 100 + i, .peer = b->transport.identity.text, .protocol = ECHO_PROTOCOL};
		net_service_send(&client, PU_MSG_STREAM_OPEN, &message, theirs);
		net_step(&net, 10);
	}
	net_sleep(&net, 50);
	cr_assert(client.opened == PU_QUIC_STREAMS_MAX, "%u", client.opened);
}

static void close_all(void)
{
	for (size_t i = 0; i < PU_QUIC_STREAMS_MAX + 5; i++)
		close(fds[i]);
}

Test(handoff, streams_without_credit_wait_for_it)
{
	starve();
	for (unsigned i = 1; i <= 5; i++) {
		refuses("refused"); /* each makes room for one that waits */
		cr_assert(client.opened == PU_QUIC_STREAMS_MAX + i, "%u", client.opened);
	}
	close_all();
}

Test(handoff, streams_without_credit_move_to_the_next_connection)
{
	starve();
	transport_peer_disconnect(net_peer(a, b), CONN_CODE_NONE, "test");
	net_sleep(&net, 500);
	cr_assert(client.opened == PU_QUIC_STREAMS_MAX + 5, "%u", client.opened);
	close_all();
}

Test(handoff, who_breaks_the_format_is_cut_off)
{
	/* Only transport may say this. */
	struct pu_stream_closed message = {.id = 1, .code = "ok", .message = ""};
	net_service_send(&client, PU_MSG_STREAM_CLOSED, &message, -1);
	net_sleep(&net, 20);
	cr_assert(client.gone);
}
