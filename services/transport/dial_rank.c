/* Knows which address is worth trying first. */
#include "dial_rank.h"

#include <stdlib.h>
#include <string.h>

#include "p2p/multiaddr_class.h"

/* Lower is earlier: group, then family. */
static unsigned rank_of(const struct transport_candidate *candidate)
{
	enum pu_addr_class class = pu_sockaddr_class((const struct sockaddr *)&candidate->addr);
	unsigned group = class == PU_ADDR_LOOPBACK ? 0 : class == PU_ADDR_PRIVATE ? 1 : 2;
	return group * 2 + (candidate->addr.ss_family == AF_INET6 ? 0 : 1);
}

static int compare(const void *left, const void *right)
{
	const struct transport_candidate *a = left, *b = right;
	unsigned ranks[2] = {rank_of(a), rank_of(b)};
	if (ranks[0] != ranks[1])
		return ranks[0] < ranks[1] ? -1 : 1;
	return memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static size_t drop_duplicates(struct transport_candidate *candidates, size_t len)
{
	size_t kept = 0;
	for (size_t i = 0; i < len; i++)
		if (kept == 0 || memcmp(&candidates[kept - 1].addr, &candidates[i].addr,
		                        sizeof(candidates[i].addr)) != 0)
			candidates[kept++] = candidates[i];
	return kept;
}

size_t transport_dial_rank(struct transport_candidate *candidates, size_t len)
{
	if (len > 0) /* qsort() wants an array even then */
		qsort(candidates, len, sizeof(*candidates), compare);
	len = drop_duplicates(candidates, len);
	uint32_t delay = 0;
	for (size_t i = 0; i < len; i++) {
		bool public = rank_of(&candidates[i]) >= 4;
		if (i > 0)
			delay += public ? DIAL_STEP_PUBLIC_MS : DIAL_STEP_PRIVATE_MS;
		candidates[i].delay_ms = delay;
	}
	return len;
}
