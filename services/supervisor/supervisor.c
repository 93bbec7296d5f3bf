/* What this file knows: which handles drive the daemon (signals, one timer for the next
 * deadline, systemd's watchdog) and what happens when each fires. */
#include "supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "io_config.h"
#include "io_systemd.h"
#include "post.h"
#include "proto/limits.h"

static void on_deadline(uv_timer_t *timer)
{
	supervisor_settle(timer->data);
}

static void on_alive(uv_timer_t *timer)
{
	(void)timer;
	sup_systemd_alive();
}

static void arm(struct supervisor *supervisor, uint64_t now_ns)
{
	uint64_t deadline = sup_family_deadline_ns(&supervisor->family);

	if (deadline == 0) {
		uv_timer_stop(&supervisor->deadline);
		return;
	}
	uint64_t wait_ns = deadline > now_ns ? deadline - now_ns : 0;
	uv_update_time(supervisor->loop);
	/* Rounded up: a timer that fires too early would fire again at once. */
	uv_timer_start(&supervisor->deadline, on_deadline,
	               (wait_ns + PU_NS_PER_MS - 1) / PU_NS_PER_MS, 0);
}

static void tell_systemd(struct supervisor *supervisor)
{
	char text[sizeof(supervisor->said)];

	sup_family_summary(&supervisor->family, text, sizeof(text));
	if (strcmp(text, supervisor->said) != 0) {
		memcpy(supervisor->said, text, sizeof(text));
		sup_systemd_status(text);
	}
	if (supervisor->was_ready || !sup_family_is_ready(&supervisor->family))
		return;
	supervisor->was_ready = true;
	sup_systemd_ready();
	pu_info("daemon.ready", "after_ms=%d",
	        (int)((pu_now_ns() - supervisor->started_ns) / PU_NS_PER_MS));
}

static void close_handles(struct supervisor *supervisor)
{
	uv_handle_t *const handles[] = {
	    (uv_handle_t *)&supervisor->deadline, (uv_handle_t *)&supervisor->alive,
	    (uv_handle_t *)&supervisor->on_hup,   (uv_handle_t *)&supervisor->on_term,
	    (uv_handle_t *)&supervisor->on_int,   (uv_handle_t *)&supervisor->on_child,
	};

	for (size_t i = 0; i < PU_ARRAY_LEN(handles); i++)
		if (!uv_is_closing(handles[i]))
			uv_close(handles[i], NULL);
	pu_server_free(supervisor->server);
	supervisor->server = NULL;
}

void supervisor_settle(struct supervisor *supervisor)
{
	uint64_t now_ns = pu_now_ns();

	sup_family_step(&supervisor->family, now_ns);
	tell_systemd(supervisor);
	arm(supervisor, now_ns);
	if (sup_family_is_stopped(&supervisor->family))
		uv_stop(supervisor->loop);
}

/* ---- signals ---- */

static void on_child(uv_signal_t *handle, int signo)
{
	struct supervisor *supervisor = handle->data;

	(void)signo;
	for (size_t i = 0; i < SUP_SERVICES_LEN; i++)
		sup_post_reap(&supervisor->posts[i], pu_now_ns());
	supervisor_settle(supervisor);
}

static void on_stop(uv_signal_t *handle, int signo)
{
	(void)signo;
	supervisor_stop(handle->data);
}

static void on_reload(uv_signal_t *handle, int signo)
{
	char *text;

	(void)signo;
	if (supervisor_reload(handle->data, &text) != PU_OK)
		pu_free(text); /* the log has it */
}

void supervisor_stop(struct supervisor *supervisor)
{
	if (supervisor->family.stopping)
		return;
	pu_info("daemon.stopping", "pid=%d", (int)getpid());
	sup_systemd_stopping();
	sup_family_stop(&supervisor->family, pu_now_ns());
	supervisor_settle(supervisor);
}

static void join_lines(char *text)
{
	for (char *end = strchr(text, '\n'); end != NULL; end = strchr(end, '\n'))
		*end = end[1] == '\0' ? '\0' : ';';
}

/* The report of a bad configuration, its mistakes in one line, cut when there is very much; the
 * caller's. */
static char *report_text(const struct pu_report *report)
{
	struct pu_buffer text;
	char *copy;

	pu_buffer_init(&text, PU_FIELD_TEXT_MAX - 1);
	if (pu_report_print(report, &text) == PU_OK || text.len > 0)
		copy = pu_strndup((const char *)text.data, text.len);
	else
		copy = pu_strdup("the configuration has mistakes");
	join_lines(copy);
	pu_buffer_fini(&text);
	return copy;
}

static void adopt(struct supervisor *supervisor, struct pu_config *config, int config_fd)
{
	if (pu_config_stay(config, supervisor->config.runtime_dir))
		pu_warn("config.needs_restart", "key=runtime_dir");
	pu_config_fini(&supervisor->config);
	close(supervisor->config_fd);
	supervisor->config = *config;
	supervisor->config_fd = config_fd;
	pu_log_set(config->log.level, config->log.format);
}

