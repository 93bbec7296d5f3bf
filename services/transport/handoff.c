/* Knows which process asked for which stream, and which one serves which protocol. Streams
 * outlive the process that handed them over; registrations outlive it for a while, so that
 * inbound streams wait for its successor instead of failing. */
#include "handoff.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "codes.h"
#include "identify.h"
#include "io_pump.h"
#include "proto/handoff.h"
#include "swarm.h"
#include "transport.h"

#define VACANT_MS 5000 /* a registration whose process is gone */

struct channel {
	struct pu_list_node node;
	struct transport_handoff *handoff;
	struct pu_channel *channel;
	struct pu_map streams; /* struct stream_key -> struct handed */
	struct pu_list needs;  /* struct need */
};

struct need {
	struct pu_list_node node;
	struct transport_peer *peer;
};

struct registration {
	struct pu_list_node node;
	struct transport_handoff *handoff;
	char *pattern;           /* exact, or ending in '*' */
	struct channel *channel; /* NULL: vacant */
	struct transport_deadline vacant;
};

struct stream_key {
	uint64_t id;
	uint64_t inbound;
};

enum handed_state {
	HANDED_CONNECTING, /* outbound: a connection to the peer is being made */
	HANDED_STARVED,    /* outbound: no stream credit */
	HANDED_OFFERED,    /* inbound: the service has not answered, or is not there */
	HANDED_PUMPING,
};

/* One stream that a process opened, or is asked to take. */
struct handed {
	struct pu_list_node in_waiting; /* starved or offered ones */
	struct transport_handoff *handoff;
	struct channel *channel; /* NULL: its process is gone, or not there yet */
	struct stream_key key;
	enum handed_state state;
	struct transport_waiter waiter;
	struct transport_deadline deadline;
	struct transport_substream *substream;
	struct pu_peer_id peer;
	char *protocol;
	int fd;     /* to pump; -1 = none yet */
	int answer; /* the other end of a socketpair, for the process; -1 = none */
};

struct transport_handoff {
	struct transport *transport;
	struct pu_channel_listener *listener;
	struct pu_list channels, registrations;
	struct pu_list starved, offered; /* struct handed */
	size_t channels_len, registrations_len;
	uint64_t next_id;
};

static void send_to(struct channel *channel, enum pu_msg id, const void *message, int fd)
{
	enum pu_err err = pu_channel_send(channel->channel, id, message, fd);
	if (err != PU_OK)
		pu_warn("handoff.send", "message=%s error=%s", pu_msg_row(id)->type, pu_err_code(err));
}

static void send_failed(struct channel *channel, uint64_t id, enum pu_err err, const char *text)
{
	struct pu_stream_failed failed = {.id = id, .code = pu_err_code(err), .message = text};
	send_to(channel, PU_MSG_STREAM_FAILED, &failed, -1);
}

/* ---- life of a handed stream ---- */

static struct pu_bytes key_bytes(const struct handed *handed)
{
	return pu_bytes(&handed->key, sizeof(handed->key));
}

static struct handed *handed_new(struct transport_handoff *handoff, const char *protocol)
{
	struct handed *handed = PU_NEW(struct handed);
	handed->handoff = handoff;
	handed->protocol = pu_strdup(protocol);
	handed->fd = handed->answer = -1;
	return handed;
}

static void join_channel(struct handed *handed, struct channel *channel)
{
	handed->channel = channel;
	pu_map_put(&channel->streams, key_bytes(handed), handed);
}

static void leave_channel(struct handed *handed)
{
	if (handed->channel != NULL)
		pu_map_del(&handed->channel->streams, key_bytes(handed));
	handed->channel = NULL;
}

/* Does not touch the substream. */
static void handed_free(struct handed *handed)
{
	transport_deadline_clear(&handed->handoff->transport->timers, &handed->deadline);
	transport_waiter_cancel(&handed->waiter);
	pu_list_remove(&handed->in_waiting);
	leave_channel(handed);
	if (handed->fd >= 0)
		close(handed->fd);
	if (handed->answer >= 0)
		close(handed->answer);
	pu_free(handed->protocol);
	pu_free(handed);
}

static void on_pump_done(void *user, const struct transport_pump_end *end)
{
	struct handed *handed = user;
	if (handed->channel != NULL) {
		struct pu_stream_closed closed = {
		    .id = handed->key.id,
		    .bytes_in = end->bytes_in,
		    .bytes_out = end->bytes_out,
		    .code = pu_err_code(end->err),
		    .message = end->text,
		};
		send_to(handed->channel, PU_MSG_STREAM_CLOSED, &closed, -1);
	}
	handed_free(handed);
}

