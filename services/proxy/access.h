/* What auth said about who may use which service, and who waits for its answer. One question at
 * a time for each peer and service, however many streams want to know. */
#ifndef PROXY_ACCESS_H
#define PROXY_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "usage.h"

#define PROXY_REASON_MAX   128
#define PROXY_OUTDATED_MAX 3

struct proxy_access;

struct proxy_verdict {
	struct proxy_access *access;
	char key[PROXY_PEER_ID_MAX + PROXY_LABEL_MAX];
	char peer_id[PROXY_PEER_ID_MAX];
	char service[PROXY_LABEL_MAX];
	char reason[PROXY_REASON_MAX];
	bool allowed;
	bool known;
	bool asking;
	unsigned outdated;   /* answers in a row that were older than the newest change */
	uint64_t generation; /* of authorized_keys */
	uint64_t expires_ms;
	struct pu_list waiting; /* the caller's nodes, oldest first */
	struct pu_list_node node;
};

/* `recent` holds the verdict used last first. */
struct proxy_access {
	struct pu_map verdicts;
	struct pu_list recent;
	size_t max;
	uint64_t ttl_ms;
	uint64_t generation; /* the newest that auth told of */
};

void proxy_access_init(struct proxy_access *access, size_t max, uint64_t ttl_ms);
void proxy_access_fini(struct proxy_access *access); /* does not touch who waits */

/* The entry for this peer and service, made if need be. If it is neither known nor asking, the
 * caller asks auth and says so with proxy_access_asked(); if it is not known, the caller may
 * add itself to `waiting`. NULL: too many questions at once, or a name that is too long. */
struct proxy_verdict *proxy_access_get(struct proxy_access *access, const char *peer_id,
                                       const char *service, uint64_t now_ms);
void proxy_access_asked(struct proxy_verdict *verdict);

/* Auth has answered. False: authorized_keys changed since, so the caller asks once more (at
 * most PROXY_OUTDATED_MAX times). True: the verdict is known and the caller takes everybody out
 * of `waiting`. */
bool proxy_access_answered(struct proxy_access *access, struct proxy_verdict *verdict,
                           bool allowed, const char *reason, uint64_t generation,
                           uint64_t now_ms);
/* The question failed; the next one to need it asks again. */
void proxy_access_unanswered(struct proxy_verdict *verdict);

/* authorized_keys changed, or auth was started again (generation 0: numbers start anew): what
 * was known is known no more. */
void proxy_access_changed(struct proxy_access *access, uint64_t generation);

#endif
