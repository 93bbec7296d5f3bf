/* Knows the way of an inbound stream: service, verdict of auth, the service's own list, target.
 */
#include "inbound.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "limits.h"

struct inbound {
	struct proxy *proxy;
	uint64_t id;
	bool forgotten; /* transport does not know it any more */
	char peer_id[PROXY_PEER_ID_MAX];
	char service[PROXY_LABEL_MAX];
	struct pu_list_node node;    /* in proxy->inbound */
	struct pu_list_node waiting; /* in a verdict's list */
};

static uint64_t now_ms(const struct proxy *proxy)
{
	return uv_now(pu_host_loop(proxy->host));
}

static void inbound_free(struct inbound *inbound)
{
	pu_list_remove(&inbound->waiting);
	pu_list_remove(&inbound->node);
	inbound->proxy->inbound_len--;
	pu_free(inbound);
}

static void log_refusal(struct proxy *proxy, const struct pu_stream_inbound *about,
                        enum pu_err err, const char *text)
{
	uint64_t suppressed;

	if (proxy_burst_allows(&proxy->inbound_burst, err, now_ms(proxy), &suppressed))
		pu_warn("stream.refused", "peer=%s protocol=%s code=%s error=%s suppressed=%llu",
		        about->peer, about->protocol, pu_err_code(err), text,
		        (unsigned long long)suppressed);
}

/* Refuses one that is known to be for a service of ours, and counts it. */
static void refuse(struct inbound *inbound, enum pu_err err, const char *text)
{
	struct proxy *proxy = inbound->proxy;
	struct proxy_account *account =
	    proxy_usage_get(&proxy->usage, inbound->service, inbound->peer_id, PROXY_IN);
	struct pu_stream_inbound about = {.peer = inbound->peer_id, .protocol = inbound->service};

	if (account != NULL)
		account->failed++;
	if (!inbound->forgotten) {
		log_refusal(proxy, &about, err, text);
		pu_streams_refuse(proxy->streams, inbound->id, err, text);
	}
	inbound_free(inbound);
}

static void accept_stream(struct inbound *inbound, int fd)
{
	struct proxy *proxy = inbound->proxy;
	struct proxy_account *account =
	    proxy_usage_get(&proxy->usage, inbound->service, inbound->peer_id, PROXY_IN);
	struct proxy_flow *flow = NULL;

	if (account != NULL)
		flow = proxy_flows_add(&proxy->flows, PROXY_IN, inbound->id);
	if (flow == NULL) {
		close(fd);
		refuse(inbound, PU_ELIMIT, "too many streams");
		return;
	}
	flow->opened = true;
	flow->account = account;
	proxy_account_begin(account);
	proxy_account_opened(account);
	pu_streams_accept(proxy->streams, inbound->id, fd);
	inbound_free(inbound);
}

/* To the peer a target is down or silent; which of the ways it is down is for our log. */
static void on_connected(void *user, enum pu_err err, const char *text, int fd)
{
	struct inbound *inbound = user;

	if (inbound->forgotten) {
		if (fd >= 0)
			close(fd);
		inbound_free(inbound);
	} else if (err == PU_OK) {
		accept_stream(inbound, fd);
	} else {
		refuse(inbound, err == PU_ETIMEOUT || err == PU_ELIMIT ? err : PU_EREFUSED, text);
	}
}

/* Auth has spoken. The configuration may have changed since the stream came. */
static void proceed(struct inbound *inbound, const struct proxy_verdict *verdict)
{
	struct proxy *proxy = inbound->proxy;
	const struct proxy_service *service = proxy_exposed_find(&proxy->exposed, inbound->service);

	if (inbound->forgotten)
		inbound_free(inbound);
	else if (!verdict->allowed)
		refuse(inbound, PU_ENOTAUTHORIZED, verdict->reason);
	else if (service == NULL)
		refuse(inbound, PU_ENOTFOUND, "no such service");
	else if (!proxy_service_allows(service, inbound->peer_id))
		refuse(inbound, PU_ENOTAUTHORIZED, "not in the service's allowed_peers");
	else
		proxy_connector_connect(proxy->connector, inbound->peer_id, &service->target,
		                        on_connected, inbound);
}

static struct inbound *take_waiting(struct proxy_verdict *verdict)
{
	struct pu_list_node *first = pu_list_first(&verdict->waiting);
	struct inbound *inbound;

	if (first == NULL)
		return NULL;
	inbound = PU_LIST_ENTRY(first, struct inbound, waiting);
	pu_list_remove(&inbound->waiting);
	return inbound;
}

static void ask(struct proxy *proxy, struct proxy_verdict *verdict, const char *address);

