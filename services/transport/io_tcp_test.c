/* Connections within this machine: every wait is for something that must come. */
#include "io_tcp.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "io_tcp_listen.h"

#define BLOCK 65536

/* One end of a connection, and what became of it. The bytes are a sequence that tells a gap. */
struct end {
	struct transport_tcp *tcp;
	uint64_t sent, to_send, got;
	int connected, ends, writables;
	enum pu_err err; /* of the last on_end */
	bool damaged, free_on_bytes, pause_on_bytes;
};

static uv_loop_t loop;
static struct transport_tcp_engine engine;
static struct transport_tcp_listener *listener, *other;
static struct end here, there;   /* dialled, accepted */
static struct pu_quic_addr seen; /* whom the listener saw last */
static int accepted;
static bool close_accepted;

/* What is waited for comes, or the suite's timeout. */
#define UNTIL(condition)                                                                       \
	while (!(condition))                                                                       \
	cr_assert(uv_run(&loop, UV_RUN_ONCE) != 0 || (condition), "nothing left to wait for")

static uint8_t byte_at(uint64_t at)
{
	return (uint8_t)(at * 7 + (at >> 9));
}

static void on_connected(void *user)
{
	struct end *end = user;
	end->connected++;
}

static void on_bytes(void *user, struct pu_bytes bytes)
{
	struct end *end = user;
	cr_assert(bytes.len > 0 && bytes.len <= TRANSPORT_TCP_READ_MAX);
	for (size_t i = 0; i < bytes.len; i++)
		end->damaged |= bytes.data[i] != byte_at(end->got + i);
	end->got += bytes.len;
	if (end->pause_on_bytes)
		transport_tcp_pause(end->tcp);
	if (end->free_on_bytes) {
		transport_tcp_free(end->tcp);
		end->tcp = NULL;
	}
}

static void on_end(void *user, enum pu_err err)
{
	struct end *end = user;
	end->ends++;
	end->err = err;
}

/* Sends what is left of to_send, as far as it is taken. */
static void push(struct end *end)
{
	uint8_t block[BLOCK];
	while (end->sent < end->to_send) {
		size_t len = end->to_send - end->sent < BLOCK ? end->to_send - end->sent : BLOCK;
		for (size_t i = 0; i < len; i++)
			block[i] = byte_at(end->sent + i);
		struct iovec pieces[2] = {{block, len / 3}, {block + len / 3, len - len / 3}};
		size_t taken = transport_tcp_write(end->tcp, pieces, 2);
		end->sent += taken;
		if (taken < len)
			return;
	}
}

static void send_more(struct end *end, uint64_t len)
{
	end->to_send += len;
	push(end);
}

static void on_writable(void *user)
{
	struct end *end = user;
	end->writables++;
	push(end);
}

static const struct transport_tcp_ops ops = {
    .on_connected = on_connected,
    .on_bytes = on_bytes,
    .on_end = on_end,
    .on_writable = on_writable,
};

static void on_accept(void *user, int fd, const struct pu_quic_addr *remote)
{
	(void)user;
	cr_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	seen = *remote;
	accepted++;
	if (close_accepted || there.tcp != NULL) {
		close(fd);
		return;
	}
	enum pu_err err = transport_tcp_adopt(&engine, fd, &ops, &there, &there.tcp);
	cr_assert(err == PU_OK || (err == PU_ECLOSED && here.tcp == NULL));
}

static struct pu_quic_addr ipv4(const char *ip, uint16_t port)
{
	struct pu_quic_addr addr = {.len = sizeof(addr.in)};
	addr.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
	cr_assert_eq(inet_pton(AF_INET, ip, &addr.in.sin_addr), 1);
	return addr;
}

static uint16_t port_of(const struct pu_quic_addr *addr)
{
	return ntohs(addr->in.sin_port);
}

static struct transport_tcp_listener *listen_here(void)
{
	struct pu_quic_addr addr = ipv4("127.0.0.1", 0);
	struct transport_tcp_listener *made;
	cr_assert_eq(transport_tcp_listen(&loop, &addr.sa, on_accept, NULL, &made), PU_OK);
	cr_assert_neq(port_of(transport_tcp_listener_local(made)), 0);
	return made;
}

