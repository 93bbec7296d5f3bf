/* What this file knows: how the supervisor answers questions about the daemon. */
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "io_process.h"
#include "supervisor.h"

static uint64_t ms_since(uint64_t then_ns)
{
	return (pu_now_ns() - then_ns) / PU_NS_PER_MS;
}

static struct pu_service_info info_of_child(const struct sup_child *child)
{
	struct sup_memory memory = {0};

	if (child->pid > 0)
		memory = sup_process_memory(child->pid);
	return (struct pu_service_info){
	    .name = pu_service_name(child->id),
	    .state = sup_child_state_name(child->state),
	    .pid = (uint64_t)child->pid,
	    .uptime_ms = child->pid > 0 ? ms_since(child->started_ns) : 0,
	    .restarts = child->restarts,
	    .rss_bytes = memory.rss_bytes,
	    .private_bytes = memory.private_bytes,
	    .note = sup_child_reason(child),
	};
}

static struct pu_service_info info_of_us(const struct supervisor *supervisor)
{
	struct sup_memory memory = sup_process_memory(getpid());

	return (struct pu_service_info){
	    .name = pu_service_name(PU_SERVICE_SUPERVISOR),
	    .state = supervisor->family.stopping ? "stopping" : "running",
	    .pid = (uint64_t)getpid(),
	    .uptime_ms = ms_since(supervisor->started_ns),
	    .rss_bytes = memory.rss_bytes,
	    .private_bytes = memory.private_bytes,
	    .note = supervisor->said,
	};
}

static void sup_on_supervisor_status(void *service, struct pu_request *request,
                                     const void *message)
{
	const struct supervisor *supervisor = service;
	const char *name = supervisor->config.node.name;
	struct pu_service_info infos[1 + SUP_SERVICES_LEN];

	(void)message;
	infos[0] = info_of_us(supervisor);
	for (size_t i = 0; i < SUP_SERVICES_LEN; i++)
		infos[1 + i] = info_of_child(&supervisor->children[i]);
	pu_request_answer(request, &(struct pu_supervisor_state){
	                               .version = PEERUP_VERSION,
	                               .config = supervisor->config.path,
	                               .name = name != NULL ? name : "",
	                               .pid = (uint64_t)getpid(),
	                               .uptime_ms = ms_since(supervisor->started_ns),
	                               .services = {infos, PU_ARRAY_LEN(infos)},
	                           });
}

static void sup_on_supervisor_stop(void *service, struct pu_request *request,
                                   const void *message)
{
	(void)message;
	pu_request_answer(request, &(struct pu_ok){0});
	supervisor_stop(service);
}

static void sup_on_supervisor_reload(void *service, struct pu_request *request,
                                     const void *message)
{
	char *text;

	(void)message;
	enum pu_err err = supervisor_reload(service, &text);
	if (err == PU_OK) {
		pu_request_answer(request, &(struct pu_ok){0});
		return;
	}
	pu_request_fail(request, err, "%s", text);
	pu_free(text);
}

const struct pu_handler sup_handlers[] = {
    {PU_MSG_SUPERVISOR_STATUS, sup_on_supervisor_status},
    {PU_MSG_SUPERVISOR_STOP, sup_on_supervisor_stop},
    {PU_MSG_SUPERVISOR_RELOAD, sup_on_supervisor_reload},
};
const size_t sup_handlers_len = PU_ARRAY_LEN(sup_handlers);
