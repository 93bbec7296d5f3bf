/* The configuration as the QUIC endpoint takes it. */
#ifndef TRANSPORT_SETTINGS_H
#define TRANSPORT_SETTINGS_H

#include "config/config.h"
#include "quic/endpoint.h"

/* Fills in everything but the credentials and callbacks. */
void transport_settings_apply(const struct pu_config *config, struct pu_quic_config *quic);
/* The secret that outlives a restart, so that old connections learn at once that they are
 * gone: kept in the runtime directory, made when missing. */
void transport_settings_secret(const struct pu_config *config, uint8_t secret[32]);

#endif
