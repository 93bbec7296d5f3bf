/* A subscription to one service's events. */
#include "proto/link.h"

#include "base/alloc.h"
#include "proto/limits.h"
#include "proto/line.h"

struct pu_events {
	enum pu_service from;
	char *prefix;
	struct pu_line line;
	bool freed;
	enum pu_err broken; /* why there is no line */
	struct pu_decoder *decoder;
	pu_event_fn on_event;
	void (*on_connected)(void *user);
	void *user;
};

static bool wanted(const struct pu_events *events, struct pu_bytes bytes)
{
	size_t len = strlen(events->prefix);

	return bytes.len >= len && memcmp(bytes.data, events->prefix, len) == 0;
}

/* "<type>\0<message>": what is not exactly that, or not this service's event, is dropped. */
static void on_message(void *user, struct pu_bytes bytes)
{
	const struct pu_events *events = user;
	struct pu_message event;

	if (bytes.len == 0 || !wanted(events, bytes))
		return;
	const uint8_t *end = memchr(bytes.data, '\0', bytes.len);
	if (end == NULL)
		return;
	size_t topic_len = (size_t)(end - bytes.data);
	struct pu_bytes body = pu_bytes(end + 1, bytes.len - topic_len - 1);
	if (pu_decode(events->decoder, body, &event) != PU_OK)
		return;
	if (event.row->kind != PU_MSG_EVENT || event.row->to != events->from ||
	    !pu_bytes_eq(pu_bytes(bytes.data, topic_len), pu_bytes_of_str(event.row->type)))
		return;
	events->on_event(events->user, &event);
}

static void on_pipe(void *user, bool connected)
{
	struct pu_events *events = user;

	if (connected && !events->freed && events->on_connected != NULL)
		events->on_connected(events->user);
}

static void on_absent(void *user)
{
	(void)user;
}

static void on_closed(void *user)
{
	struct pu_events *events = user;

	pu_free(events->prefix);
	pu_decoder_free(events->decoder);
	pu_free(events);
}

static const struct pu_line_ops line_ops = {
    .on_message = on_message,
    .on_pipe = on_pipe,
    .on_absent = on_absent,
    .on_closed = on_closed,
};

struct pu_events *pu_events_new(uv_loop_t *loop, const char *runtime_dir, enum pu_service from,
                                const char *prefix, pu_event_fn on_event, void *user)
{
	struct pu_events *events = PU_NEW(struct pu_events);

	events->from = from;
	events->on_event = on_event;
	events->user = user;
	events->decoder = pu_decoder_new();
	events->prefix = pu_strdup(prefix);
	pu_line_init(&events->line, loop, PU_SP_SUB, &line_ops, events);
	events->broken = pu_line_dial(&events->line, runtime_dir, from, PU_SOCKET_EVENTS);
	return events;
}

enum pu_err pu_events_error(const struct pu_events *events)
{
	return events->broken;
}

void pu_events_on_connected(struct pu_events *events, void (*on_connected)(void *user))
{
	events->on_connected = on_connected;
}

void pu_events_free(struct pu_events *events)
{
	if (events == NULL)
		return;
	events->freed = true;
	pu_line_close(&events->line);
}
