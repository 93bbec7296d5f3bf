/* Knows which frames go next, and that each is within one record: what the session has to say,
 * then what streams have to say besides data, then their data, a frame each in turn. output()
 * only plans, with headers of its own before the bytes of streams; sent() makes it true. FIN
 * has a frame of its own behind the data: js-libp2p takes the flag before the payload. */
#include "mux/yamux_state.h"

enum { PIECES_OF_PAYLOAD = 2 }; /* small first chunk, big second one */

struct pen {
	struct pu_yamux *yamux;
	struct iovec *out;
	size_t pieces_max, count;
	size_t left;    /* bytes */
	uint64_t given; /* growth of windows */
};

static struct pu_yamux_plan *plan_of(const struct pen *pen)
{
	return &pen->yamux->plan;
}

/* The piece that ends where the next header will stand, if there is one. */
static struct iovec *piece_before_header(const struct pen *pen)
{
	struct iovec *last = pen->count > 0 ? &pen->out[pen->count - 1] : NULL;
	const struct pu_yamux_plan *plan = plan_of(pen);

	if (last == NULL || plan->len == PU_YAMUX_PLAN_MAX)
		return NULL;
	return (uint8_t *)last->iov_base + last->iov_len == plan->headers[plan->len] ? last : NULL;
}

static bool has_room_for_header(const struct pen *pen)
{
	return plan_of(pen)->len < PU_YAMUX_PLAN_MAX && pen->left >= PU_YAMUX_HEADER_LEN &&
	       (pen->count < pen->pieces_max || piece_before_header(pen) != NULL);
}

/* There is room for it. */
static void add_header(struct pen *pen, struct pu_yamux_stream *stream,
                       const struct pu_yamux_header *header)
{
	struct iovec *before = piece_before_header(pen);
	struct pu_yamux_plan *plan = plan_of(pen);
	uint8_t *at = plan->headers[plan->len];

	pu_yamux_header_write(header, at);
	plan->streams[plan->len++] = stream;
	pen->left -= PU_YAMUX_HEADER_LEN;
	if (before != NULL)
		before->iov_len += PU_YAMUX_HEADER_LEN;
	else
		pen->out[pen->count++] = (struct iovec){at, PU_YAMUX_HEADER_LEN};
}

static bool add_session(struct pen *pen, enum pu_yamux_type type, uint16_t flags, uint32_t len)
{
	if (!has_room_for_header(pen))
		return false;
	add_header(pen, NULL, &(struct pu_yamux_header){type, flags, 0, len});
	return true;
}

static void plan_session(struct pen *pen)
{
	struct pu_yamux *yamux = pen->yamux;

	if (yamux->pong_wanted)
		add_session(pen, PU_YAMUX_PING, PU_YAMUX_ACK, yamux->pong_value);
	if (yamux->ping_wanted)
		add_session(pen, PU_YAMUX_PING, PU_YAMUX_SYN, yamux->ping_value);
	for (uint32_t i = 0; i < yamux->refused_len && has_room_for_header(pen); i++) {
		add_header(pen, NULL,
		           &(struct pu_yamux_header){PU_YAMUX_WINDOW, PU_YAMUX_RST, yamux->refused[i],
		                                     PU_YAMUX_REFUSED_CODE});
	}
}

/* Bytes of the stream that stand in the plan already. */
static size_t planned(const struct pu_yamux_plan *plan, const struct pu_yamux_stream *stream,
                      bool *any)
{
	struct pu_yamux_header header;
	size_t sum = 0;

	*any = false;
	for (uint32_t i = 0; i < plan->len; i++) {
		if (plan->streams[i] != stream ||
		    pu_yamux_header_read(pu_bytes(plan->headers[i], PU_YAMUX_HEADER_LEN), &header) !=
		        PU_OK)
			continue;
		*any = true;
		sum += header.type == PU_YAMUX_DATA ? header.len : 0;
	}
	return sum;
}

/* What the first frame of a stream carries besides. */
static uint16_t opening_flags(const struct pu_yamux_stream *stream, bool any_planned)
{
	if (any_planned)
		return 0;
	if (!stream->syn_sent)
		return PU_YAMUX_SYN;
	return stream->ack_wanted ? PU_YAMUX_ACK : 0;
}

static void add_control(struct pen *pen, struct pu_yamux_stream *stream)
{
	struct pu_yamux_header header = {.type = PU_YAMUX_WINDOW};

	pu_yamux_stream_number(stream);
	header.id = stream->id;
	if (stream->rst_wanted) {
		header.flags = PU_YAMUX_RST;
		header.len = stream->rst_code;
	} else {
		header.flags = opening_flags(stream, false);
		header.flags |= pu_yamux_stream_has_fin(stream) ? PU_YAMUX_FIN : 0;
		header.len = pu_yamux_stream_credit(stream, &pen->given);
	}
	add_header(pen, stream, &header);
}

