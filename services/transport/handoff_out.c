/* Knows how a process's wish for a stream becomes one: a connection, stream credit, a pump. */
#include "handoff_state.h"

#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "codes.h"
#include "transport.h"

static void open_failed(struct handoff_stream *handed, enum pu_err err, const char *text)
{
	if (handed->channel != NULL)
		handoff_send_failed(handed->channel, handed->key.id, err, text);
	handoff_stream_free(handed);
}

static void starve(struct handoff_stream *handed);

static void open_on(struct handoff_stream *handed, struct transport_conn *conn)
{
	if (conn->limited &&
	    !transport_protocol_on_limited(handed->handoff->transport, handed->protocol)) {
		open_failed(handed, PU_EUNSUPPORTED,
		            "only a circuit with limits leads to the peer, and it does not carry this");
		return;
	}
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
	err = handoff_stream_pump(handed, &pump);
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
		handoff_send_to(handed->channel, PU_MSG_STREAM_OPENED, &opened, handed->answer);
		handed->answer = -1;
	}
	transport_pump_start(pump, handed->substream);
}

static void on_connected(struct transport_waiter *waiter, struct transport_conn *conn,
                         enum pu_err err, const char *text)
{
	struct handoff_stream *handed = PU_CONTAINER_OF(waiter, struct handoff_stream, waiter);
	pu_list_remove(&handed->in_waiting);
	if (conn != NULL)
		open_on(handed, conn);
	else
		open_failed(handed, err, text);
}

static void connect_peer(struct handoff_stream *handed, uint64_t deadline_ms)
{
	struct transport_peer *peer =
	    transport_swarm_peer(handed->handoff->transport, &handed->peer);
	if (peer == NULL) {
		open_failed(handed, PU_ELIMIT, "too many peers");
		return;
	}
	handed->state = HANDED_CONNECTING;
	pu_list_append(&handed->handoff->connecting, &handed->in_waiting);
	handed->waiter.done = on_connected;
	transport_peer_connect(peer, &handed->waiter, (struct pu_strings){0}, deadline_ms);
}

static void on_starved(struct transport_deadline *deadline)
{
	open_failed(PU_CONTAINER_OF(deadline, struct handoff_stream, deadline), PU_ELIMIT,
	            "the peer allows no more streams on this connection");
}

static void starve(struct handoff_stream *handed)
{
	struct transport_handoff *handoff = handed->handoff;
	handed->state = HANDED_STARVED;
	pu_list_append(&handoff->starved, &handed->in_waiting);
	if (handed->deadline.node.index == 0)
		transport_deadline_set(&handoff->transport->timers, &handed->deadline,
		                       TRANSPORT_DIAL_DEADLINE_MS, on_starved);
}

/* Lets those that starve for this peer try: on `conn`, or on whatever connection there will be.
 * Those that starve again stand behind the last. */
static void feed(struct transport_handoff *handoff, const struct pu_peer_id *peer,
                 struct transport_conn *conn)
{
	const struct pu_list_node *last = handoff->starved.head.prev;
	PU_LIST_FOREACH(node, &handoff->starved) {
		struct handoff_stream *handed = PU_LIST_ENTRY(node, struct handoff_stream, in_waiting);
		bool is_last = node == last;
		if (pu_peer_id_eq(&handed->peer, peer)) {
			pu_list_remove(&handed->in_waiting);
			if (conn != NULL)
				open_on(handed, conn);
			else
				connect_peer(handed, 0);
		}
		if (is_last)
			break;
	}
}

void transport_handoff_streams_available(struct transport_handoff *handoff,
                                         struct transport_conn *conn)
{
	if (conn->state == CONN_UP && !conn->guest)
		feed(handoff, &conn->peer->id, conn);
}

void transport_handoff_conn_down(struct transport_handoff *handoff, struct transport_peer *peer)
{
	if (!handoff->transport->draining)
		feed(handoff, &peer->id, NULL);
}

/* A refusal is answered here: this stream must not take the place of another one. */
static bool may_open(struct handoff_channel *channel, const struct handoff_stream *handed)
{
	if (pu_map_get(&channel->streams, handoff_stream_key(handed)) != NULL)
		handoff_send_failed(channel, handed->key.id, PU_EEXIST, "this stream id is in use");
	else if (pu_map_len(&channel->streams) >= TRANSPORT_HANDED_MAX)
		handoff_send_failed(channel, handed->key.id, PU_ELIMIT, "too many streams");
	else
		return true;
	return false;
}

void handoff_on_open(struct handoff_channel *channel, const void *message, int fd)
{
	const struct pu_stream_open *open = message;
	struct transport_handoff *handoff = channel->handoff;
	struct handoff_stream *handed = handoff_stream_new(handoff, open->protocol);
	handed->key = (struct handoff_key){.id = open->id};
	handed->fd = fd;
	if (!may_open(channel, handed)) {
		handoff_stream_free(handed);
		return;
	}
	handoff_stream_join(handed, channel);
	if (pu_peer_id_parse(open->peer, &handed->peer) != PU_OK) {
		open_failed(handed, PU_EINVAL, "not a peer ID");
		return;
	}
	if (fd == PU_CHANNEL_FD_LOST) {
		open_failed(handed, PU_ELIMIT, "no descriptors left");
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
