/* Knows which forwards there are and how they differ from the ones that are wanted. */
#include "forward.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "exposed.h"
#include "limits.h"

void proxy_forwards_init(struct proxy_forwards *forwards)
{
	*forwards = (struct proxy_forwards){0};
	pu_list_init(&forwards->items);
}

bool proxy_forward_is_permanent(const struct proxy_forward *forward)
{
	return forward->owner_pid == 0;
}

const char *proxy_forward_state_name(enum proxy_forward_state state)
{
	static const char *const names[] = {
	    [PROXY_STARTING] = "starting",
	    [PROXY_LISTENING] = "listening",
	    [PROXY_DISABLED] = "disabled",
	    [PROXY_FAILED] = "failed",
	};

	return names[state];
}

struct proxy_forward *proxy_forwards_find(const struct proxy_forwards *forwards, const char *id,
                                          bool permanent)
{
	PU_LIST_FOREACH(it, &forwards->items) {
		struct proxy_forward *forward = PU_LIST_ENTRY(it, struct proxy_forward, node);

		if (proxy_forward_is_permanent(forward) == permanent && strcmp(forward->id, id) == 0)
			return forward;
	}
	return NULL;
}

static bool is_same(const struct proxy_forward *forward, const struct proxy_wish *wish)
{
	return !proxy_forward_is_permanent(forward) && forward->owner_pid == wish->owner &&
	       strcmp(forward->peer, wish->peer) == 0 &&
	       strcmp(forward->service, wish->service) == 0 &&
	       (proxy_endpoint_eq(&forward->listen, &wish->listen) ||
	        proxy_endpoint_eq(&forward->real, &wish->listen));
}

struct proxy_forward *proxy_forwards_find_same(const struct proxy_forwards *forwards,
                                               const struct proxy_wish *wish)
{
	PU_LIST_FOREACH(it, &forwards->items) {
		struct proxy_forward *forward = PU_LIST_ENTRY(it, struct proxy_forward, node);

		if (is_same(forward, wish))
			return forward;
	}
	return NULL;
}

enum proxy_forward_change proxy_forward_compare(const struct proxy_forward *forward,
                                                const struct proxy_wish *wish)
{
	if (forward->enabled != wish->enabled ||
	    !proxy_endpoint_eq(&forward->listen, &wish->listen))
		return PROXY_OTHER_LISTEN;
	if (strcmp(forward->peer, wish->peer) != 0 || strcmp(forward->service, wish->service) != 0)
		return PROXY_OTHER_TARGET;
	return PROXY_SAME;
}

static enum pu_err check(const struct proxy_wish *wish)
{
	if (wish->peer[0] == '\0' || !proxy_label_is_valid(pu_bytes_of_str(wish->service)))
		return PU_EINVAL;
	if (strlen(wish->peer) >= PROXY_PEER_TEXT_MAX || strlen(wish->id) >= PROXY_FORWARD_ID_MAX)
		return PU_ELIMIT;
	return PU_OK;
}

enum pu_err proxy_forward_update(struct proxy_forward *forward, const struct proxy_wish *wish)
{
	enum pu_err err = check(wish);

	if (err != PU_OK)
		return err;
	snprintf(forward->peer, sizeof(forward->peer), "%s", wish->peer);
	snprintf(forward->service, sizeof(forward->service), "%s", wish->service);
	forward->listen = wish->listen;
	forward->enabled = wish->enabled;
	return PU_OK;
}

static void set_id(struct proxy_forwards *forwards, struct proxy_forward *forward,
                   const struct proxy_wish *wish)
{
	if (wish->owner == 0) {
		snprintf(forward->id, sizeof(forward->id), "%s", wish->id);
		return;
	}
	do { /* a permanent one may have such a name */
		snprintf(forward->id, sizeof(forward->id), "forward-%llu",
		         (unsigned long long)++forwards->last_number);
	} while (proxy_forwards_find(forwards, forward->id, true) != NULL);
}

enum pu_err proxy_forwards_add(struct proxy_forwards *forwards, const struct proxy_wish *wish,
                               struct proxy_forward **out)
{
	struct proxy_forward *forward;
	enum pu_err err;

	if (forwards->len >= PROXY_FORWARDS_MAX)
		return PU_ELIMIT;
	if (wish->owner == 0 && proxy_forwards_find(forwards, wish->id, true) != NULL)
		return PU_EEXIST;
	forward = PU_NEW(struct proxy_forward);
	err = proxy_forward_update(forward, wish);
	if (err != PU_OK) {
		pu_free(forward);
		return err;
	}
	forward->owner_pid = wish->owner;
	set_id(forwards, forward, wish);
	pu_list_init(&forward->flows);
	pu_list_append(&forwards->items, &forward->node);
	forwards->len++;
	*out = forward;
	return PU_OK;
}

void proxy_forwards_remove(struct proxy_forwards *forwards, struct proxy_forward *forward)
{
	pu_list_remove(&forward->node);
	forwards->len--;
	pu_free(forward);
}
