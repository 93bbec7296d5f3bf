/* Knows how to let several hosts run on one thread, with no time but the simulation's. */
#include "net_sim.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "handoff.h"

/* ---- time ---- */

static struct net *current; /* whose clock pu_now_ns() shows */

uint64_t pu_now_ns(void)
{
	return current != NULL ? current->sim.now : 0;
}

uint64_t pu_unix_ms(void)
{
	return UINT64_C(1800000000000) + pu_now_ns() / PU_NS_PER_MS;
}

void transport_timers_init(struct transport_timers *timers, uv_loop_t *loop)
{
	(void)loop;
	pu_heap_init(&timers->heap);
}

void transport_timers_fini(struct transport_timers *timers)
{
	pu_heap_fini(&timers->heap);
}

uint64_t transport_timers_now(const struct transport_timers *timers)
{
	(void)timers;
	return pu_now_ns() / PU_NS_PER_MS;
}

void transport_deadline_set(struct transport_timers *timers,
                            struct transport_deadline *deadline, uint64_t delay_ms,
                            void (*fire)(struct transport_deadline *deadline))
{
	deadline->fire = fire;
	pu_heap_set(&timers->heap, &deadline->node, transport_timers_now(timers) + delay_ms);
}

void transport_deadline_clear(struct transport_timers *timers,
                              struct transport_deadline *deadline)
{
	pu_heap_remove(&timers->heap, &deadline->node);
}

static void fire_due(struct transport_timers *timers)
{
	struct pu_heap_node *next;
	while ((next = pu_heap_min(&timers->heap)) != NULL &&
	       next->key <= transport_timers_now(timers)) {
		pu_heap_remove(&timers->heap, next);
		struct transport_deadline *deadline =
		    PU_CONTAINER_OF(next, struct transport_deadline, node);
		deadline->fire(deadline);
	}
}

/* ---- the host and the other services ---- */

struct pu_client {
	struct net_node *node;
};

struct pu_host {
	struct pu_client client;
};

struct ask {
	struct pu_list_node node;
	uint64_t id, at_ms;
	enum pu_msg message;
	pu_answer_fn answered;
	void *user;
	char peer[128];
};

uv_loop_t *pu_host_loop(const struct pu_host *host)
{
	return &host->client.node->net->loop;
}

const struct pu_config *pu_host_config(const struct pu_host *host)
{
	return &host->client.node->config;
}

const struct pu_roster *pu_host_roster(const struct pu_host *host)
{
	(void)host;
	return NULL;
}

struct pu_client *pu_host_client(struct pu_host *host, enum pu_service to)
{
	(void)to;
	return &host->client;
}

void pu_host_ready(struct pu_host *host)
{
	(void)host;
}

void pu_host_note(struct pu_host *host, const char *fmt, ...)
{
	(void)host;
	(void)fmt;
}

void pu_host_drained(struct pu_host *host)
{
	(void)host;
}

void pu_host_fail(struct pu_host *host, bool permanent, const char *event, const char *fmt, ...)
{
	(void)host;
	(void)permanent;
	(void)fmt;
	cr_assert_fail("%s", event);
}

/* Whatever is told must fit into its message. */
void pu_host_publish(struct pu_host *host, enum pu_msg id, const void *event)
{
	struct net_node *node = host->client.node;
	struct pu_buffer buffer;
	pu_buffer_init(&buffer, PU_MESSAGE_MAX);
	cr_expect(pu_encode(&buffer, id, event) == PU_OK);
	pu_buffer_fini(&buffer);
	node->events[id]++;
	if (id == PU_MSG_PEER_DOWN) {
		const struct pu_peer_down *down = event;
		snprintf(node->down_reason, sizeof(node->down_reason), "%s", down->reason);
		node->down_code = down->code;
	} else if (id == PU_MSG_PEER_IDENTIFIED) {
		node->identified_addresses = ((const struct pu_peer_identified *)event)->addresses.len;
	}
}

uint64_t pu_client_ask(struct pu_client *client, enum pu_msg id, const void *message,
                       unsigned deadline_ms, pu_answer_fn answered, void *user)
{
	(void)deadline_ms;
	struct net_node *node = client->node;
	struct ask *ask = PU_NEW(struct ask);
	*ask = (struct ask){.id = ++node->next_ask,
	                    .at_ms = pu_now_ns() / PU_NS_PER_MS,
	                    .message = id,
	                    .answered = answered,
	                    .user = user};
	if (id == PU_MSG_AUTH_CHECK)
		snprintf(ask->peer, sizeof(ask->peer), "%s",
		         ((const struct pu_auth_check *)message)->peer);
	else if (id == PU_MSG_NAMING_ADDRESSES)
		snprintf(ask->peer, sizeof(ask->peer), "%s",
		         ((const struct pu_naming_addresses *)message)->peer);
	node->asked[id]++;
	pu_list_append(&node->asks, &ask->node);
	return ask->id;
}

