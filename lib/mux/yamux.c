/* Knows a session as a whole: its beginning and end, its deadline, and when its host has to be
 * woken. */
#include "mux/yamux.h"

#include "mux/yamux_state.h"

void pu_yamux_config_default(struct pu_yamux_config *config)
{
	*config = (struct pu_yamux_config){
	    .window_max = PU_YAMUX_WINDOW_MAX,
	    .conn_window_max = PU_YAMUX_CONN_WINDOW_MAX,
	    .streams_max = PU_YAMUX_STREAMS_MAX,
	    .streams_total_max = PU_YAMUX_STREAMS_TOTAL_MAX,
	    .stream_send_max = PU_YAMUX_STREAM_SEND_MAX,
	    .conn_send_max = PU_YAMUX_CONN_SEND_MAX,
	    .keep_alive = PU_YAMUX_KEEP_ALIVE,
	    .ping_timeout = PU_YAMUX_PING_TIMEOUT,
	    .pool_max = PU_YAMUX_POOL_MAX,
	};
}

struct pu_yamux *pu_yamux_new(const struct pu_yamux_config *config,
                              const struct pu_yamux_callbacks *callbacks, void *user,
                              bool initiator, uint64_t now)
{
	struct pu_yamux *yamux = PU_NEW(struct pu_yamux);

	yamux->config = config;
	yamux->cb = callbacks;
	yamux->user = user;
	yamux->initiator = initiator;
	yamux->next_id = initiator ? 1 : 2;
	yamux->now = yamux->heard_at = now;
	pu_map_init(&yamux->by_id);
	pu_list_init(&yamux->streams);
	pu_list_init(&yamux->sendable);
	pu_list_init(&yamux->control);
	pu_list_init(&yamux->events);
	pu_list_init(&yamux->linger);
	yamux->woken_output = true; /* the host knows that there is something at the beginning */
	pu_yamux_ping_start(yamux);
	return yamux;
}

void pu_yamux_free(struct pu_yamux *yamux)
{
	struct pu_list_node *node;

	if (yamux == NULL)
		return;
	yamux->over = true;
	while ((node = pu_list_first(&yamux->streams)) != NULL)
		pu_yamux_stream_free(PU_LIST_ENTRY(node, struct pu_yamux_stream, in_session));
	pu_map_fini(&yamux->by_id);
	pu_free(yamux->refused);
	pu_free(yamux);
}

void pu_yamux_wake_output(struct pu_yamux *yamux)
{
	if (yamux->woken_output)
		return;
	yamux->woken_output = true;
	yamux->cb->wake(yamux->user);
}

void pu_yamux_wake_events(struct pu_yamux *yamux)
{
	if (yamux->woken_events)
		return;
	yamux->woken_events = true;
	yamux->cb->wake(yamux->user);
}

size_t pu_yamux_memory_left(const struct pu_yamux *yamux)
{
	const struct pu_yamux_config *config = yamux->config;

	return config->pool->used < config->pool_max ? config->pool_max - config->pool->used : 0;
}

void pu_yamux_goaway(struct pu_yamux *yamux, uint32_t code)
{
	if (yamux->over)
		return;
	yamux->over = true;
	yamux->goaway_code = code;
	yamux->goaway_wanted = true;
	pu_yamux_wake_output(yamux);
}

void pu_yamux_fail(struct pu_yamux *yamux, enum pu_err err)
{
	yamux->err = err;
	if (err != PU_ECLOSED)
		pu_yamux_goaway(yamux,
		                err == PU_ELIMIT ? PU_YAMUX_INTERNAL_ERROR : PU_YAMUX_PROTOCOL_ERROR);
	yamux->over = true;
}

uint32_t pu_yamux_goaway_code(const struct pu_yamux *yamux)
{
	return yamux->peer_goaway_code;
}

/* A ping under way fails only if nothing at all comes: the answer may stand behind megabytes.
 */
static uint64_t ping_deadline(const struct pu_yamux *yamux)
{
	uint64_t since = yamux->heard_at;

	if (!yamux->ping_wanted && !yamux->ping_out)
		return yamux->config->keep_alive == 0 ? UINT64_MAX : since + yamux->config->keep_alive;
	if (yamux->ping_started > since)
		since = yamux->ping_started;
	return since + yamux->config->ping_timeout;
}

uint64_t pu_yamux_deadline(const struct pu_yamux *yamux)
{
	const struct pu_list_node *node = pu_list_first(&yamux->linger);
	uint64_t deadline;

	if (yamux->over)
		return UINT64_MAX;
	deadline = ping_deadline(yamux);
	if (node != NULL) {
		const struct pu_yamux_stream *stream =
		    PU_LIST_ENTRY(node, const struct pu_yamux_stream, in_linger);

		if (stream->linger_until < deadline)
			deadline = stream->linger_until;
	}
	return deadline;
}

static void reset_lingering(struct pu_yamux *yamux)
{
	struct pu_list_node *node;

	while ((node = pu_list_first(&yamux->linger)) != NULL) {
		struct pu_yamux_stream *stream = PU_LIST_ENTRY(node, struct pu_yamux_stream, in_linger);

		if (stream->linger_until > yamux->now)
			return;
		pu_list_remove(node);
		pu_yamux_stream_want_rst(stream, 0);
	}
}

enum pu_err pu_yamux_expire(struct pu_yamux *yamux, uint64_t now)
{
	yamux->now = now;
	if (yamux->over)
		return PU_OK;
	reset_lingering(yamux);
	if (now < ping_deadline(yamux))
		return PU_OK;
	if (yamux->ping_wanted || yamux->ping_out)
		return PU_ETIMEOUT;
	pu_yamux_ping_start(yamux);
	return PU_OK;
}

void pu_yamux_info(const struct pu_yamux *yamux, struct pu_yamux_info *out)
{
	*out = (struct pu_yamux_info){
	    .rtt_ns = yamux->rtt,
	    .streams = yamux->streams_len,
	    .send_buffered = yamux->send_len,
	    .recv_buffered = yamux->recv_len,
	    .memory = sizeof(*yamux) + yamux->streams_len * sizeof(struct pu_yamux_stream) +
	              pu_map_memory(&yamux->by_id) +
	              (yamux->refused != NULL ? PU_YAMUX_REFUSED_MAX * sizeof(uint32_t) : 0),
	};
}
