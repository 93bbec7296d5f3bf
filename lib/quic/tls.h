/* TLS 1.3 as libp2p wants it (libp2p specs, tls/tls.md), one session per handshake. */
#ifndef PU_QUIC_TLS_H
#define PU_QUIC_TLS_H

#include "quic/state.h"

/* The cipher suites and groups of all sessions. PU_EINTERNAL. */
enum pu_err pu_quic_tls_init(struct pu_quic_endpoint *ep) PU_MUST_CHECK;
void pu_quic_tls_fini(struct pu_quic_endpoint *ep);
/* Owns `gnutls`. */
struct pu_quic_credentials *pu_quic_credentials_new(gnutls_certificate_credentials_t gnutls);
void pu_quic_credentials_rele(struct pu_quic_credentials *credentials);

/* Makes conn->tls and ties it to conn->quic. */
enum pu_err pu_quic_tls_start(struct pu_quic_conn *conn) PU_MUST_CHECK;
/* The handshake is over, its memory goes. Never from within a callback of GnuTLS or ngtcp2. */
void pu_quic_tls_stop(struct pu_quic_conn *conn);

#endif
