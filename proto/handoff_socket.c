/* The file system's side of a channel: the listening socket and connecting to it. */
#include "proto/handoff.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"

#define BACKLOG 64
/* How long we leave new connections alone when we have no descriptor for them. */
#define FULL_PAUSE_MS 100

struct pu_channel_listener {
	int fd;
	uv_poll_t poll;
	uv_timer_t pause;
	unsigned handles; /* not closed yet */
	const struct pu_roster *roster;
	void (*on_channel)(void *user, int fd);
	void *user;
	char *path;
};

static enum pu_err address_of(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address->sun_path))
		return PU_ELIMIT;
	memcpy(address->sun_path, path, strlen(path));
	return PU_OK;
}

static enum pu_err socket_new(int *fd)
{
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return *fd >= 0 ? PU_OK : pu_err_from_errno(errno);
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

enum pu_err pu_channel_connect(const char *path, int *out)
{
	struct sockaddr_un address;
	int fd;

	enum pu_err err = address_of(path, &address);
	if (err == PU_OK)
		err = socket_new(&fd);
	if (err != PU_OK)
		return err;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		err = errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN
		          ? PU_ECLOSED
		          : pu_err_from_errno(errno);
	else if (!is_ours(fd, NULL))
		err = PU_EPERM;
	if (err != PU_OK) {
		close(fd);
		return err;
	}
	*out = fd;
	return PU_OK;
}

static void on_paused(uv_timer_t *timer);

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct pu_channel_listener *listener = poll->data;

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
		if (is_ours(fd, listener->roster))
			listener->on_channel(listener->user, fd);
		else
			close(fd);
	}
}

static void on_paused(uv_timer_t *timer)
{
	struct pu_channel_listener *listener = timer->data;

	uv_poll_start(&listener->poll, UV_READABLE, on_poll);
}

/* Removes a socket that nobody listens on. */
static enum pu_err remove_stale(const char *path)
{
	struct stat stat;
	int fd;

	if (lstat(path, &stat) != 0)
		return errno == ENOENT ? PU_OK : pu_err_from_errno(errno);
	if (!S_ISSOCK(stat.st_mode))
		return PU_EEXIST;
	enum pu_err err = pu_channel_connect(path, &fd);
	if (err == PU_OK)
		close(fd);
	if (err != PU_ECLOSED)
		return PU_EBUSY;
	return unlink(path) == 0 ? PU_OK : pu_err_from_errno(errno);
}

static enum pu_err listen_on(int fd, const char *path)
{
	struct sockaddr_un address;

	enum pu_err err = address_of(path, &address);
	if (err == PU_OK)
		err = remove_stale(path);
	if (err != PU_OK)
		return err;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(path, S_IRUSR | S_IWUSR) != 0 || listen(fd, BACKLOG) != 0)
		return pu_err_from_errno(errno);
	return PU_OK;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct pu_channel_listener *listener = handle->data;

	if (--listener->handles == 0)
		pu_free(listener);
}

enum pu_err pu_channel_listen(struct pu_channel_listener **out, uv_loop_t *loop,
                              const char *path, const struct pu_roster *roster,
                              void (*on_channel)(void *user, int fd), void *user)
{
	int fd;

	enum pu_err err = socket_new(&fd);
	if (err != PU_OK)
		return err;
	err = listen_on(fd, path);
	struct pu_channel_listener *listener = PU_NEW(struct pu_channel_listener);
	*listener = (struct pu_channel_listener){
	    .fd = fd, .handles = 2, .roster = roster, .on_channel = on_channel, .user = user};
	if (err == PU_OK && uv_poll_init(loop, &listener->poll, fd) != 0)
		err = PU_EIO;
	if (err != PU_OK) {
		close(fd);
		pu_free(listener);
		return err;
	}
	uv_timer_init(loop, &listener->pause);
	listener->path = pu_strdup(path);
	listener->poll.data = listener->pause.data = listener;
	uv_poll_start(&listener->poll, UV_READABLE, on_poll);
	*out = listener;
	return PU_OK;
}

void pu_channel_listener_free(struct pu_channel_listener *listener)
{
	if (listener == NULL)
		return;
	uv_close((uv_handle_t *)&listener->poll, on_handle_closed);
	uv_close((uv_handle_t *)&listener->pause, on_handle_closed);
	close(listener->fd);
	unlink(listener->path);
	pu_free(listener->path);
}
