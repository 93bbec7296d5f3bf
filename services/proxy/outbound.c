/* Knows the life of a forward: resolve its peer, listen, try again after a failure, and
 * leave when its configuration or its owner goes. */
#include "outbound.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/rand.h"
#include "held.h"
#include "io_listen.h"
#include "io_owner.h"
#include "limits.h"
#include "p2p/peer_id.h"

static void resolve(struct proxy_forward *forward);

const char *proxy_outbound_listen(const struct proxy_forward *forward,
                                  char out[PROXY_ENDPOINT_MAX])
{
	const struct proxy_endpoint *real =
	    forward->listener != NULL ? &forward->real : &forward->listen;

	return proxy_endpoint_print(real, out);
}

static void publish(const struct proxy_forward *forward, const char *state)
{
	char listen[PROXY_ENDPOINT_MAX];
	struct pu_forward_state event = {
	    .id = forward->id,
	    .peer = forward->peer,
	    .service = forward->service,
	    .listen = proxy_outbound_listen(forward, listen),
	    .state = state,
	    .error = forward->error,
	};

	pu_host_publish(forward->proxy->host, PU_MSG_FORWARD_STATE, &event);
	if (forward->error[0] != '\0')
		pu_warn("forward.state", "id=%s peer=%s service=%s listen=%s state=%s error=%s",
		        forward->id, forward->peer, forward->service, listen, state, forward->error);
	else
		pu_info("forward.state", "id=%s peer=%s service=%s listen=%s state=%s", forward->id,
		        forward->peer, forward->service, listen, state);
}

static void set_state(struct proxy_forward *forward, enum proxy_forward_state state,
                      enum pu_err err, const char *error)
{
	bool changed = forward->state != state || strcmp(forward->error, error) != 0;

	forward->state = state;
	forward->err = err;
	snprintf(forward->error, sizeof(forward->error), "%s", error);
	if (changed)
		publish(forward, proxy_forward_state_name(state));
}

static bool is_needed(const struct proxy *proxy, const char *peer_id)
{
	PU_LIST_FOREACH(it, &proxy->forwards.items) {
		struct proxy_forward *other = PU_LIST_ENTRY(it, struct proxy_forward, node);

		if (other->needing && strcmp(other->peer_id, peer_id) == 0)
			return true;
	}
	return false;
}

/* The first forward to a peer warms up the connection, the last one lets it go. */
static void set_need(struct proxy_forward *forward, bool needing)
{
	struct proxy *proxy = forward->proxy;
	bool before;

	if (forward->needing == needing)
		return;
	before = is_needed(proxy, forward->peer_id);
	forward->needing = needing;
	if (is_needed(proxy, forward->peer_id) != before)
		pu_streams_need(proxy->streams, forward->peer_id, needing);
}

static void forget_peer(struct proxy_forward *forward)
{
	set_need(forward, false);
	forward->peer_id[0] = '\0';
}

static void stop_asking(struct proxy_forward *forward)
{
	if (forward->resolving != 0)
		pu_client_cancel(pu_host_client(forward->proxy->host, PU_SERVICE_NAMING),
		                 forward->resolving);
	forward->resolving = 0;
}

static void drop_held(struct proxy_forward *forward)
{
	forward->opening -= proxy_held_drop(forward);
}

static void release(struct proxy_forward *forward)
{
	stop_asking(forward);
	set_need(forward, false);
	drop_held(forward);
	proxy_listener_close(forward->listener);
	forward->listener = NULL;
	forward->retry_at_ms = 0;
}

static void forward_free(struct proxy_forward *forward)
{
	drop_held(forward);
	PU_LIST_FOREACH(it, &forward->flows) {
		struct proxy_flow *flow = PU_LIST_ENTRY(it, struct proxy_flow, node);

		pu_list_remove(&flow->node);
		flow->forward = NULL;
	}
	proxy_owner_free(forward->owner);
	proxy_forwards_remove(&forward->proxy->forwards, forward);
}

void proxy_outbound_end(struct proxy_forward *forward)
{
	forward->error[0] = '\0';
	publish(forward, "closed");
	release(forward);
	if (forward->request != NULL)
		pu_request_fail(forward->request, PU_ECLOSED, "the forward was closed");
	forward_free(forward);
}

static void on_retry(uv_timer_t *timer);

static void arm_retry(struct proxy *proxy)
{
	uint64_t now_ms = uv_now(pu_host_loop(proxy->host)), first_ms = UINT64_MAX;

	PU_LIST_FOREACH(it, &proxy->forwards.items) {
		struct proxy_forward *forward = PU_LIST_ENTRY(it, struct proxy_forward, node);

		if (forward->retry_at_ms != 0 && forward->retry_at_ms < first_ms)
			first_ms = forward->retry_at_ms;
	}
	if (first_ms == UINT64_MAX)
		uv_timer_stop(&proxy->retry);
	else
		uv_timer_start(&proxy->retry, on_retry, first_ms > now_ms ? first_ms - now_ms : 0, 0);
}

