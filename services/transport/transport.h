/* The transport service: one libp2p host. */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include "base/rate.h"
#include "identity.h"
#include "io_engine.h"
#include "io_interfaces.h"
#include "own_addrs.h"
#include "relay.h"
#include "skeleton/service.h"
#include "swarm.h"
#include "timers.h"
#include "watch.h"

struct transport_handoff;
struct transport_relays;

struct transport {
	struct pu_host *host;
	uv_loop_t *loop;
	struct transport_timers timers;
	struct transport_identity identity;
	struct transport_engine engine;
	struct transport_swarm swarm;
	struct transport_own_addrs own;
	struct transport_handoff *handoff;
	struct transport_relays *relays; /* that we use */
	struct transport_relay relay;    /* that we are */
	struct transport_splices splices;
	struct transport_watch watch;
	struct pu_list tcp_conns;            /* see conn_tcp.c */
	struct transport_deadline push;      /* debounce of identify push */
	struct transport_deadline trim;      /* see trim.h */
	struct transport_deadline readdress; /* debounce of changes of interfaces */
	struct transport_interfaces *interfaces;
	struct pu_map sources;  /* see conn_limit.h */
	struct pu_rates knocks; /* of TCP connections, by source; all of them have the empty key */
	bool draining;
};

extern const struct pu_handler transport_handlers[];
extern const size_t transport_handlers_len;

enum pu_err transport_start(struct pu_host *host, void *state);
void transport_reload(void *state, const struct pu_config *old);
void transport_drain(void *state);
void transport_stop(void *state);
void transport_connected(void *state, enum pu_service service);
void transport_on_auth_changed(void *state, const struct pu_message *event);
void transport_on_naming_changed(void *state, const struct pu_message *event);

#endif
