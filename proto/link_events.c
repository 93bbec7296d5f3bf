/* A subscription to one service's events. */
#include "proto/link.h"

#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>

#include "base/alloc.h"
#include "proto/limits.h"
#include "proto/line.h"

#define BURST 64
/* Events that wait for us; then the oldest are dropped. */
#define RECEIVE_QUEUE 256

struct pu_events {
	enum pu_service from;
	struct pu_line line;
	bool freed;
	enum pu_err broken; /* why there is no line */
	struct pu_decoder *decoder;
	pu_event_fn on_event;
	void (*on_connected)(void *user);
	void *user;
};

/* "<type>\0<message>": what is not exactly that, or not this service's event, is dropped. */
static void receive(struct pu_events *events, struct pu_bytes bytes)
{
	struct pu_message event;
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

static void on_readable(void *user)
{
	struct pu_events *events = user;

	for (int i = 0; i < BURST && !events->freed; i++) {
		nng_msg *message = pu_line_receive(&events->line);
		if (message == NULL)
			return;
		receive(events, pu_bytes(nng_msg_body(message), nng_msg_len(message)));
		nng_msg_free(message);
	}
}

static void on_pipe(void *user, bool connected)
{
	struct pu_events *events = user;

	if (connected && !events->freed && events->on_connected != NULL)
		events->on_connected(events->user);
}

static void on_closed(void *user)
{
	struct pu_events *events = user;

	pu_decoder_free(events->decoder);
	pu_free(events);
}

static const struct pu_line_ops line_ops = {
    .on_readable = on_readable,
    .on_pipe = on_pipe,
    .on_closed = on_closed,
};

static enum pu_err subscribe(struct pu_events *events, const char *runtime_dir,
                             const char *prefix)
{
	char url[PU_LINE_URL_MAX];

	enum pu_err err = pu_line_url(url, runtime_dir, events->from, PU_LINE_EVENTS);
	if (err == PU_OK)
		err = pu_line_open(&events->line, nng_sub0_open, 0);
	if (err == PU_OK)
		err =
		    pu_nng_err(nng_socket_set_int(events->line.socket, NNG_OPT_RECVBUF, RECEIVE_QUEUE));
	if (err == PU_OK)
		err = pu_nng_err(
		    nng_socket_set(events->line.socket, NNG_OPT_SUB_SUBSCRIBE, prefix, strlen(prefix)));
	if (err == PU_OK)
		err = pu_line_poll(&events->line);
	return err == PU_OK ? pu_line_dial(&events->line, url) : err;
}

struct pu_events *pu_events_new(uv_loop_t *loop, const char *runtime_dir, enum pu_service from,
                                const char *prefix, pu_event_fn on_event, void *user)
{
	struct pu_events *events = PU_NEW(struct pu_events);

	events->from = from;
	events->on_event = on_event;
	events->user = user;
	events->decoder = pu_decoder_new();
	pu_line_init(&events->line, loop, &line_ops, events);
	events->broken = subscribe(events, runtime_dir, prefix);
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
