/* Streams that peers open to our services: may they, and is the target there? */
#ifndef PROXY_INBOUND_H
#define PROXY_INBOUND_H

#include "proxy.h"

void proxy_inbound_open(struct proxy *proxy, const struct pu_stream_inbound *inbound);
/* Also of streams that were not accepted yet. */
void proxy_inbound_closed(struct proxy *proxy, const struct pu_stream_closed *closed);
/* Frees what waits. The connector must be gone. */
void proxy_inbound_stop(struct proxy *proxy);

#endif