static void on_retry(uv_timer_t *timer)
{
	struct proxy *proxy = timer->data;
	uint64_t now_ms = uv_now(pu_host_loop(proxy->host));

	PU_LIST_FOREACH(it, &proxy->forwards.items) {
		struct proxy_forward *forward = PU_LIST_ENTRY(it, struct proxy_forward, node);

		if (forward->retry_at_ms != 0 && forward->retry_at_ms <= now_ms) {
			forward->retry_at_ms = 0;
			resolve(forward);
		}
	}
	arm_retry(proxy);
}

/* Who asks for an ephemeral forward is told and tries again by itself; others are retried. */
static void fail(struct proxy_forward *forward, enum pu_err err, const char *text)
{
	struct proxy *proxy = forward->proxy;

	release(forward);
	if (forward->request != NULL) {
		pu_request_fail(forward->request, err, "%s", text);
		forward_free(forward);
		return;
	}
	set_state(forward, PROXY_FAILED, err, text);
	forward->retry_at_ms =
	    uv_now(pu_host_loop(proxy->host)) +
	    pu_backoff_ms(forward->attempts++, PROXY_RETRY_MS, PROXY_RETRY_MAX_MS);
	arm_retry(proxy);
}

static void answer(struct proxy_forward *forward)
{
	char listen[PROXY_ENDPOINT_MAX];
	struct pu_proxy_forwarded forwarded = {
	    .id = forward->id,
	    .peer_id = forward->peer_id,
	    .listen = proxy_outbound_listen(forward, listen),
	};

	pu_request_answer(forward->request, &forwarded);
	forward->request = NULL;
}

/* The peer is known: listen, or go on listening. */
static void serve(struct proxy_forward *forward)
{
	struct proxy_listener_options options = {
	    .host = forward->proxy->host,
	    .kept = &forward->proxy->kept,
	    .on_client = proxy_clients_accept,
	    .user = forward,
	};
	char text[PROXY_ERROR_MAX];
	enum pu_err err;

	if (forward->listener == NULL) {
		err = proxy_listener_open(&forward->listener, &forward->listen, &options, text,
		                          sizeof(text));
		if (err != PU_OK) {
			fail(forward, err, text);
			return;
		}
		forward->real = *proxy_listener_endpoint(forward->listener);
		if (!proxy_endpoint_is_local(&forward->listen))
			pu_warn("forward.open_to_others", "id=%s note=%s", forward->id,
			        "other machines may connect to this listener");
	}
	forward->attempts = 0;
	set_need(forward, true);
	set_state(forward, PROXY_LISTENING, PU_OK, "");
	if (forward->request != NULL)
		answer(forward);
	if (forward->opening < PROXY_OPENING_MAX)
		proxy_listener_resume(forward->listener);
}

static void set_peer(struct proxy_forward *forward, const char *peer_id)
{
	if (strcmp(forward->peer_id, peer_id) != 0) {
		set_need(forward, false);
		snprintf(forward->peer_id, sizeof(forward->peer_id), "%s", peer_id);
	}
	serve(forward);
}

static void on_resolved(void *user, enum pu_err err, const char *text, const void *message)
{
	struct proxy_forward *forward = user;
	const struct pu_naming_resolved *resolved = message;
	char error[PROXY_ERROR_MAX];

	forward->resolving = 0;
	if (err == PU_OK) {
		set_peer(forward, resolved->peer_id);
		return;
	}
	/* Naming is away: what it said before still holds. */
	if (err != PU_ENOTFOUND && forward->peer_id[0] != '\0') {
		serve(forward);
		return;
	}
	if (err == PU_ENOTFOUND) {
		forget_peer(forward);
		snprintf(error, sizeof(error),
		         "nobody is called %s: 'peerup peer list' shows the names", forward->peer);
	} else {
		snprintf(error, sizeof(error), "cannot look up %s: %s", forward->peer, text);
	}
	fail(forward, err, error);
}

/* The answer under way may be about another name, or from before the names changed. */
static void resolve(struct proxy_forward *forward)
{
	struct pu_naming_resolve question = {.name = forward->peer};
	struct pu_peer_id id;
	char text[PU_PEER_ID_TEXT_MAX];

	stop_asking(forward);
	if (pu_peer_id_parse(forward->peer, &id) == PU_OK) {
		set_peer(forward, pu_peer_id_print(&id, text));
		return;
	}
	forward->resolving =
	    pu_client_ask(pu_host_client(forward->proxy->host, PU_SERVICE_NAMING),
	                  PU_MSG_NAMING_RESOLVE, &question, PROXY_ASK_MS, on_resolved, forward);
}

