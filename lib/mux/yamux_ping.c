/* Knows pings: one under way at a time, whose answer tells that the peer is there and how far
 * away it is. A peer's ping is answered with its newest value, however many it sends. */
#include "mux/yamux_state.h"

void pu_yamux_ping_start(struct pu_yamux *yamux)
{
	if (yamux->over || yamux->ping_wanted || yamux->ping_out)
		return;
	yamux->ping_wanted = true;
	yamux->ping_started = yamux->now;
	pu_yamux_wake_output(yamux);
}

void pu_yamux_ping_was_sent(struct pu_yamux *yamux)
{
	yamux->ping_wanted = false;
	yamux->ping_out = true;
	yamux->ping_sent_at = yamux->now;
}

void pu_yamux_ping_heard(struct pu_yamux *yamux)
{
	yamux->heard_at = yamux->now;
	if (yamux->rtt != 0 && yamux->now - yamux->rtt_at >= PU_YAMUX_RTT_LIFE)
		pu_yamux_ping_start(yamux);
}

static void measure(struct pu_yamux *yamux)
{
	uint64_t sample = yamux->now - yamux->ping_sent_at;

	if (sample == 0)
		sample = 1; /* 0 is "unknown" */
	yamux->rtt = yamux->rtt == 0 ? sample : (7 * yamux->rtt + sample) / 8;
	if (yamux->rtt == 0)
		yamux->rtt = 1;
	yamux->rtt_at = yamux->now;
	yamux->ping_out = false;
	yamux->ping_value++;
}

void pu_yamux_ping_received(struct pu_yamux *yamux, const struct pu_yamux_header *header)
{
	if (header->flags == PU_YAMUX_SYN) {
		yamux->pong_wanted = true;
		yamux->pong_value = header->len;
		pu_yamux_wake_output(yamux);
	} else if (yamux->ping_out && header->len == yamux->ping_value) {
		measure(yamux);
	}
}
