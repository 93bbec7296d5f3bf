/* Knows what counts as one source of clients, and how often clients and sources may ask. */
#include <netinet/in.h>
#include <string.h>

#include "p2p/multiaddr_class.h"
#include "relay/limits.h"
#include "relay/state.h"

enum {
	IPV4_LEN = 4,
	IPV6_PREFIX_LEN = 7, /* /56: what one customer has */
	MAPPED_AT = 12,      /* where the IPv4 address stands in an IPv4-mapped one */
};

/* What stands in front of a key of the rates: two guests' quotas are not the members'. */
enum { KIND_PEER = 'p', KIND_GUEST = 'g', KIND_SOURCE = 's', KIND_GUEST_SOURCE = 'h' };

static const struct pu_rate_rule peer_rule = {PU_RELAY_PEER_REQUESTS,
                                              PU_RELAY_PEER_REQUESTS_BURST};
static const struct pu_rate_rule guest_rule = {PU_RELAY_GUEST_REQUESTS,
                                               PU_RELAY_GUEST_REQUESTS_BURST};
static const struct pu_rate_rule source_rule = {PU_RELAY_SOURCE_REQUESTS,
                                                PU_RELAY_SOURCE_REQUESTS_BURST};
static const struct pu_rate_rule guest_source_rule = {PU_RELAY_GUEST_SOURCE_REQUESTS,
                                                      PU_RELAY_GUEST_SOURCE_REQUESTS_BURST};

static size_t key_of_ip6(const struct in6_addr *ip, uint8_t out[PU_RELAY_SOURCE_KEY_MAX])
{
	if (IN6_IS_ADDR_V4MAPPED(ip)) {
		out[0] = 4;
		memcpy(out + 1, ip->s6_addr + MAPPED_AT, IPV4_LEN);
		return 1 + IPV4_LEN;
	}
	out[0] = 6;
	memcpy(out + 1, ip->s6_addr, IPV6_PREFIX_LEN);
	return 1 + IPV6_PREFIX_LEN;
}

size_t pu_relay_source_key(const struct sockaddr *addr, uint8_t out[PU_RELAY_SOURCE_KEY_MAX])
{
	if (addr == NULL || pu_sockaddr_class(addr) == PU_ADDR_LOOPBACK)
		return 0;
	if (addr->sa_family == AF_INET6)
		return key_of_ip6(&((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr, out);
	if (addr->sa_family != AF_INET)
		return 0;
	out[0] = 4;
	memcpy(out + 1, &((const struct sockaddr_in *)(const void *)addr)->sin_addr, IPV4_LEN);
	return 1 + IPV4_LEN;
}

static bool take(struct pu_relay *relay, uint8_t kind, struct pu_bytes who,
                 const struct pu_rate_rule *rule, uint64_t now)
{
	uint8_t key[PU_RATE_KEY_MAX];

	key[0] = kind;
	memcpy(key + 1, who.data, who.len);
	return pu_rates_take(&relay->rates, pu_bytes(key, 1 + who.len), rule, now);
}

bool pu_relay_may_ask(struct pu_relay *relay, const struct pu_relay_client *client,
                      uint64_t now)
{
	uint8_t source[PU_RELAY_SOURCE_KEY_MAX];
	size_t len = pu_relay_source_key(client->addr, source);

	_Static_assert(1 + PU_PEER_ID_MAX <= PU_RATE_KEY_MAX, "a peer ID must fit");
	if (len > 0 &&
	    !take(relay, client->guest ? KIND_GUEST_SOURCE : KIND_SOURCE, pu_bytes(source, len),
	          client->guest ? &guest_source_rule : &source_rule, now))
		return false;
	return take(relay, client->guest ? KIND_GUEST : KIND_PEER, pu_peer_id_bytes(client->id),
	            client->guest ? &guest_rule : &peer_rule, now);
}