static void begin(struct proxy_forward *forward)
{
	forward->retry_at_ms = 0;
	if (!forward->enabled)
		set_state(forward, PROXY_DISABLED, PU_OK, "");
	else
		resolve(forward);
}

static const struct proxy_wish *find_wish(const struct proxy_wish *wishes, size_t len,
                                          const char *id)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(wishes[i].id, id) == 0)
			return &wishes[i];
	return NULL;
}

/* Who is held came for what the forward was; who waits in the socket gets what it will be. */
static void pause_clients(struct proxy_forward *forward)
{
	drop_held(forward);
	if (forward->listener != NULL)
		proxy_listener_pause(forward->listener);
}

/* Closes first what must close, so that ports are free for those that open later. */
static void adapt(struct proxy_forward *forward, const struct proxy_wish *wish)
{
	enum proxy_forward_change change;

	if (wish == NULL) {
		proxy_outbound_end(forward);
		return;
	}
	change = proxy_forward_compare(forward, wish);
	if (change == PROXY_SAME)
		return;
	if (change == PROXY_OTHER_LISTEN)
		release(forward);
	else
		pause_clients(forward);
	if (strcmp(forward->peer, wish->peer) != 0)
		forget_peer(forward);
	if (proxy_forward_update(forward, wish) != PU_OK)
		pu_error("forward.refused", "id=%s error=%s", forward->id,
		         "impossible peer or service");
	forward->state = PROXY_STARTING;
}

static void add(struct proxy *proxy, const struct proxy_wish *wish)
{
	struct proxy_forward *forward;
	enum pu_err err;

	if (proxy_forwards_find(&proxy->forwards, wish->id, true) != NULL)
		return;
	err = proxy_forwards_add(&proxy->forwards, wish, &forward);
	if (err == PU_OK)
		forward->proxy = proxy;
	else
		pu_error("forward.refused", "id=%s error=%s", wish->id, pu_strerror(err));
}

void proxy_outbound_apply(struct proxy *proxy, const struct proxy_wish *wishes, size_t len)
{
	PU_LIST_FOREACH(it, &proxy->forwards.items) {
		struct proxy_forward *forward = PU_LIST_ENTRY(it, struct proxy_forward, node);

		if (proxy_forward_is_permanent(forward))
			adapt(forward, find_wish(wishes, len, forward->id));
	}
	for (size_t i = 0; i < len; i++)
		add(proxy, &wishes[i]);
	PU_LIST_FOREACH(it, &proxy->forwards.items) {
		struct proxy_forward *forward = PU_LIST_ENTRY(it, struct proxy_forward, node);

		if (forward->state == PROXY_STARTING && proxy_forward_is_permanent(forward))
			begin(forward);
	}
}

static void on_owner_gone(void *user)
{
	proxy_outbound_end(user);
}

void proxy_outbound_ask(struct proxy *proxy, const struct proxy_wish *wish,
                        struct pu_request *request)
{
	struct proxy_forward *forward = proxy_forwards_find_same(&proxy->forwards, wish);
	enum pu_err err;

	if (forward != NULL) { /* the question was repeated over a reconnect */
		if (forward->request != NULL)
			pu_request_fail(forward->request, PU_EAGAIN, "the question was asked again");
		forward->request = request;
		begin(forward);
		return;
	}
	err = proxy_forwards_add(&proxy->forwards, wish, &forward);
	if (err != PU_OK) {
		pu_request_fail(request, err, "cannot forward to service %s of %s: %s", wish->service,
		                wish->peer, pu_strerror(err));
		return;
	}
	forward->proxy = proxy;
	forward->request = request;
	err = proxy_owner_watch(&forward->owner, pu_host_loop(proxy->host), wish->owner,
	                        on_owner_gone, forward);
	if (err == PU_OK)
		begin(forward);
	else
		fail(forward, err, "cannot watch the process that asks");
}

void proxy_outbound_resolve_again(struct proxy *proxy)
{
	PU_LIST_FOREACH(it, &proxy->forwards.items) {
		struct proxy_forward *forward = PU_LIST_ENTRY(it, struct proxy_forward, node);

		if (forward->enabled) {
			forward->attempts = 0;
			resolve(forward);
		}
	}
}

void proxy_outbound_pause(struct proxy *proxy)
{
	PU_LIST_FOREACH(it, &proxy->forwards.items) {
		struct proxy_forward *forward = PU_LIST_ENTRY(it, struct proxy_forward, node);

		if (forward->listener != NULL)
			proxy_listener_pause(forward->listener);
	}
}

void proxy_outbound_stop(struct proxy *proxy)
{
	PU_LIST_FOREACH(it, &proxy->forwards.items) {
		struct proxy_forward *forward = PU_LIST_ENTRY(it, struct proxy_forward, node);

		stop_asking(forward);
		proxy_listener_leave(forward->listener);
		forward_free(forward);
	}
}
