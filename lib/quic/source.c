/* Knows the table of budgets. It has a fixed size and remembers who spent something lately.
 * When two addresses that did meet in one place, the second is not counted: it would be wrong
 * to let one pay for another, and whoever has that many addresses is held up by handshakes_max.
 */
#include "quic/source.h"

#include <sodium.h>
#include <string.h>

#include "base/rand.h"

enum { IPV6_PREFIX_BYTES = 7 };

size_t pu_quic_source_of(const struct pu_quic_addr *addr, uint8_t out[16])
{
	if (addr->sa.sa_family == AF_INET6) {
		memcpy(out, &addr->in6.sin6_addr, IPV6_PREFIX_BYTES);
		return IPV6_PREFIX_BYTES;
	}
	memcpy(out, &addr->in.sin_addr, 4);
	return 4;
}

void pu_quic_source_init(struct pu_quic_endpoint *ep)
{
	_Static_assert(sizeof(ep->source_key) == crypto_shorthash_KEYBYTES, "the key's length");
	pu_rand_bytes(ep->source_key, sizeof(ep->source_key));
}

/* The budget of this address; NULL: it is not counted. */
static struct pu_quic_bucket *find(struct pu_quic_endpoint *ep, const struct pu_quic_addr *addr)
{
	struct pu_quic_source *source;
	uint8_t key[16];
	uint64_t tag;

	crypto_shorthash((uint8_t *)&tag, key, pu_quic_source_of(addr, key), ep->source_key);
	source = &ep->sources[tag % PU_QUIC_SOURCES_MAX];
	if (source->tag != tag && source->bucket.full_at > ep->now)
		return NULL;
	source->tag = tag;
	return &source->bucket;
}

/* How long a budget takes to make up for one handshake. */
static uint64_t price(const struct pu_quic_endpoint *ep, bool verified)
{
	return PU_NS_PER_S / (verified ? ep->config.source_per_s : ep->config.unverified_per_s);
}

bool pu_quic_source_may(struct pu_quic_endpoint *ep, const struct pu_quic_addr *addr,
                        bool verified)
{
	const struct pu_quic_bucket *bucket = verified ? find(ep, addr) : &ep->unverified_bucket;

	return bucket == NULL || bucket->full_at + price(ep, verified) <= ep->now + PU_NS_PER_S;
}

void pu_quic_source_spend(struct pu_quic_endpoint *ep, const struct pu_quic_addr *addr,
                          bool verified, uint32_t cost)
{
	struct pu_quic_bucket *bucket = verified ? find(ep, addr) : &ep->unverified_bucket;

	if (bucket == NULL)
		return;
	if (bucket->full_at < ep->now)
		bucket->full_at = ep->now;
	bucket->full_at += cost * price(ep, verified);
}