static enum pu_err make_pump(struct handed *handed, struct transport_pump **pump)
{
	int fd = handed->fd;
	handed->fd = -1;
	return transport_pump_new(handed->handoff->transport->loop, fd, on_pump_done, handed, pump);
}

/* ---- outbound ---- */

static void open_failed(struct handed *handed, enum pu_err err, const char *text)
{
	if (handed->channel != NULL)
		send_failed(handed->channel, handed->key.id, err, text);
	handed_free(handed);
}

static void starve(struct handed *handed);

static void open_on(struct handed *handed, struct transport_conn *conn)
{
	bool lazy = transport_conn_speaks(conn, handed->protocol);
	enum pu_err err = transport_substream_open(conn, handed->protocol, lazy,
	                                           &transport_pump_ops, NULL, &handed->substream);
	if (err == PU_EAGAIN) {
		starve(handed);
		return;
	}
	if (err != PU_OK) {
		open_failed(handed, err, pu_strerror(err));
		return;
	}
	struct transport_pump *pump;
	err = make_pump(handed, &pump);
	if (err != PU_OK) {
		transport_substream_abort(handed->substream, STREAM_CODE_NONE);
		open_failed(handed, err, "the descriptor is not a stream socket");
		return;
	}
	handed->substream->handler = pump;
	handed->state = HANDED_PUMPING;
	transport_deadline_clear(&handed->handoff->transport->timers, &handed->deadline);
	if (handed->channel != NULL) {
		struct pu_stream_opened opened = {.id = handed->key.id, .address = conn->address};
		send_to(handed->channel, PU_MSG_STREAM_OPENED, &opened, handed->answer);
		handed->answer = -1;
	}
	transport_pump_start(pump, handed->substream);
}

static void on_connected(struct transport_waiter *waiter, struct transport_conn *conn,
                         enum pu_err err, const char *text)
{
	struct handed *handed = PU_CONTAINER_OF(waiter, struct handed, waiter);
	if (conn != NULL)
		open_on(handed, conn);
	else
		open_failed(handed, err, text);
}

static void connect_peer(struct handed *handed, uint64_t deadline_ms)
{
	struct transport_peer *peer =
	    transport_swarm_peer(handed->handoff->transport, &handed->peer);
	if (peer == NULL) {
		open_failed(handed, PU_ELIMIT, "too many peers");
		return;
	}
	handed->state = HANDED_CONNECTING;
	handed->waiter.done = on_connected;
	transport_peer_connect(peer, &handed->waiter, (struct pu_strings){0}, deadline_ms);
}

static void on_starved(struct transport_deadline *deadline)
{
	open_failed(PU_CONTAINER_OF(deadline, struct handed, deadline), PU_ELIMIT,
	            "the peer allows no more streams on this connection");
}

static void starve(struct handed *handed)
{
	struct transport_handoff *handoff = handed->handoff;
	handed->state = HANDED_STARVED;
	pu_list_append(&handoff->starved, &handed->in_waiting);
	if (handed->deadline.node.index == 0)
		transport_deadline_set(&handoff->transport->timers, &handed->deadline,
		                       TRANSPORT_DIAL_DEADLINE_MS, on_starved);
}

void transport_handoff_streams_available(struct transport_handoff *handoff,
                                         struct transport_conn *conn)
{
	struct pu_list_node *last = handoff->starved.head.prev;
	PU_LIST_FOREACH (node, &handoff->starved) {
		struct handed *handed = PU_LIST_ENTRY(node, struct handed, in_waiting);
		bool is_last = node == last;
		if (conn->peer != NULL && pu_peer_id_eq(&handed->peer, &conn->peer->id)) {
			pu_list_remove(&handed->in_waiting);
			connect_peer(handed, 0);
		}
		if (is_last)
			break; /* those that starved again stand behind it */
	}
}

static void on_open(struct channel *channel, const void *message, int fd)
{
	const struct pu_stream_open *open = message;
	struct transport_handoff *handoff = channel->handoff;
	struct handed *handed = handed_new(handoff, open->protocol);
	handed->key = (struct stream_key){.id = open->id};
	handed->fd = fd;
	if (pu_map_get(&channel->streams, key_bytes(handed)) != NULL) {
		send_failed(channel, open->id, PU_EEXIST, "this stream id is in use");
		handed_free(handed);
		return;
	}
	join_channel(handed, channel);
	if (pu_peer_id_parse(open->peer, &handed->peer) != PU_OK) {
		open_failed(handed, PU_EINVAL, "not a peer ID");
		return;
	}
	int pair[2];
	if (fd < 0) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
			open_failed(handed, PU_EIO, "no descriptors left");
			return;
		}
		handed->fd = pair[0];
		handed->answer = pair[1];
	}
	connect_peer(handed, open->deadline_ms);
}

