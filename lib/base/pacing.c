/* Knows how to ask the kernel for a congestion control, and which of them pace. */
#include "base/pacing.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME_MAX_LEN 16 /* the kernel's TCP_CA_NAME_MAX */

static const char pacing[] = "bbr"; /* and what follows it: bbr2, bbr3 */
static const char plain[] = "reno";

struct name {
	char text[NAME_MAX_LEN + 1];
};

/* "": not a TCP socket. */
static struct name name_of(int fd)
{
	struct name name = {0};
	socklen_t len = NAME_MAX_LEN;

	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.text, &len) != 0)
		name.text[0] = '\0';
	return name;
}

static void set_name(int fd, const char *text)
{
	(void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, text, (socklen_t)strlen(text));
}

/* What a socket has that nobody has touched. */
static struct name name_of_system(void)
{
	struct name name = {0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return name;
	name = name_of(fd);
	close(fd);
	return name;
}

/* 0 if the kernel cannot tell. */
static uint32_t round_trip_us(int fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 ? info.tcpi_rtt : 0;
}

void pu_pacing_put_off(int fd)
{
	struct name name = name_of(fd);

	if (strncmp(name.text, pacing, strlen(pacing)) == 0)
		set_name(fd, plain);
}

void pu_pacing_decide(int fd, uint32_t short_us)
{
	struct name name = name_of(fd), wanted;
	uint32_t rtt_us;

	if (strcmp(name.text, plain) != 0)
		return;
	rtt_us = round_trip_us(fd);
	if (rtt_us > 0 && rtt_us < short_us)
		return;
	wanted = name_of_system();
	if (wanted.text[0] != '\0' && strcmp(wanted.text, plain) != 0)
		set_name(fd, wanted.text);
}
