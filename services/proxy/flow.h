/* The proxied connections that transport carries for us, by the id that names them. */
#ifndef PROXY_FLOW_H
#define PROXY_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "usage.h"

struct proxy_forward;

struct proxy_flow {
	uint64_t id; /* of the stream, per direction */
	enum proxy_direction direction;
	bool opened;
	struct proxy_account *account; /* has this flow among its active ones */
	struct proxy_forward *forward; /* NULL: inbound, or the forward is gone */
	struct pu_list_node node;      /* in the forward's list */
};

struct proxy_flows {
	struct pu_map by_id[2]; /* index: enum proxy_direction */
	size_t max;
};

void proxy_flows_init(struct proxy_flows *flows, size_t max);
void proxy_flows_fini(struct proxy_flows *flows); /* frees the flows, not their accounts */

bool proxy_flows_full(const struct proxy_flows *flows);
size_t proxy_flows_len(const struct proxy_flows *flows);
/* NULL at the bound, or when the id is in use. */
struct proxy_flow *proxy_flows_add(struct proxy_flows *flows, enum proxy_direction direction,
                                   uint64_t id);
struct proxy_flow *proxy_flows_find(const struct proxy_flows *flows,
                                    enum proxy_direction direction, uint64_t id);
void proxy_flows_remove(struct proxy_flows *flows, struct proxy_flow *flow); /* and frees it */

#endif