/* ---- registrations ---- */

static bool matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);
	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(pattern, name, len - 1) == 0;
	return strcmp(pattern, name) == 0;
}

static struct registration *find_registration(const struct transport_handoff *handoff,
                                              const char *name)
{
	struct registration *vacant = NULL;
	PU_LIST_FOREACH (node, &handoff->registrations) {
		struct registration *registration = PU_LIST_ENTRY(node, struct registration, node);
		if (!matches(registration->pattern, name))
			continue;
		if (registration->channel != NULL)
			return registration;
		vacant = registration;
	}
	return vacant;
}

static void registration_free(struct registration *registration)
{
	struct transport_handoff *handoff = registration->handoff;
	transport_deadline_clear(&handoff->transport->timers, &registration->vacant);
	pu_list_remove(&registration->node);
	handoff->registrations_len--;
	pu_free(registration->pattern);
	pu_free(registration);
}

static void on_vacant(struct transport_deadline *deadline)
{
	registration_free(PU_CONTAINER_OF(deadline, struct registration, vacant));
}

/* The same pattern as before: by the same process again, or its successor. */
static struct registration *find_pattern(const struct transport_handoff *handoff,
                                         const char *pattern)
{
	PU_LIST_FOREACH (node, &handoff->registrations) {
		struct registration *registration = PU_LIST_ENTRY(node, struct registration, node);
		if (strcmp(registration->pattern, pattern) == 0)
			return registration;
	}
	return NULL;
}

static void offer(struct handed *handed, struct channel *channel);

static void offer_waiting(struct transport_handoff *handoff, struct registration *registration)
{
	PU_LIST_FOREACH (node, &handoff->offered) {
		struct handed *handed = PU_LIST_ENTRY(node, struct handed, in_waiting);
		if (handed->channel == NULL && matches(registration->pattern, handed->protocol))
			offer(handed, registration->channel);
	}
}

static void on_register(struct channel *channel, const void *message, int fd)
{
	const struct pu_stream_register *request = message;
	struct transport_handoff *handoff = channel->handoff;
	struct registration *registration = find_pattern(handoff, request->protocol);
	if (fd >= 0)
		close(fd);
	if (registration != NULL && registration->channel != NULL &&
	    registration->channel != channel) {
		send_failed(channel, request->id, PU_EEXIST, "another process serves this protocol");
		return;
	}
	if (registration == NULL && handoff->registrations_len == TRANSPORT_REGISTRATIONS_MAX) {
		send_failed(channel, request->id, PU_ELIMIT, "too many protocols");
		return;
	}
	if (registration == NULL) {
		registration = PU_NEW(struct registration);
		registration->handoff = handoff;
		registration->pattern = pu_strdup(request->protocol);
		pu_list_append(&handoff->registrations, &registration->node);
		handoff->registrations_len++;
		transport_push_later(handoff->transport);
	}
	registration->channel = channel;
	transport_deadline_clear(&handoff->transport->timers, &registration->vacant);
	struct pu_stream_opened done = {.id = request->id, .address = ""};
	send_to(channel, PU_MSG_STREAM_OPENED, &done, -1);
	offer_waiting(handoff, registration);
}

size_t transport_handoff_list(const struct transport_handoff *handoff, const char **names,
                              size_t max)
{
	size_t len = 0;
	PU_LIST_FOREACH (node, &handoff->registrations) {
		const struct registration *registration =
		    PU_LIST_ENTRY(node, struct registration, node);
		if (len < max && strchr(registration->pattern, '*') == NULL)
			names[len++] = registration->pattern;
	}
	return len;
}

/* ---- inbound ---- */

static void refuse(struct handed *handed, uint64_t code)
{
	transport_substream_abort(handed->substream, code);
	handed_free(handed);
}

static void on_no_answer(struct transport_deadline *deadline)
{
	refuse(PU_CONTAINER_OF(deadline, struct handed, deadline), STREAM_CODE_UNAVAILABLE);
}

static void offer(struct handed *handed, struct channel *channel)
{
	const struct transport_conn *conn = handed->substream->conn;
	struct pu_stream_inbound inbound = {
	    .id = handed->key.id,
	    .peer = conn->peer->text,
	    .protocol = handed->protocol,
	    .address = conn->address,
	};
	join_channel(handed, channel);
	send_to(channel, PU_MSG_STREAM_INBOUND, &inbound, -1);
}

