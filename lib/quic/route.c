/* Knows the tables from connection IDs and reset tokens to connections. The client chooses the
 * first ID that a server sees, so the tables are the keyed ones of base/map.h. */
#include "quic/route.h"

#include <string.h>

#include "base/rand.h"

static struct pu_bytes cid_bytes(const struct pu_quic_cid *cid)
{
	return pu_bytes(cid->data, cid->len);
}

static struct pu_quic_cid *find_slot(struct pu_quic_owner *owner, const uint8_t *data,
                                     size_t len)
{
	for (size_t i = 0; i < PU_QUIC_CIDS_MAX; i++) {
		struct pu_quic_cid *slot = &owner->cids[i];

		if (slot->len == len && (len == 0 || memcmp(slot->data, data, len) == 0))
			return slot;
	}
	return NULL;
}

enum pu_err pu_quic_route_add(struct pu_quic_endpoint *ep, struct pu_quic_owner *owner,
                              const ngtcp2_cid *cid)
{
	struct pu_quic_cid *slot = find_slot(owner, NULL, 0);

	if (slot == NULL || cid->datalen == 0)
		return PU_ELIMIT;
	if (pu_quic_route_find(ep, cid->data, cid->datalen) != NULL)
		return PU_EEXIST;
	slot->len = (uint8_t)cid->datalen;
	memcpy(slot->data, cid->data, cid->datalen);
	pu_map_put(&ep->by_cid, cid_bytes(slot), owner);
	return PU_OK;
}

void pu_quic_route_del(struct pu_quic_endpoint *ep, struct pu_quic_owner *owner,
                       const ngtcp2_cid *cid)
{
	struct pu_quic_cid *slot = find_slot(owner, cid->data, cid->datalen);

	if (slot == NULL || slot->len == 0)
		return;
	pu_map_del(&ep->by_cid, cid_bytes(slot));
	slot->len = 0;
}

void pu_quic_route_del_all(struct pu_quic_endpoint *ep, struct pu_quic_owner *owner)
{
	for (size_t i = 0; i < PU_QUIC_CIDS_MAX; i++) {
		if (owner->cids[i].len > 0)
			pu_map_del(&ep->by_cid, cid_bytes(&owner->cids[i]));
		owner->cids[i].len = 0;
	}
}

void pu_quic_route_move(struct pu_quic_endpoint *ep, struct pu_quic_owner *from,
                        struct pu_quic_owner *to)
{
	memcpy(to->cids, from->cids, sizeof(to->cids));
	pu_quic_route_del_all(ep, from);
	for (size_t i = 0; i < PU_QUIC_CIDS_MAX; i++)
		if (to->cids[i].len > 0)
			pu_map_put(&ep->by_cid, cid_bytes(&to->cids[i]), to);
}

struct pu_quic_owner *pu_quic_route_find(const struct pu_quic_endpoint *ep, const uint8_t *cid,
                                         size_t len)
{
	return pu_map_get(&ep->by_cid, pu_bytes(cid, len));
}

void pu_quic_route_make_cid(const struct pu_quic_endpoint *ep, ngtcp2_cid *cid)
{
	cid->datalen = PU_QUIC_CID_LEN;
	do {
		pu_rand_bytes(cid->data, cid->datalen);
	} while (pu_quic_route_find(ep, cid->data, cid->datalen) != NULL);
}

static struct pu_bytes token_bytes(const struct pu_quic_reset_token *token)
{
	return pu_bytes(token->token, sizeof(token->token));
}

void pu_quic_route_add_reset(struct pu_quic_conn *conn, uint64_t seq, const uint8_t *token)
{
	pu_quic_route_del_reset(conn, seq);
	for (size_t i = 0; i < PU_QUIC_RESET_TOKENS_MAX; i++) {
		struct pu_quic_reset_token *slot = &conn->reset_tokens[i];

		if (slot->used)
			continue;
		memcpy(slot->token, token, sizeof(slot->token));
		if (pu_map_get(&conn->ep->by_reset, token_bytes(slot)) != NULL)
			return;
		slot->seq = seq;
		slot->used = true;
		pu_map_put(&conn->ep->by_reset, token_bytes(slot), conn);
		return;
	}
}

void pu_quic_route_del_reset(struct pu_quic_conn *conn, uint64_t seq)
{
	for (size_t i = 0; i < PU_QUIC_RESET_TOKENS_MAX; i++) {
		struct pu_quic_reset_token *slot = &conn->reset_tokens[i];

		if (!slot->used || slot->seq != seq)
			continue;
		pu_map_del(&conn->ep->by_reset, token_bytes(slot));
		slot->used = false;
	}
}

void pu_quic_route_del_resets(struct pu_quic_conn *conn)
{
	for (size_t i = 0; i < PU_QUIC_RESET_TOKENS_MAX; i++)
		if (conn->reset_tokens[i].used)
			pu_quic_route_del_reset(conn, conn->reset_tokens[i].seq);
}

struct pu_quic_conn *pu_quic_route_find_reset(const struct pu_quic_endpoint *ep,
                                              const uint8_t *data, size_t len)
{
	if (len < NGTCP2_MIN_STATELESS_RESET_RANDLEN + NGTCP2_STATELESS_RESET_TOKENLEN)
		return NULL;
	data += len - NGTCP2_STATELESS_RESET_TOKENLEN;
	return pu_map_get(&ep->by_reset, pu_bytes(data, NGTCP2_STATELESS_RESET_TOKENLEN));
}
