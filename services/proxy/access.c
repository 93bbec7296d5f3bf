/* Knows auth's verdicts about peers and services for as long as they hold. */
#include "access.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

void proxy_access_init(struct proxy_access *access, size_t max, uint64_t ttl_ms)
{
	*access = (struct proxy_access){.max = max, .ttl_ms = ttl_ms};
	pu_map_init(&access->verdicts);
	pu_list_init(&access->recent);
}

static void verdict_free(struct proxy_access *access, struct proxy_verdict *verdict)
{
	pu_map_del(&access->verdicts, pu_bytes_of_str(verdict->key));
	pu_list_remove(&verdict->node);
	pu_free(verdict);
}

void proxy_access_fini(struct proxy_access *access)
{
	PU_LIST_FOREACH(it, &access->recent)
		verdict_free(access, PU_LIST_ENTRY(it, struct proxy_verdict, node));
	pu_map_fini(&access->verdicts);
}

/* Questions under way are few and recent: the search ends soon. */
static bool make_room(struct proxy_access *access)
{
	struct pu_list_node *it = access->recent.head.prev;

	for (; it != &access->recent.head; it = it->prev) {
		struct proxy_verdict *verdict = PU_LIST_ENTRY(it, struct proxy_verdict, node);

		if (!verdict->asking && pu_list_empty(&verdict->waiting)) {
			verdict_free(access, verdict);
			return true;
		}
	}
	return false;
}

static struct proxy_verdict *verdict_new(struct proxy_access *access, const char *key)
{
	struct proxy_verdict *verdict = PU_NEW(struct proxy_verdict);

	verdict->access = access;
	snprintf(verdict->key, sizeof(verdict->key), "%s", key);
	pu_list_init(&verdict->waiting);
	pu_map_put(&access->verdicts, pu_bytes_of_str(verdict->key), verdict);
	return verdict;
}

struct proxy_verdict *proxy_access_get(struct proxy_access *access, const char *peer_id,
                                       const char *service, uint64_t now_ms)
{
	char key[sizeof(((struct proxy_verdict *)0)->key)];
	struct proxy_verdict *verdict;

	if (strlen(peer_id) >= PROXY_PEER_ID_MAX || strlen(service) >= PROXY_LABEL_MAX)
		return NULL;
	snprintf(key, sizeof(key), "%s/%s", peer_id, service);
	verdict = pu_map_get(&access->verdicts, pu_bytes_of_str(key));
	if (verdict == NULL) {
		if (pu_map_len(&access->verdicts) >= access->max && !make_room(access))
			return NULL;
		verdict = verdict_new(access, key);
		snprintf(verdict->peer_id, sizeof(verdict->peer_id), "%s", peer_id);
		snprintf(verdict->service, sizeof(verdict->service), "%s", service);
	}
	if (now_ms >= verdict->expires_ms || verdict->generation < access->generation)
		verdict->known = false;
	pu_list_remove(&verdict->node);
	pu_list_prepend(&access->recent, &verdict->node);
	return verdict;
}

void proxy_access_asked(struct proxy_verdict *verdict)
{
	verdict->asking = true;
}

bool proxy_access_answered(struct proxy_access *access, struct proxy_verdict *verdict,
                           bool allowed, const char *reason, uint64_t generation,
                           uint64_t now_ms)
{
	verdict->asking = false;
	if (generation < access->generation && ++verdict->outdated < PROXY_OUTDATED_MAX)
		return false;
	verdict->outdated = 0;
	access->generation = generation;
	verdict->known = true;
	verdict->allowed = allowed;
	verdict->generation = generation;
	verdict->expires_ms = now_ms + access->ttl_ms;
	snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
	return true;
}

void proxy_access_unanswered(struct proxy_verdict *verdict)
{
	verdict->asking = false;
}

void proxy_access_changed(struct proxy_access *access, uint64_t generation)
{
	access->generation = generation;
	PU_LIST_FOREACH(it, &access->recent)
		PU_LIST_ENTRY(it, struct proxy_verdict, node)->known = false;
}
