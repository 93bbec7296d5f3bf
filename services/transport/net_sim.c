/* Knows how to let several hosts run on one thread, with no time but the simulation's. */
#include "net_sim.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "conn_upgraded.h"
#include "handoff.h"
#include "net_host.h"
#include "probe.h"
#include "relays.h"

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

/* ---- the engine ---- */

static struct net_node *node_of(const struct transport_engine *engine)
{
	return PU_CONTAINER_OF((struct transport_engine *)(uintptr_t)engine, struct net_node,
	                       transport.engine);
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

void transport_engine_upgrade(struct transport_engine *engine,
                              const struct pu_upgrader_config *config,
                              const struct pu_upgrade_callbacks *callbacks, void *user)
{
	engine->upgrader = pu_upgrader_new(config, callbacks, user);
}

void transport_engine_fini(struct transport_engine *engine)
{
	pu_upgrader_free(engine->upgrader);
	engine->upgrader = NULL;
	engine->quic = NULL;
}

void transport_engine_flush(struct transport_engine *engine)
{
	pu_quic_endpoint_flush(engine->quic, pu_now_ns());
	pu_upgrader_flush(engine->upgrader, pu_now_ns());
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

/* ---- no TCP ---- */

enum pu_err transport_tcp_listen(uv_loop_t *loop, const struct sockaddr *addr,
                                 transport_tcp_accept_fn accept, void *user,
                                 struct transport_tcp_listener **out)
{
	(void)loop, (void)addr, (void)accept, (void)user, (void)out;
	return PU_EUNSUPPORTED;
}

void transport_tcp_listener_free(struct transport_tcp_listener *listener)
{
	(void)listener;
}

const struct pu_quic_addr *
transport_tcp_listener_local(const struct transport_tcp_listener *listener)
{
	(void)listener;
	return NULL;
}

enum pu_err transport_tcp_dial(struct transport_tcp_engine *engine,
                               const struct sockaddr *remote, const struct sockaddr *from,
                               const struct transport_tcp_ops *ops, void *user,
                               struct transport_tcp **out)
{
	(void)engine, (void)remote, (void)from, (void)ops, (void)user, (void)out;
	return PU_EUNREACHABLE;
}

enum pu_err transport_tcp_adopt(struct transport_tcp_engine *engine, int fd,
                                const struct transport_tcp_ops *ops, void *user,
                                struct transport_tcp **out)
{
	(void)engine, (void)fd, (void)ops, (void)user, (void)out;
	return PU_ECLOSED;
}

size_t transport_tcp_write(struct transport_tcp *tcp, const struct iovec *pieces, size_t count)
{
	(void)tcp, (void)pieces, (void)count;
	return 0;
}

void transport_tcp_finish(struct transport_tcp *tcp)
{
	(void)tcp;
}

void transport_tcp_free(struct transport_tcp *tcp)
{
	(void)tcp;
}

const struct pu_quic_addr *transport_tcp_local(const struct transport_tcp *tcp)
{
	(void)tcp;
	return NULL;
}

uint64_t transport_tcp_confirmed_ms(const struct transport_tcp *tcp)
{
	(void)tcp;
	return UINT64_MAX;
}

/* ---- callbacks ---- */

/* The simulation calls with its own host. */
#define HOST_OF(user) (&((struct net_node *)((struct sim_host *)(user))->test)->transport)

static enum pu_quic_verdict on_accept(void *user, const struct pu_quic_path *path)
{
	return transport_conn_quic_callbacks.accept(HOST_OF(user), path);
}

static void on_conn_new(void *user, struct pu_quic_conn *conn)
{
	transport_conn_quic_callbacks.on_conn_new(HOST_OF(user), conn);
}

static void on_conn_up(void *user, struct pu_quic_conn *conn)
{
	transport_conn_quic_callbacks.on_conn_up(HOST_OF(user), conn);
}

static void on_conn_down(void *user, struct pu_quic_conn *conn, const struct pu_mux_end *why)
{
	transport_conn_quic_callbacks.on_conn_down(HOST_OF(user), conn, why);
}

static void on_path_changed(void *user, struct pu_quic_conn *conn)
{
	transport_conn_quic_callbacks.on_path_changed(HOST_OF(user), conn);
}

static void on_streams_available(void *user, struct pu_quic_conn *conn)
{
	transport_conn_quic_callbacks.on_streams_available(HOST_OF(user), conn);
}

static void on_stream_new(void *user, struct pu_quic_stream *stream)
{
	transport_conn_quic_callbacks.on_stream_new(HOST_OF(user), stream);
}

static void on_stream_data(void *user, struct pu_quic_stream *stream)
{
	transport_conn_quic_callbacks.on_stream_data(HOST_OF(user), stream);
}

static void on_stream_writable(void *user, struct pu_quic_stream *stream)
{
	transport_conn_quic_callbacks.on_stream_writable(HOST_OF(user), stream);
}

static void on_stream_stopped(void *user, struct pu_quic_stream *stream)
{
	transport_conn_quic_callbacks.on_stream_stopped(HOST_OF(user), stream);
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

static const char *seeded_name(void)
{
	return "seeded";
}

static uint32_t seeded_number(void)
{
	return (uint32_t)(sim_random(&current->sim) >> 32);
}

static void seeded_bytes(void *const buf, const size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)buf)[i] = (uint8_t)seeded_number();
}

/* What is random comes from the simulation, so that a run can be seen again; but for the keys
 * of GnuTLS, which change no decision. */
static struct randombytes_implementation seeded = {
    .implementation_name = seeded_name,
    .random = seeded_number,
    .buf = seeded_bytes,
};

void net_init(struct net *net)
{
	*net = (struct net){.dir = "/tmp/peerup-net-XXXXXX"};
	signal(SIGPIPE, SIG_IGN);
	pu_log_set(PU_LOG_ERROR, PU_LOG_LOGFMT);
	cr_assert_not_null(mkdtemp(net->dir));
	cr_assert(uv_loop_init(&net->loop) == 0);
	sim_init(&net->sim, 1);
	current = net;
	cr_assert_eq(randombytes_set_implementation(&seeded), 0);
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

static enum pu_err verify_cert(void *user, struct pu_bytes cert_der, struct pu_peer_id *out)
{
	(void)user;
	return pu_tls_cert_verify(cert_der, pu_unix_ms() / 1000, out);
}

/* Circuits need no network but what the simulation has. */
static void add_upgrader(struct net_node *node)
{
	struct transport *transport = &node->transport;
	struct pu_upgrader_config config = {
	    .noise = &transport->identity.noise,
	    .handshake_timeout = 10 * PU_NS_PER_S,
	    .conns_max = 64,
	    .handshakes_max = 64,
	    .memory_max = 64 << 20,
	};
	struct pu_tls_cert cert;
	gnutls_certificate_credentials_t credentials;
	cr_assert(pu_noise_identity_make(&transport->identity.noise, &node->sim->key) == PU_OK);
	cr_assert(pu_tls_cert_make(&cert, &node->sim->key, pu_unix_ms() / 1000) == PU_OK);
	cr_assert(pu_tls_cert_credentials(&cert, &credentials) == PU_OK);
	pu_tls_cert_fini(&cert);
	config.tls = node->tls = pu_tls_context_new(credentials, verify_cert, NULL);
	pu_yamux_config_default(&config.yamux);
	transport_engine_upgrade(&transport->engine, &config, &transport_conn_upgraded_callbacks,
	                         transport);
}

struct net_node *net_add(struct net *net)
{
	struct net_node *node = &net->nodes[net->len];
	struct transport *transport = &node->transport;
	node->net = net;
	configure(node, net->len++);
	net_host_init(node);
	node->sim = sim_add(&net->sim, &forwarded, node);
	sim_start(node->sim);
	transport->loop = &net->loop;
	transport_timers_init(&transport->timers, transport->loop);
	transport_swarm_init(transport);
	pu_map_init(&transport->sources);
	pu_rates_init(&transport->knocks, TRANSPORT_KNOCKS_MAX);
	transport->identity.peer = node->sim->id;
	pu_peer_id_print(&node->sim->id, transport->identity.text);
	transport->engine.quic = node->sim->ep;
	transport->own.listen_len = 1;
	cr_assert(pu_multiaddr_from_sockaddr(&node->sim->addr.sa, PU_CARRIER_QUIC,
	                                     &transport->own.listen[0]) == PU_OK);
	pu_list_init(&transport->tcp_conns);
	transport_relay_init(transport);
	add_upgrader(node);
	cr_assert(transport_handoff_new(transport, &transport->handoff) == PU_OK);
	transport->relays = transport_relays_new(transport);
	return node;
}

static void end_node(struct net_node *node)
{
	struct pu_quic_stats stats;
	transport_stop(&node->transport);
	pu_quic_endpoint_stats(node->sim->ep, &stats);
	cr_expect(stats.streams == 0, "%zu streams are left", stats.streams);
	cr_expect(stats.conns == 0, "%zu connections are left", stats.conns);
	char *path = pu_config_runtime_path(&node->config, PU_STREAM_SOCKET);
	unlink(path);
	pu_free(path);
	rmdir(node->config.runtime_dir);
	pu_free(node->config.runtime_dir);
	pu_free(node->config.ping_pong.id);
	pu_tls_context_rele(node->tls);
	net_host_fini(node);
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

static void flush_upgrader(struct net_node *node)
{
	struct pu_upgrader *upgrader = node->transport.engine.upgrader;
	if (pu_upgrader_deadline(upgrader) <= pu_now_ns())
		pu_upgrader_expire(upgrader, pu_now_ns());
	pu_upgrader_flush(upgrader, pu_now_ns());
}

void net_step(struct net *net, uint64_t ms)
{
	uint64_t until = net->sim.now + ms * PU_NS_PER_MS;
	uv_run(&net->loop, UV_RUN_NOWAIT);
	for (size_t i = 0; i < net->len; i++) {
		net_host_answer(&net->nodes[i]);
		fire_due(&net->nodes[i].transport.timers);
		transport_splices_run(&net->nodes[i].transport.splices);
		flush_upgrader(&net->nodes[i]);
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
