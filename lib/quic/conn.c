/* Knows how a connection begins and ends, and answers questions about it. */
#include "quic/conn.h"

#include <string.h>

#include "quic/accept.h"
#include "quic/conn_callbacks.h"
#include "quic/conn_state.h"
#include "quic/fault.h"
#include "quic/memory.h"
#include "quic/output.h"
#include "quic/route.h"
#include "quic/tls.h"

/* Sizes worth probing: Ethernet with IPv4, with IPv6, PPPoE, tunnels. */
static const uint16_t mtu_probes[] = {1472, 1452, 1432, 1412, 1392, 1352, 1280};

static struct pu_quic_conn *conn_alloc(struct pu_quic_endpoint *ep,
                                       const struct pu_quic_path *path)
{
	struct pu_quic_conn *conn = PU_NEW(struct pu_quic_conn);

	conn->base.ops = &pu_quic_mux_ops;
	conn->ep = ep;
	conn->path = *path;
	conn->created_at = ep->now;
	pu_quic_packet_size_moved(&conn->packet_size, ep->now);
	conn->why.reason = "";
	ngtcp2_ccerr_default(&conn->ccerr);
	pu_list_init(&conn->streams);
	pu_list_init(&conn->sendable);
	pu_list_init(&conn->flow_blocked);
	pu_list_init(&conn->stream_events);
	pu_list_append(&ep->conns, &conn->in_ep);
	ep->stats.conns++;
	return conn;
}

void pu_quic_conn_free(struct pu_quic_conn *conn)
{
	struct pu_quic_endpoint *ep = conn->ep;

	pu_list_remove(&conn->in_ep);
	pu_list_remove(&conn->in_events);
	pu_list_remove(&conn->in_output);
	pu_heap_remove(&ep->deadlines, &conn->owner.timer);
	pu_quic_route_del_all(ep, &conn->owner);
	pu_quic_route_del_resets(conn);
	pu_quic_accept_done(conn);
	if (conn->quic != NULL) {
		pu_quic_tls_stop(conn);
		ngtcp2_conn_del(conn->quic);
	}
	ep->stats.conns--;
	pu_free(conn->reason);
	pu_free(conn);
}

static void set_sizes(const struct pu_quic_conn *conn, ngtcp2_settings *settings)
{
	const struct pu_quic_config *config = &conn->ep->config;
	size_t skip = conn->path.remote.sa.sa_family == AF_INET6 ? 1 : 0;

	settings->max_tx_udp_payload_size = config->udp_payload_max;
	settings->no_tx_udp_payload_size_shaping = config->jumbo;
	settings->no_pmtud = !config->pmtud || config->jumbo;
	settings->pmtud_probes = mtu_probes + skip;
	settings->pmtud_probeslen = PU_ARRAY_LEN(mtu_probes) - skip;
}

static void make_settings(const struct pu_quic_conn *conn, ngtcp2_settings *settings)
{
	const struct pu_quic_config *config = &conn->ep->config;

	ngtcp2_settings_default(settings);
	settings->cc_algo =
	    config->cc == PU_QUIC_CC_BBR ? NGTCP2_CC_ALGO_BBR : NGTCP2_CC_ALGO_CUBIC;
	settings->initial_ts = conn->created_at;
	settings->initial_rtt = PU_QUIC_INITIAL_RTT;
	settings->max_window = config->conn_window_max;
	settings->max_stream_window = config->stream_window_max;
	settings->ack_thresh = config->ack_thresh;
	settings->handshake_timeout = config->handshake_timeout;
	set_sizes(conn, settings);
}

static void make_params(const struct pu_quic_config *config, ngtcp2_transport_params *params)
{
	ngtcp2_transport_params_default(params);
	params->initial_max_stream_data_bidi_local = config->stream_window;
	params->initial_max_stream_data_bidi_remote = config->stream_window;
	params->initial_max_data = config->conn_window;
	params->initial_max_streams_bidi = config->streams_max;
	params->initial_max_streams_uni = 0;
	params->max_idle_timeout = config->idle_timeout;
	params->active_connection_id_limit = PU_QUIC_PEER_CIDS_MAX;
}

