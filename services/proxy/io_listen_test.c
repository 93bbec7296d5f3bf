/* Tests of listening sockets, over Unix sockets, with a host that only remembers. */
#include "io_listen.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"

static char directory[] = "/tmp/proxy-listen-XXXXXX";
static struct proxy_endpoint endpoint;
static uv_loop_t loop;
static struct proxy_kept_table kept;
static struct proxy_listener *listener;
static char kept_name[PROXY_KEPT_NAME_MAX], text[256];
static int kept_fd = -1, drops, clients;

uv_loop_t *pu_host_loop(const struct pu_host *host)
{
	(void)host;
	return &loop;
}

void pu_host_keep(struct pu_host *host, const char *name, int fd)
{
	(void)host;
	kept_fd = dup(fd);
	snprintf(kept_name, sizeof(kept_name), "%s", name);
}

void pu_host_drop(struct pu_host *host, const char *name)
{
	(void)host;
	cr_assert_str_eq(name, kept_name);
	drops++;
}

static void on_client(void *user, int fd)
{
	(void)user;
	cr_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	clients++;
	close(fd);
}

static void set_up(void)
{
	cr_assert_not_null(mkdtemp(directory));
	snprintf(endpoint.path, sizeof(endpoint.path), "%s/socket", directory);
	uv_loop_init(&loop);
	proxy_kept_init(&kept);
}

static void tear_down(void)
{
	proxy_listener_close(listener);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&loop), 0, "nothing is left in the loop");
	proxy_kept_fini(&kept);
	unlink(endpoint.path);
	rmdir(directory);
}

TestSuite(listener, .init = set_up, .fini = tear_down);

static enum pu_err open_listener(void)
{
	struct proxy_listener_options options = {.kept = &kept, .on_client = on_client};

	return proxy_listener_open(&listener, &endpoint, &options, text, sizeof(text));
}

static int visit(void)
{
	struct proxy_address addresses[2];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(proxy_endpoint_addresses(&endpoint, addresses), 1);
	if (connect(fd, &addresses[0].socket.any, addresses[0].len) == 0)
		return fd;
	close(fd);
	return -1;
}

Test(listener, is_private_and_kept_and_takes_clients_once_resumed)
{
	struct stat info;
	int fd;

	cr_assert_eq(open_listener(), PU_OK, "%s", text);
	cr_assert_eq(stat(endpoint.path, &info), 0);
	cr_assert_eq(info.st_mode & 0777, 0600);
	cr_assert_geq(kept_fd, 0);
	fd = visit();
	cr_assert_geq(fd, 0);
	uv_run(&loop, UV_RUN_NOWAIT);
	cr_assert_eq(clients, 0, "they wait while it is paused");
	proxy_listener_resume(listener);
	uv_run(&loop, UV_RUN_NOWAIT);
	cr_assert_eq(clients, 1);
	close(fd);
}

Test(listener, that_is_closed_is_gone_and_dropped)
{
	cr_assert_eq(open_listener(), PU_OK);
	proxy_listener_close(listener);
	listener = NULL;
	cr_assert_eq(drops, 1);
	cr_assert_eq(access(endpoint.path, F_OK), -1);
}

Test(listener, adopts_the_socket_of_an_earlier_process_with_its_clients)
{
	int fd;

	cr_assert_eq(open_listener(), PU_OK);
	fd = visit();
	proxy_kept_add(&kept, kept_name, kept_fd);
	kept_fd = -1;
	/* The earlier process was killed: its copy goes, the file and the kept one stay. */
	cr_assert_eq(kept.len, 1);
	struct proxy_listener *killed = listener;

	cr_assert_eq(open_listener(), PU_OK, "%s", text);
	cr_assert_eq(kept.len, 0);
	cr_assert_eq(kept_fd, -1, "an adopted one is kept already");
	proxy_listener_resume(listener);
	uv_run(&loop, UV_RUN_NOWAIT);
	cr_assert_eq(clients, 1, "the client of the gap is served");
	close(fd);
	proxy_listener_close(killed);
}

Test(listener, makes_a_new_one_when_the_kept_one_cannot_be_found_any_more)
{
	cr_assert_eq(open_listener(), PU_OK);
	proxy_kept_add(&kept, kept_name, dup(kept_fd));
	close(kept_fd);
	kept_fd = -1;
	proxy_listener_close(listener);
	cr_assert_eq(open_listener(), PU_OK, "%s", text);
	cr_assert_geq(kept_fd, 0, "the new one is kept");
	cr_assert_eq(visit() >= 0, true);
}

Test(listener, replaces_a_socket_that_nobody_listens_on)
{
	struct proxy_address addresses[2];
	int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	proxy_endpoint_addresses(&endpoint, addresses);
	cr_assert_eq(bind(stale, &addresses[0].socket.any, addresses[0].len), 0);
	close(stale);
	cr_assert_eq(open_listener(), PU_OK, "%s", text);
}

Test(listener, does_not_take_the_place_of_another_program)
{
	struct proxy_address addresses[2];
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	proxy_endpoint_addresses(&endpoint, addresses);
	cr_assert_eq(bind(other, &addresses[0].socket.any, addresses[0].len), 0);
	cr_assert_eq(listen(other, 8), 0);
	cr_assert_eq(open_listener(), PU_EBUSY);
	cr_assert_not_null(strstr(text, "another program"), "%s", text);
	cr_assert_not_null(strstr(text, endpoint.path), "%s", text);
	close(other);
}

Test(listener, does_not_replace_a_file_that_is_no_socket)
{
	close(open(endpoint.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	cr_assert_eq(open_listener(), PU_EEXIST);
	cr_assert_eq(access(endpoint.path, F_OK), 0);
}

Test(listener, says_when_there_is_no_such_directory)
{
	snprintf(endpoint.path, sizeof(endpoint.path), "%s/none/socket", directory);
	cr_assert_eq(open_listener(), PU_ENOTFOUND);
	cr_assert_not_null(strstr(text, "no such directory"), "%s", text);
}
