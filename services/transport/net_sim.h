/* A few whole transport hosts in one test: the wire is lib/quic's simulation, the clock is
 * virtual, auth and naming answer what the test says. Local sockets and stream.sock are real.
 * Not part of the product.
 *
 * It takes the place of io_engine.c, io_udp.c, io_tcp*.c (nothing can be reached by TCP) and
 * timers.c, of the skeleton's host, of the clients of other services and of lib/base's clock.
 */
#ifndef TRANSPORT_NET_SIM_H
#define TRANSPORT_NET_SIM_H

#include "proto/handoff.h"
#include "quic/sim.h"
#include "transport.h"

#define NET_NODES_MAX SIM_HOSTS_MAX

struct net_node {
	struct net *net;
	struct transport transport;
	struct pu_config config;
	struct pu_host *host;
	struct sim_host *sim;
	struct pu_tls_context *tls; /* of circuits */
	struct pu_list asks;        /* open questions to auth and naming */
	uint64_t next_ask;
	/* What the others say. */
	bool denied;            /* auth refuses everybody */
	bool guests;            /* auth takes everybody for a guest of the relay */
	bool auth_silent;       /* auth does not answer */
	enum pu_err auth_fails; /* questions to auth end with this error */
	bool forges;            /* auth signs vouchers so that nobody can verify them */
	bool unnamed;           /* naming knows no addresses */
	/* For net_relay.h: where it is, and the relays that it uses. */
	char address[256];
	const char *relays[NET_NODES_MAX];
	const char *also; /* one more address that naming knows for everybody; NULL = none */
	/* What it told. */
	unsigned events[PU_MSG_COUNT], asked[PU_MSG_COUNT];
	char down_reason[256];
	uint64_t down_code;
	size_t identified_addresses;
};

struct net {
	struct sim sim;
	uv_loop_t loop;
	char dir[32];
	struct net_node nodes[NET_NODES_MAX];
	size_t len;
};

void net_init(struct net *net);
/* Ends everything; the test fails when a stream, a connection or a handle is left. */
void net_fini(struct net *net);
struct net_node *net_add(struct net *net);

/* Everybody's turn, then `ms` pass. */
void net_step(struct net *net, uint64_t ms);
void net_sleep(struct net *net, uint64_t ms);
/* Until it holds; false: not within `ms`. */
bool net_until(struct net *net, uint64_t ms, bool (*holds)(void *test), void *test);

/* Somebody who waits for a connection. */
struct net_wait {
	struct transport_waiter waiter;
	bool done;
	struct transport_conn *conn;
	enum pu_err err;
	char text[256];
};
void net_connect(struct net_node *from, const struct net_node *to, struct net_wait *wait);
bool net_wait_done(void *wait);
/* Connects and waits until both sides are up and identified. */
struct transport_conn *net_join(struct net_node *from, struct net_node *to);
/* The peer that `other` is to `node`, or NULL. */
struct transport_peer *net_peer(struct net_node *node, const struct net_node *other);

#endif
