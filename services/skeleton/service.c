/* The order in which every service starts, reloads and stops. */
#include "skeleton/service.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "base/yaml_node.h"
#include "skeleton/host.h"
#include "skeleton/sandbox.h"

/* Turns of the loop that closing everything may take. */
#define CLOSING_TURNS 64
/* Memory that malloc keeps at the top of the heap instead of giving it back. */
#define TRIM_THRESHOLD (64 * 1024)
/* Of a configuration that is handed over. */
#define READ_SIZE 4096

/* ---- configuration ---- */

static void set_log(const struct pu_host *host)
{
	const struct skeleton_arguments *arguments = &host->arguments;

	pu_log_set(arguments->has_level ? arguments->level : host->config.log.level,
	           arguments->has_format ? arguments->format : host->config.log.format);
}

/* Warnings are the supervisor's to print, once. */
static void log_report(const struct pu_report *report, const char *path)
{
	for (size_t i = 0; i < report->len; i++) {
		const struct pu_mistake *mistake = &report->items[i];
		PU_LOG_AT(mistake->warning ? PU_LOG_DEBUG : PU_LOG_ERROR, "config.mistake",
		          "path=%s line=%zu key=%s text=%s", path, mistake->line, mistake->key,
		          mistake->text);
	}
}

static enum pu_err report_config(const struct pu_report *report, const char *path,
                                 enum pu_err err)
{
	log_report(report, path);
	if (err != PU_OK)
		pu_error("config.refused", "path=%s error=%s", path, pu_strerror(err));
	return err;
}

static enum pu_err load_config(struct pu_config *config, const char *path)
{
	struct pu_report report = {0};
	enum pu_err err = pu_config_load(path, config, &report);

	err = report_config(&report, path, err);
	pu_report_fini(&report);
	return err;
}

/* From the start of the file: the supervisor hands the same one to all. */
static enum pu_err read_all(int fd, struct pu_buffer *out)
{
	for (;;) {
		enum pu_err err = pu_buffer_reserve(out, READ_SIZE);
		if (err != PU_OK)
			return err;
		ssize_t got = pread(fd, out->data + out->len, READ_SIZE, (off_t)out->len);
		if (got == 0)
			return PU_OK;
		if (got < 0)
			return pu_err_from_errno(errno);
		out->len += (size_t)got;
	}
}

static enum pu_err parse_config(struct pu_config *config, const char *path, int fd)
{
	struct pu_report report = {0};
	struct pu_buffer text;

	pu_buffer_init(&text, PU_YAML_BYTES_MAX + READ_SIZE);
	enum pu_err err = read_all(fd, &text);
	if (err == PU_OK)
		err = pu_config_parse(pu_buffer_bytes(&text), path, config, &report);
	err = report_config(&report, path, err);
	pu_report_fini(&report);
	pu_buffer_fini(&text);
	return err;
}

static enum pu_err first_config(struct pu_host *host, int fd)
{
	char *path;

	enum pu_err err = pu_config_find(host->arguments.config, &path);
	if (err != PU_OK) {
		pu_error("config.refused", "error=%s", pu_strerror(err));
		return err;
	}
	err = fd >= 0 ? parse_config(&host->config, path, fd) : load_config(&host->config, path);
	pu_free(path);
	if (err == PU_OK)
		set_log(host);
	return err;
}

static void fail_without_config(struct pu_host *host, enum pu_err err)
{
	pu_host_fail(host, skeleton_is_permanent(err) || err == PU_ENOTFOUND,
	             "service.start_failed", "the configuration: %s", pu_strerror(err));
}

/* Another one before the start replaces the first. */
void skeleton_take_config(struct pu_host *host, int fd, const char *runtime_dir)
{
	pu_config_fini(&host->config);
	host->config = (struct pu_config){0};
	enum pu_err err = first_config(host, fd);
	if (err == PU_OK)
		pu_config_stay(&host->config, runtime_dir);
	else
		fail_without_config(host, err);
}

