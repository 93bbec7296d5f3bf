/* The table of forwards: local listeners that lead to peers' services. Permanent ones come from
 * the configuration, ephemeral ones live as long as the process that asked. */
#ifndef PROXY_FORWARD_H
#define PROXY_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/list.h"
#include "burst.h"
#include "endpoint.h"
#include "usage.h"

#define PROXY_FORWARD_ID_MAX 65
#define PROXY_PEER_TEXT_MAX  129
#define PROXY_ERROR_MAX      256

/* What somebody wants; strings are borrowed. */
struct proxy_wish {
	const char *id; /* "" for an ephemeral one: it gets its number */
	const char *peer;
	const char *service;
	struct proxy_endpoint listen;
	bool enabled;
	pid_t owner; /* 0 for a permanent one */
};

enum proxy_forward_state {
	PROXY_STARTING, /* waits for naming */
	PROXY_LISTENING,
	PROXY_DISABLED,
	PROXY_FAILED,
};

struct proxy;
struct proxy_listener;
struct proxy_owner;
struct pu_request;

struct proxy_forward {
	char id[PROXY_FORWARD_ID_MAX];
	char peer[PROXY_PEER_TEXT_MAX]; /* as the user wrote it */
	char service[PROXY_LABEL_MAX];
	struct proxy_endpoint listen; /* as wished */
	struct proxy_endpoint real;   /* while it listens: port 0 is resolved */
	bool enabled;
	pid_t owner_pid; /* 0: permanent */
	struct pu_list_node node;

	enum proxy_forward_state state;
	char error[PROXY_ERROR_MAX];
	enum pu_err err;                 /* why it failed */
	char peer_id[PROXY_PEER_ID_MAX]; /* of `peer`; "" until resolved */
	uint64_t retry_at_ms;            /* 0: not to be retried */
	unsigned attempts;

	/* Held for it by outbound.c. */
	struct proxy *proxy;
	struct proxy_listener *listener;
	struct proxy_owner *owner;
	struct pu_request *request; /* waits for the first result */
	uint64_t resolving;         /* the question to naming; 0 = none */
	bool needing;               /* counts as a need for a connection to peer_id */
	size_t opening;             /* clients whose stream is not open yet */
	struct pu_list flows;
	struct proxy_burst burst;
};

struct proxy_forwards {
	struct pu_list items;
	size_t len;
	uint64_t last_number;
};

void proxy_forwards_init(struct proxy_forwards *forwards);

/* PU_EINVAL: the service is no DNS label or the peer is empty; PU_ELIMIT: too many forwards, or
 * a text that is too long; PU_EEXIST: that permanent one is there. */
enum pu_err proxy_forwards_add(struct proxy_forwards *forwards, const struct proxy_wish *wish,
                               struct proxy_forward **out) PU_MUST_CHECK;
/* Frees it. What outbound.c holds for it must be gone. */
void proxy_forwards_remove(struct proxy_forwards *forwards, struct proxy_forward *forward);

struct proxy_forward *proxy_forwards_find(const struct proxy_forwards *forwards, const char *id,
                                          bool permanent);
/* An ephemeral one that is what the wish asks for, of the same owner: the question was
 * repeated. */
struct proxy_forward *proxy_forwards_find_same(const struct proxy_forwards *forwards,
                                               const struct proxy_wish *wish);

/* How a permanent forward differs from what the configuration says now. */
enum proxy_forward_change {
	PROXY_SAME,
	PROXY_OTHER_TARGET, /* peer or service: the listener stays */
	PROXY_OTHER_LISTEN, /* also when enabled or disabled */
};
enum proxy_forward_change proxy_forward_compare(const struct proxy_forward *forward,
                                                const struct proxy_wish *wish);
/* Takes over the wish: PU_EINVAL, PU_ELIMIT as above, and nothing changed. */
enum pu_err proxy_forward_update(struct proxy_forward *forward,
                                 const struct proxy_wish *wish) PU_MUST_CHECK;

bool proxy_forward_is_permanent(const struct proxy_forward *forward);
/* "starting", "listening", "disabled", "failed". */
const char *proxy_forward_state_name(enum proxy_forward_state state);

#endif
