/* Knows the clients that wait for transport, and for how long yet. */
#include "held.h"

#include "base/alloc.h"
#include "io_listen.h"
#include "limits.h"

struct held {
	struct pu_list_node node;
	struct proxy_forward *forward;
	uint64_t until_ms;
	int fd;
};

static struct held *first(const struct proxy *proxy)
{
	struct pu_list_node *node = pu_list_first(&proxy->held);

	return node != NULL ? PU_LIST_ENTRY(node, struct held, node) : NULL;
}

static int held_free(struct proxy *proxy, struct held *held)
{
	int fd = held->fd;

	pu_list_remove(&held->node);
	proxy->held_len--;
	pu_free(held);
	return fd;
}

static void on_timer(uv_timer_t *timer);

/* All wait equally long: the oldest is the first to go. */
static void arm(struct proxy *proxy)
{
	const struct held *oldest = first(proxy);
	uint64_t now_ms = uv_now(pu_host_loop(proxy->host));

	if (oldest == NULL)
		uv_timer_stop(&proxy->hold);
	else
		uv_timer_start(&proxy->hold, on_timer,
		               oldest->until_ms > now_ms ? oldest->until_ms - now_ms : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct proxy *proxy = timer->data;
	struct held *held;

	while ((held = first(proxy)) != NULL &&
	       held->until_ms <= uv_now(pu_host_loop(proxy->host))) {
		struct proxy_forward *forward = held->forward;

		proxy->held_give_up(forward, held_free(proxy, held));
	}
	arm(proxy);
}

bool proxy_held_add(struct proxy *proxy, struct proxy_forward *forward, int fd)
{
	struct held *held;

	if (proxy->held_len >= PROXY_HELD_MAX)
		return false;
	held = PU_NEW(struct held);
	held->forward = forward;
	held->fd = fd;
	held->until_ms = uv_now(pu_host_loop(proxy->host)) + PROXY_HOLD_MS;
	pu_list_append(&proxy->held, &held->node);
	if (++proxy->held_len == 1)
		arm(proxy);
	return true;
}

void proxy_held_release(struct proxy *proxy,
                        void (*take)(struct proxy_forward *forward, int fd))
{
	/* Who is held again meanwhile stands behind these. */
	for (size_t left = proxy->held_len; left > 0 && first(proxy) != NULL; left--) {
		struct held *held = first(proxy);
		struct proxy_forward *forward = held->forward;

		take(forward, held_free(proxy, held));
	}
	arm(proxy);
}

size_t proxy_held_drop(struct proxy_forward *forward)
{
	const size_t before = forward->proxy->held_len;

	PU_LIST_FOREACH(it, &forward->proxy->held) {
		struct held *held = PU_LIST_ENTRY(it, struct held, node);

		if (held->forward == forward)
			proxy_client_reset(held_free(forward->proxy, held));
	}
	arm(forward->proxy);
	return before - forward->proxy->held_len;
}

void proxy_held_init(struct proxy *proxy,
                     void (*give_up)(struct proxy_forward *forward, int fd))
{
	pu_list_init(&proxy->held);
	proxy->held_give_up = give_up;
	uv_timer_init(pu_host_loop(proxy->host), &proxy->hold);
	proxy->hold.data = proxy;
}

void proxy_held_fini(struct proxy *proxy)
{
	uv_close((uv_handle_t *)&proxy->hold, NULL);
}
