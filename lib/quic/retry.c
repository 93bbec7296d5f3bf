/* Knows Retry tokens. One keyed hash over what is to be proved gives both the connection ID
 * that the client is to use from now on and the tag of its token:
 *
 *     token = magic (1) | when, in s (4) | ID of the answered packet (8..20) | tag (16)
 *     hash  = connection ID (8) | tag (16)
 *
 * What is in a token is no secret; when it was made is moved by a secret, so that it does not
 * tell how long this machine has been running. */
#include "quic/retry.h"

#include <ngtcp2/ngtcp2_crypto.h>
#include <sodium.h>
#include <string.h>

#include "quic/output.h"
#include "quic/stateless.h"

enum {
	MAGIC = 0x52,
	TAG_LEN = 16,
	FIXED_LEN = 1 + 4 + TAG_LEN,
	TOKEN_MAX = FIXED_LEN + NGTCP2_MAX_CIDLEN,
	HASH_LEN = PU_QUIC_CID_LEN + TAG_LEN,
	PROVED_MAX = 4 + 4 + 1 + NGTCP2_MAX_CIDLEN + 2 + 16,
};

void pu_quic_retry_init(struct pu_quic_endpoint *ep)
{
	uint8_t clock[32];

	pu_quic_stateless_derive(ep, "peerup quic retry token", ep->token_key);
	pu_quic_stateless_derive(ep, "peerup quic retry clock", clock);
	memcpy(&ep->token_clock, clock, sizeof(ep->token_clock));
	sodium_memzero(clock, sizeof(clock));
	if (ep->has_gcm)
		ep->retry_key = pu_gcm_key_new(&ep->keys.gcm, (const uint8_t *)NGTCP2_RETRY_KEY_V1);
}

void pu_quic_retry_fini(struct pu_quic_endpoint *ep)
{
	sodium_memzero(ep->token_key, sizeof(ep->token_key));
	pu_gcm_key_free(ep->retry_key);
}

static uint32_t clock_s(const struct pu_quic_endpoint *ep)
{
	return (uint32_t)(ep->now / PU_NS_PER_S) + ep->token_clock;
}

static size_t put(uint8_t *at, const void *data, size_t len)
{
	memcpy(at, data, len);
	return len;
}

static size_t put_addr(uint8_t *at, const struct pu_quic_addr *addr)
{
	size_t len = put(at, &addr->in.sin_port, sizeof(addr->in.sin_port));

	if (addr->sa.sa_family == AF_INET6)
		return len + put(at + len, &addr->in6.sin6_addr, sizeof(addr->in6.sin6_addr));
	return len + put(at + len, &addr->in.sin_addr, sizeof(addr->in.sin_addr));
}

static void hash(const struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                 const ngtcp2_cid *odcid, uint32_t when, uint8_t out[HASH_LEN])
{
	uint8_t proved[PROVED_MAX];
	const uint32_t version = NGTCP2_PROTO_VER_V1;
	size_t len = 0;

	len += put(proved + len, &version, sizeof(version));
	len += put(proved + len, &when, sizeof(when));
	proved[len++] = (uint8_t)odcid->datalen;
	len += put(proved + len, odcid->data, odcid->datalen);
	len += put_addr(proved + len, &path->remote);
	crypto_generichash(out, HASH_LEN, proved, len, ep->token_key, sizeof(ep->token_key));
}

static int seal(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *plain, size_t plain_len,
                const uint8_t *nonce, size_t nonce_len, const uint8_t *aad, size_t aad_len)
{
	(void)aead, (void)nonce_len;
	pu_gcm_seal(ctx->native_handle, dest, pu_bytes(plain, plain_len), nonce,
	            pu_bytes(aad, aad_len));
	return 0;
}

static ngtcp2_ssize write_packet(const struct pu_quic_endpoint *ep, uint8_t *dest, size_t max,
                                 const ngtcp2_pkt_hd *hd, const ngtcp2_cid *scid,
                                 struct pu_bytes token)
{
	const ngtcp2_crypto_aead_ctx ctx = {.native_handle = ep->retry_key};
	const ngtcp2_crypto_aead aead = {.max_overhead = PU_GCM_TAG_LEN};

	if (ep->retry_key == NULL)
		return ngtcp2_crypto_write_retry(dest, max, hd->version, &hd->scid, scid, &hd->dcid,
		                                 token.data, token.len);
	return ngtcp2_pkt_write_retry(dest, max, hd->version, &hd->scid, scid, &hd->dcid,
	                              token.data, token.len, seal, &aead, &ctx);
}

void pu_quic_retry_send(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                        const ngtcp2_pkt_hd *hd)
{
	uint8_t token[TOKEN_MAX] = {MAGIC}, made[HASH_LEN], packet[PU_QUIC_RETRY_PACKET_MAX];
	const uint32_t when = clock_s(ep);
	size_t token_len = 1;
	ngtcp2_ssize len;
	ngtcp2_cid scid;

	hash(ep, path, &hd->dcid, when, made);
	ngtcp2_cid_init(&scid, made, PU_QUIC_CID_LEN);
	if (ngtcp2_cid_eq(&scid, &hd->dcid))
		return; /* ngtcp2 would not bear it */
	token_len += put(token + token_len, &when, sizeof(when));
	token_len += put(token + token_len, hd->dcid.data, hd->dcid.datalen);
	token_len += put(token + token_len, made + PU_QUIC_CID_LEN, TAG_LEN);
	len = write_packet(ep, packet, sizeof(packet), hd, &scid, pu_bytes(token, token_len));
	if (len < 0)
		return;
	ep->stats.retries_sent++;
	pu_quic_output_single(ep, path, pu_bytes(packet, (size_t)len));
}

enum pu_err pu_quic_retry_verify(const struct pu_quic_endpoint *ep,
                                 const struct pu_quic_path *path, const ngtcp2_pkt_hd *hd,
                                 ngtcp2_cid *odcid)
{
	uint8_t made[HASH_LEN];
	uint32_t when;

	if (hd->tokenlen == 0 || hd->token[0] != MAGIC)
		return PU_ENOTFOUND;
	if (hd->tokenlen < FIXED_LEN + NGTCP2_MIN_INITIAL_DCIDLEN || hd->tokenlen > TOKEN_MAX ||
	    hd->dcid.datalen != PU_QUIC_CID_LEN)
		return PU_ECRYPTO;
	memcpy(&when, hd->token + 1, sizeof(when));
	if (clock_s(ep) - when > PU_QUIC_RETRY_TOKEN_LIFE / PU_NS_PER_S)
		return PU_ECRYPTO;
	ngtcp2_cid_init(odcid, hd->token + 1 + sizeof(when), hd->tokenlen - FIXED_LEN);
	hash(ep, path, odcid, when, made);
	if (sodium_memcmp(made, hd->dcid.data, PU_QUIC_CID_LEN) != 0 ||
	    sodium_memcmp(made + PU_QUIC_CID_LEN, hd->token + hd->tokenlen - TAG_LEN, TAG_LEN) != 0)
		return PU_ECRYPTO;
	return PU_OK;
}
