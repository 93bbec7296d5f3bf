/* Knows what the service is made of, and the order in which it starts, reloads and stops. */
#include "proxy.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "held.h"
#include "inbound.h"
#include "limits.h"
#include "outbound.h"
#include "settings.h"

#define PROTOCOLS "/peerup/*"

/* ---- streams ---- */

static void on_inbound(void *user, const struct pu_stream_inbound *inbound)
{
	proxy_inbound_open(user, inbound);
}

static void on_opened(void *user, uint64_t id, enum pu_err err, const char *text, int fd)
{
	(void)fd; /* -1: each stream has its client's descriptor */
	proxy_clients_opened(user, id, err, text);
}

static void on_closed(void *user, const struct pu_stream_closed *closed, bool inbound)
{
	if (inbound)
		proxy_inbound_closed(user, closed);
	else
		proxy_clients_closed(user, closed);
}

static void become_ready(struct proxy *proxy)
{
	if (proxy->ready)
		return;
	proxy->ready = true;
	uv_timer_stop(&proxy->patience);
	pu_host_ready(proxy->host);
}

/* Peers can reach our services from now on. */
static void on_connected(void *user)
{
	become_ready(user);
	proxy_clients_connected(user);
}

static void on_no_transport(uv_timer_t *timer)
{
	become_ready(timer->data);
}

static const struct pu_streams_ops streams_ops = {
    .on_inbound = on_inbound,
    .on_opened = on_opened,
    .on_closed = on_closed,
    .on_connected = on_connected,
};

/* ---- our own name, for messages to people ---- */

static void on_identity(void *user, enum pu_err err, const char *text, const void *message)
{
	struct proxy *proxy = user;
	const struct pu_auth_self *self = message;

	(void)text;
	if (err == PU_OK)
		snprintf(proxy->self, sizeof(proxy->self), "%s", self->peer_id);
}

static void ask_identity(struct proxy *proxy)
{
	struct pu_auth_identity question = {0};

	pu_client_ask(pu_host_client(proxy->host, PU_SERVICE_AUTH), PU_MSG_AUTH_IDENTITY, &question,
	              PROXY_ASK_MS, on_identity, proxy);
}

/* ---- configuration ---- */

static void note(const struct proxy *proxy)
{
	size_t services = pu_map_len(&proxy->exposed.names), forwards = proxy->forwards.len;

	pu_host_note(proxy->host, "%zu service%s, %zu forward%s", services,
	             services == 1 ? "" : "s", forwards, forwards == 1 ? "" : "s");
}

static void apply_config(struct proxy *proxy)
{
	const struct pu_config *config = pu_host_config(proxy->host);
	struct proxy_wish *wishes = pu_calloc(PROXY_FORWARDS_MAX, sizeof(*wishes));
	size_t wishes_len = proxy_settings_wishes(config, wishes);

	proxy_exposed_fini(&proxy->exposed);
	proxy_exposed_init(&proxy->exposed);
	proxy_settings_expose(config, &proxy->exposed);
	proxy_outbound_apply(proxy, wishes, wishes_len);
	pu_free(wishes);
	note(proxy);
}

void proxy_reload(void *state, const struct pu_config *old)
{
	struct proxy *proxy = state;

	(void)old;
	proxy_connector_forget(proxy->connector);
	apply_config(proxy);
}

/* ---- kept descriptors ---- */

void proxy_kept(void *state, const char *name, int fd)
{
	struct proxy *proxy = state;

	if (proxy->kept.items.head.next == NULL)
		proxy_kept_init(&proxy->kept);
	proxy_kept_add(&proxy->kept, name, fd);
}

static void on_claim_over(uv_timer_t *timer)
{
	struct proxy *proxy = timer->data;
	char name[PROXY_KEPT_NAME_MAX];

	while (proxy_kept_close_next(&proxy->kept, name)) {
		pu_info("listener.unclaimed", "name=%s", name);
		pu_host_drop(proxy->host, name);
	}
}

/* ---- life ---- */

static void start_timers(struct proxy *proxy)
{
	uv_loop_t *loop = pu_host_loop(proxy->host);

	uv_timer_init(loop, &proxy->retry);
	proxy->retry.data = proxy;
	uv_timer_init(loop, &proxy->patience);
	proxy->patience.data = proxy;
	uv_timer_start(&proxy->patience, on_no_transport, PROXY_READY_MS, 0);
	uv_timer_init(loop, &proxy->claim);
	proxy->claim.data = proxy;
	if (proxy->kept.len > 0)
		uv_timer_start(&proxy->claim, on_claim_over, PROXY_KEPT_CLAIM_MS, 0);
}

enum pu_err proxy_start(struct pu_host *host, void *state)
{
	struct proxy *proxy = state;
	uv_loop_t *loop = pu_host_loop(host);

	proxy->host = host;
	if (proxy->kept.items.head.next == NULL)
		proxy_kept_init(&proxy->kept);
	pu_list_init(&proxy->inbound);
	proxy_exposed_init(&proxy->exposed);
	proxy_access_init(&proxy->access, PROXY_VERDICTS_MAX, PROXY_VERDICT_TTL_MS);
	proxy_usage_init(&proxy->usage, PROXY_USAGE_MAX);
	proxy_flows_init(&proxy->flows, PROXY_STREAMS_MAX);
	proxy_forwards_init(&proxy->forwards);
	proxy->connector = proxy_connector_new(loop);
	proxy_held_init(proxy, proxy_clients_give_up);
	start_timers(proxy);
	proxy->streams =
	    pu_streams_new(loop, pu_host_config(host)->runtime_dir, &streams_ops, proxy);
	pu_streams_register(proxy->streams, PROTOCOLS);
	ask_identity(proxy);
	apply_config(proxy);
	return PU_OK;
}

/* Streams are transport's by now: there is nothing to wait for. */
void proxy_drain(void *state)
{
	struct proxy *proxy = state;

	proxy_outbound_pause(proxy);
	pu_host_drained(proxy->host);
}

void proxy_stop(void *state)
{
	struct proxy *proxy = state;

	proxy_outbound_stop(proxy);
	proxy_held_fini(proxy);
	proxy_connector_free(proxy->connector);
	proxy_inbound_stop(proxy);
	pu_streams_free(proxy->streams);
	proxy_flows_fini(&proxy->flows);
	proxy_usage_fini(&proxy->usage);
	proxy_access_fini(&proxy->access);
	proxy_exposed_fini(&proxy->exposed);
	proxy_kept_fini(&proxy->kept);
	uv_close((uv_handle_t *)&proxy->retry, NULL);
	uv_close((uv_handle_t *)&proxy->patience, NULL);
	uv_close((uv_handle_t *)&proxy->claim, NULL);
}

/* ---- events ---- */

void proxy_on_auth_changed(void *state, const struct pu_message *event)
{
	struct proxy *proxy = state;
	const struct pu_auth_changed *changed = event->body;

	proxy_access_changed(&proxy->access, changed->generation);
}

void proxy_on_naming_changed(void *state, const struct pu_message *event)
{
	(void)event;
	proxy_outbound_resolve_again(state);
}

/* A new auth counts its generations anew, and a new naming may know other names: what they told
 * while nobody listened is lost. */
void proxy_on_connected(void *state, enum pu_service service)
{
	struct proxy *proxy = state;

	if (service == PU_SERVICE_AUTH) {
		proxy_access_changed(&proxy->access, 0);
		ask_identity(proxy);
	} else if (service == PU_SERVICE_NAMING) {
		proxy_outbound_resolve_again(proxy);
	}
}
