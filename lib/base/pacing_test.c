/* Connections within this machine, whatever congestion control it has. */
#include "base/pacing.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener, dialed, accepted;

static void name_of(int fd, char out[32])
{
	socklen_t len = 31;

	memset(out, 0, 32);
	cr_assert_eq(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, out, &len), 0);
}

static void set_up(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);

	listener = socket(AF_INET, SOCK_STREAM, 0);
	dialed = socket(AF_INET, SOCK_STREAM, 0);
	pu_pacing_put_off(listener);
	pu_pacing_put_off(dialed);
	cr_assert_eq(bind(listener, (struct sockaddr *)&addr, len), 0);
	cr_assert_eq(listen(listener, 1), 0);
	cr_assert_eq(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	cr_assert_eq(connect(dialed, (struct sockaddr *)&addr, len), 0);
	accepted = accept(listener, NULL, NULL);
	cr_assert_geq(accepted, 0);
}

static void tear_down(void)
{
	close(dialed);
	close(accepted);
	close(listener);
}

TestSuite(pacing, .init = set_up, .fini = tear_down);

static void is_not_paced(int fd)
{
	char name[32];

	name_of(fd, name);
	cr_assert_neq(strncmp(name, "bbr", 3), 0, "%s", name);
}

Test(pacing, a_short_path_is_not_paced)
{
	pu_pacing_decide(dialed, UINT32_MAX);
	pu_pacing_decide(accepted, UINT32_MAX);
	is_not_paced(dialed);
	is_not_paced(accepted);
}

static void is_as_the_system_has_it(int fd)
{
	int untouched = socket(AF_INET, SOCK_STREAM, 0);
	char expected[32], name[32];

	name_of(untouched, expected);
	close(untouched);
	name_of(fd, name);
	cr_assert_str_eq(name, expected);
}

Test(pacing, a_longer_path_gets_what_the_system_has)
{
	pu_pacing_decide(dialed, 0);
	pu_pacing_decide(accepted, 0);
	is_as_the_system_has_it(dialed);
	is_as_the_system_has_it(accepted);
}

Test(pacing, another_socket_is_left_alone)
{
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	pu_pacing_put_off(fds[0]);
	pu_pacing_decide(fds[0], 0);
	close(fds[0]);
	close(fds[1]);
}
