/* How many inbound connections one source may have: an IPv4 address, or an IPv6 /56. */
#ifndef TRANSPORT_CONN_LIMIT_H
#define TRANSPORT_CONN_LIMIT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/map.h"

struct transport_source; /* lives while somebody holds it */

/* One more would exceed `max` (loopback is exempt). */
bool transport_source_full(const struct pu_map *sources, const struct sockaddr *addr,
                           unsigned max);
struct transport_source *transport_source_hold(struct pu_map *sources,
                                               const struct sockaddr *addr);
void transport_source_rele(struct pu_map *sources, struct transport_source *source);

#endif
