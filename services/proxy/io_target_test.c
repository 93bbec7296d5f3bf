/* Tests of connecting to targets, over Unix sockets. */
#include "io_target.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "limits.h"

static char directory[] = "/tmp/proxy-target-XXXXXX";
static struct proxy_endpoint target;
static uv_loop_t loop;
static struct proxy_connector *connector;

struct seen {
	int calls;
	enum pu_err err;
	char text[256];
	int fd;
};

static void on_connected(void *user, enum pu_err err, const char *text, int fd)
{
	struct seen *seen = user;

	seen->calls++;
	seen->err = err;
	seen->fd = fd;
	snprintf(seen->text, sizeof(seen->text), "%s", text);
}

static void set_up(void)
{
	cr_assert_not_null(mkdtemp(directory));
	snprintf(target.path, sizeof(target.path), "%s/socket", directory);
	uv_loop_init(&loop);
	connector = proxy_connector_new(&loop);
}

static void tear_down(void)
{
	proxy_connector_free(connector);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&loop), 0, "nothing is left in the loop");
	unlink(target.path);
	rmdir(directory);
}

TestSuite(target, .init = set_up, .fini = tear_down);

static int listen_there(int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, target.path, strlen(target.path) + 1);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(fd, backlog), 0);
	return fd;
}

Test(target, is_connected_to_at_once_and_without_blocking)
{
	struct seen seen = {0};
	int listener = listen_there(8);

	proxy_connector_connect(connector, "peer", &target, on_connected, &seen);
	cr_assert_eq(seen.calls, 1);
	cr_assert_eq(seen.err, PU_OK, "%s", seen.text);
	cr_assert(fcntl(seen.fd, F_GETFL) & O_NONBLOCK);
	cr_assert(fcntl(seen.fd, F_GETFD) & FD_CLOEXEC);
	close(seen.fd);
	close(listener);
}

Test(target, that_does_not_exist_is_down)
{
	struct seen seen = {0};

	proxy_connector_connect(connector, "peer", &target, on_connected, &seen);
	cr_assert_eq(seen.calls, 1);
	cr_assert_eq(seen.err, PU_EREFUSED);
	cr_assert_eq(seen.fd, -1);
	cr_assert_not_null(strstr(seen.text, "refused the connection"), "%s", seen.text);
	cr_assert_not_null(strstr(seen.text, target.path), "%s", seen.text);
}

Test(target, that_nobody_listens_on_is_down)
{
	struct seen seen = {0};

	close(listen_there(8));
	proxy_connector_connect(connector, "peer", &target, on_connected, &seen);
	cr_assert_eq(seen.err, PU_EREFUSED);
}

Test(target, is_not_blamed_for_descriptors_that_we_lack)
{
	struct rlimit before, now;
	struct seen seen = {0};
	int listener = listen_there(8), lowest = dup(listener);

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = (struct rlimit){.rlim_cur = (rlim_t)lowest, .rlim_max = before.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &now), 0);
	proxy_connector_connect(connector, "peer", &target, on_connected, &seen);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	cr_assert_eq(seen.err, PU_ELIMIT);
	cr_assert_not_null(strstr(seen.text, "this machine has no descriptor left"), "%s",
	                   seen.text);
	close(lowest);
	close(listener);
}

Test(target, with_a_full_queue_is_tried_until_there_is_room)
{
	struct seen seen[3] = {{0}};
	int listener = listen_there(0);
	size_t waiting = 0;

	while (waiting < 3) {
		proxy_connector_connect(connector, "peer", &target, on_connected, &seen[waiting]);
		if (seen[waiting].calls == 0)
			break;
		waiting++;
	}
	cr_assert_lt(waiting, 3, "the queue of 1 is full at some point");
	close(accept(listener, NULL, NULL));
	while (seen[waiting].calls == 0)
		uv_run(&loop, UV_RUN_ONCE);
	cr_assert_eq(seen[waiting].err, PU_OK, "%s", seen[waiting].text);
	for (size_t i = 0; i <= waiting; i++)
		close(seen[i].fd);
	close(listener);
}

static size_t under_way(const struct seen *seen, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += seen[i].calls == 0 ? 1 : 0;
	return count;
}

static void close_all(const struct seen *seen, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (seen[i].calls > 0 && seen[i].fd >= 0)
			close(seen[i].fd);
}

Test(target, has_a_bound_on_connects_under_way_for_one_peer)
{
	static struct seen seen[PROXY_CONNECTS_PEER_MAX + 4];
	struct seen other = {0};
	int listener = listen_there(0);
	size_t len = 0;

	do
		proxy_connector_connect(connector, "peer", &target, on_connected, &seen[len]);
	while (seen[len++].err != PU_ELIMIT && len < PU_ARRAY_LEN(seen));
	cr_assert_eq(seen[len - 1].err, PU_ELIMIT, "the last one is refused");
	cr_assert_not_null(strstr(seen[len - 1].text, "this peer"), "%s", seen[len - 1].text);
	cr_assert_eq(under_way(seen, len), PROXY_CONNECTS_PEER_MAX);
	proxy_connector_connect(connector, "other", &target, on_connected, &other);
	cr_assert_eq(other.calls, 0, "another peer gets its turn");
	close_all(seen, len);
	close(listener);
}

Test(target, has_a_bound_on_connects_under_way)
{
	static struct seen seen[PROXY_CONNECTS_MAX + 4];
	int listener = listen_there(0);
	size_t len = 0;

	do {
		char peer_id[16];

		snprintf(peer_id, sizeof(peer_id), "%zu", len % 8);
		proxy_connector_connect(connector, peer_id, &target, on_connected, &seen[len]);
	} while (seen[len++].err != PU_ELIMIT && len < PU_ARRAY_LEN(seen));
	cr_assert_eq(seen[len - 1].err, PU_ELIMIT, "the last one is refused");
	cr_assert_eq(under_way(seen, len), PROXY_CONNECTS_MAX);
	close_all(seen, len);
	close(listener);
}
