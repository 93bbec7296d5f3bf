/* Knows how a stream lives: from open() or its first frame until the wire and the host are both
 * done with it. The peer learns of a stream that we open, and of its ID, with its first frame,
 * so that IDs rise and a stream without a word costs nothing. */
#include "mux/yamux_state.h"

const struct pu_stream_ops pu_yamux_stream_ops = {
    .reserve = pu_yamux_stream_reserve,
    .commit = pu_yamux_stream_commit,
    .finish = pu_yamux_stream_finish,
    .reset = pu_yamux_stream_reset,
    .can_send = pu_yamux_stream_can_send,
    .pending = pu_yamux_stream_pending,
    .peek = pu_yamux_stream_peek,
    .consume = pu_yamux_stream_consume,
    .readable = pu_yamux_stream_readable,
    .reset_code = pu_yamux_stream_reset_code,
    .stop_sending = pu_yamux_stream_stop_sending,
    .close = pu_yamux_stream_close,
};

static struct pu_bytes key_of(const struct pu_yamux_stream *stream)
{
	return pu_bytes(&stream->id, sizeof(stream->id));
}

struct pu_yamux_stream *pu_yamux_stream_new(struct pu_yamux *yamux, bool inbound, uint32_t id)
{
	struct pu_yamux_stream *stream = PU_NEW(struct pu_yamux_stream);

	stream->base.ops = &pu_yamux_stream_ops;
	stream->yamux = yamux;
	stream->pool = yamux->config->pool;
	stream->inbound = stream->syn_sent = inbound;
	stream->on_wire = true;
	stream->send_window = stream->window = stream->recv_left = PU_YAMUX_WINDOW_INITIAL;
	stream->epoch = yamux->now;
	stream->id = id;
	if (id != 0)
		pu_map_put(&yamux->by_id, key_of(stream), stream);
	pu_list_append(&yamux->streams, &stream->in_session);
	yamux->streams_len++;
	yamux->inbound_len += inbound;
	return stream;
}

void pu_yamux_stream_number(struct pu_yamux_stream *stream)
{
	struct pu_yamux *yamux = stream->yamux;

	if (stream->id != 0)
		return;
	stream->id = yamux->next_id;
	yamux->next_id += 2;
	pu_map_put(&yamux->by_id, key_of(stream), stream);
}

static bool may_open(const struct pu_yamux *yamux)
{
	return yamux->unacked_len < PU_YAMUX_UNACKED_MAX &&
	       yamux->streams_len < yamux->config->streams_total_max;
}

static void maybe_tell_available(struct pu_yamux *yamux)
{
	if (yamux->over || !yamux->streams_wanted || yamux->tell_streams || !may_open(yamux))
		return;
	yamux->tell_streams = true;
	pu_yamux_wake_events(yamux);
}

void pu_yamux_stream_was_acked(struct pu_yamux_stream *stream)
{
	if (!stream->unacked)
		return;
	stream->unacked = false;
	stream->yamux->unacked_len--;
	maybe_tell_available(stream->yamux);
}

static void leave_wire(struct pu_yamux_stream *stream)
{
	struct pu_yamux *yamux = stream->yamux;

	if (!stream->on_wire)
		return;
	stream->on_wire = false;
	if (stream->id != 0)
		pu_map_del(&yamux->by_id, key_of(stream));
	pu_yamux_stream_end_send(stream);
	pu_list_remove(&stream->in_control);
	pu_list_remove(&stream->in_linger);
	yamux->window_extra -= stream->window - PU_YAMUX_WINDOW_INITIAL;
	stream->window = PU_YAMUX_WINDOW_INITIAL;
	pu_yamux_stream_was_acked(stream);
}

void pu_yamux_stream_detach(struct pu_yamux_stream *stream)
{
	struct pu_yamux *yamux = stream->yamux;

	leave_wire(stream);
	pu_list_remove(&stream->in_session);
	pu_list_remove(&stream->in_events);
	stream->events = 0;
	yamux->recv_len -= stream->recv.len;
	yamux->streams_len--;
	yamux->inbound_len -= stream->inbound;
	yamux->plan.len = 0;
	stream->yamux = NULL;
	maybe_tell_available(yamux);
}

