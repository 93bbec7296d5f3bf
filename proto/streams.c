/* The stub behind stream.sock: which streams are open, what to repeat after transport
 * restarted, and the translation between transport's numbers for inbound streams and ours,
 * which stay unique over restarts. */
#include "proto/streams.h"

#include <unistd.h>

#include "base/alloc.h"
#include "base/list.h"
#include "base/map.h"
#include "base/rand.h"
#include "proto/limits.h"
#include "proto/text.h"

#define RECONNECT_MIN_MS  20
#define RECONNECT_MAX_MS  1000
#define REGISTER_PAUSE_MS 1000

enum stream_state {
	STREAM_OPENING, /* asked for; ours */
	STREAM_ASKED,   /* inbound; the user has not answered */
	STREAM_OPEN,
};

struct stream {
	struct pu_list_node node;
	uint64_t id;   /* ours: what the user knows */
	uint64_t wire; /* what transport knows; the same for streams that we opened */
	bool inbound;
	bool gave_fd; /* transport has the descriptor that we opened it with */
	enum stream_state state;
};

struct registration {
	struct pu_list_node node;
	uint64_t id;
	bool refused; /* by this transport: try again */
	char protocol[];
};

struct need {
	struct pu_list_node node;
	char peer[];
};

struct pu_streams {
	uv_timer_t timer;
	char *path;
	const struct pu_streams_ops *ops;
	void *user;
	bool freed;
	unsigned attempt;
	struct pu_channel *channel; /* NULL while transport is not there */
	uint64_t next_id;
	struct pu_list streams;
	struct pu_map by_id;   /* all streams */
	struct pu_map by_wire; /* inbound ones */
	struct pu_list registrations, needs;
};

/* ---- the table ---- */

/* IDs that we choose have the top bit set, those that transport chooses have not. */
#define OURS (UINT64_C(1) << 63)

static bool is_ours(uint64_t id)
{
	return (id & OURS) != 0;
}

static struct pu_bytes key(const uint64_t *id)
{
	return pu_bytes(id, sizeof(*id));
}

static struct stream *stream_add(struct pu_streams *streams, bool inbound, uint64_t wire)
{
	struct stream *stream = PU_NEW(struct stream);

	stream->id = ++streams->next_id;
	stream->wire = inbound ? wire : stream->id;
	stream->inbound = inbound;
	stream->state = inbound ? STREAM_ASKED : STREAM_OPENING;
	pu_list_append(&streams->streams, &stream->node);
	pu_map_put(&streams->by_id, key(&stream->id), stream);
	if (inbound)
		pu_map_put(&streams->by_wire, key(&stream->wire), stream);
	return stream;
}

static void stream_remove(struct pu_streams *streams, struct stream *stream)
{
	pu_list_remove(&stream->node);
	pu_map_del(&streams->by_id, key(&stream->id));
	if (stream->inbound)
		pu_map_del(&streams->by_wire, key(&stream->wire));
	pu_free(stream);
}

static struct registration *registration_of(struct pu_streams *streams, uint64_t id)
{
	PU_LIST_FOREACH(node, &streams->registrations) {
		struct registration *entry = PU_LIST_ENTRY(node, struct registration, node);
		if (entry->id == id)
			return entry;
	}
	return NULL;
}

/* ---- transport comes and goes ---- */

static void on_timer(uv_timer_t *timer);

/* A message that does not get through is lost with its channel: on_channel_closed follows. */
static void tell(struct pu_streams *streams, enum pu_msg id, const void *message, int fd)
{
	enum pu_err err = pu_channel_send(streams->channel, id, message, fd);

	(void)err;
}

static void send_registration(struct pu_streams *streams, struct registration *registration)
{
	struct pu_stream_register message = {.id = registration->id,
	                                     .protocol = registration->protocol};

	registration->refused = false;
	tell(streams, PU_MSG_STREAM_REGISTER, &message, -1);
}

static void send_need(struct pu_streams *streams, const char *peer, bool needed)
{
	struct pu_stream_need message = {.peer = peer, .needed = needed};

	tell(streams, PU_MSG_STREAM_NEED, &message, -1);
}

