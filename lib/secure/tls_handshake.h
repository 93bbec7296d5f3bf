/* The handshake of TLS 1.3, which GnuTLS speaks and we carry. */
#ifndef PU_SECURE_TLS_HANDSHAKE_H
#define PU_SECURE_TLS_HANDSHAKE_H

#include "secure/tls_state.h"

/* Makes tls->handshake; a client's first message goes into the output. `host`: of the web's
 * server. PU_EINTERNAL. */
enum pu_err pu_tls_handshake_start(struct pu_tls *tls, const struct pu_secure_config *config,
                                   const char *host) PU_MUST_CHECK;
/* One whole message of the peer: PU_SECURE_PROGRESS, ESTABLISHED or FAILED. */
enum pu_secure_event pu_tls_handshake_take(struct pu_tls *tls, struct pu_bytes message);
/* Its memory goes. Never from within a callback of GnuTLS. */
void pu_tls_handshake_stop(struct pu_tls *tls);

#endif