void pu_yamux_stream_free(struct pu_yamux_stream *stream)
{
	if (stream->yamux != NULL)
		pu_yamux_stream_detach(stream);
	pu_queue_clear(&stream->send, stream->pool);
	pu_queue_clear(&stream->recv, stream->pool);
	pu_free(stream);
}

void pu_yamux_stream_leave_wire(struct pu_yamux_stream *stream)
{
	leave_wire(stream);
	if (stream->host_closed)
		pu_yamux_stream_free(stream);
}

void pu_yamux_stream_maybe_leave_wire(struct pu_yamux_stream *stream)
{
	if (stream->fin_sent && stream->recv_fin)
		pu_yamux_stream_leave_wire(stream);
}

bool pu_yamux_stream_is_alive(const struct pu_yamux_stream *stream)
{
	return stream->yamux != NULL && !stream->yamux->over && stream->on_wire &&
	       !stream->rst_wanted;
}

void pu_yamux_stream_event(struct pu_yamux_stream *stream, unsigned event)
{
	if (stream->host_closed)
		return;
	stream->events |= (uint8_t)event;
	if (!pu_list_linked(&stream->in_events))
		pu_list_append(&stream->yamux->events, &stream->in_events);
	pu_yamux_wake_events(stream->yamux);
}

static bool has_control(const struct pu_yamux_stream *stream)
{
	/* An acknowledgement travels with the first bytes, if there are any. */
	return stream->rst_wanted || stream->window_wanted || pu_yamux_stream_has_fin(stream) ||
	       (stream->ack_wanted && !pu_yamux_stream_has_data(stream));
}

static void place(struct pu_list_node *node, struct pu_list *list, bool there)
{
	if (!there)
		pu_list_remove(node);
	else if (!pu_list_linked(node))
		pu_list_append(list, node);
}

void pu_yamux_stream_schedule(struct pu_yamux_stream *stream)
{
	struct pu_yamux *yamux = stream->yamux;
	bool data, control;

	if (yamux == NULL || yamux->over || !stream->on_wire)
		return;
	data = pu_yamux_stream_has_data(stream);
	control = has_control(stream);
	place(&stream->in_sendable, &yamux->sendable, data);
	place(&stream->in_control, &yamux->control, control);
	if (data || control)
		pu_yamux_wake_output(yamux);
}

enum pu_err pu_yamux_open(struct pu_yamux *yamux, struct pu_stream **out)
{
	struct pu_yamux_stream *stream;

	/* Every stream there might still need an ID. */
	if (yamux->over || yamux->next_id > UINT32_MAX - 2 * (yamux->streams_len + 2))
		return PU_ECLOSED;
	if (pu_yamux_memory_left(yamux) < PU_CHUNK_SMALL_LEN)
		return PU_ELIMIT;
	if (!may_open(yamux)) {
		yamux->streams_wanted = true;
		return PU_EAGAIN;
	}
	stream = pu_yamux_stream_new(yamux, false, 0);
	stream->unacked = true;
	yamux->unacked_len++;
	*out = &stream->base;
	return PU_OK;
}

void pu_yamux_stream_linger(struct pu_yamux_stream *stream)
{
	if (!stream->host_closed || !stream->fin_sent || !stream->on_wire || stream->rst_wanted)
		return;
	pu_list_remove(&stream->in_linger);
	stream->linger_until = stream->yamux->now + PU_YAMUX_LINGER;
	pu_list_append(&stream->yamux->linger, &stream->in_linger);
}

void pu_yamux_stream_close(struct pu_stream *base)
{
	struct pu_yamux_stream *stream = pu_yamux_stream_of(base);

	if (pu_yamux_stream_is_alive(stream)) {
		pu_yamux_stream_stop_sending(base, 0);
		if (!stream->fin_wanted)
			pu_yamux_stream_reset(base, 0);
	}
	pu_yamux_stream_drop_received(stream);
	stream->host_closed = true;
	stream->events = 0;
	pu_list_remove(&stream->in_events);
	if (stream->yamux == NULL || !stream->on_wire)
		pu_yamux_stream_free(stream);
	else
		pu_yamux_stream_linger(stream);
}

void *pu_yamux_stream_owner(const struct pu_stream *base)
{
	const struct pu_yamux_stream *stream = pu_yamux_stream_of_const(base);

	return stream->yamux != NULL ? stream->yamux->user : NULL;
}
