/* What ngtcp2 allocates, counted and bounded per connection and per endpoint. */
#ifndef PU_QUIC_MEMORY_H
#define PU_QUIC_MEMORY_H

#include "quic/state.h"

/* The allocator of this connection's ngtcp2_conn. */
const ngtcp2_mem *pu_quic_memory_init(struct pu_quic_conn *conn);

#endif
