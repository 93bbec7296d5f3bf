/* What the user calls peers: the `names` of the configuration. Case does not count. */
#ifndef NAMING_NAMES_H
#define NAMING_NAMES_H

#include "base/error.h"
#include "base/map.h"
#include "config/config.h"
#include "p2p/peer_id.h"

struct naming_name {
	char *name; /* as written */
	char *key;  /* in lower case */
	struct pu_peer_id peer;
};

struct naming_names {
	struct naming_name *items; /* in the configuration's order */
	size_t len;
	struct pu_map by_key;  /* struct naming_name */
	struct pu_map by_peer; /* the first name of a peer */
};

/* Copies what it needs. */
void naming_names_init(struct naming_names *names, const struct pu_config *config);
void naming_names_fini(struct naming_names *names);

/* From a name, or a peer ID in any text form; a name goes first. *entry (may be NULL) is the
 * name that `text` was, or NULL for a peer ID. PU_ENOTFOUND: neither. */
enum pu_err naming_names_resolve(const struct naming_names *names, const char *text,
                                 struct pu_peer_id *peer,
                                 const struct naming_name **entry) PU_MUST_CHECK;
/* The peer's name as written; "" when it has none. */
const char *naming_names_of(const struct naming_names *names, const struct pu_peer_id *peer);

#endif
