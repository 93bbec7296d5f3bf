/* Knows the rule: listed and not expired, unless the operator has switched gating off; and what
 * a guest of an open relay may. */
#include "policy.h"

#include <stdio.h>
#include <string.h>

#include "trust/rfc3339.h"

enum { ACTIONS = 3 };

static const struct action {
	const char *name;
	bool for_guests; /* what a connection to the relay takes */
} actions[ACTIONS] = {
    {"connect", true},
    {"dial", true},
    {"service", false},
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < ACTIONS; i++) {
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	}
	return NULL;
}

bool auth_policy_knows(const char *action)
{
	return find_action(action) != NULL;
}

static struct auth_verdict verdict(bool allowed, const char *reason)
{
	struct auth_verdict out = {.allowed = allowed};

	snprintf(out.reason, sizeof(out.reason), "%s", reason);
	return out;
}

/* By authorized_keys alone. */
static struct auth_verdict judge_listed(const struct auth_policy *policy,
                                        const struct pu_peer_id *peer, uint64_t now_unix_ms)
{
	const struct pu_authorized_peer *entry = pu_authorized_keys_find(policy->keys, peer);
	struct auth_verdict expired = {0};
	char time[PU_RFC3339_TEXT_MAX];

	if (entry == NULL)
		return verdict(false, "not in authorized_keys");
	if (!pu_authorized_peer_expired(entry, now_unix_ms))
		return verdict(true, "authorized");
	snprintf(expired.reason, sizeof(expired.reason), "expired on %s",
	         pu_rfc3339_print(entry->expires_ms, time));
	return expired;
}

struct auth_verdict auth_policy_judge(const struct auth_policy *policy,
                                      const struct pu_peer_id *peer, const char *action,
                                      uint64_t now_unix_ms)
{
	const struct action *known = find_action(action);
	struct auth_verdict out;

	if (!policy->gating)
		return verdict(true, "gating is off");
	out = judge_listed(policy, peer, now_unix_ms);
	if (out.allowed || !policy->open_relay || known == NULL || !known->for_guests)
		return out;
	out = verdict(true, "guest of the open relay");
	out.guest = true;
	return out;
}
