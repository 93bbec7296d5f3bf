/* How a TLS channel ends (RFC 8446, 6). */
#ifndef PU_SECURE_TLS_ALERT_H
#define PU_SECURE_TLS_ALERT_H

#include "secure/tls_state.h"

/* Tells the peer, and the host that the channel failed; answers PU_SECURE_FAILED. */
enum pu_secure_event pu_tls_fail(struct pu_tls *tls, gnutls_alert_description_t alert);
/* The same with a reason of one's own for the host. */
enum pu_secure_event pu_tls_fail_as(struct pu_tls *tls, gnutls_alert_description_t alert,
                                    enum pu_err err, const char *text);
/* The peer's alert. */
enum pu_secure_event pu_tls_on_alert(struct pu_tls *tls, struct pu_bytes alert);
/* Puts an alert into the output, under the keys that now count. */
void pu_tls_put_alert(struct pu_tls *tls, gnutls_alert_description_t alert);

#endif