/* A peer's new stream for a registered protocol. Its bytes wait under flow control. */
static void on_inbound(struct transport_substream *substream)
{
	struct transport *transport = substream->transport;
	struct transport_handoff *handoff = transport->handoff;
	struct registration *registration = find_registration(handoff, substream->protocol);
	struct handed *handed = handed_new(handoff, substream->protocol);
	handed->key = (struct stream_key){.id = ++handoff->next_id, .inbound = 1};
	handed->state = HANDED_OFFERED;
	handed->substream = substream;
	substream->handler = handed;
	pu_list_append(&handoff->offered, &handed->in_waiting);
	transport_deadline_set(&transport->timers, &handed->deadline, TRANSPORT_INBOUND_ANSWER_MS,
	                       on_no_answer);
	if (registration != NULL && registration->channel != NULL)
		offer(handed, registration->channel);
}

static void on_inbound_failed(struct transport_substream *substream, enum pu_err err,
                              const char *text)
{
	(void)err;
	(void)text;
	struct handed *handed = substream->handler;
	transport_substream_close(substream);
	handed_free(handed);
}

static const struct transport_substream_ops inbound_ops = {
    .on_open = on_inbound,
    .on_failed = on_inbound_failed,
};

static const struct transport_protocol handed_protocol = {.name = "", .ops = &inbound_ops};

const struct transport_protocol *transport_handoff_find(struct transport_handoff *handoff,
                                                        const char *name)
{
	return find_registration(handoff, name) != NULL ? &handed_protocol : NULL;
}

static struct handed *find_offered(struct channel *channel, uint64_t id)
{
	struct stream_key key = {.id = id, .inbound = 1};
	struct handed *handed = pu_map_get(&channel->streams, pu_bytes(&key, sizeof(key)));
	return handed != NULL && handed->state == HANDED_OFFERED ? handed : NULL;
}

static void on_accept(struct channel *channel, const void *message, int fd)
{
	const struct pu_stream_accept *accept = message;
	struct handed *handed = find_offered(channel, accept->id);
	if (handed == NULL) { /* the peer went away meanwhile */
		struct pu_stream_closed closed = {
		    .id = accept->id, .code = pu_err_code(PU_ECLOSED), .message = "the peer is gone"};
		if (fd >= 0)
			close(fd);
		send_to(channel, PU_MSG_STREAM_CLOSED, &closed, -1);
		return;
	}
	struct transport_pump *pump;
	handed->fd = fd;
	if (fd < 0 || make_pump(handed, &pump) != PU_OK) {
		refuse(handed, STREAM_CODE_UNAVAILABLE);
		return;
	}
	struct transport_substream *substream = handed->substream;
	transport_deadline_clear(&channel->handoff->transport->timers, &handed->deadline);
	pu_list_remove(&handed->in_waiting);
	handed->state = HANDED_PUMPING;
	substream->ops = &transport_pump_ops;
	substream->handler = pump;
	transport_pump_start(pump, substream);
	transport_pump_ops.on_data(substream);
}

static void on_refused(struct channel *channel, const void *message, int fd)
{
	const struct pu_stream_failed *failed = message;
	struct handed *handed = find_offered(channel, failed->id);
	if (fd >= 0)
		close(fd);
	if (handed != NULL)
		refuse(handed, transport_stream_code(pu_err_from_code(failed->code)));
}

/* ---- needs ---- */

static struct need *find_need(struct channel *channel, const struct pu_peer_id *id)
{
	PU_LIST_FOREACH (node, &channel->needs) {
		struct need *need = PU_LIST_ENTRY(node, struct need, node);
		if (pu_peer_id_eq(&need->peer->id, id))
			return need;
	}
	return NULL;
}

static void drop_need(struct need *need)
{
	pu_list_remove(&need->node);
	transport_peer_need(need->peer, false);
	pu_free(need);
}

static void on_need(struct channel *channel, const void *message, int fd)
{
	const struct pu_stream_need *request = message;
	struct pu_peer_id id;
	if (fd >= 0)
		close(fd);
	if (pu_peer_id_parse(request->peer, &id) != PU_OK)
		return;
	struct need *need = find_need(channel, &id);
	if (need != NULL && !request->needed)
		drop_need(need);
	if (need != NULL || !request->needed)
		return;
	struct transport_peer *peer = transport_swarm_peer(channel->handoff->transport, &id);
	if (peer == NULL)
		return;
	need = PU_NEW(struct need);
	need->peer = peer;
	pu_list_append(&channel->needs, &need->node);
	transport_peer_need(peer, true);
}

