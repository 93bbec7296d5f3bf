/* Knows the order in which the host learns what happened: connection, its streams, its end. It
 * is the only file that calls the on_* functions, never from within ngtcp2, so the host may do
 * whatever it likes in them. After each call everything is looked at afresh. */
#include "quic/events.h"

#include "quic/output.h"
#include "quic/route.h"
#include "quic/stream_send.h"
#include "quic/stream_state.h"
#include "quic/tls.h"
#include "quic/tomb.h"

static bool take(unsigned *events, unsigned event)
{
	bool had = (*events & event) != 0;

	*events &= ~event;
	return had;
}

static void tell_stopped(struct pu_quic_stream *stream)
{
	struct pu_quic_endpoint *ep = stream->ep;

	pu_quic_stream_end_send(stream);
	if (ep->cb->on_stream_stopped != NULL)
		ep->cb->on_stream_stopped(ep->user, stream);
}

/* One event of a stream, which may not exist any more afterwards. */
static void tell_stream(struct pu_quic_stream *stream)
{
	const struct pu_quic_callbacks *cb = stream->ep->cb;
	void *user = stream->ep->user;

	if (take(&stream->events, PU_QUIC_EV_NEW)) {
		if (cb->on_stream_new != NULL)
			cb->on_stream_new(user, stream);
	} else if (take(&stream->events, PU_QUIC_EV_DATA)) {
		if (stream->look_at_send)
			pu_quic_stream_look_at_send(stream);
		stream->look_at_send = false;
		if (cb->on_stream_data != NULL)
			cb->on_stream_data(user, stream);
	} else if (take(&stream->events, PU_QUIC_EV_STOPPED)) {
		tell_stopped(stream);
	} else if (take(&stream->events, PU_QUIC_EV_WRITABLE)) {
		if (cb->on_stream_writable != NULL)
			cb->on_stream_writable(user, stream);
	} else if (take(&stream->events, PU_QUIC_EV_GONE)) {
		if (stream->host_closed)
			pu_quic_stream_free(stream);
		else if (!stream->send_ended && !stream->fin_sent)
			tell_stopped(stream);
		else
			pu_quic_stream_end_send(stream);
	}
}

static void tell_streams(struct pu_quic_conn *conn)
{
	struct pu_list_node *node;

	while ((node = pu_list_first(&conn->stream_events)) != NULL) {
		struct pu_quic_stream *stream = PU_LIST_ENTRY(node, struct pu_quic_stream, in_events);

		pu_list_remove(node);
		if ((stream->events & (stream->events - 1)) != 0)
			pu_list_append(&conn->stream_events, node);
		tell_stream(stream);
	}
}

/* The last packet, if there is anything to say, and what remembers it. */
static void say_goodbye(struct pu_quic_conn *conn)
{
	struct pu_quic_endpoint *ep = conn->ep;
	uint8_t packet[PU_QUIC_CLOSE_PACKET_MAX];
	uint64_t until = ep->now + 3 * ngtcp2_conn_get_pto(conn->quic);
	ngtcp2_path_storage path;
	ngtcp2_pkt_info pi;
	ngtcp2_ssize len = 0;

	ngtcp2_path_storage_zero(&path);
	if (!conn->quiet)
		len = ngtcp2_conn_write_connection_close(conn->quic, &path.path, &pi, packet,
		                                         sizeof(packet), &conn->ccerr, ep->now);
	if (len > 0) {
		struct pu_quic_path to = pu_quic_path_from_ngtcp2(&path.path);

		pu_quic_output_single(ep, &to, pu_bytes(packet, (size_t)len));
		pu_quic_tomb_new(conn, pu_bytes(packet, (size_t)len), until);
	} else if (conn->drain) {
		pu_quic_tomb_new(conn, pu_bytes(NULL, 0), until);
	}
}

static void end_streams(struct pu_quic_conn *conn)
{
	struct pu_quic_endpoint *ep = conn->ep;
	struct pu_list_node *node;

	while ((node = pu_list_first(&conn->streams)) != NULL) {
		struct pu_quic_stream *stream = PU_LIST_ENTRY(node, struct pu_quic_stream, in_conn);

		if (stream->host_closed || (stream->events & PU_QUIC_EV_NEW)) {
			pu_quic_stream_free(stream);
			continue;
		}
		pu_quic_stream_detach(stream);
		if (ep->cb->on_stream_data != NULL)
			ep->cb->on_stream_data(ep->user, stream);
	}
}

static void bury(struct pu_quic_conn *conn)
{
	struct pu_quic_endpoint *ep = conn->ep;

	say_goodbye(conn);
	end_streams(conn);
	if (ep->cb->on_conn_down != NULL)
		ep->cb->on_conn_down(ep->user, conn, &conn->why);
	pu_quic_conn_free(conn);
}

static void tell_path(struct pu_quic_conn *conn)
{
	const ngtcp2_path *path = ngtcp2_conn_get_path(conn->quic);
	ngtcp2_path old = pu_quic_path_to_ngtcp2(&conn->path);
	bool moved = !ngtcp2_path_eq(&old, path);

	conn->path = pu_quic_path_from_ngtcp2(path);
	if (moved && conn->ep->cb->on_path_changed != NULL)
		conn->ep->cb->on_path_changed(conn->ep->user, conn);
}

static void tell_conn(struct pu_quic_conn *conn)
{
	const struct pu_quic_callbacks *cb = conn->ep->cb;
	void *user = conn->ep->user;

	if (take(&conn->events, PU_QUIC_EV_NEW) && cb->on_conn_new != NULL)
		cb->on_conn_new(user, conn);
	if (take(&conn->events, PU_QUIC_EV_UP)) {
		pu_quic_tls_stop(conn);
		conn->told_up = true;
		if (cb->on_conn_up != NULL)
			cb->on_conn_up(user, conn);
	}
	if (take(&conn->events, PU_QUIC_EV_PATH) && conn->state == PU_QUIC_CONN_UP)
		tell_path(conn);
	if (conn->told_up)
		tell_streams(conn);
	if (take(&conn->events, PU_QUIC_EV_STREAMS) && conn->state == PU_QUIC_CONN_UP &&
	    conn->streams_wanted) {
		conn->streams_wanted = false;
		if (cb->on_streams_available != NULL)
			cb->on_streams_available(user, conn);
	}
	if (conn->state == PU_QUIC_CONN_ENDING)
		bury(conn);
}

void pu_quic_events_deliver(struct pu_quic_endpoint *ep)
{
	struct pu_list_node *node;

	while ((node = pu_list_first(&ep->events)) != NULL) {
		struct pu_quic_conn *conn = PU_LIST_ENTRY(node, struct pu_quic_conn, in_events);

		pu_list_remove(node);
		tell_conn(conn);
	}
}
