/* All of the host's own deadlines behind one libuv timer: nothing wakes up that is not due. */
#ifndef TRANSPORT_TIMERS_H
#define TRANSPORT_TIMERS_H

#include <uv.h>

#include "base/heap.h"

/* Embedded in what waits; zeroed memory is a deadline that is not set. */
struct transport_deadline {
	struct pu_heap_node node;
	void (*fire)(struct transport_deadline *deadline);
};

struct transport_timers {
	struct pu_heap heap;
	uv_timer_t timer;
	uint64_t armed_ms; /* loop time at which the timer fires; 0 = not armed */
};

void transport_timers_init(struct transport_timers *timers, uv_loop_t *loop);
void transport_timers_fini(struct transport_timers *timers);

/* The loop's milliseconds: the one clock of the host besides QUIC's. */
uint64_t transport_timers_now(const struct transport_timers *timers);

/* fire(deadline) runs once after delay_ms; setting it again moves it. */
void transport_deadline_set(struct transport_timers *timers,
                            struct transport_deadline *deadline, uint64_t delay_ms,
                            void (*fire)(struct transport_deadline *deadline));
/* Clearing one that is not set does nothing. */
void transport_deadline_clear(struct transport_timers *timers,
                              struct transport_deadline *deadline);

#endif
