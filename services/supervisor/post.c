/* What this file knows: what is said to a service and by it on its control channel
 * (descriptor 3), from its start to its end. */
#include "post.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "io_process.h"
#include "skeleton/service.h"

/* ---- what services say; a handler that takes the descriptor leaves -1 ---- */

static void on_ready(struct sup_post *post, const void *message, int *fd)
{
	(void)message;
	(void)fd;
	sup_child_handle(post->child, CHILD_READY, pu_now_ns());
}

static void on_healthy(struct sup_post *post, const void *message, int *fd)
{
	(void)message;
	(void)fd;
	sup_child_handle(post->child, CHILD_HEALTHY, pu_now_ns());
}

static void on_note(struct sup_post *post, const void *message, int *fd)
{
	const struct pu_service_note *note = message;

	(void)fd;
	sup_child_note(post->child, note->text);
}

static void on_keep(struct sup_post *post, const void *message, int *fd)
{
	const struct pu_service_keep *keep = message;
	enum pu_err err = *fd == PU_CHANNEL_FD_LOST ? PU_ELIMIT : PU_EINVAL;

	if (*fd >= 0)
		err = sup_kept_put(&post->kept, keep->name, *fd);
	*fd = -1;
	if (err != PU_OK)
		pu_warn("service.keep_failed", "service=%s name=%s error=%s",
		        pu_service_name(post->child->id), keep->name, pu_strerror(err));
}

static void on_drop(struct sup_post *post, const void *message, int *fd)
{
	const struct pu_service_drop *drop = message;

	(void)fd;
	sup_kept_drop(&post->kept, drop->name);
}

static const struct {
	enum pu_msg id;
	void (*handle)(struct sup_post *post, const void *message, int *fd);
} handlers[] = {
    {PU_MSG_SERVICE_HEALTHY, on_healthy}, {PU_MSG_SERVICE_READY, on_ready},
    {PU_MSG_SERVICE_NOTE, on_note},       {PU_MSG_SERVICE_KEEP, on_keep},
    {PU_MSG_SERVICE_DROP, on_drop},
};

static void on_message(void *user, struct pu_channel *channel, const struct pu_message *message,
                       int fd)
{
	struct sup_post *post = user;

	(void)channel;
	for (size_t i = 0; i < PU_ARRAY_LEN(handlers); i++)
		if (handlers[i].id == message->row->id)
			handlers[i].handle(post, message->body, &fd);
	if (fd >= 0)
		close(fd);
	supervisor_settle(post->supervisor);
}

/* Its process is ending, or has gone mad: then the health question will not be answered. */
static void on_closed(void *user, struct pu_channel *channel)
{
	struct sup_post *post = user;

	if (pu_channel_error(channel)[0] != '\0')
		pu_error("service.bad_message", "service=%s error=%s", pu_service_name(post->child->id),
		         pu_channel_error(channel));
	pu_channel_free(channel);
	post->channel = NULL;
}

static const struct pu_channel_ops channel_ops = {on_message, on_closed};

/* ---- what it is told ---- */

static void say(struct sup_post *post, enum pu_msg id, const void *message, int fd)
{
	enum pu_err err = PU_ECLOSED;

	if (post->channel != NULL)
		err = pu_channel_send(post->channel, id, message, fd);
	else if (fd >= 0)
		close(fd);
	if (err != PU_OK)
		pu_debug("service.not_told", "service=%s message=%d error=%s",
		         pu_service_name(post->child->id), (int)id, pu_strerror(err));
}

static void hand_back_kept(struct sup_post *post)
{
	for (size_t i = 0; i < post->kept.len; i++) {
		const struct pu_service_kept kept = {.name = post->kept.entries[i].name};
		int fd = sup_kept_copy(&post->kept, i);
		if (fd >= 0)
			say(post, PU_MSG_SERVICE_KEPT, &kept, fd);
	}
}

