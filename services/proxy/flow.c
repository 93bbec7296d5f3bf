/* Knows which streams are ours, and what each belongs to. */
#include "flow.h"

#include "base/alloc.h"

static struct pu_bytes key_of(const uint64_t *id)
{
	return pu_bytes(id, sizeof(*id));
}

void proxy_flows_init(struct proxy_flows *flows, size_t max)
{
	flows->max = max;
	pu_map_init(&flows->by_id[PROXY_IN]);
	pu_map_init(&flows->by_id[PROXY_OUT]);
}

static void flow_free(struct proxy_flow *flow)
{
	pu_list_remove(&flow->node);
	pu_free(flow);
}

void proxy_flows_fini(struct proxy_flows *flows)
{
	for (int direction = PROXY_IN; direction <= PROXY_OUT; direction++) {
		void *flow;

		for (size_t pos = 0; pu_map_next(&flows->by_id[direction], &pos, NULL, &flow);)
			flow_free(flow);
		pu_map_fini(&flows->by_id[direction]);
	}
}

size_t proxy_flows_len(const struct proxy_flows *flows)
{
	return pu_map_len(&flows->by_id[PROXY_IN]) + pu_map_len(&flows->by_id[PROXY_OUT]);
}

bool proxy_flows_full(const struct proxy_flows *flows)
{
	return proxy_flows_len(flows) >= flows->max;
}

struct proxy_flow *proxy_flows_find(const struct proxy_flows *flows,
                                    enum proxy_direction direction, uint64_t id)
{
	return pu_map_get(&flows->by_id[direction], key_of(&id));
}

struct proxy_flow *proxy_flows_add(struct proxy_flows *flows, enum proxy_direction direction,
                                   uint64_t id)
{
	struct proxy_flow *flow;

	if (proxy_flows_full(flows) || proxy_flows_find(flows, direction, id) != NULL)
		return NULL;
	flow = PU_NEW(struct proxy_flow);
	flow->id = id;
	flow->direction = direction;
	pu_map_put(&flows->by_id[direction], key_of(&flow->id), flow);
	return flow;
}

void proxy_flows_remove(struct proxy_flows *flows, struct proxy_flow *flow)
{
	pu_map_del(&flows->by_id[flow->direction], key_of(&flow->id));
	flow_free(flow);
}
