/* Knows how many streams and bytes each peer moved through each service, within a
 * bounded table. */
#include "usage.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

const char *proxy_direction_name(enum proxy_direction direction)
{
	return direction == PROXY_IN ? "in" : "out";
}

void proxy_usage_init(struct proxy_usage *usage, size_t max)
{
	*usage = (struct proxy_usage){.max = max};
	pu_map_init(&usage->accounts);
	pu_list_init(&usage->recent);
}

static void account_free(struct proxy_usage *usage, struct proxy_account *account)
{
	pu_map_del(&usage->accounts, pu_bytes_of_str(account->key));
	pu_list_remove(&account->node);
	pu_free(account);
}

void proxy_usage_fini(struct proxy_usage *usage)
{
	PU_LIST_FOREACH(it, &usage->recent)
		account_free(usage, PU_LIST_ENTRY(it, struct proxy_account, node));
	pu_map_fini(&usage->accounts);
}

/* From the least recently used on: active ones are few and recent, so this ends soon. */
static bool make_room(struct proxy_usage *usage)
{
	struct pu_list_node *it = usage->recent.head.prev;

	for (; it != &usage->recent.head; it = it->prev) {
		struct proxy_account *account = PU_LIST_ENTRY(it, struct proxy_account, node);

		if (account->active == 0) {
			account_free(usage, account);
			return true;
		}
	}
	return false;
}

struct proxy_account *proxy_usage_get(struct proxy_usage *usage, const char *service,
                                      const char *peer_id, enum proxy_direction direction)
{
	char key[sizeof(((struct proxy_account *)0)->key)];
	struct proxy_account *account;

	if (strlen(service) >= PROXY_LABEL_MAX || strlen(peer_id) >= PROXY_PEER_ID_MAX)
		return NULL;
	snprintf(key, sizeof(key), "%d%s/%s", (int)direction, service, peer_id);
	account = pu_map_get(&usage->accounts, pu_bytes_of_str(key));
	if (account != NULL) {
		pu_list_remove(&account->node);
		pu_list_prepend(&usage->recent, &account->node);
		return account;
	}
	if (pu_map_len(&usage->accounts) >= usage->max && !make_room(usage))
		return NULL;
	account = PU_NEW(struct proxy_account);
	snprintf(account->service, sizeof(account->service), "%s", service);
	snprintf(account->peer_id, sizeof(account->peer_id), "%s", peer_id);
	snprintf(account->key, sizeof(account->key), "%s", key);
	account->direction = direction;
	pu_map_put(&usage->accounts, pu_bytes_of_str(account->key), account);
	pu_list_prepend(&usage->recent, &account->node);
	return account;
}

void proxy_account_begin(struct proxy_account *account)
{
	account->active++;
}

void proxy_account_opened(struct proxy_account *account)
{
	account->total++;
}

void proxy_account_end(struct proxy_account *account, uint64_t bytes_in, uint64_t bytes_out,
                       bool failed)
{
	account->active--;
	account->bytes_in += bytes_in;
	account->bytes_out += bytes_out;
	account->failed += failed ? 1 : 0;
}
