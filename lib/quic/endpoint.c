/* Knows the turn of the endpoint: events, then packets, until neither is left, and the one next
 * deadline of everything in it. */
#include "quic/endpoint.h"

#include <sodium.h>

#include "quic/events.h"
#include "quic/memory.h"
#include "quic/output.h"
#include "quic/retry.h"
#include "quic/source.h"
#include "quic/stateless.h"
#include "quic/stream_state.h"
#include "quic/tls.h"
#include "quic/tomb.h"

void pu_quic_config_default(struct pu_quic_config *config)
{
	*config = (struct pu_quic_config){
	    .accept = true,
	    .cc = PU_QUIC_CC_BBR,
	    .idle_timeout = PU_QUIC_IDLE_TIMEOUT,
	    .keep_alive = PU_QUIC_KEEP_ALIVE,
	    .handshake_timeout = PU_QUIC_HANDSHAKE_TIMEOUT,
	    .stream_window = PU_QUIC_STREAM_WINDOW,
	    .stream_window_max = PU_QUIC_STREAM_WINDOW_MAX,
	    .conn_window = PU_QUIC_CONN_WINDOW,
	    .conn_window_max = PU_QUIC_CONN_WINDOW_MAX,
	    .streams_max = PU_QUIC_STREAMS_MAX,
	    .ack_thresh = PU_QUIC_ACK_THRESH,
	    .udp_payload_max = PU_QUIC_UDP_PAYLOAD_MAX,
	    .pmtud = true,
	    .stream_send_max = PU_QUIC_STREAM_SEND_MAX,
	    .conn_send_max = PU_QUIC_CONN_SEND_MAX,
	    .conn_memory_max = PU_QUIC_CONN_MEMORY_MAX,
	    .memory_max = PU_QUIC_MEMORY_MAX,
	    .conns_max = PU_QUIC_CONNS_MAX,
	    .handshakes_max = PU_QUIC_HANDSHAKES_MAX,
	    .unverified_max = PU_QUIC_UNVERIFIED_MAX,
	    .unverified_per_ip_max = PU_QUIC_UNVERIFIED_PER_IP_MAX,
	    .unverified_per_s = PU_QUIC_UNVERIFIED_PER_S,
	    .source_per_s = PU_QUIC_SOURCE_PER_S,
	};
}

static bool is_sane(const struct pu_quic_config *config)
{
	return config->credentials != NULL && config->verify_cert != NULL &&
	       config->udp_payload_max >= NGTCP2_MAX_UDP_PAYLOAD_SIZE &&
	       config->udp_payload_max <= PU_QUIC_RUN_MAX && config->streams_max > 0 &&
	       config->stream_send_max >= PU_CHUNK_BIG_LEN && config->ack_thresh > 0 &&
	       config->stream_window > 0 && config->conn_window > 0 && config->idle_timeout > 0 &&
	       config->unverified_per_s > 0 && config->source_per_s > 0;
}

enum pu_err pu_quic_endpoint_new(const struct pu_quic_config *config,
                                 const struct pu_quic_callbacks *callbacks, void *user,
                                 struct pu_quic_endpoint **out)
{
	struct pu_quic_endpoint *ep;

	if (!is_sane(config) || callbacks->send == NULL)
		return PU_EINVAL;
	ep = PU_NEW(struct pu_quic_endpoint);
	ep->config = *config;
	if (ep->config.unverified_max > config->handshakes_max / PU_QUIC_HANDSHAKE_SHARE)
		ep->config.unverified_max = config->handshakes_max / PU_QUIC_HANDSHAKE_SHARE;
	ep->cb = callbacks;
	ep->user = user;
	ep->scratch = pu_alloc(PU_QUIC_SCRATCH_LEN);
	pu_map_init(&ep->by_cid);
	pu_map_init(&ep->by_reset);
	pu_map_init(&ep->by_ip);
	pu_heap_init(&ep->deadlines);
	pu_list_init(&ep->conns);
	pu_list_init(&ep->events);
	pu_list_init(&ep->output);
	pu_list_init(&ep->tombs);
	pu_list_init(&ep->orphans);
	pu_quic_memory_start(ep);
	pu_quic_source_init(ep);
	pu_quic_stateless_init(ep);
	if (pu_quic_tls_init(ep) != PU_OK) {
		pu_quic_endpoint_free(ep);
		return PU_EINTERNAL;
	}
	pu_quic_retry_init(ep);
	sodium_memzero(ep->config.secret, sizeof(ep->config.secret));
	ep->credentials = pu_quic_credentials_new(config->credentials);
	*out = ep;
	return PU_OK;
}

static void free_streams(struct pu_list *streams)
{
	PU_LIST_FOREACH(it, streams)
		pu_quic_stream_free(PU_LIST_ENTRY(it, struct pu_quic_stream, in_conn));
}