void skeleton_reload(struct pu_host *host, int fd)
{
	struct pu_config old = host->config;
	struct pu_config new;

	enum pu_err err = fd >= 0 ? parse_config(&new, old.path, fd) : load_config(&new, old.path);
	if (err != PU_OK)
		return;
	/* The supervisor says so for all. */
	if (pu_config_stay(&new, old.runtime_dir) && !host->supervised)
		pu_warn("config.needs_restart", "key=runtime_dir");
	host->config = new;
	set_log(host);
	if (host->description->reload != NULL)
		host->description->reload(host->state, &old);
	pu_config_fini(&old);
	pu_info("config.reloaded", "path=%s", host->config.path);
}

/* ---- signals ---- */

static void on_drain_timer(uv_timer_t *timer)
{
	struct pu_host *host = timer->data;

	pu_warn("service.drain_timeout", "after_ms=%d", PU_DRAIN_MS);
	skeleton_end(host);
}

void skeleton_drain(struct pu_host *host)
{
	bool again = host->draining;

	host->draining = true;
	if (again || !host->started || host->description->drain == NULL) {
		skeleton_end(host);
		return;
	}
	uv_timer_start(&host->drain_timer, on_drain_timer, PU_DRAIN_MS, 0);
	host->description->drain(host->state);
}

static void on_signal(uv_signal_t *handle, int signo)
{
	struct pu_host *host = handle->data;

	if (signo != SIGHUP)
		skeleton_drain(host);
	else if (host->started && !host->supervised)
		skeleton_reload(host, -1);
}