static void set_up(void)
{
	uv_loop_init(&loop);
	transport_tcp_engine_init(&engine, &loop);
	listener = listen_here();
}

static void tear_down(void)
{
	cr_assert_not(here.damaged);
	cr_assert_not(there.damaged);
	transport_tcp_free(here.tcp);
	transport_tcp_free(there.tcp);
	transport_tcp_listener_free(listener);
	transport_tcp_listener_free(other);
	transport_tcp_engine_fini(&engine);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&loop), 0, "nothing is left in the loop");
}

TestSuite(tcp, .init = set_up, .fini = tear_down, .timeout = 60);

static const struct sockaddr *address(void)
{
	return &transport_tcp_listener_local(listener)->sa;
}

static enum pu_err dial(const struct sockaddr *remote, const struct sockaddr *from)
{
	return transport_tcp_dial(&engine, remote, from, &ops, &here, &here.tcp);
}

static void connect_both(void)
{
	cr_assert_eq(dial(address(), NULL), PU_OK);
	UNTIL(here.connected == 1 && there.tcp != NULL);
}

/* Whether the loop would wake up at once again. */
static bool is_busy(void)
{
	struct pollfd pollfd = {.fd = uv_backend_fd(&loop), .events = POLLIN};
	uv_run(&loop, UV_RUN_NOWAIT);
	return poll(&pollfd, 1, 0) != 0;
}

/* ---- listening ---- */

Test(tcp, an_address_that_is_taken_is_not_listened_on)
{
	struct transport_tcp_listener *second;
	cr_assert_eq(transport_tcp_listen(&loop, address(), on_accept, NULL, &second), PU_EBUSY);
	struct pu_quic_addr foreign = ipv4("192.0.2.1", 0);
	cr_assert_eq(transport_tcp_listen(&loop, &foreign.sa, on_accept, NULL, &second), PU_EINVAL);
	struct sockaddr local = {.sa_family = AF_UNIX};
	cr_assert_eq(transport_tcp_listen(&loop, &local, on_accept, NULL, &second), PU_EINVAL);
}

Test(tcp, both_families_listen_on_one_port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	if (transport_tcp_listen(&loop, (struct sockaddr *)&any, on_accept, NULL, &other) != PU_OK)
		cr_skip_test("this machine has no IPv6");
	struct transport_tcp_listener *third;
	struct pu_quic_addr same = ipv4("127.0.0.1", port_of(transport_tcp_listener_local(other)));
	enum pu_err err = transport_tcp_listen(&loop, &same.sa, on_accept, NULL, &third);
	cr_assert_eq(err, PU_OK);
	transport_tcp_listener_free(third);
}

Test(tcp, many_that_come_at_once_are_taken_in_turns)
{
	int clients[TRANSPORT_TCP_ACCEPTS * 2 + 1];
	close_accepted = true;
	for (size_t i = 0; i < PU_ARRAY_LEN(clients); i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		cr_assert_eq(connect(clients[i], address(), sizeof(struct sockaddr_in)), 0);
	}
	while (accepted < (int)PU_ARRAY_LEN(clients)) {
		int before = accepted;
		uv_run(&loop, UV_RUN_ONCE);
		cr_assert_leq(accepted - before, TRANSPORT_TCP_ACCEPTS);
	}
	for (size_t i = 0; i < PU_ARRAY_LEN(clients); i++)
		close(clients[i]);
}

/* The lowest number that is free: no limit at or below it leaves another. */
static rlim_t next_descriptor(void)
{
	int fd = dup(uv_backend_fd(&loop));
	cr_assert_geq(fd, 0);
	close(fd);
	return (rlim_t)fd;
}

static rlim_t limit_descriptors(rlim_t limit)
{
	struct rlimit now;
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &now), 0);
	struct rlimit wanted = {.rlim_cur = limit, .rlim_max = now.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &wanted), 0);
	return now.rlim_cur;
}

