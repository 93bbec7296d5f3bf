/* Knows what happens to one client of a forward: its stream to the peer, and why that failed.
 */
#include <string.h>

#include "base/log.h"
#include "held.h"
#include "io_listen.h"
#include "limits.h"
#include "outbound.h"
#include "reason.h"

static void publish_failure(const struct proxy_forward *forward, enum pu_err err,
                            const char *text)
{
	struct pu_forward_failed event = {
	    .id = forward->id,
	    .peer = forward->peer,
	    .service = forward->service,
	    .code = pu_err_code(err),
	    .message = text,
	};

	pu_host_publish(forward->proxy->host, PU_MSG_FORWARD_FAILED, &event);
}

/* Says why, once per burst in the log and each time as an event. */
static void report(struct proxy_forward *forward, bool opened, enum pu_err err,
                   const char *text)
{
	struct proxy *proxy = forward->proxy;
	struct proxy_reason reason = {
	    .err = err,
	    .opened = opened,
	    .peer = forward->peer,
	    .service = forward->service,
	    .self = proxy->self,
	    .text = text,
	};
	char words[PROXY_TEXT_MAX];
	uint64_t suppressed;

	proxy_reason_print(&reason, words);
	publish_failure(forward, err, words);
	if (proxy_burst_allows(&forward->burst, err, uv_now(pu_host_loop(proxy->host)),
	                       &suppressed))
		pu_warn("forward.failed", "id=%s peer=%s service=%s code=%s error=%s suppressed=%llu",
		        forward->id, forward->peer, forward->service, pu_err_code(err), words,
		        (unsigned long long)suppressed);
}

static void turn_away(struct proxy_forward *forward, int fd, enum pu_err err, const char *text)
{
	proxy_client_reset(fd);
	report(forward, false, err, text);
}

/* One more client whose stream is not open yet: beyond the bound they wait in the socket. */
static void begin(struct proxy_forward *forward)
{
	if (++forward->opening >= PROXY_OPENING_MAX && forward->listener != NULL)
		proxy_listener_pause(forward->listener);
}

/* The client's stream is open or has failed: there is room for another one. */
static void settle(struct proxy_forward *forward)
{
	if (forward == NULL || forward->opening-- < PROXY_OPENING_MAX)
		return;
	if (forward->state == PROXY_LISTENING && forward->listener != NULL)
		proxy_listener_resume(forward->listener);
}

static void track(struct proxy_forward *forward, struct proxy_account *account, uint64_t id)
{
	struct proxy_flow *flow = proxy_flows_add(&forward->proxy->flows, PROXY_OUT, id);

	if (flow == NULL)
		return;
	flow->account = account;
	flow->forward = forward;
	pu_list_append(&forward->flows, &flow->node);
	proxy_account_begin(account);
	begin(forward);
}

void proxy_clients_accept(void *user, int fd)
{
	struct proxy_forward *forward = user;
	struct proxy *proxy = forward->proxy;
	char protocol[PROXY_PROTOCOL_MAX];
	struct proxy_account *account;
	enum pu_err err;
	uint64_t id;

	account = proxy_usage_get(&proxy->usage, forward->service, forward->peer_id, PROXY_OUT);
	if (account == NULL || proxy_flows_full(&proxy->flows)) {
		turn_away(forward, fd, PU_ELIMIT, "this machine carries no more");
		return;
	}
	if (!pu_streams_connected(proxy->streams)) {
		if (proxy_held_add(proxy, forward, fd))
			begin(forward);
		else
			turn_away(forward, fd, PU_ECLOSED, "transport is away, and too many clients wait");
		return;
	}
	err = pu_streams_open(proxy->streams, forward->peer_id,
	                      proxy_protocol_print(forward->service, protocol), PROXY_OPEN_MS, fd,
	                      &id);
	if (err == PU_OK)
		track(forward, account, id);
	else
		report(forward, false, err, "transport takes no more streams");
}

static void accept_held(struct proxy_forward *forward, int fd)
{
	settle(forward);
	proxy_clients_accept(forward, fd);
}

void proxy_clients_connected(struct proxy *proxy)
{
	proxy_held_release(proxy, accept_held);
}

void proxy_clients_give_up(struct proxy_forward *forward, int fd)
{
	settle(forward);
	turn_away(forward, fd, PU_ECLOSED, "transport does not come back");
}

static void end(struct proxy *proxy, struct proxy_flow *flow,
                const struct pu_stream_closed *closed)
{
	enum pu_err err = strcmp(closed->code, "ok") == 0 ? PU_OK : pu_err_from_code(closed->code);

	proxy_account_end(flow->account, closed->bytes_in, closed->bytes_out, err != PU_OK);
	if (!flow->opened)
		settle(flow->forward);
	if (err != PU_OK && flow->forward != NULL)
		report(flow->forward, flow->opened, err, closed->message);
	proxy_flows_remove(&proxy->flows, flow);
}

void proxy_clients_opened(struct proxy *proxy, uint64_t id, enum pu_err err, const char *text)
{
	struct proxy_flow *flow = proxy_flows_find(&proxy->flows, PROXY_OUT, id);
	struct pu_stream_closed failed = {.id = id, .code = pu_err_code(err), .message = text};

	if (flow == NULL)
		return;
	if (err != PU_OK) {
		end(proxy, flow, &failed);
		return;
	}
	flow->opened = true;
	proxy_account_opened(flow->account);
	settle(flow->forward);
}

void proxy_clients_closed(struct proxy *proxy, const struct pu_stream_closed *closed)
{
	struct proxy_flow *flow = proxy_flows_find(&proxy->flows, PROXY_OUT, closed->id);

	if (flow != NULL)
		end(proxy, flow, closed);
}