static void watch_signals(struct pu_host *host)
{
	static const int signals[SKELETON_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

	for (size_t i = 0; i < SKELETON_SIGNALS; i++) {
		uv_signal_init(&host->loop, &host->signals[i]);
		host->signals[i].data = host;
		uv_signal_start(&host->signals[i], on_signal, signals[i]);
	}
	uv_timer_init(&host->loop, &host->drain_timer);
	host->drain_timer.data = host;
	signal(SIGPIPE, SIG_IGN);
}

/* ---- start ---- */

static void on_event(void *user, const struct pu_message *event)
{
	struct skeleton_subscription *subscription = user;

	subscription->row->on_event(subscription->host->state, event);
}

static void on_events_connected(void *user)
{
	struct skeleton_subscription *subscription = user;

	subscription->host->description->connected(subscription->host->state,
	                                           subscription->row->from);
}

static void subscribe(struct pu_host *host)
{
	const struct pu_service_description *description = host->description;

	host->subscriptions =
	    pu_calloc(description->subscriptions_len, sizeof(*host->subscriptions));
	for (size_t i = 0; i < description->subscriptions_len; i++) {
		struct skeleton_subscription *subscription = &host->subscriptions[i];
		const struct pu_subscription *row = &description->subscriptions[i];
		*subscription = (struct skeleton_subscription){.host = host, .row = row};
		subscription->events = pu_events_new(&host->loop, host->config.runtime_dir, row->from,
		                                     row->prefix, on_event, subscription);
		if (description->connected != NULL)
			pu_events_on_connected(subscription->events, on_events_connected);
	}
}

static enum pu_err open_server(struct pu_host *host)
{
	const struct pu_service_description *description = host->description;
	const struct pu_server_options options = {
	    .loop = &host->loop,
	    .runtime_dir = host->config.runtime_dir,
	    .self = description->id,
	    .roster = host->roster,
	    .handlers = description->handlers,
	    .handlers_len = description->handlers_len,
	    .service = host->state,
	};

	enum pu_err err = pu_server_new(&host->server, &options);
	if (err == PU_ELIMIT)
		pu_host_fail(host, true, "service.no_socket",
		             "the name of the runtime directory is too long for a socket: %s",
		             host->config.runtime_dir);
	else if (err != PU_OK)
		pu_host_fail(host, skeleton_is_permanent(err), "service.no_socket",
		             "cannot listen in %s: %s", host->config.runtime_dir, pu_strerror(err));
	return err;
}

/* Before there is another thread: it would stay outside. */
static enum pu_err enter_sandbox(struct pu_host *host)
{
	const struct skeleton_sandbox sandbox = {
	    .allowed = host->description->sandbox,
	    .reads_config = !host->supervised,
	};

	enum pu_err err = skeleton_sandbox_enter(&sandbox, &host->config);
	if (err != PU_OK)
		pu_host_fail(host, skeleton_is_permanent(err), "service.no_sandbox", "%s",
		             pu_strerror(err));
	return err;
}

static enum pu_err open_roster(struct pu_host *host)
{
	enum pu_err err = pu_roster_open(PU_ROSTER_FD, &host->roster);

	return err == PU_ENOTFOUND ? PU_OK : err;
}

static enum pu_err prepare(struct pu_host *host)
{
	enum pu_err err = pu_dir_ensure(host->config.runtime_dir);

	if (err == PU_OK)
		err = open_roster(host);
	if (err != PU_OK)
		pu_host_fail(host, skeleton_is_permanent(err), "service.start_failed", "%s: %s",
		             host->config.runtime_dir, pu_strerror(err));
	return err;
}

static void start(struct pu_host *host)
{
	host->started = true;
	enum pu_err err = host->description->start(host, host->state);
	if (err != PU_OK && !host->over)
		pu_host_fail(host, skeleton_is_permanent(err), "service.start_failed", "%s",
		             pu_strerror(err));
	if (!host->over)
		subscribe(host);
}

void skeleton_start(struct pu_host *host)
{
	if (host->config.path == NULL)
		pu_host_fail(host, false, "service.start_failed", "%s",
		             "no configuration was handed over");
	else if (prepare(host) == PU_OK && enter_sandbox(host) == PU_OK &&
	         open_server(host) == PU_OK)
		start(host);
}

/* ---- stop ---- */

static void close_host(struct pu_host *host)
{
	const struct pu_service_description *description = host->description;

	if (host->started && description->stop != NULL)
		description->stop(host->state);
	for (size_t i = 0; i < description->subscriptions_len && host->subscriptions != NULL; i++)
		pu_events_free(host->subscriptions[i].events);
	for (size_t i = 0; i < PU_SERVICE_COUNT; i++)
		pu_client_free(host->clients[i]);
	pu_server_free(host->server);
	pu_channel_free(host->control);
	for (size_t i = 0; i < SKELETON_SIGNALS; i++)
		uv_close((uv_handle_t *)&host->signals[i], NULL);
	uv_close((uv_handle_t *)&host->drain_timer, NULL);
	for (int i = 0; i < CLOSING_TURNS && uv_loop_alive(&host->loop); i++)
		uv_run(&host->loop, UV_RUN_NOWAIT);
	if (uv_loop_close(&host->loop) != 0)
		pu_debug("service.handles_left", "service=%s", pu_service_name(description->id));
	pu_free(host->subscriptions);
}

/* By hand: there is nobody to wait for. */
static void start_alone(struct pu_host *host)
{
	enum pu_err err = first_config(host, -1);

	if (err == PU_OK)
		skeleton_start(host);
	else
		fail_without_config(host, err);
}

/* From the event loop's making to its end. */
static void run(struct pu_host *host)
{
	enum pu_err err = skeleton_seccomp_no_rings();
	if (err != PU_OK)
		pu_debug("sandbox.rings", "state=%s", pu_strerror(err));
	uv_loop_init(&host->loop);
	watch_signals(host);
	err = skeleton_control_open(host);
	if (err != PU_OK)
		pu_host_fail(host, false, "service.start_failed", "the control channel: %s",
		             pu_strerror(err));
	else if (!host->supervised)
		start_alone(host);
	if (!host->over)
		uv_run(&host->loop, UV_RUN_DEFAULT);
	close_host(host);
}

int pu_service_main(int argc, char **argv, const struct pu_service_description *description)
{
	struct pu_host host = {.description = description};

	int status = skeleton_arguments_parse(argc, argv, description, &host.arguments);
	if (status >= 0)
		return status;
	/* One heap for all threads: those that libuv looks up names in hold little. */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD);
	umask(S_IRWXG | S_IRWXO);
	pu_log_init(pu_service_name(description->id),
	            host.arguments.has_level ? host.arguments.level : PU_LOG_INFO,
	            host.arguments.has_format ? host.arguments.format : PU_LOG_LOGFMT);
	/* Before the sandbox; it also finds out how fast this machine can do what. */
	if (sodium_init() < 0)
		pu_fatal("service.start_failed", "reason=%s", "libsodium does not start");
	host.state = pu_zalloc(description->state_size);
	run(&host);
	pu_free(host.state);
	pu_config_fini(&host.config);
	return host.status;
}
