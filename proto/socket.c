/* The file system's side of links and channels: listening sockets and connecting to them. */
#include "proto/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define BACKLOG 128
/* How long we leave new connections alone when we have no descriptor for them. */
#define FULL_PAUSE_MS 100

struct pu_socket_listener {
	int fd;
	uv_poll_t poll;
	uv_timer_t pause;
	unsigned handles; /* not closed yet */
	struct pu_socket_listener_options options;
	char *path;
};

enum pu_err pu_socket_path(char path[PU_SOCKET_PATH_MAX], const char *runtime_dir,
                           enum pu_service service, const char *suffix)
{
	int len = snprintf(path, PU_SOCKET_PATH_MAX, "%s/%s%s", runtime_dir,
	                   pu_service_name(service), suffix);

	return len >= 0 && (size_t)len < PU_SOCKET_PATH_MAX ? PU_OK : PU_ELIMIT;
}

static enum pu_err address_of(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address->sun_path))
		return PU_ELIMIT;
	memcpy(address->sun_path, path, strlen(path));
	return PU_OK;
}

static enum pu_err socket_new(int type, int *fd)
{
	*fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return *fd >= 0 ? PU_OK : pu_err_from_errno_io(errno);
}

static bool is_ours(int fd, const struct pu_roster *roster)
{
	struct ucred cred;
	socklen_t cred_len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &cred_len) != 0)
		return false;
	return cred.uid == geteuid() || cred.uid == 0 ||
	       pu_roster_find(roster, cred.pid) != PU_SERVICE_USER;
}

/* ---- connecting ---- */

static enum pu_err connect_err(int errnum)
{
	if (errnum == ENOENT || errnum == ECONNREFUSED)
		return PU_ECLOSED;
	return errnum == EAGAIN ? PU_EAGAIN : pu_err_from_errno_io(errnum);
}

enum pu_err pu_socket_connect(const char *path, int type, int *out)
{
	struct sockaddr_un address;
	int fd;

	enum pu_err err = address_of(path, &address);
	if (err == PU_OK)
		err = socket_new(type, &fd);
	if (err != PU_OK)
		return err;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		err = connect_err(errno);
	else if (!is_ours(fd, NULL))
		err = PU_EPERM;
	if (err != PU_OK) {
		close(fd);
		return err;
	}
	*out = fd;
	return PU_OK;
}

/* ---- listening ---- */

static void on_paused(uv_timer_t *timer);

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct pu_socket_listener *listener = poll->data;
	const struct pu_socket_listener_options *options = &listener->options;

	(void)status;
	(void)events;
	for (int i = 0; i < BACKLOG && !uv_is_closing((uv_handle_t *)poll); i++) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
			uv_poll_stop(poll);
			uv_timer_start(&listener->pause, on_paused, FULL_PAUSE_MS, 0);
		}
		if (fd < 0)
			return;
		if (is_ours(fd, options->roster))
			options->on_fd(options->user, fd);
		else
			close(fd);
	}
}

static void on_paused(uv_timer_t *timer)
{
	struct pu_socket_listener *listener = timer->data;

	uv_poll_start(&listener->poll, UV_READABLE, on_poll);
}

/* Removes a socket that nobody listens on. */
static enum pu_err remove_stale(const char *path, int type)
{
	struct stat stat;
	int fd;

	if (lstat(path, &stat) != 0)
		return errno == ENOENT ? PU_OK : pu_err_from_errno_io(errno);
	if (!S_ISSOCK(stat.st_mode))
		return PU_EEXIST;
	enum pu_err err = pu_socket_connect(path, type, &fd);
	if (err == PU_OK)
		close(fd);
	if (err != PU_ECLOSED)
		return PU_EBUSY;
	return unlink(path) == 0 ? PU_OK : pu_err_from_errno_io(errno);
}

static enum pu_err listen_on(int fd, const char *path, int type)
{
	struct sockaddr_un address;

	enum pu_err err = address_of(path, &address);
	if (err == PU_OK)
		err = remove_stale(path, type);
	if (err != PU_OK)
		return err;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(path, S_IRUSR | S_IWUSR) != 0 || listen(fd, BACKLOG) != 0)
		return pu_err_from_errno_io(errno);
	return PU_OK;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct pu_socket_listener *listener = handle->data;

	if (--listener->handles == 0)
		pu_free(listener);
}

enum pu_err pu_socket_listener_new(struct pu_socket_listener **out,
                                   const struct pu_socket_listener_options *options)
{
	int fd;

	enum pu_err err = socket_new(options->type, &fd);
	if (err != PU_OK)
		return err;
	err = listen_on(fd, options->path, options->type);
	struct pu_socket_listener *listener = PU_NEW(struct pu_socket_listener);
	*listener = (struct pu_socket_listener){.fd = fd, .handles = 2, .options = *options};
	if (err == PU_OK && uv_poll_init(options->loop, &listener->poll, fd) != 0)
		err = PU_EIO;
	if (err != PU_OK) {
		close(fd);
		pu_free(listener);
		return err;
	}
	uv_timer_init(options->loop, &listener->pause);
	listener->path = pu_strdup(options->path);
	listener->poll.data = listener->pause.data = listener;
	uv_poll_start(&listener->poll, UV_READABLE, on_poll);
	*out = listener;
	return PU_OK;
}

void pu_socket_listener_free(struct pu_socket_listener *listener)
{
	if (listener == NULL)
		return;
	uv_close((uv_handle_t *)&listener->poll, on_handle_closed);
	uv_close((uv_handle_t *)&listener->pause, on_handle_closed);
	close(listener->fd);
	unlink(listener->path);
	pu_free(listener->path);
}
