/* Knows how many connections each source has open, and how often it has come. */
#include "conn_limit.h"

#include <netinet/in.h>
#include <string.h>

#include "base/alloc.h"
#include "limits.h"
#include "p2p/multiaddr_class.h"

#define IPV6_PREFIX_BYTES 7 /* /56: what one customer has */
#define KEY_MAX           8

struct transport_source {
	uint8_t key[KEY_MAX];
	uint8_t key_len;
	unsigned conns;
};

static void key_of(const struct sockaddr *addr, struct transport_source *out)
{
	*out = (struct transport_source){0};
	if (addr->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)addr;
		out->key[0] = 4;
		memcpy(out->key + 1, &in->sin_addr, 4);
		out->key_len = 5;
		return;
	}
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)addr;
	out->key[0] = 6;
	memcpy(out->key + 1, &in6->sin6_addr, IPV6_PREFIX_BYTES);
	out->key_len = 1 + IPV6_PREFIX_BYTES;
}

_Static_assert(1 + IPV6_PREFIX_BYTES <= KEY_MAX, "an IPv6 source must fit");

static struct transport_source *find(const struct pu_map *sources, const struct sockaddr *addr)
{
	struct transport_source wanted;
	key_of(addr, &wanted);
	return pu_map_get(sources, pu_bytes(wanted.key, wanted.key_len));
}

bool transport_source_full(const struct pu_map *sources, const struct sockaddr *addr,
                           unsigned max)
{
	if (pu_sockaddr_class(addr) == PU_ADDR_LOOPBACK)
		return false;
	const struct transport_source *source = find(sources, addr);
	return source != NULL && source->conns >= max;
}

struct transport_source *transport_source_hold(struct pu_map *sources,
                                               const struct sockaddr *addr)
{
	struct transport_source *source = find(sources, addr);
	if (source == NULL) {
		source = PU_NEW(struct transport_source);
		key_of(addr, source);
		pu_map_put(sources, pu_bytes(source->key, source->key_len), source);
	}
	source->conns++;
	return source;
}

void transport_source_rele(struct pu_map *sources, struct transport_source *source)
{
	if (source == NULL || --source->conns > 0)
		return;
	pu_map_del(sources, pu_bytes(source->key, source->key_len));
	pu_free(source);
}

/* What all have in common has the empty key. */
bool transport_source_may_knock(struct pu_rates *knocks, const struct sockaddr *addr,
                                uint32_t source_rate, uint32_t all_rate, uint64_t now_ns)
{
	struct pu_rate_rule each = {source_rate, TRANSPORT_KNOCK_BURST};
	struct pu_rate_rule all = {all_rate, TRANSPORT_KNOCKS_BURST};
	struct transport_source source;
	if (pu_sockaddr_class(addr) == PU_ADDR_LOOPBACK)
		return true;
	key_of(addr, &source);
	return pu_rates_take(knocks, pu_bytes(source.key, source.key_len), &each, now_ns) &&
	       pu_rates_take(knocks, pu_bytes_of_str(""), &all, now_ns);
}
