#include "handoff.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "codes.h"
#include "net_stage.h"
#include "quic/limits.h"

TestSuite(handoff, .init = stage_begin, .fini = stage_end);

/* ---- opening ---- */

Test(handoff, a_process_without_a_socket_gets_one)
{
	int theirs;
	stage_registers(&server, "/peerup/*");
	stage_opens(7, ECHO_PROTOCOL, -1);
	cr_assert(client.opened == 1 && client.fd >= 0);
	int there = stage_pair(&theirs);
	stage_accepts(&server, theirs);
	stage_nonblocking(client.fd);
	stage_says(client.fd, "hello");
	cr_assert(stage_gives(there, "hello"));
	close(there);
}

Test(handoff, a_stream_connects_the_peer_first)
{
	int theirs;
	stage_registers(&server, "/peerup/*");
	transport_peer_disconnect(net_peer(a, b), CONN_CODE_NONE, "test");
	net_sleep(&net, 100);
	int here = stage_pair(&theirs);
	stage_opens(7, ECHO_PROTOCOL, theirs);
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
	int here = stage_pair(&theirs);
	stage_opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(client.failed == 1 && client.opened == 0 && client.closed == 0);
	cr_assert_str_eq(client.code, "unreachable");
	cr_assert(read(here, &byte, 1) == 0, "transport has let go of it");
	close(here);
}

Test(handoff, an_id_that_is_in_use_is_refused)
{
	int here, there, theirs;
	stage_through(&here, &there);
	int other = stage_pair(&theirs);
	stage_opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(client.failed == 1);
	cr_assert_str_eq(client.code, "exists");
	stage_says(here, "still works");
	cr_assert(stage_gives(there, "still works"));
	close(here);
	close(there);
	close(other);
}

Test(handoff, a_descriptor_that_cannot_be_polled_fails_the_stream)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	stage_registers(&server, "/peerup/*");
	stage_opens(7, ECHO_PROTOCOL, fd);
	cr_assert(client.failed == 1 && client.opened == 0);
	net_sleep(&net, 100);
}

Test(handoff, a_process_that_dies_while_it_waits_leaves_nothing)
{
	transport_peer_disconnect(net_peer(a, b), CONN_CODE_NONE, "test");
	net_sleep(&net, 100);
	a->also = "/ip4/10.0.0.77/udp/9/quic-v1";
	a->unnamed = true;
	stage_opens(7, ECHO_PROTOCOL, -1);
	cr_assert(net_peer(a, b)->waiters_len == 1);
	net_service_stop(&client);
	net_sleep(&net, 100);
	cr_assert(net_peer(a, b)->waiters_len == 0);
	net_sleep(&net, 15000);
	cr_assert_null(net_peer(a, b));
	net_service_start(&client, a);
}

/* Opens a stream for a client's descriptor, to a peer that cannot be connected to before auth
 * answers, and ends the process that asked. Answers our end of the client. */
static int stage_orphan(void)
{
	int theirs;
	stage_registers(&server, "/peerup/*");
	transport_peer_disconnect(net_peer(a, b), CONN_CODE_NONE, "test");
	net_sleep(&net, 100);
	a->auth_silent = true;
	int here = stage_pair(&theirs);
	stage_opens(7, ECHO_PROTOCOL, theirs);
	net_service_stop(&client);
	net_sleep(&net, 100);
	cr_assert(net_peer(a, b)->waiters_len == 1);
	return here;
}

Test(handoff, a_client_is_served_though_the_process_that_accepted_it_dies)
{
	int here = stage_orphan();
	a->auth_silent = false;
	net_sleep(&net, 100);
	cr_assert(server.inbound == 1);
	close(here);
	net_service_start(&client, a);
}

Test(handoff, a_client_without_a_process_is_let_go_of_when_the_peer_cannot_be_reached)
{
	int here = stage_orphan();
	char byte;
	net_sleep(&net, 15000);
	cr_assert(read(here, &byte, 1) == 0);
	close(here);
	net_service_start(&client, a);
}

Test(handoff, a_client_without_a_process_ends_with_transport)
{
	close(stage_orphan());
	net_service_start(&client, a);
}

/* ---- inbound ---- */

Test(handoff, each_reason_to_refuse_has_its_code_on_the_wire)
{
	static const char *const codes[] = {"not_authorized", "not_found", "refused", "timeout",
	                                    "limit"};
	stage_registers(&server, "/peerup/*");
	for (size_t i = 0; i < PU_ARRAY_LEN(codes); i++) {
		int theirs, here = stage_pair(&theirs);
		client.closed = 0;
		stage_opens(10 + i, ECHO_PROTOCOL, theirs);
		stage_refuses(codes[i]);
		cr_assert(client.closed == 1);
		cr_assert_str_eq(client.code, codes[i]);
		close(here);
	}
}

Test(handoff, a_protocol_that_nobody_registered_is_refused)
{
	int theirs, here = stage_pair(&theirs);
	stage_opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(client.closed == 1);
	cr_assert_str_eq(client.code, "not_found");
	close(here);
}

