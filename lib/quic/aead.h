/* Protection of 1-RTT packets (RFC 9001, 5 and 6): by the fast AES-128-GCM where there is one,
 * and by GnuTLS through ngtcp2's glue for all else. */
#ifndef PU_QUIC_AEAD_H
#define PU_QUIC_AEAD_H

#include "quic/state.h"

/* For gnutls_handshake_set_secret_function(), of a session set up by tls.c. */
int pu_quic_aead_on_secret(gnutls_session_t tls, gnutls_record_encryption_level_t level,
                           const void *rx_secret, const void *tx_secret, size_t len);

/* For ngtcp2_callbacks. */
int pu_quic_aead_encrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                         const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *plain,
                         size_t plain_len, const uint8_t *nonce, size_t nonce_len,
                         const uint8_t *aad, size_t aad_len);
int pu_quic_aead_decrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                         const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *sealed,
                         size_t sealed_len, const uint8_t *nonce, size_t nonce_len,
                         const uint8_t *aad, size_t aad_len);
int pu_quic_aead_update_key(ngtcp2_conn *quic, uint8_t *rx_secret, uint8_t *tx_secret,
                            ngtcp2_crypto_aead_ctx *rx_ctx, uint8_t *rx_iv,
                            ngtcp2_crypto_aead_ctx *tx_ctx, uint8_t *tx_iv,
                            const uint8_t *old_rx_secret, const uint8_t *old_tx_secret,
                            size_t len, void *user);
int pu_quic_aead_mask(uint8_t *dest, const ngtcp2_crypto_cipher *hp,
                      const ngtcp2_crypto_cipher_ctx *ctx, const uint8_t *sample);
void pu_quic_aead_delete(ngtcp2_conn *quic, ngtcp2_crypto_aead_ctx *ctx, void *user);
void pu_quic_aead_delete_mask(ngtcp2_conn *quic, ngtcp2_crypto_cipher_ctx *ctx, void *user);

#endif
