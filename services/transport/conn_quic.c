/* Knows what the QUIC endpoint tells, and whom it concerns. */
#include "base/clock.h"
#include "codes.h"
#include "conn.h"
#include "dial_rank.h"
#include "quic/conn.h"
#include "quic/stream.h"
#include "substream.h"
#include "transport.h"

enum pu_err transport_quic_conn_dial(struct transport_conn *conn,
                                     const struct pu_peer_id *expected,
                                     const struct transport_candidate *candidate)
{
	struct transport_engine *engine = &conn->transport->engine;
	const struct sockaddr *to = (const struct sockaddr *)&candidate->addr;
	struct pu_quic_path path;
	enum pu_err err = transport_engine_route(engine, to, &path);
	if (err != PU_OK)
		return err;
	struct pu_quic_dial request = {.path = &path, .expected = expected, .user = conn};
	err = pu_quic_endpoint_dial(engine->quic, pu_now_ns(), &request, &conn->quic);
	if (err == PU_OK)
		transport_conn_dialed(conn, pu_quic_conn_mux(conn->quic), PU_CARRIER_QUIC, to);
	return err;
}

static enum pu_quic_verdict on_accept(void *user, const struct pu_quic_path *path)
{
	return transport_conn_may_begin(user, &path->remote.sa) ? PU_QUIC_ACCEPT : PU_QUIC_REFUSE;
}

static void on_conn_new(void *user, struct pu_quic_conn *quic)
{
	struct transport_conn *conn = transport_conn_begin(
	    user, pu_quic_conn_mux(quic), PU_CARRIER_QUIC, &pu_quic_conn_path(quic)->remote.sa);
	conn->quic = quic;
}

static void on_conn_up(void *user, struct pu_quic_conn *quic)
{
	struct transport_conn *conn = pu_quic_conn_user(quic);
	(void)user;
	/* Not before: an address that anybody can forge must not take another's place. */
	if (conn->inbound && !transport_conn_count_source(conn))
		pu_mux_close(conn->mux, CONN_CODE_LIMIT, "too many connections from this address");
	else
		transport_conn_on_up(conn);
}

static void on_conn_down(void *user, struct pu_quic_conn *quic, const struct pu_mux_end *why)
{
	(void)user;
	transport_conn_on_down(pu_quic_conn_user(quic), why);
}

static void on_path_changed(void *user, struct pu_quic_conn *quic)
{
	(void)user;
	transport_conn_on_moved(pu_quic_conn_user(quic), &pu_quic_conn_path(quic)->remote.sa);
}

static void on_streams_available(void *user, struct pu_quic_conn *quic)
{
	(void)user;
	transport_conn_on_streams_available(pu_quic_conn_user(quic));
}

static void on_stream_new(void *user, struct pu_quic_stream *stream)
{
	(void)user;
	transport_substream_accept(pu_quic_conn_user(pu_quic_stream_conn(stream)),
	                           pu_quic_stream_base(stream));
}

static void on_stream_data(void *user, struct pu_quic_stream *stream)
{
	(void)user;
	transport_substream_on_data(pu_quic_stream_user(stream));
}

static void on_stream_writable(void *user, struct pu_quic_stream *stream)
{
	(void)user;
	transport_substream_on_writable(pu_quic_stream_user(stream));
}

static void on_stream_stopped(void *user, struct pu_quic_stream *stream)
{
	(void)user;
	transport_substream_on_stopped(pu_quic_stream_user(stream));
}

const struct pu_quic_callbacks transport_conn_quic_callbacks = {
    .accept = on_accept,
    .on_conn_new = on_conn_new,
    .on_conn_up = on_conn_up,
    .on_conn_down = on_conn_down,
    .on_path_changed = on_path_changed,
    .on_streams_available = on_streams_available,
    .on_stream_new = on_stream_new,
    .on_stream_data = on_stream_data,
    .on_stream_writable = on_stream_writable,
    .on_stream_stopped = on_stream_stopped,
};
