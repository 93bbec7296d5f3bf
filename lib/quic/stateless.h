/* Answers that need no connection: version negotiation, stateless reset, refusal (RFC 9000, 6,
 * 10.3). All are rate-limited and never longer than what they answer. See also retry.h. */
#ifndef PU_QUIC_STATELESS_H
#define PU_QUIC_STATELESS_H

#include "quic/state.h"

/* A key for this purpose, from config.secret. */
void pu_quic_stateless_derive(const struct pu_quic_endpoint *ep, const char *label,
                              uint8_t out[32]);
void pu_quic_stateless_init(struct pu_quic_endpoint *ep);
void pu_quic_stateless_fini(struct pu_quic_endpoint *ep);

void pu_quic_stateless_negotiate(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                                 const ngtcp2_version_cid *cids);
/* `len`: of the datagram that nobody knows. */
void pu_quic_stateless_reset(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                             const ngtcp2_version_cid *cids, size_t len);
/* A first packet gets CONNECTION_CLOSE with a transport code. */
void pu_quic_stateless_refuse(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                              const ngtcp2_pkt_hd *hd, uint64_t code);

#endif
