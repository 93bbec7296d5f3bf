/* Who used what: one account per service, peer and direction. */
#ifndef PROXY_USAGE_H
#define PROXY_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"

enum proxy_direction {
	PROXY_IN,  /* a peer uses a service of ours */
	PROXY_OUT, /* we use a peer's */
};

/* "in", "out". */
const char *proxy_direction_name(enum proxy_direction direction);

#define PROXY_LABEL_MAX   64 /* a DNS label with its NUL */
#define PROXY_PEER_ID_MAX 64 /* a peer ID in base58 with its NUL */

struct proxy_account {
	char service[PROXY_LABEL_MAX];
	char peer_id[PROXY_PEER_ID_MAX];
	enum proxy_direction direction;
	uint64_t active;    /* opening ones too */
	uint64_t total;     /* that were opened */
	uint64_t failed;    /* that were not, or broke */
	uint64_t bytes_in;  /* from the peer, of ended streams */
	uint64_t bytes_out; /* to the peer, of ended streams */
	struct pu_list_node node;
	char key[2 + PROXY_LABEL_MAX + PROXY_PEER_ID_MAX];
};

/* `recent` holds the account used last first. */
struct proxy_usage {
	struct pu_map accounts;
	struct pu_list recent;
	size_t max;
};

void proxy_usage_init(struct proxy_usage *usage, size_t max);
void proxy_usage_fini(struct proxy_usage *usage);

/* The account, made if need be and then counted as used now. When `max` are there, the one
 * without active streams that was used longest ago makes room; NULL when all are active,
 * or for a name that is too long.
 * It lives at least while `active` is not 0. */
struct proxy_account *proxy_usage_get(struct proxy_usage *usage, const char *service,
                                      const char *peer_id, enum proxy_direction direction);

/* A stream of this account begins; it succeeds; it ends. */
void proxy_account_begin(struct proxy_account *account);
void proxy_account_opened(struct proxy_account *account);
void proxy_account_end(struct proxy_account *account, uint64_t bytes_in, uint64_t bytes_out,
                       bool failed);

#endif