/* Takes about the second that the listener rests. */
Test(tcp, without_descriptors_the_listener_rests_and_goes_on)
{
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(connect(client, address(), sizeof(struct sockaddr_in)), 0);
	rlim_t before = limit_descriptors(next_descriptor());
	struct transport_tcp *none;
	cr_assert_eq(transport_tcp_dial(&engine, address(), NULL, &ops, NULL, &none), PU_ELIMIT);
	uv_run(&loop, UV_RUN_NOWAIT);
	cr_assert_not(is_busy(), "it does not spin");
	cr_assert_eq(accepted, 0);
	limit_descriptors(before);
	UNTIL(accepted == 1);
	close(client);
}

static void free_listener(void *user, int fd, const struct pu_quic_addr *remote)
{
	(void)remote;
	struct transport_tcp_listener **freed = user;
	transport_tcp_listener_free(*freed);
	*freed = NULL;
	accepted++;
	close(fd);
}

Test(tcp, a_listener_may_be_freed_as_it_accepts)
{
	struct pu_quic_addr addr = ipv4("127.0.0.1", 0);
	cr_assert_eq(transport_tcp_listen(&loop, &addr.sa, free_listener, &other, &other), PU_OK);
	struct pu_quic_addr local = *transport_tcp_listener_local(other);
	cr_assert_eq(dial(&local.sa, NULL), PU_OK);
	int second = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(connect(second, &local.sa, local.len), 0);
	UNTIL(here.ends > 0);
	cr_assert_eq(accepted, 1);
	close(second);
}

/* ---- dialling ---- */

Test(tcp, is_dialled_from_the_port_that_we_listen_on)
{
	other = listen_here();
	const struct pu_quic_addr *from = transport_tcp_listener_local(other);
	cr_assert_eq(dial(address(), &from->sa), PU_OK);
	UNTIL(here.connected == 1 && accepted == 1);
	cr_assert_eq(port_of(&seen), port_of(from));
	cr_assert_eq(port_of(transport_tcp_local(here.tcp)), port_of(from));
	cr_assert_eq(port_of(transport_tcp_remote(there.tcp)), port_of(from));
	cr_assert_eq(port_of(transport_tcp_remote(here.tcp)),
	             port_of(transport_tcp_local(there.tcp)));
}

/* The second connection cannot have the same two ends. */
Test(tcp, is_dialled_from_another_port_when_that_one_is_in_use)
{
	other = listen_here();
	const struct pu_quic_addr *from = transport_tcp_listener_local(other);
	cr_assert_eq(dial(address(), &from->sa), PU_OK);
	UNTIL(here.connected == 1 && accepted == 1);
	struct end again = {0};
	cr_assert_eq(transport_tcp_dial(&engine, address(), &from->sa, &ops, &again, &again.tcp),
	             PU_OK);
	UNTIL(again.connected == 1 && accepted == 2);
	cr_assert_neq(port_of(&seen), port_of(from));
	transport_tcp_free(again.tcp);
}

Test(tcp, is_dialled_from_anywhere_when_the_address_is_gone)
{
	struct pu_quic_addr gone = ipv4("192.0.2.1", 4001);
	cr_assert_eq(dial(address(), &gone.sa), PU_OK);
	UNTIL(here.connected == 1 && accepted == 1);
}

Test(tcp, is_not_dialled_between_families)
{
	struct sockaddr_in6 from = {.sin6_family = AF_INET6};
	struct sockaddr local = {.sa_family = AF_UNIX};
	cr_assert_eq(dial(address(), (struct sockaddr *)&from), PU_EINVAL);
	cr_assert_eq(dial(&local, NULL), PU_EINVAL);
}

/* A port of ours on which nobody listens. */
static int idle_port(struct pu_quic_addr *out)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*out = ipv4("127.0.0.1", 0);
	cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	cr_assert_eq(bind(fd, &out->sa, out->len), 0);
	cr_assert_eq(getsockname(fd, &out->sa, &out->len), 0);
	return fd;
}