static void reconnect_later(struct pu_streams *streams)
{
	uint64_t delay = pu_backoff_ms(streams->attempt++, RECONNECT_MIN_MS, RECONNECT_MAX_MS);

	uv_timer_start(&streams->timer, on_timer, delay, 0);
}

static void end_lost_stream(struct pu_streams *streams, struct stream *stream)
{
	static const char why[] = "transport is gone";
	struct pu_stream_closed closed = {
	    .id = stream->id, .code = pu_err_code(PU_ECLOSED), .message = why};
	bool inbound = stream->inbound;
	bool opening = stream->state == STREAM_OPENING;

	stream_remove(streams, stream);
	if (opening)
		streams->ops->on_opened(streams->user, closed.id, PU_ECLOSED, why, -1);
	else
		streams->ops->on_closed(streams->user, &closed, inbound);
}

static void disconnect(struct pu_streams *streams)
{
	pu_channel_free(streams->channel);
	streams->channel = NULL;
	while (!streams->freed && !pu_list_empty(&streams->streams))
		end_lost_stream(streams,
		                PU_LIST_ENTRY(pu_list_first(&streams->streams), struct stream, node));
	if (!streams->freed)
		reconnect_later(streams);
}

static void on_channel_closed(void *user, struct pu_channel *channel)
{
	(void)channel;
	disconnect(user);
}

static void on_message(void *user, struct pu_channel *channel, const struct pu_message *message,
                       int fd);

static const struct pu_channel_ops channel_ops = {
    .on_message = on_message,
    .on_closed = on_channel_closed,
};

static void tell_all(struct pu_streams *streams)
{
	PU_LIST_FOREACH(node, &streams->registrations)
		send_registration(streams, PU_LIST_ENTRY(node, struct registration, node));
	PU_LIST_FOREACH(node, &streams->needs)
		send_need(streams, PU_LIST_ENTRY(node, struct need, node)->peer, true);
	if (streams->ops->on_connected != NULL)
		streams->ops->on_connected(streams->user);
}

static void reconnect(struct pu_streams *streams)
{
	int fd;

	enum pu_err err = pu_channel_connect(streams->path, &fd);
	if (err == PU_OK)
		err = pu_channel_new(&streams->channel, streams->timer.loop, fd, &channel_ops, streams);
	if (err != PU_OK) {
		reconnect_later(streams);
		return;
	}
	streams->attempt = 0;
	pu_channel_set_peer(streams->channel, PU_SERVICE_TRANSPORT);
	tell_all(streams);
}

static void on_timer(uv_timer_t *timer)
{
	struct pu_streams *streams = timer->data;

	if (streams->channel == NULL) {
		reconnect(streams);
		return;
	}
	PU_LIST_FOREACH(node, &streams->registrations) {
		struct registration *entry = PU_LIST_ENTRY(node, struct registration, node);
		if (entry->refused)
			send_registration(streams, entry);
	}
}

/* ---- what transport says ---- */

/* Each answers whether it has taken the descriptor. */

static bool on_opened(struct pu_streams *streams, const void *body, int fd)
{
	static const char no_room[] = "this process has no descriptor left for the stream";
	const struct pu_stream_opened *opened = body;
	struct stream *stream = pu_map_get(&streams->by_id, key(&opened->id));

	if (stream == NULL || stream->inbound || stream->state != STREAM_OPENING)
		return false; /* a registration's, or nothing of ours */
	if (fd == PU_CHANNEL_FD_LOST && !stream->gave_fd) {
		stream_remove(streams, stream);
		streams->ops->on_opened(streams->user, opened->id, PU_ELIMIT, no_room, -1);
		return false;
	}
	stream->state = STREAM_OPEN;
	bool wanted = !stream->gave_fd;
	streams->ops->on_opened(streams->user, stream->id, PU_OK, "", wanted ? fd : -1);
	return wanted;
}

