/* Knows which deadline of the host is next. Times are the loop's milliseconds. */
#include "timers.h"

#include "base/alloc.h"

static void on_timer(uv_timer_t *handle);

static void rearm(struct transport_timers *timers)
{
	const struct pu_heap_node *next = pu_heap_min(&timers->heap);
	if (next == NULL) {
		uv_timer_stop(&timers->timer);
		timers->armed_ms = 0;
		return;
	}
	if (timers->armed_ms == next->key)
		return;
	uint64_t now = uv_now(timers->timer.loop);
	timers->armed_ms = next->key;
	uv_timer_start(&timers->timer, on_timer, next->key > now ? next->key - now : 0, 0);
}

static void on_timer(uv_timer_t *handle)
{
	struct transport_timers *timers = handle->data;
	timers->armed_ms = 0;
	uint64_t now = uv_now(handle->loop);
	struct pu_heap_node *next;
	while ((next = pu_heap_min(&timers->heap)) != NULL && next->key <= now) {
		struct transport_deadline *deadline =
		    PU_CONTAINER_OF(next, struct transport_deadline, node);
		pu_heap_remove(&timers->heap, next);
		deadline->fire(deadline);
	}
	rearm(timers);
}

void transport_timers_init(struct transport_timers *timers, uv_loop_t *loop)
{
	pu_heap_init(&timers->heap);
	uv_timer_init(loop, &timers->timer);
	timers->timer.data = timers;
	timers->armed_ms = 0;
}

void transport_timers_fini(struct transport_timers *timers)
{
	pu_heap_fini(&timers->heap);
	uv_close((uv_handle_t *)&timers->timer, NULL);
}

uint64_t transport_timers_now(const struct transport_timers *timers)
{
	return uv_now(timers->timer.loop);
}

void transport_deadline_set(struct transport_timers *timers,
                            struct transport_deadline *deadline, uint64_t delay_ms,
                            void (*fire)(struct transport_deadline *deadline))
{
	deadline->fire = fire;
	pu_heap_set(&timers->heap, &deadline->node, transport_timers_now(timers) + delay_ms);
	rearm(timers);
}

void transport_deadline_clear(struct transport_timers *timers,
                              struct transport_deadline *deadline)
{
	pu_heap_remove(&timers->heap, &deadline->node);
	rearm(timers);
}
