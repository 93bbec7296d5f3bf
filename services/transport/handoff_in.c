/* Knows who serves which protocol, and how a peer's stream gets to them. A registration
 * outlives its process for a while, so that inbound streams wait for the successor instead of
 * failing. */
#include "handoff_state.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "codes.h"
#include "identify.h"
#include "proto/limits.h"
#include "proto/text.h"
#include "transport.h"

#define VACANT_MS 5000 /* a registration whose process is gone */

/* ---- registrations ---- */

static bool matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);
	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(pattern, name, len - 1) == 0;
	return strcmp(pattern, name) == 0;
}

/* The narrowest pattern wins, also while nobody is there: a name that one service registered
 * must not go to the one that takes all the rest, just because the former is being restarted.
 */
static struct handoff_registration *find_registration(const struct transport_handoff *handoff,
                                                      const char *name)
{
	struct handoff_registration *best = NULL;
	size_t best_len = 0;
	PU_LIST_FOREACH(node, &handoff->registrations) {
		struct handoff_registration *registration =
		    PU_LIST_ENTRY(node, struct handoff_registration, node);
		const char *pattern = registration->pattern;
		size_t len = strchr(pattern, '*') == NULL ? SIZE_MAX : strlen(pattern);
		if (matches(pattern, name) && len > best_len) {
			best = registration;
			best_len = len;
		}
	}
	return best;
}

void handoff_registration_free(struct handoff_registration *registration)
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
	struct handoff_registration *registration =
	    PU_CONTAINER_OF(deadline, struct handoff_registration, vacant);
	struct transport *transport = registration->handoff->transport;
	handoff_registration_free(registration);
	transport_push_later(transport);
}

/* The same pattern as before: by the same process again, or its successor. */
static struct handoff_registration *find_pattern(const struct transport_handoff *handoff,
                                                 const char *pattern)
{
	PU_LIST_FOREACH(node, &handoff->registrations) {
		struct handoff_registration *registration =
		    PU_LIST_ENTRY(node, struct handoff_registration, node);
		if (strcmp(registration->pattern, pattern) == 0)
			return registration;
	}
	return NULL;
}

static void offer(struct handoff_stream *handed, struct handoff_channel *channel);

static void offer_waiting(struct transport_handoff *handoff,
                          struct handoff_registration *registration)
{
	PU_LIST_FOREACH(node, &handoff->offered) {
		struct handoff_stream *handed = PU_LIST_ENTRY(node, struct handoff_stream, in_waiting);
		if (handed->channel == NULL &&
		    find_registration(handoff, handed->protocol) == registration)
			offer(handed, registration->channel);
	}
}

void handoff_on_register(struct handoff_channel *channel, const void *message, int fd)
{
	const struct pu_stream_register *request = message;
	struct transport_handoff *handoff = channel->handoff;
	struct handoff_registration *registration = find_pattern(handoff, request->protocol);
	if (fd >= 0)
		close(fd);
	if (registration != NULL && registration->channel != NULL &&
	    registration->channel != channel) {
		handoff_send_failed(channel, request->id, PU_EEXIST,
		                    "another process serves this protocol");
		return;
	}
	if (registration == NULL && handoff->registrations_len == TRANSPORT_REGISTRATIONS_MAX) {
		handoff_send_failed(channel, request->id, PU_ELIMIT, "too many protocols");
		return;
	}
	if (registration == NULL) {
		registration = PU_NEW(struct handoff_registration);
		registration->handoff = handoff;
		registration->pattern = pu_strdup(request->protocol);
		pu_list_append(&handoff->registrations, &registration->node);
		handoff->registrations_len++;
		transport_push_later(handoff->transport);
	}
	registration->channel = channel;
	transport_deadline_clear(&handoff->transport->timers, &registration->vacant);
	struct pu_stream_opened done = {.id = request->id, .address = ""};
	handoff_send_to(channel, PU_MSG_STREAM_OPENED, &done, -1);
	offer_waiting(handoff, registration);
}

size_t transport_handoff_list(const struct transport_handoff *handoff, const char **names,
                              size_t max)
{
	size_t len = 0;
	PU_LIST_FOREACH(node, &handoff->registrations) {
		const struct handoff_registration *registration =
		    PU_LIST_ENTRY(node, struct handoff_registration, node);
		if (len < max && strchr(registration->pattern, '*') == NULL)
			names[len++] = registration->pattern;
	}
	return len;
}