static enum pu_err start(struct pu_quic_conn *conn, int made)
{
	if (made != 0) {
		conn->quic = NULL;
		return PU_ELIMIT;
	}
	pu_quic_memory_shrink_pools(conn);
	return pu_quic_tls_start(conn);
}

enum pu_err pu_quic_conn_accept(struct pu_quic_endpoint *ep, const struct pu_quic_first *first,
                                struct pu_quic_conn **out)
{
	struct pu_quic_conn *conn = conn_alloc(ep, first->path);
	ngtcp2_path path = pu_quic_path_to_ngtcp2(first->path);
	ngtcp2_transport_params params;
	ngtcp2_settings settings;
	ngtcp2_cid scid;
	enum pu_err err;

	conn->inbound = true;
	make_settings(conn, &settings);
	make_params(&ep->config, &params);
	params.original_dcid = first->verified ? first->odcid : first->hd->dcid;
	params.original_dcid_present = 1;
	if (first->verified) {
		params.retry_scid = first->hd->dcid;
		params.retry_scid_present = 1;
		settings.token = first->hd->token;
		settings.tokenlen = first->hd->tokenlen;
		settings.token_type = NGTCP2_TOKEN_TYPE_RETRY;
	}
	pu_quic_route_make_cid(ep, &scid);
	err = pu_quic_route_add(ep, &conn->owner, &scid);
	if (err == PU_OK)
		err = pu_quic_route_add(ep, &conn->owner, &first->hd->dcid);
	if (err == PU_OK &&
	    ngtcp2_crypto_generate_stateless_reset_token(
	        params.stateless_reset_token, ep->reset_key, sizeof(ep->reset_key), &scid) == 0)
		params.stateless_reset_token_present = 1;
	if (err == PU_OK)
		err = start(conn, ngtcp2_conn_server_new(&conn->quic, &first->hd->scid, &scid, &path,
		                                         first->hd->version, &pu_quic_server_callbacks,
		                                         &settings, &params, pu_quic_memory_init(conn),
		                                         conn));
	if (err != PU_OK) {
		pu_quic_conn_free(conn);
		return err;
	}
	*out = conn;
	return PU_OK;
}

enum pu_err pu_quic_endpoint_dial(struct pu_quic_endpoint *ep, uint64_t now,
                                  const struct pu_quic_dial *dial, struct pu_quic_conn **out)
{
	ngtcp2_path path = pu_quic_path_to_ngtcp2(dial->path);
	struct pu_quic_conn *conn;
	ngtcp2_transport_params params;
	ngtcp2_settings settings;
	ngtcp2_cid scid, dcid;
	enum pu_err err;

	if (ep->stats.conns >= ep->config.conns_max)
		return PU_ELIMIT;
	pu_quic_endpoint_tick(ep, now);
	conn = conn_alloc(ep, dial->path);
	conn->base.user = dial->user;
	conn->has_expected = dial->expected != NULL;
	if (conn->has_expected)
		conn->expected = *dial->expected;
	make_settings(conn, &settings);
	make_params(&ep->config, &params);
	pu_quic_route_make_cid(ep, &scid);
	pu_quic_route_make_cid(ep, &dcid);
	err = pu_quic_route_add(ep, &conn->owner, &scid);
	if (err == PU_OK)
		err = start(conn, ngtcp2_conn_client_new(&conn->quic, &dcid, &scid, &path,
		                                         NGTCP2_PROTO_VER_V1, &pu_quic_client_callbacks,
		                                         &settings, &params, pu_quic_memory_init(conn),
		                                         conn));
	if (err != PU_OK) {
		pu_quic_conn_free(conn);
		return err;
	}
	ep->stats.dialled++;
	pu_quic_conn_wake(conn);
	*out = conn;
	return PU_OK;
}

void pu_quic_conn_wake(struct pu_quic_conn *conn)
{
	if (!pu_list_linked(&conn->in_output) && conn->state != PU_QUIC_CONN_ENDING)
		pu_list_append(&conn->ep->output, &conn->in_output);
}

