/* AES-128-GCM, and single blocks of AES-128, as fast as the machine can: an optional library
 * behind one small door (gcm_ipsec_mb.c, or gcm_none.c where there is none). */
#ifndef PU_AEAD_GCM_H
#define PU_AEAD_GCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/bytes.h"

#define PU_GCM_KEY_LEN   16
#define PU_GCM_NONCE_LEN 12
#define PU_GCM_TAG_LEN   16

/* How this machine does it; found once per endpoint. */
struct pu_gcm {
	void (*seal)(void);
	void (*open)(void);
	void (*expand)(void);
	void (*start)(void);
	void (*add)(void);
	void (*finish)(void);
	void (*aes_expand)(void);
	void (*aes_cfb)(void);
};

struct pu_gcm_key;

/* False: not on this machine. */
bool pu_gcm_init(struct pu_gcm *out);
struct pu_gcm_key *pu_gcm_key_new(const struct pu_gcm *gcm, const uint8_t key[PU_GCM_KEY_LEN]);
void pu_gcm_key_free(struct pu_gcm_key *key); /* wipes; accepts NULL */
/* As a new one: for whoever has more keys than are worth keeping expanded. */
void pu_gcm_key_set(struct pu_gcm_key *made, const struct pu_gcm *gcm,
                    const uint8_t key[PU_GCM_KEY_LEN]);

/* dest: plain.len + PU_GCM_TAG_LEN bytes; may be plain.data. */
void pu_gcm_seal(const struct pu_gcm_key *key, uint8_t *dest, struct pu_bytes plain,
                 const uint8_t nonce[PU_GCM_NONCE_LEN], struct pu_bytes aad);
/* The same for a text in pieces, which are not copied together first. dest: all of them and
 * PU_GCM_TAG_LEN bytes; overlaps none of them. */
void pu_gcm_sealv(const struct pu_gcm_key *key, uint8_t *dest, const struct iovec *pieces,
                  size_t count, const uint8_t nonce[PU_GCM_NONCE_LEN], struct pu_bytes aad);
/* dest: sealed.len - PU_GCM_TAG_LEN bytes, garbage if the answer is false: forged. */
bool pu_gcm_open(const struct pu_gcm_key *key, uint8_t *dest, struct pu_bytes sealed,
                 const uint8_t nonce[PU_GCM_NONCE_LEN], struct pu_bytes aad);

#define PU_AES_ROUNDS_LEN (11 * 16)

struct pu_aes_key {
	_Alignas(16) uint8_t rounds[PU_AES_ROUNDS_LEN];
};

void pu_aes_key_set(struct pu_aes_key *out, const struct pu_gcm *gcm,
                    const uint8_t key[PU_GCM_KEY_LEN]);
/* One block, encrypted (ECB): the mask of a QUIC packet's header. */
void pu_aes_block(const struct pu_aes_key *key, const struct pu_gcm *gcm, uint8_t dest[16],
                  const uint8_t block[16]);

#endif
