/* Who was added to or removed from authorized_keys between two readings of it. */
#ifndef AUTH_CHANGES_H
#define AUTH_CHANGES_H

#include <stdint.h>

#include "io_audit.h"
#include "trust/authorized_keys.h"

/* Writes an audit line for each peer that only one of the two has: "added" or "removed". One
 * peer (or NULL) is left out: that of an edit which has its own line. */
void auth_changes_audit(struct auth_audit *audit, const struct pu_authorized_keys *before,
                        const struct pu_authorized_keys *after, const struct pu_peer_id *except,
                        uint64_t now_unix_ms);

#endif
