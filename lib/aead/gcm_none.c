/* Knows that there is no faster AES-GCM than GnuTLS's here. */
#include "aead/gcm.h"

bool pu_gcm_init(struct pu_gcm *out)
{
	(void)out;
	return false;
}

struct pu_gcm_key *pu_gcm_key_new(const struct pu_gcm *gcm, const uint8_t key[PU_GCM_KEY_LEN])
{
	(void)gcm, (void)key;
	return NULL;
}

void pu_gcm_key_set(struct pu_gcm_key *made, const struct pu_gcm *gcm,
                    const uint8_t key[PU_GCM_KEY_LEN])
{
	(void)made, (void)gcm, (void)key;
}

void pu_gcm_key_free(struct pu_gcm_key *key)
{
	(void)key;
}

void pu_gcm_seal(const struct pu_gcm_key *key, uint8_t *dest, struct pu_bytes plain,
                 const uint8_t nonce[PU_GCM_NONCE_LEN], struct pu_bytes aad)
{
	(void)key, (void)dest, (void)plain, (void)nonce, (void)aad;
}

void pu_gcm_sealv(const struct pu_gcm_key *key, uint8_t *dest, const struct iovec *pieces,
                  size_t count, const uint8_t nonce[PU_GCM_NONCE_LEN], struct pu_bytes aad)
{
	(void)key, (void)dest, (void)pieces, (void)count, (void)nonce, (void)aad;
}

bool pu_gcm_open(const struct pu_gcm_key *key, uint8_t *dest, struct pu_bytes sealed,
                 const uint8_t nonce[PU_GCM_NONCE_LEN], struct pu_bytes aad)
{
	(void)key, (void)dest, (void)sealed, (void)nonce, (void)aad;
	return false;
}

void pu_aes_key_set(struct pu_aes_key *out, const struct pu_gcm *gcm,
                    const uint8_t key[PU_GCM_KEY_LEN])
{
	(void)out, (void)gcm, (void)key;
}

void pu_aes_block(const struct pu_aes_key *key, const struct pu_gcm *gcm, uint8_t dest[16],
                  const uint8_t block[16])
{
	(void)key, (void)gcm, (void)dest, (void)block;
}
