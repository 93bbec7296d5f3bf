/* Who may: the one decision that every protocol and every handshake asks for. */
#ifndef AUTH_POLICY_H
#define AUTH_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "p2p/peer_id.h"
#include "trust/authorized_keys.h"

/* "expired on 9999-12-31T23:59:59.999Z" with the final NUL. */
#define AUTH_REASON_MAX 40

struct auth_policy {
	const struct pu_authorized_keys *keys;
	bool gating;     /* off: everybody may, as the operator asked for */
	bool open_relay; /* who is not authorized may connect all the same, as a guest */
};

struct auth_verdict {
	bool allowed;
	bool guest;                   /* may use the relay, and nothing else */
	char reason[AUTH_REASON_MAX]; /* for people: "authorized", "not in authorized_keys", ... */
};

/* Whether this is an action that can be asked about: "connect", "dial" or "service". */
bool auth_policy_knows(const char *action);

/* Judges whether a peer may do this at this moment; an action that is not known is judged as
 * "service". */
struct auth_verdict auth_policy_judge(const struct auth_policy *policy,
                                      const struct pu_peer_id *peer, const char *action,
                                      uint64_t now_unix_ms);

#endif
