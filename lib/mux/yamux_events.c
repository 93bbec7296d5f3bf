/* Knows the order in which the host learns what happened to streams. It is the only file that
 * calls the on_* functions, so the host may do whatever it likes in them. After each call
 * everything is looked at afresh. */
#include "mux/yamux_state.h"

static bool take(struct pu_yamux_stream *stream, unsigned event)
{
	bool had = (stream->events & event) != 0;

	stream->events &= (uint8_t)~event;
	return had;
}

/* One event of a stream, which may not exist any more afterwards. */
static void tell_stream(struct pu_yamux *yamux, struct pu_yamux_stream *stream)
{
	const struct pu_yamux_callbacks *cb = yamux->cb;

	if (take(stream, PU_YAMUX_EV_NEW)) {
		stream->ack_wanted = true;
		pu_yamux_stream_schedule(stream);
		cb->on_stream_new(yamux->user, &stream->base);
	} else if (take(stream, PU_YAMUX_EV_DATA)) {
		cb->on_stream_data(yamux->user, &stream->base);
	} else if (take(stream, PU_YAMUX_EV_STOPPED)) {
		cb->on_stream_stopped(yamux->user, &stream->base);
	} else if (take(stream, PU_YAMUX_EV_WRITABLE)) {
		cb->on_stream_writable(yamux->user, &stream->base);
	}
}

static void tell_streams(struct pu_yamux *yamux)
{
	struct pu_list_node *node;

	while ((node = pu_list_first(&yamux->events)) != NULL) {
		struct pu_yamux_stream *stream = PU_LIST_ENTRY(node, struct pu_yamux_stream, in_events);

		pu_list_remove(node);
		if ((stream->events & (stream->events - 1)) != 0)
			pu_list_append(&yamux->events, node);
		tell_stream(yamux, stream);
	}
}

void pu_yamux_deliver(struct pu_yamux *yamux)
{
	yamux->woken_events = true;
	tell_streams(yamux);
	if (yamux->tell_streams && !yamux->over) {
		yamux->tell_streams = yamux->streams_wanted = false;
		yamux->cb->on_streams_available(yamux->user);
		tell_streams(yamux);
	}
	yamux->woken_events = false;
	if (yamux->tell_streams && !yamux->over)
		pu_yamux_wake_events(yamux);
}

void pu_yamux_lost(struct pu_yamux *yamux)
{
	struct pu_list_node *node;

	yamux->over = true;
	yamux->goaway_wanted = false;
	while ((node = pu_list_first(&yamux->streams)) != NULL) {
		struct pu_yamux_stream *stream =
		    PU_LIST_ENTRY(node, struct pu_yamux_stream, in_session);

		if (stream->host_closed || (stream->events & PU_YAMUX_EV_NEW)) {
			pu_yamux_stream_free(stream);
			continue;
		}
		pu_yamux_stream_detach(stream);
		yamux->cb->on_stream_data(yamux->user, &stream->base);
	}
}