void pu_quic_endpoint_free(struct pu_quic_endpoint *ep)
{
	if (ep == NULL)
		return;
	PU_LIST_FOREACH(it, &ep->conns) {
		struct pu_quic_conn *conn = PU_LIST_ENTRY(it, struct pu_quic_conn, in_ep);

		conn->state = PU_QUIC_CONN_ENDING;
		free_streams(&conn->streams);
		pu_quic_conn_free(conn);
	}
	PU_LIST_FOREACH(it, &ep->tombs)
		pu_quic_tomb_free(ep, PU_LIST_ENTRY(it, struct pu_quic_tomb, in_ep));
	free_streams(&ep->orphans);
	pu_quic_retry_fini(ep);
	pu_quic_tls_fini(ep);
	pu_quic_stateless_fini(ep);
	pu_quic_memory_stop(ep);
	pu_chunk_pool_fini(&ep->send_pool);
	pu_chunk_pool_fini(&ep->recv_pool);
	pu_map_fini(&ep->by_cid);
	pu_map_fini(&ep->by_reset);
	pu_map_fini(&ep->by_ip);
	pu_heap_fini(&ep->deadlines);
	pu_free(ep->scratch);
	pu_free(ep);
}

void pu_quic_endpoint_set_credentials(struct pu_quic_endpoint *ep,
                                      gnutls_certificate_credentials_t credentials)
{
	pu_quic_credentials_rele(ep->credentials);
	ep->credentials = pu_quic_credentials_new(credentials);
}

void pu_quic_endpoint_flush(struct pu_quic_endpoint *ep, uint64_t now)
{
	size_t budget = PU_QUIC_FLUSH_BUDGET;

	pu_quic_endpoint_tick(ep, now);
	do {
		pu_quic_events_deliver(ep);
		pu_quic_output(ep, &budget);
	} while (!pu_list_empty(&ep->events));
}

void pu_quic_endpoint_writable(struct pu_quic_endpoint *ep, uint64_t now)
{
	if (ep->blocked && !pu_quic_output_resume(ep))
		return;
	pu_quic_endpoint_flush(ep, now);
}

bool pu_quic_endpoint_blocked(const struct pu_quic_endpoint *ep)
{
	return ep->blocked;
}

/* There is something to give back. */
static bool has_spare(const struct pu_quic_endpoint *ep)
{
	return pu_chunk_pool_spare(&ep->send_pool) > 0 || pu_chunk_pool_spare(&ep->recv_pool) > 0 ||
	       !pu_list_empty(&ep->keys.expanded);
}

uint64_t pu_quic_endpoint_deadline(const struct pu_quic_endpoint *ep)
{
	const struct pu_heap_node *first = pu_heap_min(&ep->deadlines);
	uint64_t deadline = has_spare(ep) ? ep->trim_at : UINT64_MAX;

	if (!pu_list_empty(&ep->events) || (!pu_list_empty(&ep->output) && !ep->blocked))
		return ep->now;
	return first != NULL && first->key < deadline ? first->key : deadline;
}

static void expire_owner(struct pu_quic_endpoint *ep, struct pu_quic_owner *owner)
{
	struct pu_quic_conn *conn;
	int rv;

	if (owner->is_tomb) {
		pu_quic_tomb_free(ep, PU_CONTAINER_OF(owner, struct pu_quic_tomb, owner));
		return;
	}
	conn = PU_CONTAINER_OF(owner, struct pu_quic_conn, owner);
	pu_heap_remove(&ep->deadlines, &owner->timer);
	rv = ngtcp2_conn_handle_expiry(conn->quic, ep->now);
	if (rv != 0)
		pu_quic_conn_fail(conn, rv);
	else
		pu_quic_conn_wake(conn);
}

void pu_quic_endpoint_expire(struct pu_quic_endpoint *ep, uint64_t now)
{
	struct pu_heap_node *first;

	pu_quic_endpoint_tick(ep, now);
	while ((first = pu_heap_min(&ep->deadlines)) != NULL && first->key <= ep->now)
		expire_owner(ep, PU_CONTAINER_OF(first, struct pu_quic_owner, timer));
	if (ep->now < ep->trim_at)
		return;
	ep->trim_at = ep->now + PU_QUIC_TRIM_INTERVAL;
	pu_chunk_pool_trim(&ep->send_pool);
	pu_chunk_pool_trim(&ep->recv_pool);
	pu_quic_keys_trim(&ep->keys);
}

void pu_quic_endpoint_accept(struct pu_quic_endpoint *ep, bool accept)
{
	ep->config.accept = accept;
}

void pu_quic_endpoint_shutdown(struct pu_quic_endpoint *ep, uint64_t app_code,
                               const char *reason)
{
	ep->config.accept = false;
	PU_LIST_FOREACH(it, &ep->conns)
		pu_quic_conn_close(PU_LIST_ENTRY(it, struct pu_quic_conn, in_ep), app_code, reason);
}

void pu_quic_endpoint_stats(const struct pu_quic_endpoint *ep, struct pu_quic_stats *out)
{
	*out = ep->stats;
	out->memory_send = ep->send_pool.used;
	out->memory_recv = ep->recv_pool.used;
	out->memory_free =
	    pu_chunk_pool_spare(&ep->send_pool) + pu_chunk_pool_spare(&ep->recv_pool);
}
