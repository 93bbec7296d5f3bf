/* Streams that peers open to our services: may they, and is the target there? */
#ifndef PROXY_INBOUND_H
#define PROXY_INBOUND_H

#include "proxy.h"

void proxy_inbound_open(struct proxy *proxy, const struct pu_stream_inbound *inbound);
void proxy_inbound_closed(struct proxy *proxy, const struct pu_stream_closed *closed);
/* Transport is a new process: its ids start anew, what waits from before is dropped. */
void proxy_inbound_forget(struct proxy *proxy);
/* As above, and frees what waits. The connector must be gone. */
void proxy_inbound_stop(struct proxy *proxy);

#endif
