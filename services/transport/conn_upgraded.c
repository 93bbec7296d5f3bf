/* Knows what the upgrader tells, and whom it concerns. */
#include "conn_upgraded.h"

#include "substream.h"
#include "transport.h"

static void on_conn_up(void *user, struct pu_mux *mux)
{
	(void)user;
	transport_conn_on_up(mux->user);
}

static void on_conn_down(void *user, struct pu_mux *mux, const struct pu_mux_end *why)
{
	(void)user;
	struct transport_conn *conn = mux->user;
	struct transport_carrier *carrier = conn->upgraded_by;
	carrier->upgraded = NULL;
	/* What was said last, an alert say, shall arrive; a carrier that is broken says nothing. */
	carrier->close(carrier, why->err != PU_ECLOSED || why->app);
	transport_conn_on_down(conn, why);
}

static void on_streams_available(void *user, struct pu_mux *mux)
{
	(void)user;
	transport_conn_on_streams_available(mux->user);
}

static void on_stream_new(void *user, struct pu_mux *mux, struct pu_stream *stream)
{
	(void)user;
	transport_substream_accept(mux->user, stream);
}

static void on_stream_data(void *user, struct pu_stream *stream)
{
	(void)user;
	transport_substream_on_data(stream->user);
}

static void on_stream_writable(void *user, struct pu_stream *stream)
{
	(void)user;
	transport_substream_on_writable(stream->user);
}

static void on_stream_stopped(void *user, struct pu_stream *stream)
{
	(void)user;
	transport_substream_on_stopped(stream->user);
}

const struct pu_upgrade_callbacks transport_conn_upgraded_callbacks = {
    .on_conn_up = on_conn_up,
    .on_conn_down = on_conn_down,
    .on_streams_available = on_streams_available,
    .on_stream_new = on_stream_new,
    .on_stream_data = on_stream_data,
    .on_stream_writable = on_stream_writable,
    .on_stream_stopped = on_stream_stopped,
};