static bool on_failed(struct pu_streams *streams, const void *body, int fd)
{
	const struct pu_stream_failed *failed = body;
	struct stream *stream = pu_map_get(&streams->by_id, key(&failed->id));
	struct registration *registration = registration_of(streams, failed->id);
	enum pu_err err = pu_err_from_code(failed->code);

	(void)fd;
	if (registration != NULL) {
		registration->refused = true;
		uv_timer_start(&streams->timer, on_timer, REGISTER_PAUSE_MS, 0);
	}
	if (stream == NULL || stream->inbound || stream->state != STREAM_OPENING)
		return false;
	stream_remove(streams, stream);
	streams->ops->on_opened(streams->user, failed->id, err != PU_OK ? err : PU_EINTERNAL,
	                        failed->message, -1);
	return false;
}

static void send_failed(struct pu_streams *streams, uint64_t wire, enum pu_err err,
                        const char *text)
{
	char valid[PU_FIELD_TEXT_MAX + 1];
	struct pu_stream_failed failed = {.id = wire, .code = pu_err_code(err), .message = valid};

	pu_text_copy(valid, sizeof(valid), text);
	tell(streams, PU_MSG_STREAM_FAILED, &failed, -1);
}

static bool on_inbound(struct pu_streams *streams, const void *body, int fd)
{
	struct pu_stream_inbound inbound = *(const struct pu_stream_inbound *)body;

	(void)fd;
	if (is_ours(inbound.id) || pu_map_get(&streams->by_wire, key(&inbound.id)) != NULL)
		return false;
	if (pu_map_len(&streams->by_id) >= PU_STREAMS_MAX) {
		send_failed(streams, inbound.id, PU_ELIMIT, "too many streams");
		return false;
	}
	inbound.id = stream_add(streams, true, inbound.id)->id;
	streams->ops->on_inbound(streams->user, &inbound);
	return false;
}

/* The stream that transport calls so. */
static struct stream *find_stream(struct pu_streams *streams, uint64_t wire)
{
	return pu_map_get(is_ours(wire) ? &streams->by_id : &streams->by_wire, key(&wire));
}

static bool on_closed(struct pu_streams *streams, const void *body, int fd)
{
	struct pu_stream_closed closed = *(const struct pu_stream_closed *)body;
	struct stream *stream = find_stream(streams, closed.id);

	(void)fd;
	if (stream == NULL || stream->state == STREAM_OPENING)
		return false;
	bool inbound = stream->inbound;
	closed.id = stream->id;
	stream_remove(streams, stream);
	streams->ops->on_closed(streams->user, &closed, inbound);
	return false;
}

static const struct {
	enum pu_msg id;
	bool (*handle)(struct pu_streams *streams, const void *body, int fd);
} handlers[] = {
    {PU_MSG_STREAM_OPENED, on_opened},
    {PU_MSG_STREAM_INBOUND, on_inbound},
    {PU_MSG_STREAM_FAILED, on_failed},
    {PU_MSG_STREAM_CLOSED, on_closed},
};

static void on_message(void *user, struct pu_channel *channel, const struct pu_message *message,
                       int fd)
{
	bool taken = false;

	(void)channel;
	for (size_t i = 0; i < PU_ARRAY_LEN(handlers); i++)
		if (handlers[i].id == message->row->id)
			taken = handlers[i].handle(user, message->body, fd);
	if (!taken && fd >= 0)
		close(fd);
}

/* ---- what the user wants ---- */

void pu_streams_register(struct pu_streams *streams, const char *protocol)
{
	struct registration *registration = pu_zalloc(sizeof(*registration) + strlen(protocol) + 1);

	registration->id = ++streams->next_id;
	memcpy(registration->protocol, protocol, strlen(protocol));
	pu_list_append(&streams->registrations, &registration->node);
	if (streams->channel != NULL)
		send_registration(streams, registration);
}

static struct need *need_of(struct pu_streams *streams, const char *peer)
{
	PU_LIST_FOREACH(node, &streams->needs) {
		struct need *need = PU_LIST_ENTRY(node, struct need, node);
		if (strcmp(need->peer, peer) == 0)
			return need;
	}
	return NULL;
}

static void need_free(struct need *need)
{
	pu_list_remove(&need->node);
	pu_free(need);
}