Test(tcp, a_port_on_which_nobody_listens_refuses)
{
	struct pu_quic_addr nobody;
	int fd = idle_port(&nobody);
	enum pu_err err = dial(&nobody.sa, NULL);
	if (err == PU_OK) {
		UNTIL(here.ends == 1);
		err = here.err;
	}
	cr_assert_eq(err, PU_EREFUSED);
	cr_assert_eq(here.connected, 0);
	close(fd);
}

Test(tcp, a_connection_to_itself_is_none)
{
	struct pu_quic_addr self;
	int fd = idle_port(&self);
	cr_assert_eq(dial(&self.sa, &self.sa), PU_OK);
	UNTIL(here.ends == 1);
	cr_assert_eq(here.err, PU_EREFUSED);
	cr_assert_eq(here.connected, 0);
	close(fd);
}

Test(tcp, can_be_given_up_while_it_connects)
{
	cr_assert_eq(dial(address(), NULL), PU_OK);
	send_more(&here, 10);
	cr_assert_eq(here.sent, 0, "nothing is taken yet");
	transport_tcp_abort(here.tcp);
	here.tcp = NULL;
	uv_run(&loop, UV_RUN_NOWAIT);
	cr_assert(here.connected == 0 && here.ends == 0 && here.writables == 0);
}

Test(tcp, a_descriptor_that_is_no_connection_is_not_adopted)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct transport_tcp *none;
	cr_assert_eq(transport_tcp_adopt(&engine, fd, &ops, NULL, &none), PU_ECLOSED);
	cr_assert_eq(fcntl(fd, F_GETFD), -1, "it is closed");
}

/* ---- bytes ---- */

Test(tcp, what_was_written_early_is_asked_for_once_connected)
{
	cr_assert_eq(dial(address(), NULL), PU_OK);
	send_more(&here, 1000);
	UNTIL(there.got == 1000);
	cr_assert(here.connected == 1 && here.writables == 1);
}

Test(tcp, much_goes_both_ways_at_once)
{
	const uint64_t much = 32 << 20;
	connect_both();
	send_more(&here, much);
	send_more(&there, much);
	cr_assert(here.sent < much && there.sent < much);
	UNTIL(here.got == much && there.got == much);
	cr_assert(here.writables > 0 && there.writables > 0);
	cr_assert_not(is_busy());
}

/* Fills the peer's buffer, as far as it goes: all is still, and no turn changes that. */
static void fill(struct end *end, uint64_t len)
{
	send_more(end, len);
	for (uint64_t before = 0; before < end->sent || is_busy();)
		before = end->sent;
}

Test(tcp, who_does_not_read_stops_who_writes)
{
	const uint64_t much = 64 << 20;
	connect_both();
	transport_tcp_pause(there.tcp);
	fill(&here, much);
	cr_assert(here.sent > 0 && here.sent < much / 2, "%llu", (unsigned long long)here.sent);
	cr_assert_eq(there.got, 0);
	transport_tcp_resume(there.tcp);
	UNTIL(there.got == much);
}

