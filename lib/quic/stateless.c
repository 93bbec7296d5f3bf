/* Knows how to answer somebody for whom there is no connection: with keys derived from a secret
 * that survives a restart, so that what an earlier process promised can still be kept. */
#include "quic/stateless.h"

#include <sodium.h>

#include "base/rand.h"
#include "quic/output.h"
#include "quic/route.h"

static bool bucket_take(struct pu_quic_bucket *bucket, uint64_t now, uint64_t per_s)
{
	if (bucket->full_at < now)
		bucket->full_at = now;
	if (bucket->full_at - now > PU_NS_PER_S / 10)
		return false;
	bucket->full_at += PU_NS_PER_S / per_s;
	return true;
}

void pu_quic_stateless_derive(const struct pu_quic_endpoint *ep, const char *label,
                              uint8_t out[32])
{
	struct pu_bytes text = pu_bytes_of_str(label);

	crypto_generichash(out, 32, text.data, text.len, ep->config.secret,
	                   sizeof(ep->config.secret));
}

void pu_quic_stateless_init(struct pu_quic_endpoint *ep)
{
	pu_quic_stateless_derive(ep, "peerup quic stateless reset", ep->reset_key);
}

void pu_quic_stateless_fini(struct pu_quic_endpoint *ep)
{
	sodium_memzero(ep->reset_key, sizeof(ep->reset_key));
}

void pu_quic_stateless_negotiate(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                                 const ngtcp2_version_cid *cids)
{
	const uint32_t versions[] = {NGTCP2_PROTO_VER_V1};
	uint8_t packet[PU_QUIC_CLOSE_PACKET_MAX], random;
	ngtcp2_ssize len;

	if (!bucket_take(&ep->vneg_bucket, ep->now, PU_QUIC_STATELESS_PER_S))
		return;
	pu_rand_bytes(&random, 1);
	len = ngtcp2_pkt_write_version_negotiation(packet, sizeof(packet), random, cids->scid,
	                                           cids->scidlen, cids->dcid, cids->dcidlen,
	                                           versions, PU_ARRAY_LEN(versions));
	if (len < 0)
		return;
	ep->stats.negotiations_sent++;
	pu_quic_output_single(ep, path, pu_bytes(packet, (size_t)len));
}

void pu_quic_stateless_reset(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                             const ngtcp2_version_cid *cids, size_t len)
{
	uint8_t packet[PU_QUIC_RESET_PACKET_MAX], random[PU_QUIC_RESET_PACKET_MAX];
	uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
	size_t packet_len = len - 1 < sizeof(packet) ? len - 1 : sizeof(packet);
	ngtcp2_ssize written;
	ngtcp2_cid cid;

	/* A shorter one than what it answers, so that two endpoints never answer each other for
	 * ever; and none that an observer could tell from a packet. */
	if (len <= PU_QUIC_RESET_PACKET_MIN ||
	    !bucket_take(&ep->reset_bucket, ep->now, PU_QUIC_STATELESS_PER_S))
		return;
	ngtcp2_cid_init(&cid, cids->dcid, cids->dcidlen);
	if (ngtcp2_crypto_generate_stateless_reset_token(token, ep->reset_key,
	                                                 sizeof(ep->reset_key), &cid) != 0)
		return;
	pu_rand_bytes(random, sizeof(random));
	written = ngtcp2_pkt_write_stateless_reset(packet, packet_len, token, random,
	                                           packet_len - sizeof(token));
	if (written < 0)
		return;
	ep->stats.resets_sent++;
	pu_quic_output_single(ep, path, pu_bytes(packet, (size_t)written));
}

void pu_quic_stateless_refuse(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                              const ngtcp2_pkt_hd *hd, uint64_t code)
{
	uint8_t packet[PU_QUIC_CLOSE_PACKET_MAX];
	ngtcp2_ssize len;

	if (!bucket_take(&ep->refuse_bucket, ep->now, PU_QUIC_STATELESS_PER_S))
		return;
	len = ngtcp2_crypto_write_connection_close(packet, sizeof(packet), hd->version, &hd->scid,
	                                           &hd->dcid, code, NULL, 0);
	if (len < 0)
		return;
	ep->stats.refusals_sent++;
	pu_quic_output_single(ep, path, pu_bytes(packet, (size_t)len));
}
