/* Connects to the targets of exposed services without blocking. */
#ifndef PROXY_IO_TARGET_H
#define PROXY_IO_TARGET_H

#include <uv.h>

#include "base/error.h"
#include "endpoint.h"

struct proxy_connector;

/* Called once per connect. PU_OK: fd is connected, non-blocking, close-on-exec, TCP_NODELAY,
 * and belongs to the callee. Else fd is -1 and `text` says what is wrong with which target:
 * PU_EREFUSED nobody listens there, PU_ETIMEOUT no answer within PROXY_CONNECT_MS,
 * PU_EUNREACHABLE no route or no such host, PU_EPERM, PU_ELIMIT. */
typedef void (*proxy_connected_fn)(void *user, enum pu_err err, const char *text, int fd);

struct proxy_connector *proxy_connector_new(uv_loop_t *loop);
/* Connects under way are dropped: their callbacks do not run. Accepts NULL. */
void proxy_connector_free(struct proxy_connector *connector);

/* Tries the target's addresses in order; the time that is left is shared among those that are
 * left. The callback may run before this returns. PU_ELIMIT also when too many connects for
 * this peer are under way. */
void proxy_connector_connect(struct proxy_connector *connector, const char *peer_id,
                             const struct proxy_endpoint *target, proxy_connected_fn connected,
                             void *user);
/* Forgets looked-up host addresses. */
void proxy_connector_forget(struct proxy_connector *connector);

#endif
