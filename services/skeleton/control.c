/* Descriptor 3: what the supervisor says to a service and how the service answers. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "proto/handoff.h"
#include "skeleton/host.h"

static void on_kept(struct pu_host *host, const void *body, int fd)
{
	const struct pu_service_kept *kept = body;
	const struct pu_service_description *description = host->description;

	if (fd >= 0 && description->kept != NULL && !host->started)
		description->kept(host->state, kept->name, fd);
	else if (fd >= 0)
		close(fd);
}

static void on_config(struct pu_host *host, const void *body, int fd)
{
	const struct pu_service_config *config = body;

	if (fd == PU_CHANNEL_FD_LOST)
		pu_warn("config.lost", "error=%s", "no descriptor left to read it from: reload again");
	if (fd < 0)
		return;
	if (host->started)
		skeleton_reload(host, fd);
	else
		skeleton_take_config(host, fd, config->runtime_dir);
	close(fd);
}

static void on_go(struct pu_host *host, const void *body, int fd)
{
	(void)body;
	if (fd >= 0)
		close(fd);
	if (!host->started && !host->over)
		skeleton_start(host);
}

static void on_health(struct pu_host *host, const void *body, int fd)
{
	(void)body;
	if (fd >= 0)
		close(fd);
	skeleton_control_send(host, PU_MSG_SERVICE_HEALTHY, NULL, -1);
}

static const struct {
	enum pu_msg id;
	void (*handle)(struct pu_host *host, const void *body, int fd);
} handlers[] = {
    {PU_MSG_SERVICE_KEPT, on_kept},
    {PU_MSG_SERVICE_CONFIG, on_config},
    {PU_MSG_SERVICE_GO, on_go},
    {PU_MSG_SERVICE_HEALTH, on_health},
};

static void on_message(void *user, struct pu_channel *channel, const struct pu_message *message,
                       int fd)
{
	(void)channel;
	for (size_t i = 0; i < PU_ARRAY_LEN(handlers); i++) {
		if (handlers[i].id == message->row->id) {
			handlers[i].handle(user, message->body, fd);
			return;
		}
	}
	if (fd >= 0)
		close(fd);
}

/* Without a supervisor nobody would start us again, or stop us. */
static void on_closed(void *user, struct pu_channel *channel)
{
	struct pu_host *host = user;

	pu_warn("service.abandoned", "reason=%s", pu_channel_error(channel));
	pu_channel_free(channel);
	host->control = NULL;
	skeleton_drain(host);
}

static const struct pu_channel_ops ops = {
    .on_message = on_message,
    .on_closed = on_closed,
};

static bool is_control(int fd)
{
	int domain, type;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

enum pu_err skeleton_control_open(struct pu_host *host)
{
	if (!is_control(PU_CONTROL_FD))
		return PU_OK;
	if (fcntl(PU_CONTROL_FD, F_SETFD, FD_CLOEXEC) != 0)
		return pu_err_from_errno(errno);
	enum pu_err err = pu_channel_new(&host->control, &host->loop, PU_CONTROL_FD, &ops, host);
	if (err != PU_OK)
		return err;
	host->supervised = true;
	pu_channel_set_peer(host->control, PU_SERVICE_SUPERVISOR);
	return PU_OK;
}

void skeleton_control_send(struct pu_host *host, enum pu_msg id, const void *message, int fd)
{
	enum pu_err err = PU_OK;

	if (host->control != NULL)
		err = pu_channel_send(host->control, id, message, fd);
	else if (fd >= 0)
		close(fd);
	if (err != PU_OK)
		pu_warn("control.lost", "type=%s error=%s", pu_msg_row(id)->type, pu_strerror(err));
}
