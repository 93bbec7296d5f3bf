/* What handshakes may cost in a second: each address that was proved has a budget, and all that
 * were not have one together. A handshake costs 1, one that fails PU_QUIC_FAILURE_COST more; a
 * second's worth may be spent at once. */
#ifndef PU_QUIC_SOURCE_H
#define PU_QUIC_SOURCE_H

#include "quic/state.h"

/* IPv4: the address; IPv6: its /56, which is what one customer has. Not less than what the host
 * counts connections by: forged first packets must not fill up its count for somebody else. */
size_t pu_quic_source_of(const struct pu_quic_addr *addr, uint8_t out[16]);

void pu_quic_source_init(struct pu_quic_endpoint *ep);
/* There is something left in the budget. */
bool pu_quic_source_may(struct pu_quic_endpoint *ep, const struct pu_quic_addr *addr,
                        bool verified);
void pu_quic_source_spend(struct pu_quic_endpoint *ep, const struct pu_quic_addr *addr,
                          bool verified, uint32_t cost);

#endif
