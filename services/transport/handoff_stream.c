/* Knows one handed stream: its descriptor, its owner, its end. */
#include "handoff_state.h"

#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "transport.h"

void handoff_send_to(struct handoff_channel *channel, enum pu_msg id, const void *message,
                     int fd)
{
	enum pu_err err = pu_channel_send(channel->channel, id, message, fd);
	if (err != PU_OK)
		pu_warn("handoff.send", "message=%s error=%s", pu_msg_row(id)->type, pu_err_code(err));
}

void handoff_send_failed(struct handoff_channel *channel, uint64_t id, enum pu_err err,
                         const char *text)
{
	struct pu_stream_failed failed = {.id = id, .code = pu_err_code(err), .message = text};
	handoff_send_to(channel, PU_MSG_STREAM_FAILED, &failed, -1);
}

struct pu_bytes handoff_stream_key(const struct handoff_stream *handed)
{
	return pu_bytes(&handed->key, sizeof(handed->key));
}

struct handoff_stream *handoff_stream_new(struct transport_handoff *handoff,
                                          const char *protocol)
{
	struct handoff_stream *handed = PU_NEW(struct handoff_stream);
	handed->handoff = handoff;
	handed->protocol = pu_strdup(protocol);
	handed->fd = handed->answer = -1;
	return handed;
}

void handoff_stream_join(struct handoff_stream *handed, struct handoff_channel *channel)
{
	handed->channel = channel;
	pu_map_put(&channel->streams, handoff_stream_key(handed), handed);
}

void handoff_stream_leave(struct handoff_stream *handed)
{
	if (handed->channel != NULL)
		pu_map_del(&handed->channel->streams, handoff_stream_key(handed));
	handed->channel = NULL;
}

/* Does not touch the substream. */
void handoff_stream_free(struct handoff_stream *handed)
{
	transport_deadline_clear(&handed->handoff->transport->timers, &handed->deadline);
	transport_waiter_cancel(&handed->waiter);
	pu_list_remove(&handed->in_waiting);
	handoff_stream_leave(handed);
	if (handed->fd >= 0)
		close(handed->fd);
	if (handed->answer >= 0)
		close(handed->answer);
	pu_free(handed->protocol);
	pu_free(handed);
}

/* A client that goes before its answer is complete ends its own stream: nothing has failed. */
static enum pu_err end_of(const struct handoff_stream *handed,
                          const struct transport_pump_end *end)
{
	return end->local && !handed->key.inbound ? PU_OK : end->err;
}

static void on_pump_done(void *user, const struct transport_pump_end *end)
{
	struct handoff_stream *handed = user;
	if (handed->channel != NULL) {
		struct pu_stream_closed closed = {
		    .id = handed->key.id,
		    .bytes_in = end->bytes_in,
		    .bytes_out = end->bytes_out,
		    .code = pu_err_code(end_of(handed, end)),
		    .message = end->text,
		};
		handoff_send_to(handed->channel, PU_MSG_STREAM_CLOSED, &closed, -1);
	}
	handoff_stream_free(handed);
}

enum pu_err handoff_stream_pump(struct handoff_stream *handed, struct transport_pump **pump)
{
	int fd = handed->fd;
	handed->fd = -1;
	return transport_pump_new(handed->handoff->transport->loop, fd, on_pump_done, handed, pump);
}