Test(handoff, a_service_that_does_not_answer_is_not_waited_for_forever)
{
	int theirs, here = stage_pair(&theirs);
	stage_registers(&server, "/peerup/*");
	stage_opens(7, ECHO_PROTOCOL, theirs);
	net_sleep(&net, TRANSPORT_INBOUND_ANSWER_MS);
	cr_assert(client.closed == 1);
	cr_assert_str_eq(client.code, "busy");
	server.closed = 0;
	stage_accepts(&server, open("/dev/null", O_RDONLY | O_CLOEXEC)); /* too late */
	cr_assert(server.closed == 1);
	close(here);
}

/* Sends the highest descriptor that is open, and there is room for none while it arrives. */
static void send_without_room(struct net_service *service, enum pu_msg id, const void *message,
                              int fd)
{
	struct rlimit before, now;
	cr_assert(getrlimit(RLIMIT_NOFILE, &before) == 0);
	now = (struct rlimit){.rlim_cur = (rlim_t)fd, .rlim_max = before.rlim_max};
	net_service_send(service, id, message, fd);
	cr_assert(setrlimit(RLIMIT_NOFILE, &now) == 0);
	net_sleep(&net, 50);
	cr_assert(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

Test(handoff, a_socket_that_transport_has_no_room_for_fails_its_stream_alone)
{
	int here, there, theirs;
	stage_through(&here, &there);
	int other = stage_pair(&theirs);
	struct pu_stream_open message = {
	    .id = 8, .peer = b->transport.identity.text, .protocol = ECHO_PROTOCOL};
	send_without_room(&client, PU_MSG_STREAM_OPEN, &message, theirs);
	cr_assert(client.failed == 1 && client.opened == 1);
	cr_assert_str_eq(client.code, "limit");
	stage_says(here, "still works");
	cr_assert(stage_gives(there, "still works"));
	close(here);
	close(there);
	close(other);
}

Test(handoff, a_target_that_transport_has_no_room_for_ends_at_both_ends)
{
	int theirs, here = stage_pair(&theirs);
	stage_registers(&server, "/peerup/*");
	stage_opens(7, ECHO_PROTOCOL, theirs);
	int there = stage_pair(&theirs);
	struct pu_stream_accept message = {.id = server.id};
	send_without_room(&server, PU_MSG_STREAM_ACCEPT, &message, theirs);
	cr_assert(server.closed == 1 && client.closed == 1);
	cr_assert(server.id == message.id);
	cr_assert_str_eq(server.code, "limit");
	cr_assert_str_eq(client.code, "busy");
	close(here);
	close(there);
}

Test(handoff, a_second_process_cannot_take_a_protocol)
{
	struct net_service thief;
	stage_registers(&server, "/peerup/*");
	net_service_start(&thief, b);
	net_sleep(&net, 20);
	stage_registers(&thief, "/peerup/*");
	cr_assert(thief.failed == 1);
	cr_assert_str_eq(thief.code, "exists");
	net_service_stop(&thief);
}

Test(handoff, the_narrowest_registration_gets_the_stream)
{
	struct net_service narrow;
	int theirs, here = stage_pair(&theirs);
	stage_registers(&server, "/peerup/*");
	net_service_start(&narrow, b);
	net_sleep(&net, 20);
	stage_registers(&narrow, ECHO_PROTOCOL);
	stage_opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(narrow.inbound == 1 && server.inbound == 0);
	close(here);
	net_service_stop(&narrow);
	net_sleep(&net, 20000);
}

Test(handoff, a_stream_waits_for_the_successor_of_a_dead_process)
{
	int theirs, here = stage_pair(&theirs);
	stage_registers(&server, "/peerup/*");
	net_service_stop(&server);
	net_sleep(&net, 20);
	stage_opens(7, ECHO_PROTOCOL, theirs);
	net_service_start(&server, b);
	net_sleep(&net, 20);
	stage_registers(&server, "/peerup/*");
	cr_assert(server.inbound == 1);
	cr_assert_str_eq(server.protocol, ECHO_PROTOCOL);
	int there = stage_pair(&theirs);
	stage_accepts(&server, theirs);
	stage_says(here, "made it");
	cr_assert(stage_gives(there, "made it"));
	close(here);
	close(there);
}

Test(handoff, a_stream_that_was_offered_to_the_dead_goes_to_the_successor)
{
	int theirs, here = stage_pair(&theirs);
	stage_registers(&server, "/peerup/*");
	stage_opens(7, ECHO_PROTOCOL, theirs);
	cr_assert(server.inbound == 1);
	net_service_stop(&server);
	net_service_start(&server, b);
	net_sleep(&net, 20);
	stage_registers(&server, "/peerup/*");
	cr_assert(server.inbound == 1);
	stage_refuses("refused");
	cr_assert_str_eq(client.code, "refused");
	close(here);
}

Test(handoff, streams_outlive_the_processes_that_handed_them_over)
{
	int here, there;
	stage_through(&here, &there);
	net_service_stop(&client);
	net_service_stop(&server);
	net_sleep(&net, 100);
	stage_says(here, "still");
	cr_assert(stage_gives(there, "still"));
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
	stage_registers(&server, ECHO_PROTOCOL);
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
	stage_registers(&server, "/peerup/*");
	for (size_t i = 0; i < PU_QUIC_STREAMS_MAX + 5; i++) {
		int theirs;
		fds[i] = stage_pair(&theirs);
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
		stage_refuses("refused"); /* each makes room for one that waits */
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
