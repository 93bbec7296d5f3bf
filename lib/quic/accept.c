/* Knows who may begin a connection. Handshakes of addresses that nobody has proved are few: at
 * once, per address, per second, and fewer when they fail; everybody else gets Retry, which
 * costs us nothing to remember. Of those who come back with its token, no address may have more
 * than a part of the handshakes that are free, so that there is always one for the next. */
#include "quic/accept.h"

#include <string.h>

#include "quic/conn_state.h"
#include "quic/input.h"
#include "quic/retry.h"
#include "quic/source.h"
#include "quic/stateless.h"
#include "quic/stream_state.h"

/* Handshakes of one address; exists only while there are any. */
struct ip_count {
	uint8_t key[16];
	size_t key_len;
	uint32_t verified, unverified;
};

static struct ip_count *ip_find(const struct pu_quic_endpoint *ep,
                                const struct pu_quic_addr *addr)
{
	uint8_t key[16];
	size_t len = pu_quic_source_of(addr, key);

	return pu_map_get(&ep->by_ip, pu_bytes(key, len));
}

static void count_in(struct pu_quic_conn *conn, bool verified)
{
	struct pu_quic_endpoint *ep = conn->ep;
	struct ip_count *entry;

	conn->counted = true;
	conn->unverified = !verified;
	ep->stats.handshakes++;
	ep->unverified += conn->unverified;
	pu_quic_source_spend(ep, &conn->path.remote, verified, 1);
	entry = ip_find(ep, &conn->path.remote);
	if (entry == NULL) {
		entry = PU_NEW(struct ip_count);
		entry->key_len = pu_quic_source_of(&conn->path.remote, entry->key);
		pu_map_put(&ep->by_ip, pu_bytes(entry->key, entry->key_len), entry);
	}
	entry->verified += verified;
	entry->unverified += !verified;
}

void pu_quic_accept_done(struct pu_quic_conn *conn)
{
	struct pu_quic_endpoint *ep = conn->ep;
	struct ip_count *entry;

	if (!conn->counted)
		return;
	conn->counted = false;
	ep->stats.handshakes--;
	ep->unverified -= conn->unverified;
	/* No path is left before the handshake is over (RFC 9000, 9), so this is the same one. */
	if (conn->state != PU_QUIC_CONN_UP)
		pu_quic_source_spend(ep, &conn->path.remote, !conn->unverified, PU_QUIC_FAILURE_COST);
	entry = ip_find(ep, &conn->path.remote);
	if (entry == NULL)
		return;
	entry->verified -= !conn->unverified;
	entry->unverified -= conn->unverified;
	if (entry->verified + entry->unverified > 0)
		return;
	pu_map_del(&ep->by_ip, pu_bytes(entry->key, entry->key_len));
	pu_free(entry);
}

static bool needs_proof(struct pu_quic_endpoint *ep, const struct pu_quic_path *path)
{
	const struct ip_count *entry;

	if (ep->unverified >= ep->config.unverified_max ||
	    !pu_quic_source_may(ep, &path->remote, false))
		return true;
	entry = ip_find(ep, &path->remote);
	return entry != NULL && entry->unverified >= ep->config.unverified_per_ip_max;
}

/* Whether an address that has proved to be there has had its share. */
static bool had_its_share(struct pu_quic_endpoint *ep, const struct pu_quic_path *path)
{
	const struct ip_count *entry = ip_find(ep, &path->remote);
	size_t free = ep->config.handshakes_max - ep->stats.handshakes;
	size_t share = free / PU_QUIC_HANDSHAKE_SHARE;

	return !pu_quic_source_may(ep, &path->remote, true) ||
	       (entry != NULL && entry->verified > 0 && entry->verified >= share);
}

static bool is_full(const struct pu_quic_endpoint *ep)
{
	return ep->stats.conns >= ep->config.conns_max ||
	       pu_quic_memory_left(ep) < ep->config.memory_max / PU_QUIC_ACCEPT_MEMORY_SHARE;
}

static enum pu_quic_verdict ask(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                                bool verified)
{
	enum pu_quic_verdict verdict = PU_QUIC_ACCEPT;

	if (ep->stats.handshakes >= ep->config.handshakes_max ||
	    (verified && had_its_share(ep, path)))
		return PU_QUIC_DROP;
	if (ep->cb->accept != NULL)
		verdict = ep->cb->accept(ep->user, path);
	if (verdict == PU_QUIC_RETRY && verified)
		verdict = PU_QUIC_ACCEPT;
	if (verdict == PU_QUIC_ACCEPT && !verified && needs_proof(ep, path))
		verdict = PU_QUIC_RETRY;
	if (verdict == PU_QUIC_ACCEPT && is_full(ep))
		verdict = PU_QUIC_REFUSE;
	return verdict;
}

static void begin(struct pu_quic_endpoint *ep, const struct pu_quic_first *first,
                  const struct pu_quic_datagrams *in, struct pu_bytes datagram)
{
	struct pu_quic_conn *conn;
	int rv;

	if (pu_quic_conn_accept(ep, first, &conn) != PU_OK) {
		ep->stats.dropped_limit++;
		return;
	}
	count_in(conn, first->verified);
	rv = pu_quic_input_read(conn, in, datagram);
	if (rv == NGTCP2_ERR_RETRY || rv == NGTCP2_ERR_DROP_CONN) {
		pu_quic_conn_free(conn);
		if (rv == NGTCP2_ERR_RETRY && !first->verified)
			pu_quic_retry_send(ep, first->path, first->hd);
		return;
	}
	ep->stats.accepted++;
	pu_quic_conn_event(conn, PU_QUIC_EV_NEW);
	pu_quic_conn_wake(conn);
	if (rv != 0)
		pu_quic_conn_fail(conn, rv);
}

void pu_quic_accept(struct pu_quic_endpoint *ep, const struct pu_quic_datagrams *in,
                    struct pu_bytes datagram)
{
	struct pu_quic_first first = {.path = in->path};
	ngtcp2_pkt_hd hd;
	enum pu_err err;

	if (!ep->config.accept || datagram.len < PU_QUIC_FIRST_DATAGRAM_MIN ||
	    ngtcp2_accept(&hd, datagram.data, datagram.len) != 0) {
		ep->stats.dropped_garbage++;
		return;
	}
	first.hd = &hd;
	err = pu_quic_retry_verify(ep, in->path, &hd, &first.odcid);
	if (err == PU_ECRYPTO) {
		pu_quic_stateless_refuse(ep, in->path, &hd, NGTCP2_INVALID_TOKEN);
		return;
	}
	first.verified = err == PU_OK;
	switch (ask(ep, in->path, first.verified)) {
	case PU_QUIC_ACCEPT:
		begin(ep, &first, in, datagram);
		break;
	case PU_QUIC_RETRY:
		pu_quic_retry_send(ep, in->path, &hd);
		break;
	case PU_QUIC_REFUSE:
		pu_quic_stateless_refuse(ep, in->path, &hd, NGTCP2_CONNECTION_REFUSED);
		break;
	case PU_QUIC_DROP:
		ep->stats.dropped_limit++;
		break;
	}
}