static void on_verdict(void *user, enum pu_err err, const char *text, const void *message)
{
	struct proxy_verdict *verdict = user;
	struct proxy *proxy = PU_CONTAINER_OF(verdict->access, struct proxy, access);
	const struct pu_auth_verdict *said = message;
	struct inbound *inbound;

	if (err != PU_OK) {
		proxy_access_unanswered(verdict);
		while ((inbound = take_waiting(verdict)) != NULL)
			refuse(inbound, PU_EBUSY, text);
		return;
	}
	if (!proxy_access_answered(&proxy->access, verdict, said->allowed, said->reason,
	                           said->generation, now_ms(proxy))) {
		ask(proxy, verdict, "");
		return;
	}
	while ((inbound = take_waiting(verdict)) != NULL)
		proceed(inbound, verdict);
}

static void ask(struct proxy *proxy, struct proxy_verdict *verdict, const char *address)
{
	struct pu_auth_check question = {
	    .peer = verdict->peer_id,
	    .action = "service",
	    .service = verdict->service,
	    .address = address,
	};

	proxy_access_asked(verdict);
	pu_client_ask(pu_host_client(proxy->host, PU_SERVICE_AUTH), PU_MSG_AUTH_CHECK, &question,
	              PROXY_ASK_MS, on_verdict, verdict);
}

static struct inbound *inbound_new(struct proxy *proxy, const struct pu_stream_inbound *about,
                                   const char *service)
{
	struct inbound *inbound = PU_NEW(struct inbound);

	inbound->proxy = proxy;
	inbound->id = about->id;
	snprintf(inbound->peer_id, sizeof(inbound->peer_id), "%s", about->peer);
	snprintf(inbound->service, sizeof(inbound->service), "%s", service);
	pu_list_append(&proxy->inbound, &inbound->node);
	proxy->inbound_len++;
	return inbound;
}

static void refuse_unknown(struct proxy *proxy, const struct pu_stream_inbound *about,
                           enum pu_err err, const char *text)
{
	log_refusal(proxy, about, err, text);
	pu_streams_refuse(proxy->streams, about->id, err, text);
}

/* How many streams of this peer wait. */
static size_t count_of(const struct proxy *proxy, const char *peer_id)
{
	size_t count = 0;

	PU_LIST_FOREACH(it, &proxy->inbound) {
		const struct inbound *inbound = PU_LIST_ENTRY(it, struct inbound, node);

		count += strcmp(inbound->peer_id, peer_id) == 0 ? 1 : 0;
	}
	return count;
}

void proxy_inbound_open(struct proxy *proxy, const struct pu_stream_inbound *about)
{
	char service[PROXY_LABEL_MAX];
	struct proxy_verdict *verdict;
	struct inbound *inbound;

	if (proxy_protocol_parse(about->protocol, service) != PU_OK ||
	    proxy_exposed_find(&proxy->exposed, service) == NULL) {
		refuse_unknown(proxy, about, PU_ENOTFOUND, "no such service");
		return;
	}
	if (proxy->inbound_len >= PROXY_INBOUND_MAX || proxy_flows_full(&proxy->flows)) {
		refuse_unknown(proxy, about, PU_ELIMIT, "too many streams");
		return;
	}
	if (count_of(proxy, about->peer) >= PROXY_INBOUND_PEER_MAX) {
		refuse_unknown(proxy, about, PU_ELIMIT, "too many streams of this peer wait");
		return;
	}
	verdict = proxy_access_get(&proxy->access, about->peer, service, now_ms(proxy));
	if (verdict == NULL) {
		refuse_unknown(proxy, about, PU_ELIMIT, "too many questions to auth");
		return;
	}
	inbound = inbound_new(proxy, about, service);
	if (verdict->known) {
		proceed(inbound, verdict);
		return;
	}
	pu_list_append(&verdict->waiting, &inbound->waiting);
	if (!verdict->asking)
		ask(proxy, verdict, about->address);
}

/* One that waits for a verdict or a target is dropped when it gets there. */
static void forget(struct proxy *proxy, uint64_t id)
{
	PU_LIST_FOREACH(it, &proxy->inbound) {
		struct inbound *inbound = PU_LIST_ENTRY(it, struct inbound, node);

		if (inbound->id == id)
			inbound->forgotten = true;
	}
}

void proxy_inbound_closed(struct proxy *proxy, const struct pu_stream_closed *closed)
{
	struct proxy_flow *flow = proxy_flows_find(&proxy->flows, PROXY_IN, closed->id);

	if (flow == NULL) {
		forget(proxy, closed->id);
		return;
	}
	proxy_account_end(flow->account, closed->bytes_in, closed->bytes_out,
	                  strcmp(closed->code, "ok") != 0);
	proxy_flows_remove(&proxy->flows, flow);
}

void proxy_inbound_stop(struct proxy *proxy)
{
	PU_LIST_FOREACH(it, &proxy->inbound)
		inbound_free(PU_LIST_ENTRY(it, struct inbound, node));
}