static void hand_config(struct sup_child *child)
{
	struct sup_post *post = child->user;
	const struct supervisor *supervisor = post->supervisor;
	const struct pu_service_config config = {.runtime_dir = supervisor->config.runtime_dir};
	int fd = fcntl(supervisor->config_fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		say(post, PU_MSG_SERVICE_CONFIG, &config, fd);
}

static enum pu_err open_channel(struct sup_post *post, int fd)
{
	enum pu_err err =
	    pu_channel_new(&post->channel, post->supervisor->loop, fd, &channel_ops, post);

	if (err == PU_OK)
		pu_channel_set_peer(post->channel, post->child->id);
	return err;
}

static enum pu_err spawn(struct sup_child *child, pid_t *pid)
{
	struct sup_post *post = child->user;
	struct supervisor *supervisor = post->supervisor;
	const char *const argv[] = {post->program, "--config", supervisor->config.path, NULL};
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return pu_err_from_errno(errno);
	enum pu_err err = open_channel(post, ends[0]);
	if (err == PU_OK)
		err = sup_process_spawn(argv, ends[1], supervisor->roster_fd, pid);
	close(ends[1]);
	if (err != PU_OK) {
		pu_channel_free(post->channel);
		post->channel = NULL;
		return err;
	}
	pu_roster_set(supervisor->roster, child->id, *pid);
	hand_back_kept(post);
	hand_config(child);
	say(post, PU_MSG_SERVICE_GO, &(struct pu_service_go){0}, -1);
	return PU_OK;
}

static void ask_health(struct sup_child *child)
{
	say(child->user, PU_MSG_SERVICE_HEALTH, &(struct pu_service_health){0}, -1);
}

static void send_signal(struct sup_child *child, int signo)
{
	if (child->pid > 0 && kill(child->pid, signo) != 0)
		pu_warn("service.signal_failed", "service=%s pid=%d signal=%d errno=%d",
		        pu_service_name(child->id), (int)child->pid, signo, errno);
}

static enum pu_log_level level_of(const struct sup_child *child)
{
	if (child->state == CHILD_FAILED)
		return PU_LOG_ERROR;
	return child->state == CHILD_BACKOFF || child->state == CHILD_HUNG ? PU_LOG_WARN
	                                                                   : PU_LOG_INFO;
}

static void changed(struct sup_child *child)
{
	struct sup_post *post = child->user;
	const struct pu_service_state event = {
	    .name = pu_service_name(child->id),
	    .state = sup_child_state_name(child->state),
	    .pid = (uint64_t)child->pid,
	    .reason = sup_child_reason(child),
	};

	PU_LOG_AT(level_of(child), "service.state",
	          "service=%s state=%s pid=%d restarts=%d reason=%s", event.name, event.state,
	          (int)child->pid, (int)child->restarts, event.reason);
	pu_server_publish(post->supervisor->server, PU_MSG_SERVICE_STATE, &event);
}

const struct sup_child_ops sup_post_ops = {spawn, ask_health, hand_config, send_signal,
                                           changed};

/* ---- its end ---- */

void sup_post_reap(struct sup_post *post, uint64_t now_ns)
{
	struct sup_child *child = post->child;
	char how[SUP_NOTE_MAX];
	int wait_status;

	if (child->pid <= 0 || !sup_process_reap(child->pid, &wait_status))
		return;
	pu_roster_set(post->supervisor->roster, child->id, 0);
	pu_channel_free(post->channel);
	post->channel = NULL;
	if (!WIFEXITED(wait_status)) /* what it said is not why */
		sup_child_note(child, "");
	bool permanent = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == PU_EXIT_PERMANENT;
	sup_child_exited(child, sup_process_describe(wait_status, how, sizeof(how)), permanent,
	                 now_ns);
}

void sup_post_fini(struct sup_post *post)
{
	if (post->channel != NULL)
		pu_channel_free(post->channel);
	post->channel = NULL;
	sup_kept_fini(&post->kept);
	pu_free(post->program);
	post->program = NULL;
}