/* ---- channels ---- */

static const struct {
	enum pu_msg id;
	void (*handle)(struct channel *channel, const void *message, int fd);
} channel_handlers[] = {
    {PU_MSG_STREAM_REGISTER, on_register}, {PU_MSG_STREAM_OPEN, on_open},
    {PU_MSG_STREAM_ACCEPT, on_accept},     {PU_MSG_STREAM_FAILED, on_refused},
    {PU_MSG_STREAM_NEED, on_need},
};

static void on_message(void *user, struct pu_channel *pu_channel,
                       const struct pu_message *message, int fd)
{
	(void)pu_channel;
	for (size_t i = 0; i < PU_ARRAY_LEN(channel_handlers); i++) {
		if (channel_handlers[i].id == message->row->id) {
			channel_handlers[i].handle(user, message->body, fd);
			return;
		}
	}
	if (fd >= 0)
		close(fd);
}

/* Streams that flow go on; those that do not yet end, or wait for a successor. */
static void abandon_streams(struct channel *channel)
{
	size_t pos = 0;
	struct pu_bytes key;
	void *value;
	while (pu_map_next(&channel->streams, &pos, &key, &value)) {
		struct handed *handed = value;
		leave_channel(handed);
		if (handed->state == HANDED_CONNECTING || handed->state == HANDED_STARVED)
			handed_free(handed);
	}
}

static void channel_free(struct channel *channel)
{
	struct transport_handoff *handoff = channel->handoff;
	abandon_streams(channel);
	PU_LIST_FOREACH (node, &channel->needs)
		drop_need(PU_LIST_ENTRY(node, struct need, node));
	PU_LIST_FOREACH (node, &handoff->registrations) {
		struct registration *registration = PU_LIST_ENTRY(node, struct registration, node);
		if (registration->channel != channel)
			continue;
		registration->channel = NULL;
		transport_deadline_set(&handoff->transport->timers, &registration->vacant, VACANT_MS,
		                       on_vacant);
	}
	pu_list_remove(&channel->node);
	handoff->channels_len--;
	pu_channel_free(channel->channel);
	pu_map_fini(&channel->streams);
	pu_free(channel);
}

static void on_channel_closed(void *user, struct pu_channel *pu_channel)
{
	(void)pu_channel;
	channel_free(user);
}

static const struct pu_channel_ops channel_ops = {
    .on_message = on_message,
    .on_closed = on_channel_closed,
};

static void on_channel(void *user, int fd)
{
	struct transport_handoff *handoff = user;
	if (handoff->channels_len == TRANSPORT_CHANNELS_MAX) {
		pu_warn("handoff.full", "channels=%zu", handoff->channels_len);
		close(fd);
		return;
	}
	struct channel *channel = PU_NEW(struct channel);
	channel->handoff = handoff;
	pu_map_init(&channel->streams);
	pu_list_init(&channel->needs);
	if (pu_channel_new(&channel->channel, handoff->transport->loop, fd, &channel_ops,
	                   channel) != PU_OK) {
		pu_free(channel);
		return;
	}
	pu_channel_set_roster(channel->channel, pu_host_roster(handoff->transport->host));
	pu_list_append(&handoff->channels, &channel->node);
	handoff->channels_len++;
}

enum pu_err transport_handoff_new(struct transport *transport, struct transport_handoff **out)
{
	struct transport_handoff *handoff = PU_NEW(struct transport_handoff);
	handoff->transport = transport;
	pu_list_init(&handoff->channels);
	pu_list_init(&handoff->registrations);
	pu_list_init(&handoff->starved);
	pu_list_init(&handoff->offered);
	char *path =
	    pu_asprintf("%s/%s", pu_host_config(transport->host)->runtime_dir, PU_STREAM_SOCKET);
	enum pu_err err = pu_channel_listen(&handoff->listener, transport->loop, path,
	                                    pu_host_roster(transport->host), on_channel, handoff);
	pu_free(path);
	if (err != PU_OK) {
		pu_free(handoff);
		return err;
	}
	*out = handoff;
	return PU_OK;
}

void transport_handoff_free(struct transport_handoff *handoff)
{
	if (handoff == NULL)
		return;
	pu_channel_listener_free(handoff->listener);
	PU_LIST_FOREACH (node, &handoff->channels)
		channel_free(PU_LIST_ENTRY(node, struct channel, node));
	PU_LIST_FOREACH (node, &handoff->registrations)
		registration_free(PU_LIST_ENTRY(node, struct registration, node));
	pu_free(handoff);
}
