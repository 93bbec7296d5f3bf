/* What ngtcp2 allocates, counted and bounded per connection and per endpoint. */
#ifndef PU_QUIC_MEMORY_H
#define PU_QUIC_MEMORY_H

#include "quic/state.h"

void pu_quic_memory_start(struct pu_quic_endpoint *ep);
void pu_quic_memory_stop(struct pu_quic_endpoint *ep); /* all connections are gone */
/* The allocator of this connection's ngtcp2_conn. */
const ngtcp2_mem *pu_quic_memory_init(struct pu_quic_conn *conn);
/* Right after ngtcp2_conn_*_new(): let it allocate few objects at once. */
void pu_quic_memory_shrink_pools(struct pu_quic_conn *conn);

#endif
