/* Certificates that were verified a short while ago, so that a peer that connects often does
 * not cost two signature checks each time. */
#ifndef PU_QUIC_CERT_CACHE_H
#define PU_QUIC_CERT_CACHE_H

#include "quic/state.h"

void pu_quic_cert_cache_init(struct pu_quic_endpoint *ep);
void pu_quic_cert_cache_fini(struct pu_quic_endpoint *ep);
bool pu_quic_cert_cache_get(struct pu_quic_endpoint *ep, struct pu_bytes der,
                            struct pu_peer_id *out);
void pu_quic_cert_cache_put(struct pu_quic_endpoint *ep, struct pu_bytes der,
                            const struct pu_peer_id *peer);

#endif
