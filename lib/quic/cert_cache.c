/* Knows which certificates were verified lately, by their BLAKE2b hash, and forgets the oldest
 * one when there are too many, each one after an hour. That a peer holds the key of the
 * certificate it shows is proved by each handshake anew and never cached. */
#include "quic/cert_cache.h"

#include <sodium.h>
#include <string.h>

struct entry {
	uint8_t hash[crypto_generichash_BYTES];
	struct pu_peer_id peer;
	uint64_t expires_at;
	struct pu_list_node node;
};

static void hash_of(struct pu_bytes der, uint8_t out[crypto_generichash_BYTES])
{
	crypto_generichash(out, crypto_generichash_BYTES, der.data, der.len, NULL, 0);
}

static void forget(struct pu_quic_endpoint *ep, struct entry *entry)
{
	pu_map_del(&ep->cert_cache, pu_bytes(entry->hash, sizeof(entry->hash)));
	pu_list_remove(&entry->node);
	pu_free(entry);
}

void pu_quic_cert_cache_init(struct pu_quic_endpoint *ep)
{
	pu_map_init(&ep->cert_cache);
	pu_list_init(&ep->cert_cache_order);
}

void pu_quic_cert_cache_fini(struct pu_quic_endpoint *ep)
{
	PU_LIST_FOREACH(it, &ep->cert_cache_order)
		forget(ep, PU_LIST_ENTRY(it, struct entry, node));
	pu_map_fini(&ep->cert_cache);
}

bool pu_quic_cert_cache_get(struct pu_quic_endpoint *ep, struct pu_bytes der,
                            struct pu_peer_id *out)
{
	uint8_t hash[crypto_generichash_BYTES];
	struct entry *entry;

	hash_of(der, hash);
	entry = pu_map_get(&ep->cert_cache, pu_bytes(hash, sizeof(hash)));
	if (entry == NULL)
		return false;
	if (ep->now >= entry->expires_at) {
		forget(ep, entry);
		return false;
	}
	ep->stats.cert_cache_hits++;
	*out = entry->peer;
	return true;
}

void pu_quic_cert_cache_put(struct pu_quic_endpoint *ep, struct pu_bytes der,
                            const struct pu_peer_id *peer)
{
	struct entry *entry;

	if (pu_map_len(&ep->cert_cache) >= PU_QUIC_CERT_CACHE_MAX)
		forget(ep, PU_LIST_ENTRY(pu_list_first(&ep->cert_cache_order), struct entry, node));
	entry = PU_NEW(struct entry);
	hash_of(der, entry->hash);
	entry->peer = *peer;
	entry->expires_at = ep->now + PU_QUIC_CERT_CACHE_LIFE;
	pu_map_put(&ep->cert_cache, pu_bytes(entry->hash, sizeof(entry->hash)), entry);
	pu_list_append(&ep->cert_cache_order, &entry->node);
}
