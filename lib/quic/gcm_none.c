/* Knows that there is no faster AES-GCM than GnuTLS's here. */
#include "quic/gcm.h"

bool pu_quic_gcm_init(struct pu_quic_gcm *out)
{
	(void)out;
	return false;
}

struct pu_quic_gcm_key *pu_quic_gcm_key_new(const struct pu_quic_gcm *gcm,
                                            const uint8_t key[PU_QUIC_GCM_KEY_LEN])
{
	(void)gcm, (void)key;
	return NULL;
}

void pu_quic_gcm_key_free(struct pu_quic_gcm_key *key)
{
	(void)key;
}

void pu_quic_gcm_seal(const struct pu_quic_gcm_key *key, uint8_t *dest, struct pu_bytes plain,
                      const uint8_t nonce[PU_QUIC_GCM_NONCE_LEN], struct pu_bytes aad)
{
	(void)key, (void)dest, (void)plain, (void)nonce, (void)aad;
}

bool pu_quic_gcm_open(const struct pu_quic_gcm_key *key, uint8_t *dest, struct pu_bytes sealed,
                      const uint8_t nonce[PU_QUIC_GCM_NONCE_LEN], struct pu_bytes aad)
{
	(void)key, (void)dest, (void)sealed, (void)nonce, (void)aad;
	return false;
}
