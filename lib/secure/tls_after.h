/* Handshake messages after the handshake (RFC 8446, 4.6). */
#ifndef PU_SECURE_TLS_AFTER_H
#define PU_SECURE_TLS_AFTER_H

#include "secure/tls_state.h"

/* One whole message of the peer: PU_SECURE_PROGRESS or FAILED. */
enum pu_secure_event pu_tls_after_take(struct pu_tls *tls, struct pu_bytes message);
/* A key update of ours must go before the next record of data. */
bool pu_tls_after_due(const struct pu_tls *tls);
/* Seals it into out (PU_TLS_RECORD_OVERHEAD + PU_TLS_KEY_UPDATE_LEN bytes) and changes the
 * keys. Answers the length; 0: GnuTLS failed. */
size_t pu_tls_after_update(struct pu_tls *tls, uint8_t *out);

#endif