void pu_client_cancel(struct pu_client *client, uint64_t id)
{
	PU_LIST_FOREACH(node, &client->node->asks) {
		struct ask *ask = PU_LIST_ENTRY(node, struct ask, node);
		if (ask->id != id)
			continue;
		pu_list_remove(node);
		pu_free(ask);
		return;
	}
}

static void answer_addresses(struct net_node *node, const struct ask *ask)
{
	struct pu_naming_address found[NET_NODES_MAX + 1] = {0};
	char text[PU_MULTIADDR_TEXT_MAX];
	struct pu_naming_known known = {.name = "", .peer_id = ask->peer, .addresses = {found, 0}};
	struct pu_multiaddr addr;
	if (node->also != NULL)
		found[known.addresses.len++].address = node->also;
	for (size_t i = 0; i < node->net->len && !node->unnamed; i++) {
		const struct net_node *other = &node->net->nodes[i];
		if (strcmp(other->transport.identity.text, ask->peer) == 0 &&
		    pu_multiaddr_from_sockaddr(&other->sim->addr.sa, &addr) == PU_OK)
			found[known.addresses.len++].address = pu_multiaddr_print(&addr, text);
	}
	ask->answered(ask->user, PU_OK, "", &known);
}

static void answer(struct net_node *node, const struct ask *ask)
{
	const uint8_t zeros[64] = {0};
	struct pu_auth_verdict verdict = {
	    .allowed = !node->denied,
	    .reason = node->denied ? "not in authorized_keys" : "authorized",
	};
	struct pu_auth_signature signature = {.signature = pu_bytes(zeros, sizeof(zeros))};
	if (ask->message == PU_MSG_NAMING_ADDRESSES)
		answer_addresses(node, ask);
	else if (node->auth_silent)
		ask->answered(ask->user, PU_ETIMEOUT, "auth does not answer", NULL);
	else if (ask->message == PU_MSG_AUTH_CHECK)
		ask->answered(ask->user, PU_OK, "", &verdict);
	else
		ask->answered(ask->user, PU_OK, "", &signature);
}

static bool is_due(const struct net_node *node, const struct ask *ask)
{
	return ask->message == PU_MSG_NAMING_ADDRESSES || !node->auth_silent ||
	       pu_now_ns() / PU_NS_PER_MS - ask->at_ms >= PU_ASK_DEADLINE_MS;
}

static void answer_due(struct net_node *node)
{
	struct pu_list_node *it = pu_list_first(&node->asks);
	while (it != NULL) {
		struct ask *ask = PU_LIST_ENTRY(it, struct ask, node);
		if (!is_due(node, ask))
			return; /* the others came later */
		pu_list_remove(it);
		answer(node, ask);
		pu_free(ask);
		it = pu_list_first(&node->asks);
	}
}

/* ---- the engine ---- */

static struct net_node *node_of(const struct transport_engine *engine)
{
	const struct transport *transport =
	    PU_CONTAINER_OF((struct transport_engine *)(uintptr_t)engine, struct transport, engine);
	return transport->host->client.node;
}

enum pu_err transport_engine_init(struct transport_engine *engine, uv_loop_t *loop,
                                  const struct pu_quic_config *config,
                                  const struct pu_quic_callbacks *callbacks, void *user)
{
	(void)engine;
	(void)loop;
	(void)config;
	(void)callbacks;
	(void)user;
	return PU_EUNSUPPORTED;
}

enum pu_err transport_engine_listen(struct transport_engine *engine,
                                    const struct sockaddr *addr)
{
	(void)engine;
	(void)addr;
	return PU_EUNSUPPORTED;
}

void transport_engine_fini(struct transport_engine *engine)
{
	engine->quic = NULL;
}

void transport_engine_flush(struct transport_engine *engine)
{
	pu_quic_endpoint_flush(engine->quic, pu_now_ns());
}

bool transport_engine_gso(const struct transport_engine *engine)
{
	(void)engine;
	return false;
}