void pu_quic_conn_event(struct pu_quic_conn *conn, unsigned event)
{
	conn->events |= event;
	if (!pu_list_linked(&conn->in_events))
		pu_list_append(&conn->ep->events, &conn->in_events);
}

/* Other people's text for our logs. */
static void set_reason(struct pu_quic_conn *conn, const char *text, size_t len)
{
	if (len > PU_MUX_REASON_MAX)
		len = PU_MUX_REASON_MAX;
	conn->reason = pu_alloc(len + 1);
	for (size_t i = 0; i < len; i++)
		conn->reason[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	conn->reason[len] = '\0';
	conn->why.reason = conn->reason;
}

static void end(struct pu_quic_conn *conn)
{
	if (conn->state == PU_QUIC_CONN_HANDSHAKE)
		conn->ep->stats.failed++;
	conn->state = PU_QUIC_CONN_ENDING;
	pu_list_remove(&conn->in_output);
	pu_heap_remove(&conn->ep->deadlines, &conn->owner.timer);
	pu_quic_conn_event(conn, 0);
}

void pu_quic_conn_fail(struct pu_quic_conn *conn, int liberr)
{
	struct pu_quic_fault fault;

	if (conn->state == PU_QUIC_CONN_ENDING)
		return;
	pu_quic_fault_of(conn, liberr, &fault);
	conn->why = fault.why;
	set_reason(conn, fault.why.reason, fault.reason_len);
	conn->ccerr = fault.ccerr;
	conn->quiet = fault.quiet || fault.drain;
	conn->drain = fault.drain;
	end(conn);
}

void pu_quic_conn_close(struct pu_quic_conn *conn, uint64_t app_code, const char *reason)
{
	if (conn->state == PU_QUIC_CONN_ENDING)
		return;
	conn->why = (struct pu_mux_end){
	    .err = app_code == 0 ? PU_OK : PU_ECLOSED, .app = true, .code = app_code, .reason = ""};
	if (reason != NULL)
		set_reason(conn, reason, strlen(reason));
	ngtcp2_ccerr_set_application_error(
	    &conn->ccerr, app_code, (const uint8_t *)conn->why.reason, strlen(conn->why.reason));
	end(conn);
}

void *pu_quic_conn_user(const struct pu_quic_conn *conn)
{
	return conn->base.user;
}

void pu_quic_conn_set_user(struct pu_quic_conn *conn, void *user)
{
	conn->base.user = user;
}

struct pu_quic_endpoint *pu_quic_conn_endpoint(const struct pu_quic_conn *conn)
{
	return conn->ep;
}

bool pu_quic_conn_is_inbound(const struct pu_quic_conn *conn)
{
	return conn->inbound;
}

bool pu_quic_conn_is_up(const struct pu_quic_conn *conn)
{
	return conn->state == PU_QUIC_CONN_UP;
}

const struct pu_peer_id *pu_quic_conn_peer(const struct pu_quic_conn *conn)
{
	return conn->has_peer ? &conn->peer : NULL;
}

const struct pu_quic_path *pu_quic_conn_path(const struct pu_quic_conn *conn)
{
	return &conn->path;
}

void pu_quic_conn_info(struct pu_quic_conn *conn, struct pu_quic_conn_info *out)
{
	ngtcp2_conn_info info;

	ngtcp2_conn_get_conn_info(conn->quic, &info);
	*out = (struct pu_quic_conn_info){
	    .rtt_ns = info.smoothed_rtt,
	    .rtt_min_ns = info.min_rtt == UINT64_MAX ? 0 : info.min_rtt,
	    .cwnd = info.cwnd,
	    .bytes_in_flight = info.bytes_in_flight,
	    .bytes_in = conn->bytes_in,
	    .bytes_out = conn->bytes_out,
	    .created_at = conn->created_at,
	    .idle_timeout_ns = conn->idle_timeout,
	    .streams_left = ngtcp2_conn_get_streams_bidi_left(conn->quic),
	    .streams = conn->streams_len,
	    .send_buffered = conn->send_len,
	    .recv_buffered = conn->recv_len,
	    .memory = conn->memory,
	    .udp_payload = (uint16_t)ngtcp2_conn_get_path_max_tx_udp_payload_size(conn->quic),
	};
}
