#include "io_pump.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codes.h"
#include "net_stage.h"
#include "quic/limits.h"

TestSuite(pump, .init = stage_begin, .fini = stage_end);

static bool is_over(void)
{
	return client.closed == 1 && server.closed == 1 && conn->substreams_len == 0;
}

/* ---- bytes ---- */

Test(pump, bytes_go_both_ways)
{
	int here, there;
	stage_through(&here, &there);
	stage_says(here, "question");
	cr_assert(stage_gives(there, "question"));
	stage_says(there, "answer");
	cr_assert(stage_gives(here, "answer"));
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
	stage_registers(&server, "/peerup/*");
	here = stage_pair(&theirs);
	cr_assert(write(here, "early", 5) == 5);
	stage_opens(7, ECHO_PROTOCOL, theirs);
	net_sleep(&net, 500);
	there = stage_pair(&theirs);
	stage_accepts(&server, theirs);
	cr_assert(stage_gives(there, "early"));
	close(here);
	close(there);
}

Test(pump, each_half_ends_by_itself)
{
	int here, there;
	char byte;
	stage_through(&here, &there);
	stage_says(here, "request");
	cr_assert(shutdown(here, SHUT_WR) == 0);
	net_sleep(&net, 50);
	cr_assert(stage_gives(there, "request"));
	cr_assert(read(there, &byte, 1) == 0, "the end of the request");
	stage_says(there, "reply");
	cr_assert(stage_gives(here, "reply"));
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
	stage_through(&here, &there);
	cr_assert(shutdown(there, SHUT_WR) == 0);
	net_sleep(&net, 50);
	cr_assert(read(here, &byte, 1) == 0);
	stage_says(here, "still");
	cr_assert(stage_gives(there, "still"));
	close(here);
	net_sleep(&net, 50);
	cr_assert(is_over());
	close(there);
}

/* A Unix socket closed with unread bytes is its reset. */
static void reset(int fd, int other)
{
	stage_says(other, "unread");
	close(fd);
	net_sleep(&net, 50);
	(void)!write(other, "more", 4);
	net_sleep(&net, 100);
}

Test(pump, a_reset_here_is_a_reset_there)
{
	int here, there;
	char byte;
	stage_through(&here, &there);
	reset(here, there);
	cr_assert(is_over());
	cr_assert_str_eq(client.code, "ok", "it is the client's own wish");
	cr_assert_str_eq(client.text, "the local connection was reset");
	cr_assert_str_eq(server.code, "closed");
	cr_assert(read(there, &byte, 1) <= 0);
	close(there);
}

Test(pump, a_reset_there_is_a_reset_here_and_says_whose)
{
	int here, there;
	stage_through(&here, &there);
	reset(there, here);
	cr_assert(is_over());
	cr_assert_str_eq(client.code, "closed");
	cr_assert(strstr(client.text, "reset the connection") != NULL, "%s", client.text);
	cr_assert_str_eq(server.code, "closed");
	close(here);
}

Test(pump, a_client_that_leaves_before_the_answer_has_not_failed)
{
	int here, there;
	stage_through(&here, &there);
	close(here);
	net_sleep(&net, 50);
	stage_says(there, "too late");
	net_sleep(&net, 100);
	cr_assert(is_over());
	cr_assert_str_eq(client.code, "ok");
	cr_assert_str_eq(client.text, "the local side closed the connection");
	close(there);
}

Test(pump, a_lost_connection_resets_both_and_says_why)
{
	int here, there;
	stage_through(&here, &there);
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
	int theirs, here = stage_pair(&theirs);
	stage_registers(&server, "/peerup/*");
	stage_opens(7, ECHO_PROTOCOL, theirs);
	struct transport_substream *substream =
	    PU_LIST_ENTRY(pu_list_first(&conn->substreams), struct transport_substream, in_conn);
	pu_stream_stop_sending(substream->stream, 0);
	cr_assert(shutdown(here, SHUT_WR) == 0);
	net_sleep(&net, 50);
	int there = stage_pair(&theirs);
	stage_accepts(&server, theirs);
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
	stage_through(&here, &there);
	size_t written = write_all_it_takes(here);
	cr_assert(written > 1 << 20 && written < 32 << 20, "%zu", written);
	pu_quic_endpoint_stats(b->sim->ep, &stats);
	cr_assert(stats.memory_recv <= PU_QUIC_STREAM_WINDOW_MAX * 2, "%zu", stats.memory_recv);
	cr_assert_not(is_busy());
	cr_assert(read_all_there_is(there) == written);
	stage_says(here, "again");
	cr_assert(stage_gives(there, "again"));
	close(here);
	close(there);
	net_sleep(&net, 50);
	cr_assert(is_over());
}

Test(pump, an_idle_one_costs_nothing)
{
	int here, there;
	stage_through(&here, &there);
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
	stage_through(&here, &there);
	write_all_it_takes(here);
	close(there);
	net_sleep(&net, 200);
	cr_assert(server.closed == 1 && client.closed == 1);
	close(here);
}

Test(pump, a_service_that_takes_no_more_lets_the_reply_through)
{
	int here, there;
	stage_through(&here, &there);
	cr_assert(shutdown(there, SHUT_RD) == 0);
	stage_says(here, "unwanted");
	stage_says(here, "unwanted");
	stage_says(there, "reply");
	cr_assert(stage_gives(here, "reply"));
	close(there);
	net_sleep(&net, 100);
	cr_assert(is_over());
	close(here);
}
