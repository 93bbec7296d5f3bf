/* Knows which address is worth trying first. */
#include "dial_rank.h"

#include <stdlib.h>
#include <string.h>

#include "p2p/multiaddr_class.h"

enum { GROUP_LOOPBACK, GROUP_PRIVATE, GROUP_PUBLIC, GROUP_RELAYED };

static const unsigned carrier_ranks[PU_CARRIERS] = {
    [PU_CARRIER_QUIC] = 0,
    [PU_CARRIER_TCP] = 1,
    [PU_CARRIER_WSS] = 2,
    [PU_CARRIER_WS] = 3,
};

static unsigned group_of(const struct transport_candidate *candidate)
{
	if (candidate->carrier == PU_CARRIER_NONE)
		return GROUP_RELAYED;
	switch (pu_sockaddr_class((const struct sockaddr *)&candidate->addr)) {
	case PU_ADDR_LOOPBACK:
		return GROUP_LOOPBACK;
	case PU_ADDR_PRIVATE:
		return GROUP_PRIVATE;
	case PU_ADDR_PUBLIC:
	case PU_ADDR_UNSPECIFIED:
	case PU_ADDR_UNROUTABLE:
	case PU_ADDR_OTHER:
		break;
	}
	return GROUP_PUBLIC;
}

/* Lower is earlier: group, then carrier, then family. */
static unsigned rank_of(const struct transport_candidate *candidate)
{
	unsigned group = group_of(candidate);
	if (group == GROUP_RELAYED)
		return group * 16 + candidate->preference;
	return group * 16 + carrier_ranks[candidate->carrier] * 2 +
	       (candidate->addr.ss_family == AF_INET6 ? 0 : 1);
}

/* Where it leads to. */
static int compare_target(const struct transport_candidate *a,
                          const struct transport_candidate *b)
{
	if (a->carrier != b->carrier)
		return a->carrier < b->carrier ? -1 : 1;
	if (a->carrier != PU_CARRIER_NONE)
		return memcmp(&a->addr, &b->addr, sizeof(a->addr));
	if (a->multiaddr.len != b->multiaddr.len)
		return a->multiaddr.len < b->multiaddr.len ? -1 : 1;
	return memcmp(a->multiaddr.bytes, b->multiaddr.bytes, a->multiaddr.len);
}

bool transport_candidate_eq(const struct transport_candidate *a,
                            const struct transport_candidate *b)
{
	return compare_target(a, b) == 0;
}

static int compare(const void *left, const void *right)
{
	const struct transport_candidate *a = left, *b = right;
	unsigned ranks[2] = {rank_of(a), rank_of(b)};
	if (ranks[0] != ranks[1])
		return ranks[0] < ranks[1] ? -1 : 1;
	return compare_target(a, b);
}

static size_t drop_duplicates(struct transport_candidate *candidates, size_t len)
{
	size_t kept = 0;
	for (size_t i = 0; i < len; i++)
		if (kept == 0 || !transport_candidate_eq(&candidates[kept - 1], &candidates[i]))
			candidates[kept++] = candidates[i];
	return kept;
}

/* Sorted by compare(): direct ones, then relayed ones, which wait for none of those. */
static void set_delays(struct transport_candidate *candidates, size_t len)
{
	bool direct = len > 0 && group_of(&candidates[0]) != GROUP_RELAYED, relayed = false;
	uint32_t delay = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned group = group_of(&candidates[i]);
		if (group == GROUP_RELAYED && !relayed)
			delay = direct ? DIAL_HOLD_RELAYED_MS : 0;
		else if (i > 0)
			delay += group >= GROUP_PUBLIC ? DIAL_STEP_PUBLIC_MS : DIAL_STEP_PRIVATE_MS;
		relayed = group == GROUP_RELAYED;
		candidates[i].delay_ms = delay;
	}
}

static int compare_delay(const void *left, const void *right)
{
	const struct transport_candidate *a = left, *b = right;
	if (a->delay_ms != b->delay_ms)
		return a->delay_ms < b->delay_ms ? -1 : 1;
	return compare(left, right);
}

size_t transport_dial_rank(struct transport_candidate *candidates, size_t len)
{
	if (len == 0) /* qsort() wants an array even then */
		return 0;
	qsort(candidates, len, sizeof(*candidates), compare);
	len = drop_duplicates(candidates, len);
	set_delays(candidates, len);
	qsort(candidates, len, sizeof(*candidates), compare_delay);
	return len;
}
