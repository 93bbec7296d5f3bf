/* Knows what each callback of ngtcp2 means for us. Nothing here calls the host or frees
 * anything that ngtcp2 may still use: it only takes notes, which events.c delivers later. */
#include "quic/conn_callbacks.h"

#include "base/rand.h"
#include "quic/accept.h"
#include "quic/aead.h"
#include "quic/route.h"
#include "quic/stream_send.h"
#include "quic/stream_state.h"

static void fill_random(uint8_t *dest, size_t len, const ngtcp2_rand_ctx *ctx)
{
	(void)ctx;
	pu_rand_bytes(dest, len);
}

/* After the handshake nothing of TLS is of interest (tickets); the session may be gone. */
static int on_crypto(ngtcp2_conn *quic, ngtcp2_encryption_level level, uint64_t offset,
                     const uint8_t *data, size_t len, void *user)
{
	struct pu_quic_conn *conn = user;

	if (conn->handshake_done)
		return 0;
	conn->crypto_in += (uint32_t)len;
	if (conn->crypto_in > PU_QUIC_CRYPTO_DATA_MAX)
		return NGTCP2_ERR_CRYPTO;
	return ngtcp2_crypto_recv_crypto_data_cb(quic, level, offset, data, len, user);
}

static void set_keep_alive(struct pu_quic_conn *conn)
{
	uint64_t idle = conn->ep->config.idle_timeout;
	uint64_t keep_alive = conn->ep->config.keep_alive;
	const ngtcp2_transport_params *remote = ngtcp2_conn_get_remote_transport_params(conn->quic);

	if (remote != NULL && remote->max_idle_timeout > 0 && remote->max_idle_timeout < idle)
		idle = remote->max_idle_timeout;
	conn->idle_timeout = idle;
	if (keep_alive > idle / 2)
		keep_alive = idle / 2;
	if (keep_alive > 0 && keep_alive < PU_QUIC_KEEP_ALIVE_MIN)
		keep_alive = PU_QUIC_KEEP_ALIVE_MIN;
	ngtcp2_conn_set_keep_alive_timeout(conn->quic, keep_alive);
}

static void go_up(struct pu_quic_conn *conn)
{
	if (conn->state != PU_QUIC_CONN_HANDSHAKE)
		return;
	conn->state = PU_QUIC_CONN_UP;
	conn->ep->stats.up++;
	pu_quic_accept_done(conn);
	set_keep_alive(conn);
	pu_quic_conn_event(conn, PU_QUIC_EV_UP);
}

static int on_handshake_completed(ngtcp2_conn *quic, void *user)
{
	struct pu_quic_conn *conn = user;

	(void)quic;
	conn->handshake_done = true;
	if (conn->inbound)
		go_up(conn);
	return 0;
}

static int on_handshake_confirmed(ngtcp2_conn *quic, void *user)
{
	(void)quic;
	go_up(user);
	return 0;
}

static int on_stream_open(ngtcp2_conn *quic, int64_t id, void *user)
{
	struct pu_quic_conn *conn = user;
	struct pu_quic_stream *stream;

	if (pu_quic_memory_left(conn->ep) < PU_CHUNK_SMALL_LEN) {
		conn->memory_refused = true;
		return NGTCP2_ERR_CALLBACK_FAILURE;
	}
	stream = pu_quic_stream_new(conn, true, id);
	conn->ep->stats.streams_accepted++;
	if (ngtcp2_conn_set_stream_user_data(quic, id, stream) != 0)
		return NGTCP2_ERR_CALLBACK_FAILURE;
	pu_quic_stream_event(stream, PU_QUIC_EV_NEW);
	return 0;
}

static int on_stream_data(ngtcp2_conn *quic, uint32_t flags, int64_t id, uint64_t offset,
                          const uint8_t *data, size_t len, void *user, void *stream_user)
{
	struct pu_quic_conn *conn = user;
	struct pu_quic_stream *stream = stream_user;

	(void)offset;
	if (stream == NULL || stream->recv_stopped || stream->host_closed) {
		ngtcp2_conn_extend_max_offset(quic, len);
		return ngtcp2_conn_extend_max_stream_offset(quic, id, len) == 0
		           ? 0
		           : NGTCP2_ERR_CALLBACK_FAILURE;
	}
	if (pu_quic_stream_received(stream, data, len) != PU_OK) {
		conn->memory_refused = true;
		return NGTCP2_ERR_CALLBACK_FAILURE;
	}
	if (flags & NGTCP2_STREAM_DATA_FLAG_FIN) {
		stream->recv_fin = true;
		stream->look_at_send = true;
	}
	pu_quic_stream_event(stream, PU_QUIC_EV_DATA);
	return 0;
}

static int on_acked(ngtcp2_conn *quic, int64_t id, uint64_t offset, uint64_t len, void *user,
                    void *stream_user)
{
	struct pu_quic_conn *conn = user;

	(void)quic, (void)id, (void)offset;
	pu_quic_packet_size_moved(&conn->packet_size, conn->ep->now);
	if (stream_user != NULL)
		pu_quic_stream_was_acked(stream_user, (size_t)len);
	return 0;
}

