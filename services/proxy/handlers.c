/* Knows how each question to proxy is answered. */
#include <string.h>

#include "base/alloc.h"
#include "limits.h"
#include "outbound.h"
#include "p2p/peer_id.h"

/* Memory of one proxy.state, which must also fit one message: what is used least goes. */
struct report {
	struct pu_exposed services[PROXY_SERVICES_MAX];
	struct pu_forward forwards[PROXY_FORWARDS_MAX];
	char listens[PROXY_FORWARDS_MAX][PROXY_ENDPOINT_MAX];
	struct pu_usage usage[PROXY_USAGE_MAX];
	struct pu_proxy_state state;
	size_t bytes; /* estimated */
};

#define ROW_BYTES 160 /* names of the fields, numbers, and small strings of any row */

static size_t strings_bytes(struct pu_strings strings)
{
	size_t bytes = 0;

	for (size_t i = 0; i < strings.len; i++)
		bytes += strlen(strings.items[i]) + 2;
	return bytes;
}

static bool take_bytes(struct report *report, size_t bytes)
{
	if (report->bytes + bytes > PROXY_STATUS_BYTES_MAX)
		return false;
	report->bytes += bytes;
	return true;
}

static void report_services(struct report *report, const struct proxy *proxy)
{
	PU_LIST_FOREACH(it, &proxy->exposed.services) {
		const struct pu_exposed *about = &PU_LIST_ENTRY(it, struct proxy_service, node)->about;

		if (!take_bytes(report, ROW_BYTES + strlen(about->target) +
		                            strings_bytes(about->allowed_peers) +
		                            strings_bytes(about->tags)))
			return;
		report->services[report->state.services.len++] = *about;
	}
}

static void report_forwards(struct report *report, const struct proxy *proxy)
{
	PU_LIST_FOREACH(it, &proxy->forwards.items) {
		const struct proxy_forward *forward = PU_LIST_ENTRY(it, struct proxy_forward, node);
		size_t i = report->state.forwards.len;

		if (!take_bytes(report, 2 * ROW_BYTES + strlen(forward->peer) + strlen(forward->error)))
			return;
		report->forwards[i] = (struct pu_forward){
		    .id = forward->id,
		    .peer = forward->peer,
		    .peer_id = forward->peer_id,
		    .service = forward->service,
		    .listen = proxy_outbound_listen(forward, report->listens[i]),
		    .state = proxy_forward_state_name(forward->state),
		    .error = forward->error,
		    .permanent = proxy_forward_is_permanent(forward),
		};
		report->state.forwards.len++;
	}
}

static void report_usage(struct report *report, const struct proxy *proxy)
{
	PU_LIST_FOREACH(it, &proxy->usage.recent) {
		const struct proxy_account *account = PU_LIST_ENTRY(it, struct proxy_account, node);

		if (!take_bytes(report, 2 * ROW_BYTES))
			return;
		report->usage[report->state.usage.len++] = (struct pu_usage){
		    .service = account->service,
		    .peer_id = account->peer_id,
		    .direction = proxy_direction_name(account->direction),
		    .active = account->active,
		    .total = account->total,
		    .failed = account->failed,
		    .bytes_in = account->bytes_in,
		    .bytes_out = account->bytes_out,
		};
	}
}

static void proxy_on_status(void *service, struct pu_request *request, const void *message)
{
	struct report *report = PU_NEW(struct report);

	(void)message;
	report->state.services.items = report->services;
	report->state.forwards.items = report->forwards;
	report->state.usage.items = report->usage;
	report_services(report, service);
	report_forwards(report, service);
	report_usage(report, service);
	pu_request_answer(request, &report->state);
	pu_free(report);
}

static void proxy_on_forward(void *service, struct pu_request *request, const void *message)
{
	const struct pu_proxy_forward *asked = message;
	struct proxy_wish wish = {
	    .id = "",
	    .peer = asked->peer,
	    .service = asked->service,
	    .enabled = true,
	    .owner = pu_request_pid(request),
	};

	if (proxy_endpoint_parse_listen(asked->listen, &wish.listen) != PU_OK)
		pu_request_fail(
		    request, PU_EINVAL,
		    "cannot listen on \"%s\": expected a port, localhost:port, an IP address "
		    "and port, or unix:/path",
		    asked->listen);
	else if (wish.owner <= 0)
		pu_request_fail(request, PU_EPERM, "the asking process cannot be seen from here");
	else
		proxy_outbound_ask(service, &wish, request);
}

static void proxy_on_unforward(void *service, struct pu_request *request, const void *message)
{
	struct proxy *proxy = service;
	const struct pu_proxy_unforward *asked = message;
	struct proxy_forward *forward = proxy_forwards_find(&proxy->forwards, asked->id, false);

	if (forward != NULL) {
		proxy_outbound_end(forward);
		pu_request_answer(request, &(struct pu_ok){0});
	} else if (proxy_forwards_find(&proxy->forwards, asked->id, true) != NULL) {
		pu_request_fail(
		    request, PU_EUNSUPPORTED,
		    "%s is in the configuration: 'peerup proxy disable %s' or 'peerup proxy "
		    "remove %s' ends it",
		    asked->id, asked->id, asked->id);
	} else {
		pu_request_fail(request, PU_ENOTFOUND, "there is no forward %s", asked->id);
	}
}

static void proxy_on_offers(void *service, struct pu_request *request, const void *message)
{
	const struct proxy *proxy = service;
	const struct pu_proxy_offers *asked = message;
	struct pu_offer offers[PROXY_SERVICES_MAX];
	char protocols[PROXY_SERVICES_MAX][PROXY_PROTOCOL_MAX], peer[PU_PEER_ID_TEXT_MAX];
	struct pu_proxy_offered offered = {.services = {.items = offers}};
	struct pu_peer_id id;

	if (pu_peer_id_parse(asked->peer_id, &id) != PU_OK) {
		pu_request_fail(request, PU_EINVAL, "\"%s\" is no peer ID", asked->peer_id);
		return;
	}
	pu_peer_id_print(&id, peer);
	PU_LIST_FOREACH(it, &proxy->exposed.services) {
		const struct proxy_service *exposed = PU_LIST_ENTRY(it, struct proxy_service, node);
		size_t i = offered.services.len;

		if (!exposed->about.enabled || !proxy_service_allows(exposed, peer))
			continue;
		offers[i] = (struct pu_offer){
		    .name = exposed->about.name,
		    .protocol = proxy_protocol_print(exposed->about.name, protocols[i]),
		    .tags = exposed->about.tags,
		};
		offered.services.len++;
	}
	pu_request_answer(request, &offered);
}

const struct pu_handler proxy_handlers[] = {
    {PU_MSG_PROXY_STATUS, proxy_on_status},
    {PU_MSG_PROXY_FORWARD, proxy_on_forward},
    {PU_MSG_PROXY_UNFORWARD, proxy_on_unforward},
    {PU_MSG_PROXY_OFFERS, proxy_on_offers},
};
const size_t proxy_handlers_len = PU_ARRAY_LEN(proxy_handlers);