void handoff_registrations_vacate(struct transport_handoff *handoff,
                                  struct handoff_channel *channel)
{
	PU_LIST_FOREACH(node, &handoff->registrations) {
		struct handoff_registration *registration =
		    PU_LIST_ENTRY(node, struct handoff_registration, node);
		if (registration->channel != channel)
			continue;
		registration->channel = NULL;
		transport_deadline_set(&handoff->transport->timers, &registration->vacant, VACANT_MS,
		                       on_vacant);
	}
}

/* ---- inbound ---- */

static void refuse(struct handoff_stream *handed, uint64_t code)
{
	transport_substream_abort(handed->substream, code);
	handoff_stream_free(handed);
}

static void on_no_answer(struct transport_deadline *deadline)
{
	refuse(PU_CONTAINER_OF(deadline, struct handoff_stream, deadline), STREAM_CODE_UNAVAILABLE);
}

static void offer(struct handoff_stream *handed, struct handoff_channel *channel)
{
	const struct transport_conn *conn = handed->substream->conn;
	struct pu_stream_inbound inbound = {
	    .id = handed->key.id,
	    .peer = conn->peer->text,
	    .protocol = handed->protocol,
	    .address = conn->address,
	};
	handoff_stream_join(handed, channel);
	handoff_send_to(channel, PU_MSG_STREAM_INBOUND, &inbound, -1);
}

/* A peer's new stream for a registered protocol. Its bytes wait under flow control. */
static void on_inbound(struct transport_substream *substream)
{
	struct transport *transport = substream->transport;
	struct transport_handoff *handoff = transport->handoff;
	struct handoff_registration *registration = find_registration(handoff, substream->protocol);
	struct handoff_stream *handed = handoff_stream_new(handoff, substream->protocol);
	handed->key = (struct handoff_key){.id = ++handoff->next_id, .inbound = 1};
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
	struct handoff_stream *handed = substream->handler;
	transport_substream_close(substream);
	handoff_stream_free(handed);
}

static const struct transport_substream_ops inbound_ops = {
    .on_open = on_inbound,
    .on_failed = on_inbound_failed,
};

static const struct transport_protocol handed_protocol = {.name = "", .ops = &inbound_ops};

const struct transport_protocol *transport_handoff_find(struct transport_handoff *handoff,
                                                        const char *name)
{
	/* What does not fit into a message cannot be offered to anybody. */
	if (strlen(name) > PU_FIELD_PROTOCOL_MAX || !pu_text_valid(pu_bytes_of_str(name)))
		return NULL;
	return find_registration(handoff, name) != NULL ? &handed_protocol : NULL;
}

static struct handoff_stream *find_offered(struct handoff_channel *channel, uint64_t id)
{
	struct handoff_key key = {.id = id, .inbound = 1};
	struct handoff_stream *handed = pu_map_get(&channel->streams, pu_bytes(&key, sizeof(key)));
	return handed != NULL && handed->state == HANDED_OFFERED ? handed : NULL;
}

/* What was accepted has no stream: the process is told as of one that ended. */
static void send_closed(struct handoff_channel *channel, uint64_t id, enum pu_err err,
                        const char *text)
{
	struct pu_stream_closed closed = {.id = id, .code = pu_err_code(err), .message = text};
	handoff_send_to(channel, PU_MSG_STREAM_CLOSED, &closed, -1);
}

void handoff_on_accept(struct handoff_channel *channel, const void *message, int fd)
{
	const struct pu_stream_accept *accept = message;
	struct handoff_stream *handed = find_offered(channel, accept->id);
	if (handed == NULL) { /* the peer went away meanwhile */
		if (fd >= 0)
			close(fd);
		send_closed(channel, accept->id, PU_ECLOSED, "the peer is gone");
		return;
	}
	struct transport_pump *pump;
	handed->fd = fd;
	if (fd < 0 || handoff_stream_pump(handed, &pump) != PU_OK) {
		bool lost = fd == PU_CHANNEL_FD_LOST;
		refuse(handed, STREAM_CODE_UNAVAILABLE);
		send_closed(channel, accept->id, lost ? PU_ELIMIT : PU_EINVAL,
		            lost ? "no descriptors left" : "the descriptor is not a stream socket");
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

void handoff_on_refused(struct handoff_channel *channel, const void *message, int fd)
{
	const struct pu_stream_failed *failed = message;
	struct handoff_stream *handed = find_offered(channel, failed->id);
	if (fd >= 0)
		close(fd);
	if (handed != NULL)
		refuse(handed, transport_stream_code(pu_err_from_code(failed->code)));
}
