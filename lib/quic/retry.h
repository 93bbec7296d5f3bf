/* Retry (RFC 9000, 8.1.2, 17.2.5): proof of an address without remembering anything. It costs
 * one hash and one tag, and is a tenth as long as what it answers: so everybody gets one, at
 * whatever rate, and a flood does not keep honest newcomers out. */
#ifndef PU_QUIC_RETRY_H
#define PU_QUIC_RETRY_H

#include "quic/state.h"

/* Keys from config.secret, which must be there still; after tls.c. */
void pu_quic_retry_init(struct pu_quic_endpoint *ep);
void pu_quic_retry_fini(struct pu_quic_endpoint *ep);

void pu_quic_retry_send(struct pu_quic_endpoint *ep, const struct pu_quic_path *path,
                        const ngtcp2_pkt_hd *hd);
/* Whether the packet's token is a Retry token of ours for this address and connection ID;
 * *odcid then is the ID of the packet that was answered. PU_ENOTFOUND: it is none at all;
 * PU_ECRYPTO: it looks like one and is forged or too old. */
enum pu_err pu_quic_retry_verify(const struct pu_quic_endpoint *ep,
                                 const struct pu_quic_path *path, const ngtcp2_pkt_hd *hd,
                                 ngtcp2_cid *odcid) PU_MUST_CHECK;

#endif
