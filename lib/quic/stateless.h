/* Answers that need no connection: Retry, version negotiation, stateless reset, refusal
 * (RFC 9000, 6, 8.1.2, 10.3). All are rate-limited and never longer than what they answer,
 * Retry aside. */
#ifndef PU_QUIC_STATELESS_H
#define PU_QUIC_STATELESS_H

#include "quic/state.h"

/* The keys for tokens and resets, from config.secret. */
void pu_quic_stateless_init(struct pu_quic_endpoint *ep);
void pu_quic_stateless_fini(struct pu_quic_endpoint *ep);

void pu_quic_stateless_retry(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                             const ngtcp2_pkt_hd *hd);
/* Whether the packet's token is a Retry token of ours for this address; *odcid then is the
 * ID of the packet that was answered. PU_ENOTFOUND: it is none at all; PU_ECRYPTO: it looks
 * like one and is forged or too old. */
enum pu_err pu_quic_stateless_verify(struct pu_quic_endpoint *ep,
                                     const struct pu_quic_path *path, const ngtcp2_pkt_hd *hd,
                                     ngtcp2_cid *odcid) PU_MUST_CHECK;
void pu_quic_stateless_negotiate(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                                 const ngtcp2_version_cid *cids);
/* `len`: of the datagram that nobody knows. */
void pu_quic_stateless_reset(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                             const ngtcp2_version_cid *cids, size_t len);
/* A first packet gets CONNECTION_CLOSE with a transport code. */
void pu_quic_stateless_refuse(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                              const ngtcp2_pkt_hd *hd, uint64_t code);

#endif
