/* The local services that peers may use, and which peers. */
#ifndef PROXY_EXPOSED_H
#define PROXY_EXPOSED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "endpoint.h"
#include "proto/messages.h"
#include "usage.h"

#define PROXY_PROTOCOL_MAX (PROXY_LABEL_MAX + 16)

/* A DNS label: 1 to 63 of a-z, 0-9 and '-', not first or last (peerup's service names). */
bool proxy_label_is_valid(struct pu_bytes text);
/* "/peerup/<label>/1.0.0" and nothing else (peerup service proxy). PU_EMALFORMED. */
enum pu_err proxy_protocol_parse(const char *protocol,
                                 char label[PROXY_LABEL_MAX]) PU_MUST_CHECK;
const char *proxy_protocol_print(const char *label, char out[PROXY_PROTOCOL_MAX]);

struct proxy_service {
	struct pu_exposed about; /* borrowed from the configuration */
	struct proxy_endpoint target;
	char (*allowed)[PROXY_PEER_ID_MAX]; /* the peers of allowed_peers that are known, base58 */
	size_t allowed_len;
	struct pu_list_node node;
};

struct proxy_exposed {
	struct pu_map names;
	struct pu_list services; /* in the order of the configuration */
};

/* Finds the peer ID (base58) of a name or of a peer ID in another text form. False: unknown. */
typedef bool (*proxy_peer_fn)(const void *user, const char *text, char out[PROXY_PEER_ID_MAX]);

void proxy_exposed_init(struct proxy_exposed *exposed);
void proxy_exposed_fini(struct proxy_exposed *exposed);

/* `about` is borrowed and lives as long as the table. An entry of allowed_peers that
 * `peer_id_of` does not know allows nobody. *unknown: how many of these there are.
 * PU_EINVAL: bad name or target; PU_EEXIST; PU_ELIMIT. */
enum pu_err proxy_exposed_add(struct proxy_exposed *exposed, const struct pu_exposed *about,
                              proxy_peer_fn peer_id_of, const void *user,
                              size_t *unknown) PU_MUST_CHECK;

/* An enabled service, or NULL. */
const struct proxy_service *proxy_exposed_find(const struct proxy_exposed *exposed,
                                               const char *name);
/* Whether its own list lets the peer in; an empty list lets in every authorized peer. */
bool proxy_service_allows(const struct proxy_service *service, const char *peer_id);

#endif
