/* A TCP client and server for measuring what a tunnel adds: round trips of one byte, and new
 * connections per second.
 *
 *   tcp_load echo HOST PORT                       answers every byte, until killed
 *   tcp_load rtt HOST PORT COUNT                  one connection, one byte at a time
 *   tcp_load connect HOST PORT COUNT CONCURRENT   connect, one byte each way, close
 *
 * Prints one line of JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 256

static double now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
	                           .sin_port = htons((unsigned short)atoi(port))};
	if (inet_pton(AF_INET, host, &addr.sin_addr) != 1)
		die(host);
	return addr;
}

static void no_delay(int fd)
{
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void watch(int epoll, int op, int fd, unsigned events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};
	if (epoll_ctl(epoll, op, fd, &event) != 0)
		die("epoll_ctl");
}

/* ---- echo ---- */

static void accept_all(int epoll, int listener)
{
	int fd;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		no_delay(fd);
		watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN);
	}
}

static void echo_once(int fd)
{
	char bytes[65536];
	ssize_t got = read(fd, bytes, sizeof(bytes));
	if (got == 0 || (got < 0 && errno != EAGAIN))
		close(fd);
	else if (got > 0 && write(fd, bytes, (size_t)got) != got)
		close(fd);
}

_Noreturn static void echo(const char *host, const char *port)
{
	struct sockaddr_in addr = address(host, port);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    listen(listener, 4096) != 0)
		die("listen");
	int epoll = epoll_create1(0);
	watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN);
	for (;;) {
		struct epoll_event events[EVENTS_MAX];
		int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				accept_all(epoll, listener);
			else
				echo_once(events[i].data.fd);
		}
	}
}

/* ---- rtt ---- */

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

static int rtt(const char *host, const char *port, size_t count)
{
	struct sockaddr_in addr = address(host, port);
	double *times = calloc(count, sizeof(*times));
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
		die("connect");
	no_delay(fd);
	char byte = 'x';
	for (size_t i = 0; i < count; i++) {
		double start = now_us();
		if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
			die("round trip");
		times[i] = now_us() - start;
	}
	qsort(times, count, sizeof(*times), compare);
	printf("{\"median_us\": %.1f, \"p99_us\": %.1f, \"n\": %zu}\n", times[count / 2],
	       times[count * 99 / 100], count);
	free(times);
	return 0;
}

/* ---- connect ---- */

static void start_connection(int epoll, const struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd < 0)
		die("socket");
	no_delay(fd);
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 && errno != EINPROGRESS)
		die("connect");
	watch(epoll, EPOLL_CTL_ADD, fd, EPOLLOUT);
}

/* Answers 1 for a byte that came back, -1 for a failure, 0 for not yet. */
static int step(int epoll, const struct epoll_event *event)
{
	char byte = 'x';
	int fd = event->data.fd;
	if (event->events & EPOLLOUT) {
		if (write(fd, &byte, 1) != 1)
			return -1;
		watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN);
		return 0;
	}
	return read(fd, &byte, 1) == 1 ? 1 : -1;
}

static int connect_many(const char *host, const char *port, long count, long concurrent)
{
	struct sockaddr_in addr = address(host, port);
	int epoll = epoll_create1(0);
	long started = 0, done = 0, failed = 0;
	double start = now_us();
	while (started < concurrent && started < count) {
		start_connection(epoll, &addr);
		started++;
	}
	while (done + failed < count) {
		struct epoll_event events[EVENTS_MAX];
		int ready = epoll_wait(epoll, events, EVENTS_MAX, 10000);
		if (ready <= 0)
			break;
		for (int i = 0; i < ready; i++) {
			int result = step(epoll, &events[i]);
			if (result == 0)
				continue;
			done += result > 0;
			failed += result < 0;
			close(events[i].data.fd);
			if (started < count) {
				start_connection(epoll, &addr);
				started++;
			}
		}
	}
	double seconds = (now_us() - start) / 1e6;
	printf("{\"per_second\": %.0f, \"done\": %ld, \"failed\": %ld}\n", (double)done / seconds,
	       done, count - done);
	return done == count ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "echo") == 0)
		echo(argv[2], argv[3]);
	if (argc == 5 && strcmp(argv[1], "rtt") == 0)
		return rtt(argv[2], argv[3], (size_t)atol(argv[4]));
	if (argc == 6 && strcmp(argv[1], "connect") == 0)
		return connect_many(argv[2], argv[3], atol(argv[4]), atol(argv[5]));
	fprintf(stderr, "usage: tcp_load echo|rtt|connect HOST PORT [COUNT [CONCURRENT]]\n");
	return 2;
}
