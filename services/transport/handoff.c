/* Knows the processes at stream.sock: what they say, which peers they need, and what is left to
 * do when one of them is gone. Streams that flow outlive the process that handed them over. */
#include "handoff.h"

#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "handoff_state.h"
#include "transport.h"

/* ---- needs ---- */

static struct handoff_need *find_need(struct handoff_channel *channel,
                                      const struct pu_peer_id *id)
{
	PU_LIST_FOREACH(node, &channel->needs) {
		struct handoff_need *need = PU_LIST_ENTRY(node, struct handoff_need, node);
		if (pu_peer_id_eq(&need->peer->id, id))
			return need;
	}
	return NULL;
}

static void drop_need(struct handoff_need *need)
{
	pu_list_remove(&need->node);
	transport_peer_need(need->peer, false);
	pu_free(need);
}

static void on_need(struct handoff_channel *channel, const void *message, int fd)
{
	const struct pu_stream_need *request = message;
	struct pu_peer_id id;
	if (fd >= 0)
		close(fd);
	if (pu_peer_id_parse(request->peer, &id) != PU_OK ||
	    pu_peer_id_eq(&id, &channel->handoff->transport->identity.peer))
		return;
	struct handoff_need *need = find_need(channel, &id);
	if (need != NULL && !request->needed)
		drop_need(need);
	if (need != NULL || !request->needed)
		return;
	struct transport_peer *peer = transport_swarm_peer(channel->handoff->transport, &id);
	if (peer == NULL) {
		pu_warn("handoff.need", "peer=%s error=%s", request->peer, "too many peers");
		return;
	}
	need = PU_NEW(struct handoff_need);
	need->peer = peer;
	pu_list_append(&channel->needs, &need->node);
	transport_peer_need(peer, true);
}

/* ---- channels ---- */

static const struct {
	enum pu_msg id;
	void (*handle)(struct handoff_channel *channel, const void *message, int fd);
} channel_handlers[] = {
    {PU_MSG_STREAM_REGISTER, handoff_on_register},
    {PU_MSG_STREAM_OPEN, handoff_on_open},
    {PU_MSG_STREAM_ACCEPT, handoff_on_accept},
    {PU_MSG_STREAM_FAILED, handoff_on_refused},
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

/* Inbound ones that do not flow yet wait for a successor. Outbound ones end when only their
 * process would read them; those that somebody's own descriptor came with go on as if nothing
 * had happened: that client was accepted, and cannot be accepted again. */
static void abandon_streams(struct handoff_channel *channel)
{
	size_t pos = 0;
	struct pu_bytes key;
	void *value;
	while (pu_map_next(&channel->streams, &pos, &key, &value)) {
		struct handoff_stream *handed = value;
		handoff_stream_leave(handed);
		if (handed->answer >= 0)
			handoff_stream_free(handed);
	}
}

static void channel_free(struct handoff_channel *channel)
{
	struct transport_handoff *handoff = channel->handoff;
	abandon_streams(channel);
	PU_LIST_FOREACH(node, &channel->needs)
		drop_need(PU_LIST_ENTRY(node, struct handoff_need, node));
	handoff_registrations_vacate(handoff, channel);
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
	struct handoff_channel *channel = PU_NEW(struct handoff_channel);
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
	pu_list_init(&handoff->connecting);
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

static void free_all(const struct pu_list *streams)
{
	PU_LIST_FOREACH(node, streams)
		handoff_stream_free(PU_LIST_ENTRY(node, struct handoff_stream, in_waiting));
}

void transport_handoff_free(struct transport_handoff *handoff)
{
	if (handoff == NULL)
		return;
	pu_channel_listener_free(handoff->listener);
	PU_LIST_FOREACH(node, &handoff->channels)
		channel_free(PU_LIST_ENTRY(node, struct handoff_channel, node));
	PU_LIST_FOREACH(node, &handoff->registrations)
		handoff_registration_free(PU_LIST_ENTRY(node, struct handoff_registration, node));
	free_all(&handoff->connecting);
	free_all(&handoff->starved);
	pu_free(handoff);
}