Test(tcp, a_pause_within_a_callback_lets_nothing_more_through)
{
	connect_both();
	/* The kernel's buffers grow as much goes through; then several reads are waiting. */
	send_more(&here, 32 << 20);
	UNTIL(there.got == here.to_send);
	transport_tcp_pause(there.tcp);
	fill(&here, 32 << 20);
	uint64_t got = there.got;
	there.pause_on_bytes = true;
	transport_tcp_resume(there.tcp);
	cr_assert_eq(there.got, got, "not before the loop's turn");
	UNTIL(there.got > got);
	cr_assert_leq(there.got - got, TRANSPORT_TCP_READ_MAX);
	got = there.got;
	for (int i = 0; i < 100; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	cr_assert_eq(there.got, got);
	there.pause_on_bytes = false;
	transport_tcp_resume(there.tcp);
	UNTIL(there.got == here.to_send);
}

Test(tcp, a_connection_may_be_freed_as_it_reads)
{
	connect_both();
	there.free_on_bytes = true;
	send_more(&here, 8 << 20);
	UNTIL(here.ends == 1 && here.err != PU_OK);
	cr_assert(there.got > 0 && there.ends == 0);
}

/* ---- ends ---- */

Test(tcp, each_half_ends_by_itself)
{
	connect_both();
	send_more(&here, 5);
	transport_tcp_finish(here.tcp);
	UNTIL(there.ends == 1);
	cr_assert(there.got == 5 && there.err == PU_OK);
	cr_assert_not(is_busy(), "the end is told once");
	send_more(&there, 1 << 20);
	UNTIL(here.got == 1 << 20);
	cr_assert_eq(here.ends, 0);
	transport_tcp_finish(there.tcp);
	UNTIL(here.ends == 1);
	cr_assert_eq(here.err, PU_OK);
	cr_assert_not(is_busy());
	cr_assert(here.ends == 1 && there.ends == 1);
}

Test(tcp, nothing_is_taken_behind_the_end)
{
	connect_both();
	transport_tcp_finish(here.tcp);
	send_more(&here, 5);
	cr_assert_eq(here.sent, 0);
	UNTIL(there.ends == 1);
	cr_assert(there.got == 0 && here.writables == 0);
}

Test(tcp, what_was_taken_before_it_was_freed_still_arrives)
{
	connect_both();
	send_more(&here, 100000);
	cr_assert_eq(here.sent, 100000);
	transport_tcp_free(here.tcp);
	here.tcp = NULL;
	UNTIL(there.ends == 1);
	cr_assert(there.got == 100000 && there.err == PU_OK);
}

Test(tcp, an_abort_is_a_loss_over_there)
{
	connect_both();
	transport_tcp_abort(here.tcp);
	here.tcp = NULL;
	UNTIL(there.ends == 1);
	cr_assert_eq(there.err, PU_ECLOSED);
	send_more(&there, 5);
	cr_assert_eq(there.sent, 0);
	cr_assert_not(is_busy());
	cr_assert_eq(there.ends, 1);
}

/* Writes now and then, until on_end has come that often. */
static void write_until_ends(struct end *end, int ends)
{
	while (end->ends < ends) {
		int before = end->ends;
		send_more(end, 5);
		cr_assert_eq(end->ends, before, "not from within the call");
		uv_run(&loop, UV_RUN_NOWAIT);
	}
}

Test(tcp, a_loss_during_a_pause_is_told_to_who_writes)
{
	connect_both();
	transport_tcp_pause(there.tcp);
	transport_tcp_abort(here.tcp);
	here.tcp = NULL;
	write_until_ends(&there, 1);
	cr_assert_eq(there.err, PU_ECLOSED);
}

Test(tcp, a_loss_is_told_to_who_waits_to_write)
{
	connect_both();
	transport_tcp_pause(there.tcp);
	transport_tcp_pause(here.tcp);
	send_more(&here, 64 << 20);
	cr_assert(here.sent < here.to_send);
	transport_tcp_abort(there.tcp);
	there.tcp = NULL;
	UNTIL(here.ends == 1);
	cr_assert_eq(here.err, PU_ECLOSED);
}

Test(tcp, a_loss_may_follow_the_end)
{
	connect_both();
	transport_tcp_pause(here.tcp);
	send_more(&there, 5);
	transport_tcp_finish(here.tcp);
	UNTIL(there.ends == 1);
	/* What it sent was not read: the kernel resets. */
	transport_tcp_free(here.tcp);
	here.tcp = NULL;
	write_until_ends(&there, 2);
	cr_assert_eq(there.err, PU_ECLOSED);
}

Test(tcp, what_came_before_a_loss_is_given_out)
{
	connect_both();
	send_more(&here, 32 << 20);
	UNTIL(there.got == here.to_send);
	transport_tcp_pause(there.tcp);
	fill(&here, 32 << 20);
	uint64_t got = there.got;
	transport_tcp_abort(here.tcp);
	here.tcp = NULL;
	transport_tcp_resume(there.tcp);
	UNTIL(there.ends == 1);
	cr_assert_eq(there.err, PU_ECLOSED);
	cr_assert_gt(there.got, got);
}