static int on_stream_reset(ngtcp2_conn *quic, int64_t id, uint64_t final_size, uint64_t code,
                           void *user, void *stream_user)
{
	struct pu_quic_stream *stream = stream_user;

	(void)quic, (void)id, (void)final_size, (void)user;
	if (stream == NULL || stream->recv_fin || stream->recv_stopped)
		return 0;
	stream->recv_reset = true;
	stream->reset_code = code;
	stream->look_at_send = true;
	pu_quic_stream_event(stream, PU_QUIC_EV_DATA);
	return 0;
}

static int on_stream_close(ngtcp2_conn *quic, uint32_t flags, int64_t id, uint64_t code,
                           void *user, void *stream_user)
{
	struct pu_quic_stream *stream = stream_user;

	(void)quic, (void)flags, (void)id, (void)code, (void)user;
	if (stream == NULL)
		return 0;
	pu_list_remove(&stream->in_sendable);
	stream->quic_closed = true;
	pu_quic_stream_event(stream, PU_QUIC_EV_GONE);
	return 0;
}

static int on_more_stream_data(ngtcp2_conn *quic, int64_t id, uint64_t max, void *user,
                               void *stream_user)
{
	(void)quic, (void)id, (void)max, (void)user;
	if (stream_user != NULL)
		pu_quic_stream_unpark(stream_user);
	return 0;
}

static int on_more_streams(ngtcp2_conn *quic, uint64_t max, void *user)
{
	struct pu_quic_conn *conn = user;

	(void)quic, (void)max;
	if (conn->streams_wanted)
		pu_quic_conn_event(conn, PU_QUIC_EV_STREAMS);
	return 0;
}

static int on_new_cid(ngtcp2_conn *quic, ngtcp2_cid *cid, uint8_t *token, size_t len,
                      void *user)
{
	struct pu_quic_conn *conn = user;
	struct pu_quic_endpoint *ep = conn->ep;

	(void)quic, (void)len;
	pu_quic_route_make_cid(ep, cid);
	if (pu_quic_route_add(ep, &conn->owner, cid) != PU_OK ||
	    ngtcp2_crypto_generate_stateless_reset_token(token, ep->reset_key,
	                                                 sizeof(ep->reset_key), cid) != 0)
		return NGTCP2_ERR_CALLBACK_FAILURE;
	return 0;
}

static int on_old_cid(ngtcp2_conn *quic, const ngtcp2_cid *cid, void *user)
{
	struct pu_quic_conn *conn = user;

	(void)quic;
	pu_quic_route_del(conn->ep, &conn->owner, cid);
	return 0;
}

static int on_dcid(ngtcp2_conn *quic, ngtcp2_connection_id_status_type type, uint64_t seq,
                   const ngtcp2_cid *cid, const uint8_t *token, void *user)
{
	(void)quic, (void)cid;
	if (type == NGTCP2_CONNECTION_ID_STATUS_TYPE_DEACTIVATE)
		pu_quic_route_del_reset(user, seq);
	else if (token != NULL)
		pu_quic_route_add_reset(user, seq, token);
	return 0;
}

static int on_stateless_reset(ngtcp2_conn *quic, const ngtcp2_pkt_stateless_reset *reset,
                              void *user)
{
	struct pu_quic_conn *conn = user;

	(void)quic, (void)reset;
	conn->reset_seen = true;
	return 0;
}

static int on_path(ngtcp2_conn *quic, uint32_t flags, const ngtcp2_path *path,
                   const ngtcp2_path *old_path, ngtcp2_path_validation_result result,
                   void *user)
{
	(void)quic, (void)flags, (void)path, (void)old_path;
	if (result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS)
		pu_quic_conn_event(user, PU_QUIC_EV_PATH);
	return 0;
}

/* What both roles share; the roles differ in how the first keys come about. */
#define SHARED_CALLBACKS                                                                       \
	.recv_crypto_data = on_crypto, .handshake_completed = on_handshake_completed,              \
	.handshake_confirmed = on_handshake_confirmed, .encrypt = pu_quic_aead_encrypt,            \
	.decrypt = pu_quic_aead_decrypt, .hp_mask = pu_quic_aead_mask,                             \
	.recv_stream_data = on_stream_data, .acked_stream_data_offset = on_acked,                  \
	.stream_open = on_stream_open, .stream_close = on_stream_close,                            \
	.stream_reset = on_stream_reset, .extend_max_stream_data = on_more_stream_data,            \
	.extend_max_local_streams_bidi = on_more_streams, .rand = fill_random,                     \
	.get_new_connection_id = on_new_cid, .remove_connection_id = on_old_cid,                   \
	.dcid_status = on_dcid, .recv_stateless_reset = on_stateless_reset,                        \
	.path_validation = on_path, .update_key = pu_quic_aead_update_key,                         \
	.delete_crypto_aead_ctx = pu_quic_aead_delete,                                             \
	.delete_crypto_cipher_ctx = pu_quic_aead_delete_mask,                                      \
	.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,                       \
	.version_negotiation = ngtcp2_crypto_version_negotiation_cb

const ngtcp2_callbacks pu_quic_client_callbacks = {
    SHARED_CALLBACKS,
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
};

const ngtcp2_callbacks pu_quic_server_callbacks = {
    SHARED_CALLBACKS,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
};
