/* Watches the process that asked for an ephemeral forward. */
#ifndef PROXY_IO_OWNER_H
#define PROXY_IO_OWNER_H

#include <sys/types.h>
#include <uv.h>

#include "base/error.h"

struct proxy_owner;

/* Calls `gone` once when the process ends; the owner may be freed in there.
 * PU_ENOTFOUND: it has ended already. PU_EUNSUPPORTED, PU_EPERM, PU_EIO: cannot be watched. */
enum pu_err proxy_owner_watch(struct proxy_owner **owner, uv_loop_t *loop, pid_t pid,
                              void (*gone)(void *user), void *user) PU_MUST_CHECK;
void proxy_owner_free(struct proxy_owner *owner); /* accepts NULL */

#endif