static void plan_control(struct pen *pen)
{
	PU_LIST_FOREACH(it, &pen->yamux->control) {
		if (!has_room_for_header(pen))
			return;
		add_control(pen, PU_LIST_ENTRY(it, struct pu_yamux_stream, in_control));
	}
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Bytes that the next frame of the stream carries; 0: none, or not worth it here. */
static size_t payload_len(const struct pen *pen, const struct pu_yamux_stream *stream,
                          size_t before)
{
	size_t have = min_size(stream->send.len, stream->send_window) - before;
	size_t len;

	if (!has_room_for_header(pen))
		return 0;
	have = min_size(have, PU_YAMUX_PAYLOAD_MAX);
	len = min_size(have, pen->left - PU_YAMUX_HEADER_LEN);
	if (len < have && len < PU_YAMUX_PAYLOAD_WORTH && plan_of(pen)->len > 0)
		return 0;
	return len;
}

/* The pieces of the payload behind the header to come; 0: they do not fit. */
static size_t payload_pieces(const struct pen *pen, const struct pu_yamux_stream *stream,
                             size_t before, size_t *len, struct iovec pieces[2])
{
	size_t count = pu_queue_peek_at(&stream->send, before, *len, pieces, PIECES_OF_PAYLOAD);
	size_t with_header = pen->count + count + (piece_before_header(pen) == NULL);

	if (with_header > pen->pieces_max)
		return 0;
	*len = pieces[0].iov_len + (count == PIECES_OF_PAYLOAD ? pieces[1].iov_len : 0);
	return count;
}

static void add_fin(struct pen *pen, struct pu_yamux_stream *stream)
{
	if (stream->fin_wanted && !stream->fin_sent && has_room_for_header(pen))
		add_header(pen, stream,
		           &(struct pu_yamux_header){PU_YAMUX_WINDOW, PU_YAMUX_FIN, stream->id, 0});
}

static bool add_data(struct pen *pen, struct pu_yamux_stream *stream)
{
	struct iovec pieces[PIECES_OF_PAYLOAD];
	bool any;
	size_t before = planned(plan_of(pen), stream, &any), count;
	size_t len = payload_len(pen, stream, before);

	if (len == 0)
		return false;
	count = payload_pieces(pen, stream, before, &len, pieces);
	if (count == 0)
		return false;
	pu_yamux_stream_number(stream);
	add_header(pen, stream,
	           &(struct pu_yamux_header){PU_YAMUX_DATA, opening_flags(stream, any), stream->id,
	                                     (uint32_t)len});
	for (size_t i = 0; i < count; i++)
		pen->out[pen->count++] = pieces[i];
	pen->left -= len;
	if (before + len == stream->send.len)
		add_fin(pen, stream);
	return true;
}

static void plan_data(struct pen *pen)
{
	bool added = true;

	while (added) {
		added = false;
		PU_LIST_FOREACH(it, &pen->yamux->sendable) {
			if (!has_room_for_header(pen))
				return;
			added |= add_data(pen, PU_LIST_ENTRY(it, struct pu_yamux_stream, in_sendable));
		}
	}
}

bool pu_yamux_has_output(const struct pu_yamux *yamux)
{
	if (yamux->over)
		return yamux->goaway_wanted;
	return yamux->pong_wanted || yamux->ping_wanted || yamux->refused_len > 0 ||
	       !pu_list_empty(&yamux->control) || !pu_list_empty(&yamux->sendable);
}

size_t pu_yamux_output(struct pu_yamux *yamux, uint64_t now, struct iovec *out,
                       size_t pieces_max, size_t max)
{
	struct pen pen = {.yamux = yamux, .out = out, .pieces_max = pieces_max, .left = max};

	yamux->now = now;
	yamux->plan.len = 0;
	if (yamux->over) {
		if (yamux->goaway_wanted)
			add_session(&pen, PU_YAMUX_GOAWAY, 0, yamux->goaway_code);
	} else {
		plan_session(&pen);
		plan_control(&pen);
		plan_data(&pen);
	}
	yamux->woken_output = pu_yamux_has_output(yamux);
	return pen.count;
}

static void session_frame_sent(struct pu_yamux *yamux, const struct pu_yamux_header *header)
{
	if (header->type == PU_YAMUX_GOAWAY)
		yamux->goaway_wanted = false;
	else if (header->type == PU_YAMUX_PING && header->flags == PU_YAMUX_ACK)
		yamux->pong_wanted = false;
	else if (header->type == PU_YAMUX_PING)
		pu_yamux_ping_was_sent(yamux);
}

static void stream_frame_sent(struct pu_yamux_stream *stream,
                              const struct pu_yamux_header *header)
{
	stream->syn_sent = true;
	stream->ack_wanted = false;
	if (header->flags & PU_YAMUX_RST) {
		pu_yamux_stream_leave_wire(stream);
		return;
	}
	if (header->type == PU_YAMUX_DATA)
		pu_yamux_stream_data_sent(stream, header->len);
	else if (stream->window_wanted && header->len > 0)
		pu_yamux_stream_credit_sent(stream, header->len);
	if (header->flags & PU_YAMUX_FIN)
		stream->fin_sent = true;
	pu_yamux_stream_schedule(stream);
	if (header->flags & PU_YAMUX_FIN) {
		pu_yamux_stream_maybe_cut_off(stream);
		pu_yamux_stream_linger(stream);
		pu_yamux_stream_maybe_leave_wire(stream);
	}
}

static void refusals_sent(struct pu_yamux *yamux, uint32_t count)
{
	if (count == 0)
		return;
	yamux->refused_len -= count;
	memmove(yamux->refused, yamux->refused + count,
	        yamux->refused_len * sizeof(*yamux->refused));
	if (yamux->refused_len > 0)
		return;
	pu_free(yamux->refused);
	yamux->refused = NULL;
}

void pu_yamux_sent(struct pu_yamux *yamux)
{
	const struct pu_yamux_plan plan = yamux->plan;
	uint32_t refusals = 0;

	yamux->plan.len = 0;
	for (uint32_t i = 0; i < plan.len; i++) {
		struct pu_bytes bytes = pu_bytes(plan.headers[i], PU_YAMUX_HEADER_LEN);
		struct pu_yamux_header header;

		if (pu_yamux_header_read(bytes, &header) != PU_OK)
			continue;
		if (plan.streams[i] != NULL)
			stream_frame_sent(plan.streams[i], &header);
		else if (header.id != 0)
			refusals++;
		else
			session_frame_sent(yamux, &header);
	}
	refusals_sent(yamux, refusals);
	yamux->woken_output = pu_yamux_has_output(yamux);
}
