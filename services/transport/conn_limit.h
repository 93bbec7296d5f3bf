/* How many inbound connections one source may have, and how often it may begin one: an IPv4
 * address, or an IPv6 /56. */
#ifndef TRANSPORT_CONN_LIMIT_H
#define TRANSPORT_CONN_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/map.h"
#include "base/rate.h"

struct transport_source; /* lives while somebody holds it */

/* One more would exceed `max` (loopback is exempt). */
bool transport_source_full(const struct pu_map *sources, const struct sockaddr *addr,
                           unsigned max);
struct transport_source *transport_source_hold(struct pu_map *sources,
                                               const struct sockaddr *addr);
void transport_source_rele(struct pu_map *sources, struct transport_source *source);

/* One more connection begins: whether that is not too often, for its source or for all of them
 * together (loopback is exempt). Counts it, if it is not. Rates are per minute. */
bool transport_source_may_knock(struct pu_rates *knocks, const struct sockaddr *addr,
                                uint32_t source_rate, uint32_t all_rate, uint64_t now_ns);

#endif
