/* The state of the proxy service and the order of its life. */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H

#include <uv.h>

#include "access.h"
#include "burst.h"
#include "exposed.h"
#include "flow.h"
#include "forward.h"
#include "io_kept.h"
#include "io_target.h"
#include "skeleton/service.h"
#include "usage.h"

struct proxy {
	struct pu_host *host;
	struct pu_streams *streams;
	uv_timer_t patience; /* with transport, before we are ready without it */
	bool ready;
	char self[PROXY_PEER_ID_MAX]; /* our peer ID; "" until auth has told it */

	struct proxy_exposed exposed;
	struct proxy_access access;
	struct proxy_connector *connector;
	struct pu_list inbound; /* streams that wait for a verdict or a target; see inbound.c */
	size_t inbound_len;
	struct proxy_burst inbound_burst;

	struct proxy_forwards forwards;
	struct proxy_kept_table kept;
	uv_timer_t retry; /* of failed forwards */
	uv_timer_t claim; /* ends the time for claiming kept descriptors */

	struct pu_list held; /* clients that wait for transport; see held.c */
	size_t held_len;
	uv_timer_t hold;
	void (*held_give_up)(struct proxy_forward *forward, int fd);

	struct proxy_flows flows;
	struct proxy_usage usage;
};

extern const struct pu_handler proxy_handlers[];
extern const size_t proxy_handlers_len;

/* The callbacks of the service's description; `state` is a struct proxy. */
enum pu_err proxy_start(struct pu_host *host, void *state);
void proxy_reload(void *state, const struct pu_config *old);
void proxy_drain(void *state);
void proxy_stop(void *state);
void proxy_kept(void *state, const char *name, int fd);

void proxy_on_auth_changed(void *state, const struct pu_message *event);
void proxy_on_naming_changed(void *state, const struct pu_message *event);
void proxy_on_connected(void *state, enum pu_service service);

#endif
