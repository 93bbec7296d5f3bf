/* Knows what a service wants of its host, and keeps it for the test to look at. Questions come
 * from transport. */
#include "skeleton/test_host.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- the host ---- */

uv_loop_t *pu_host_loop(const struct pu_host *host)
{
	return (uv_loop_t *)&host->loop;
}

const struct pu_config *pu_host_config(const struct pu_host *host)
{
	return &host->config;
}

void pu_host_publish(struct pu_host *host, enum pu_msg id, const void *event)
{
	host->published++;
	if (host->look != NULL)
		host->look(id, event);
}

void pu_host_ready(struct pu_host *host)
{
	host->ready = true;
}

void pu_host_note(struct pu_host *host, const char *fmt, ...)
{
	(void)host;
	(void)fmt;
}

void pu_host_fail(struct pu_host *host, bool permanent, const char *event, const char *fmt, ...)
{
	va_list args;

	(void)event;
	va_start(args, fmt);
	vsnprintf(host->failure, sizeof(host->failure), fmt, args);
	va_end(args);
	host->failed = true;
	host->permanent = permanent;
}

/* ---- a request ---- */

const struct pu_handler *skeleton_test_handler(const struct pu_handler *handlers, size_t len,
                                               enum pu_msg id)
{
	size_t i = 0;

	while (i < len && handlers[i].id != id)
		i++;
	cr_assert_lt(i, len);
	return &handlers[i];
}

void pu_request_answer(struct pu_request *request, const void *answer)
{
	cr_assert_not(request->answered);
	request->answered = true;
	request->err = PU_OK;
	if (request->look != NULL)
		request->look(answer);
}

void pu_request_fail(struct pu_request *request, enum pu_err err, const char *fmt, ...)
{
	va_list args;

	cr_assert_not(request->answered);
	request->answered = true;
	request->err = err;
	va_start(args, fmt);
	vsnprintf(request->text, sizeof(request->text), fmt, args);
	va_end(args);
}

enum pu_service pu_request_sender(const struct pu_request *request)
{
	(void)request;
	return PU_SERVICE_TRANSPORT;
}

pid_t pu_request_pid(const struct pu_request *request)
{
	(void)request;
	return 42;
}
