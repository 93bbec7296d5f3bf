/* What a service may ask of the process it runs in. */
#include "skeleton/host.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "proto/limits.h"
#include "proto/text.h"

uv_loop_t *pu_host_loop(const struct pu_host *host)
{
	return (uv_loop_t *)&host->loop;
}

const struct pu_config *pu_host_config(const struct pu_host *host)
{
	return &host->config;
}

const struct pu_roster *pu_host_roster(const struct pu_host *host)
{
	return host->roster;
}

struct pu_client *pu_host_client(struct pu_host *host, enum pu_service to)
{
	if (host->clients[to] == NULL)
		host->clients[to] = pu_client_new(&host->loop, host->config.runtime_dir, to);
	return host->clients[to];
}

void pu_host_publish(struct pu_host *host, enum pu_msg id, const void *event)
{
	if (host->server != NULL)
		pu_server_publish(host->server, id, event);
}

void pu_host_ready(struct pu_host *host)
{
	if (host->ready || host->over)
		return;
	host->ready = true;
	skeleton_control_send(host, PU_MSG_SERVICE_READY, NULL, -1);
	pu_info("service.ready", "service=%s", pu_service_name(host->description->id));
	/* Starting took memory that serving does not need. */
	malloc_trim(0);
}

static void send_note(struct pu_host *host, const char *text)
{
	char valid[PU_FIELD_TEXT_MAX + 1];
	struct pu_service_note note = {.text = valid};

	pu_text_copy(valid, sizeof(valid), text);
	skeleton_control_send(host, PU_MSG_SERVICE_NOTE, &note, -1);
}

void pu_host_note(struct pu_host *host, const char *fmt, ...)
{
	char text[PU_FIELD_TEXT_MAX + 1];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	send_note(host, text);
}

void pu_host_drained(struct pu_host *host)
{
	if (host->draining)
		skeleton_end(host);
}

void pu_host_fail(struct pu_host *host, bool permanent, const char *event, const char *fmt, ...)
{
	char text[PU_FIELD_TEXT_MAX + 1];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pu_error(event, "reason=%s permanent=%s", text, permanent ? "true" : "false");
	send_note(host, text);
	host->status = permanent ? PU_EXIT_PERMANENT : 1;
	skeleton_end(host);
}

void pu_host_keep(struct pu_host *host, const char *name, int fd)
{
	struct pu_service_keep keep = {.name = name};
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		pu_warn("control.lost", "type=service.keep name=%s error=%s", name, strerror(errno));
	else
		skeleton_control_send(host, PU_MSG_SERVICE_KEEP, &keep, copy);
}

void pu_host_drop(struct pu_host *host, const char *name)
{
	struct pu_service_drop drop = {.name = name};

	skeleton_control_send(host, PU_MSG_SERVICE_DROP, &drop, -1);
}

void skeleton_end(struct pu_host *host)
{
	host->over = true;
	uv_stop(&host->loop);
}

bool skeleton_is_permanent(enum pu_err err)
{
	return err == PU_EPERM || err == PU_EREADONLY || err == PU_EINVAL || err == PU_EMALFORMED ||
	       err == PU_ECRYPTO;
}