enum pu_err supervisor_reload(struct supervisor *supervisor, char **text)
{
	struct pu_report report = {0};
	struct pu_config config;
	int config_fd;
	enum pu_err err = sup_config_load(supervisor->config.path, &config, &config_fd, &report);

	if (err != PU_OK) {
		*text = report_text(&report);
		pu_error("config.refused", "path=%s reason=%s", supervisor->config.path, *text);
		pu_report_fini(&report);
		return err;
	}
	pu_report_fini(&report);
	adopt(supervisor, &config, config_fd);
	pu_info("config.reloaded", "path=%s", supervisor->config.path);
	sup_systemd_reloading(pu_now_ns());
	sup_family_reload(&supervisor->family, pu_now_ns());
	pu_server_publish(supervisor->server, PU_MSG_CONFIG_CHANGED,
	                  &(struct pu_config_changed){0});
	supervisor->was_ready = false;
	supervisor_settle(supervisor);
	return PU_OK;
}

/* ---- start and end ---- */

static void watch_signal(struct supervisor *supervisor, uv_signal_t *handle, uv_signal_cb on,
                         int signo)
{
	uv_signal_init(supervisor->loop, handle);
	handle->data = supervisor;
	int failed = uv_signal_start(handle, on, signo);
	if (failed != 0)
		pu_fatal("daemon.no_signals", "signal=%d error=%s", signo, uv_strerror(failed));
}

static void open_handles(struct supervisor *supervisor)
{
	uint64_t alive_ms = sup_systemd_alive_every_ms();

	signal(SIGPIPE, SIG_IGN);
	uv_timer_init(supervisor->loop, &supervisor->deadline);
	supervisor->deadline.data = supervisor;
	uv_timer_init(supervisor->loop, &supervisor->alive);
	if (alive_ms > 0)
		uv_timer_start(&supervisor->alive, on_alive, alive_ms, alive_ms);
	watch_signal(supervisor, &supervisor->on_child, on_child, SIGCHLD);
	watch_signal(supervisor, &supervisor->on_hup, on_reload, SIGHUP);
	watch_signal(supervisor, &supervisor->on_term, on_stop, SIGTERM);
	watch_signal(supervisor, &supervisor->on_int, on_stop, SIGINT);
}

static void fill_posts(struct supervisor *supervisor, const char *program_dir)
{
	for (size_t i = 0; i < SUP_SERVICES_LEN; i++) {
		struct sup_post *post = &supervisor->posts[i];
		const struct sup_service *service = &sup_services[i];

		*post = (struct sup_post){.supervisor = supervisor, .child = &supervisor->children[i]};
		post->program = pu_asprintf("%s/peerup-%s", program_dir, pu_service_name(service->id));
		sup_child_init(post->child, service->id, service->core, &sup_post_ops, post);
	}
	supervisor->family =
	    (struct sup_family){.children = supervisor->children, .len = SUP_SERVICES_LEN};
}

static enum pu_err listen_for_questions(struct supervisor *supervisor)
{
	const struct pu_server_options options = {
	    .loop = supervisor->loop,
	    .runtime_dir = supervisor->config.runtime_dir,
	    .self = PU_SERVICE_SUPERVISOR,
	    .roster = supervisor->roster,
	    .handlers = sup_handlers,
	    .handlers_len = sup_handlers_len,
	    .service = supervisor,
	};

	return pu_server_new(&supervisor->server, &options);
}

enum pu_err supervisor_start(struct supervisor *supervisor, uv_loop_t *loop,
                             struct pu_config *config, int config_fd, const char *program_dir)
{
	*supervisor = (struct supervisor){.loop = loop,
	                                  .config = *config,
	                                  .config_fd = config_fd,
	                                  .roster_fd = -1,
	                                  .started_ns = pu_now_ns()};
	*config = (struct pu_config){0};
	fill_posts(supervisor, program_dir);
	open_handles(supervisor);
	enum pu_err err = pu_roster_create(&supervisor->roster, &supervisor->roster_fd);
	if (err != PU_OK)
		return err;
	pu_roster_set(supervisor->roster, PU_SERVICE_SUPERVISOR, getpid());
	err = listen_for_questions(supervisor);
	if (err != PU_OK)
		return err;
	sup_family_start(&supervisor->family, pu_now_ns());
	supervisor_settle(supervisor);
	return PU_OK;
}

void supervisor_fini(struct supervisor *supervisor)
{
	close_handles(supervisor);
	for (size_t i = 0; i < SUP_SERVICES_LEN; i++)
		sup_post_fini(&supervisor->posts[i]);
	if (supervisor->roster_fd >= 0)
		close(supervisor->roster_fd);
	supervisor->roster_fd = -1;
	close(supervisor->config_fd);
	pu_config_fini(&supervisor->config);
}