enum pu_err transport_engine_route(struct transport_engine *engine,
                                   const struct sockaddr *remote, struct pu_quic_path *path)
{
	struct sim_host *from = node_of(engine)->sim;
	if (remote->sa_family != AF_INET)
		return PU_EUNREACHABLE;
	*path = (struct pu_quic_path){.local = from->local, .user = from};
	path->remote.len = sizeof(path->remote.in);
	memcpy(&path->remote.in, remote, sizeof(path->remote.in));
	return PU_OK;
}

const struct pu_quic_addr *transport_udp_local(const struct transport_udp *udp)
{
	(void)udp;
	return NULL;
}

/* The simulation calls with its own host. */
#define HOST_OF(user) (&((struct net_node *)((struct sim_host *)(user))->test)->transport)

static enum pu_quic_verdict on_accept(void *user, const struct pu_quic_path *path)
{
	return transport_conn_callbacks.accept(HOST_OF(user), path);
}

static void on_conn_new(void *user, struct pu_quic_conn *conn)
{
	transport_conn_callbacks.on_conn_new(HOST_OF(user), conn);
}

static void on_conn_up(void *user, struct pu_quic_conn *conn)
{
	transport_conn_callbacks.on_conn_up(HOST_OF(user), conn);
}

static void on_conn_down(void *user, struct pu_quic_conn *conn, const struct pu_quic_close *why)
{
	transport_conn_callbacks.on_conn_down(HOST_OF(user), conn, why);
}

static void on_path_changed(void *user, struct pu_quic_conn *conn)
{
	transport_conn_callbacks.on_path_changed(HOST_OF(user), conn);
}

static void on_streams_available(void *user, struct pu_quic_conn *conn)
{
	transport_conn_callbacks.on_streams_available(HOST_OF(user), conn);
}

static void on_stream_new(void *user, struct pu_quic_stream *stream)
{
	transport_conn_callbacks.on_stream_new(HOST_OF(user), stream);
}

static void on_stream_data(void *user, struct pu_quic_stream *stream)
{
	transport_conn_callbacks.on_stream_data(HOST_OF(user), stream);
}

static void on_stream_writable(void *user, struct pu_quic_stream *stream)
{
	transport_conn_callbacks.on_stream_writable(HOST_OF(user), stream);
}

static void on_stream_stopped(void *user, struct pu_quic_stream *stream)
{
	transport_conn_callbacks.on_stream_stopped(HOST_OF(user), stream);
}

static const struct pu_quic_callbacks forwarded = {
    .accept = on_accept,
    .on_conn_new = on_conn_new,
    .on_conn_up = on_conn_up,
    .on_conn_down = on_conn_down,
    .on_path_changed = on_path_changed,
    .on_streams_available = on_streams_available,
    .on_stream_new = on_stream_new,
    .on_stream_data = on_stream_data,
    .on_stream_writable = on_stream_writable,
    .on_stream_stopped = on_stream_stopped,
};

/* ---- life ---- */

void net_init(struct net *net)
{
	*net = (struct net){.dir = "/tmp/peerup-net-XXXXXX"};
	signal(SIGPIPE, SIG_IGN);
	pu_log_set(PU_LOG_ERROR, PU_LOG_LOGFMT);
	cr_assert_not_null(mkdtemp(net->dir));
	cr_assert(uv_loop_init(&net->loop) == 0);
	sim_init(&net->sim, 1);
	current = net;
}

static void configure(struct net_node *node, size_t index)
{
	struct pu_config *config = &node->config;
	config->limits.connections = 64;
	config->limits.connections_per_ip = 32;
	config->limits.streams_per_protocol = 16;
	config->limits.negotiation_timeout_ms = 10000;
	config->ping_pong.enabled = true;
	config->ping_pong.id = pu_strdup("/pingpong/1.0.0");
	config->runtime_dir = pu_asprintf("%s/%zu", node->net->dir, index);
	cr_assert(mkdir(config->runtime_dir, 0700) == 0);
}

