/* The configuration as the QUIC endpoint and the upgrader take it. */
#ifndef TRANSPORT_SETTINGS_H
#define TRANSPORT_SETTINGS_H

#include "config/config.h"
#include "quic/endpoint.h"
#include "upgrade/upgrade.h"

/* Fills in everything but the credentials and callbacks. */
void transport_settings_apply(const struct pu_config *config, struct pu_quic_config *quic);
void transport_settings_upgrade(const struct pu_config *config,
                                struct pu_upgrader_config *upgrader);
/* What serving WebSockets over TLS needs: the certificate, when one is configured.
 * PU_EINVAL, PU_EPERM: the certificate or its key cannot be used; the log says why. */
enum pu_err transport_settings_web(const struct pu_config *config,
                                   struct pu_upgrader_config *upgrader) PU_MUST_CHECK;
/* The secret that outlives a restart, so that old connections learn at once that they are
 * gone: kept in the runtime directory, made when missing. */
void transport_settings_secret(const struct pu_config *config, uint8_t secret[32]);

#endif