void pu_streams_need(struct pu_streams *streams, const char *peer_id, bool needed)
{
	struct need *need = need_of(streams, peer_id);

	if (needed == (need != NULL))
		return;
	if (needed) {
		need = pu_zalloc(sizeof(*need) + strlen(peer_id) + 1);
		memcpy(need->peer, peer_id, strlen(peer_id));
		pu_list_append(&streams->needs, &need->node);
	} else {
		need_free(need);
	}
	if (streams->channel != NULL)
		send_need(streams, peer_id, needed);
}

enum pu_err pu_streams_open(struct pu_streams *streams, const char *peer_id,
                            const char *protocol, unsigned deadline_ms, int fd, uint64_t *id)
{
	enum pu_err err = PU_OK;

	if (streams->channel == NULL)
		err = PU_ECLOSED;
	else if (pu_map_len(&streams->by_id) >= PU_STREAMS_MAX)
		err = PU_ELIMIT;
	if (err != PU_OK) {
		if (fd >= 0)
			close(fd);
		return err;
	}
	struct stream *stream = stream_add(streams, false, 0);
	stream->gave_fd = fd >= 0;
	struct pu_stream_open message = {
	    .id = stream->id, .peer = peer_id, .protocol = protocol, .deadline_ms = deadline_ms};
	err = pu_channel_send(streams->channel, PU_MSG_STREAM_OPEN, &message, fd);
	if (err != PU_OK) {
		stream_remove(streams, stream);
		return err;
	}
	*id = stream->id;
	return PU_OK;
}

void pu_streams_accept(struct pu_streams *streams, uint64_t id, int fd)
{
	struct stream *stream = pu_map_get(&streams->by_id, key(&id));

	if (stream == NULL || stream->state != STREAM_ASKED) {
		if (fd >= 0)
			close(fd);
		return;
	}
	struct pu_stream_accept message = {.id = stream->wire};
	stream->state = STREAM_OPEN;
	tell(streams, PU_MSG_STREAM_ACCEPT, &message, fd);
}

void pu_streams_refuse(struct pu_streams *streams, uint64_t id, enum pu_err err,
                       const char *text)
{
	struct stream *stream = pu_map_get(&streams->by_id, key(&id));

	if (stream == NULL || stream->state != STREAM_ASKED)
		return;
	send_failed(streams, stream->wire, err, text);
	stream_remove(streams, stream);
}

bool pu_streams_connected(const struct pu_streams *streams)
{
	return streams->channel != NULL;
}

/* ---- life ---- */

struct pu_streams *pu_streams_new(uv_loop_t *loop, const char *runtime_dir,
                                  const struct pu_streams_ops *ops, void *user)
{
	struct pu_streams *streams = PU_NEW(struct pu_streams);

	streams->path = pu_asprintf("%s/%s", runtime_dir, PU_STREAM_SOCKET);
	streams->ops = ops;
	streams->user = user;
	streams->next_id = OURS;
	pu_list_init(&streams->streams);
	pu_list_init(&streams->registrations);
	pu_list_init(&streams->needs);
	pu_map_init(&streams->by_id);
	pu_map_init(&streams->by_wire);
	uv_timer_init(loop, &streams->timer);
	streams->timer.data = streams;
	uv_timer_start(&streams->timer, on_timer, 0, 0);
	return streams;
}

static void on_timer_closed(uv_handle_t *timer)
{
	struct pu_streams *streams = timer->data;

	pu_map_fini(&streams->by_id);
	pu_map_fini(&streams->by_wire);
	pu_free(streams->path);
	pu_free(streams);
}

void pu_streams_free(struct pu_streams *streams)
{
	if (streams == NULL)
		return;
	streams->freed = true;
	pu_channel_free(streams->channel);
	streams->channel = NULL;
	PU_LIST_FOREACH(node, &streams->streams)
		stream_remove(streams, PU_LIST_ENTRY(node, struct stream, node));
	PU_LIST_FOREACH(node, &streams->registrations) {
		pu_list_remove(node);
		pu_free(PU_LIST_ENTRY(node, struct registration, node));
	}
	PU_LIST_FOREACH(node, &streams->needs)
		need_free(PU_LIST_ENTRY(node, struct need, node));
	uv_close((uv_handle_t *)&streams->timer, on_timer_closed);
}
