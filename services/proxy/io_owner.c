/* Knows when another process ends, by its pidfd (pidfd_open(2)). */
#include "io_owner.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"

struct proxy_owner {
	uv_poll_t poll;
	int fd;
	void (*gone)(void *user);
	void *user;
};

static void on_exit_seen(uv_poll_t *poll, int status, int events)
{
	struct proxy_owner *owner = poll->data;

	(void)status;
	(void)events;
	uv_poll_stop(poll);
	owner->gone(owner->user);
}

enum pu_err proxy_owner_watch(struct proxy_owner **owner, uv_loop_t *loop, pid_t pid,
                              void (*gone)(void *user), void *user)
{
	struct proxy_owner *fresh;
	int fd = (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by itself */

	if (fd < 0)
		return pu_err_from_errno(errno);
	fresh = PU_NEW(struct proxy_owner);
	fresh->fd = fd;
	fresh->gone = gone;
	fresh->user = user;
	fresh->poll.data = fresh;
	if (uv_poll_init(loop, &fresh->poll, fd) != 0) {
		close(fd);
		pu_free(fresh);
		return PU_EIO;
	}
	if (uv_poll_start(&fresh->poll, UV_READABLE, on_exit_seen) != 0) {
		proxy_owner_free(fresh);
		return PU_EIO;
	}
	*owner = fresh;
	return PU_OK;
}

static void on_closed(uv_handle_t *handle)
{
	pu_free(handle->data);
}

void proxy_owner_free(struct proxy_owner *owner)
{
	if (owner == NULL)
		return;
	uv_close((uv_handle_t *)&owner->poll, on_closed);
	close(owner->fd);
}
