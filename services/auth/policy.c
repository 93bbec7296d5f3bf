/* Knows the rule: listed and not expired, unless the operator has switched gating off. */
#include "policy.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "trust/rfc3339.h"

static struct auth_verdict verdict(bool allowed, const char *reason)
{
	struct auth_verdict out = {.allowed = allowed};

	snprintf(out.reason, sizeof(out.reason), "%s", reason);
	return out;
}

struct auth_verdict auth_policy_judge(const struct pu_authorized_keys *keys, bool gating,
                                      const struct pu_peer_id *peer, uint64_t now_unix_ms)
{
	const struct pu_authorized_peer *entry = pu_authorized_keys_find(keys, peer);
	struct auth_verdict expired = {0};
	char time[PU_RFC3339_TEXT_MAX];

	if (!gating)
		return verdict(true, "gating is off");
	if (entry == NULL)
		return verdict(false, "not in authorized_keys");
	if (!pu_authorized_peer_expired(entry, now_unix_ms))
		return verdict(true, "authorized");
	snprintf(expired.reason, sizeof(expired.reason), "expired on %s",
	         pu_rfc3339_print(entry->expires_ms, time));
	return expired;
}

bool auth_policy_knows(const char *action)
{
	static const char *const actions[] = {"connect", "dial", "service"};

	for (size_t i = 0; i < PU_ARRAY_LEN(actions); i++) {
		if (strcmp(actions[i], action) == 0)
			return true;
	}
	return false;
}