struct net_node *net_add(struct net *net)
{
	struct net_node *node = &net->nodes[net->len];
	struct transport *transport = &node->transport;
	node->net = net;
	pu_list_init(&node->asks);
	configure(node, net->len++);
	node->host = PU_NEW(struct pu_host);
	node->host->client.node = node;
	node->sim = sim_add(&net->sim, &forwarded, node);
	sim_start(node->sim);
	transport->host = node->host;
	transport->loop = &net->loop;
	transport_timers_init(&transport->timers, transport->loop);
	transport_swarm_init(transport);
	pu_map_init(&transport->sources);
	transport->identity.peer = node->sim->id;
	pu_peer_id_print(&node->sim->id, transport->identity.text);
	transport->engine.quic = node->sim->ep;
	transport->own.listen_len = 1;
	cr_assert(pu_multiaddr_from_sockaddr(&node->sim->addr.sa, &transport->own.listen[0]) ==
	          PU_OK);
	cr_assert(transport_handoff_new(transport, &transport->handoff) == PU_OK);
	return node;
}

static void end_node(struct net_node *node)
{
	struct pu_quic_stats stats;
	transport_stop(&node->transport);
	pu_quic_endpoint_stats(node->sim->ep, &stats);
	cr_expect(stats.streams == 0, "%zu streams are left", stats.streams);
	cr_expect(stats.conns == 0, "%zu connections are left", stats.conns);
	PU_LIST_FOREACH(it, &node->asks)
		pu_free(PU_LIST_ENTRY(it, struct ask, node));
	char *path = pu_config_runtime_path(&node->config, PU_STREAM_SOCKET);
	unlink(path);
	pu_free(path);
	rmdir(node->config.runtime_dir);
	pu_free(node->config.runtime_dir);
	pu_free(node->config.ping_pong.id);
	pu_free(node->host);
}

void net_fini(struct net *net)
{
	for (size_t i = 0; i < net->len; i++)
		end_node(&net->nodes[i]);
	for (int i = 0; i < 4; i++)
		uv_run(&net->loop, UV_RUN_NOWAIT);
	cr_expect(uv_loop_close(&net->loop) == 0, "a handle is left");
	sim_fini(&net->sim);
	rmdir(net->dir);
	current = NULL;
}

/* ---- running ---- */

void net_step(struct net *net, uint64_t ms)
{
	uint64_t until = net->sim.now + ms * PU_NS_PER_MS;
	uv_run(&net->loop, UV_RUN_NOWAIT);
	for (size_t i = 0; i < net->len; i++) {
		answer_due(&net->nodes[i]);
		fire_due(&net->nodes[i].transport.timers);
	}
	sim_run(&net->sim, ms * PU_NS_PER_MS, NULL, NULL);
	net->sim.now = until;
}

void net_sleep(struct net *net, uint64_t ms)
{
	for (; ms >= 10; ms -= 10)
		net_step(net, 10);
}

bool net_until(struct net *net, uint64_t ms, bool (*holds)(void *test), void *test)
{
	while (!holds(test)) {
		if (ms-- == 0)
			return false;
		net_step(net, 1);
	}
	return true;
}

static void on_waited(struct transport_waiter *waiter, struct transport_conn *conn,
                      enum pu_err err, const char *text)
{
	struct net_wait *wait = PU_CONTAINER_OF(waiter, struct net_wait, waiter);
	wait->done = true;
	wait->conn = conn;
	wait->err = err;
	snprintf(wait->text, sizeof(wait->text), "%s", text);
}

void net_connect(struct net_node *from, const struct net_node *to, struct net_wait *wait)
{
	struct transport_peer *peer = transport_swarm_peer(&from->transport, &to->sim->id);
	*wait = (struct net_wait){.waiter = {.done = on_waited}};
	transport_peer_connect(peer, &wait->waiter, (struct pu_strings){0}, 0);
}

bool net_wait_done(void *wait)
{
	return ((struct net_wait *)wait)->done;
}

struct transport_peer *net_peer(struct net_node *node, const struct net_node *other)
{
	return pu_map_get(&node->transport.swarm.peers, pu_peer_id_bytes(&other->sim->id));
}

static bool is_identified(void *conn)
{
	return ((struct transport_conn *)conn)->agent != NULL;
}

struct transport_conn *net_join(struct net_node *from, struct net_node *to)
{
	struct net_wait wait;
	net_connect(from, to, &wait);
	cr_assert(net_until(from->net, 1000, net_wait_done, &wait));
	cr_assert_not_null(wait.conn, "%s", wait.text);
	cr_assert(net_until(from->net, 1000, is_identified, wait.conn));
	struct transport_peer *peer = net_peer(to, from);
	cr_assert_not_null(peer);
	cr_assert(net_until(from->net, 1000, is_identified, transport_peer_best(peer)));
	net_sleep(from->net, 100);
	return wait.conn;
}
