/* Looks up the addresses of target host names, once for all who ask at the same time. */
#ifndef PROXY_IO_HOST_H
#define PROXY_IO_HOST_H

#include <uv.h>

#include "base/error.h"
#include "base/list.h"
#include "endpoint.h"

struct proxy_hosts;
struct proxy_host;

struct proxy_lookup;
/* err PU_OK: `len` addresses (at most PROXY_HOST_ADDRESSES) with port 0, valid during the call.
 * PU_EUNREACHABLE: no such host or no answer; PU_ELIMIT: too many names. */
typedef void (*proxy_found_fn)(struct proxy_lookup *lookup, enum pu_err err,
                               const struct proxy_address *addresses, size_t len);

/* Embedded in whatever waits; host is not NULL while it waits. */
struct proxy_lookup {
	struct pu_list_node node;
	struct proxy_host *host;
	proxy_found_fn found;
};

struct proxy_hosts *proxy_hosts_new(uv_loop_t *loop);
/* Who still waits is not called. */
void proxy_hosts_free(struct proxy_hosts *hosts);

/* Calls `found` once, now (from the cache) or later. */
void proxy_hosts_lookup(struct proxy_hosts *hosts, const char *name,
                        struct proxy_lookup *lookup, proxy_found_fn found);
void proxy_hosts_cancel(struct proxy_lookup *lookup);
/* The next lookup of this name asks again. */
void proxy_hosts_expire(struct proxy_hosts *hosts, const char *name);
/* Forgets every name that nobody waits for. */
void proxy_hosts_clear(struct proxy_hosts *hosts);

#endif
