/* AES-128-GCM as fast as the machine can: an optional library behind one small door
 * (gcm_ipsec_mb.c, or gcm_none.c where there is none). */
#ifndef PU_QUIC_GCM_H
#define PU_QUIC_GCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define PU_QUIC_GCM_KEY_LEN   16
#define PU_QUIC_GCM_NONCE_LEN 12
#define PU_QUIC_GCM_TAG_LEN   16

/* How this machine does it; found once per endpoint. */
struct pu_quic_gcm {
	void (*seal)(void);
	void (*open)(void);
	void (*expand)(void);
};

struct pu_quic_gcm_key;

/* False: not on this machine. */
bool pu_quic_gcm_init(struct pu_quic_gcm *out);
struct pu_quic_gcm_key *pu_quic_gcm_key_new(const struct pu_quic_gcm *gcm,
                                            const uint8_t key[PU_QUIC_GCM_KEY_LEN]);
void pu_quic_gcm_key_free(struct pu_quic_gcm_key *key); /* wipes; accepts NULL */

/* dest: plain.len + PU_QUIC_GCM_TAG_LEN bytes; may be plain.data. */
void pu_quic_gcm_seal(const struct pu_quic_gcm_key *key, uint8_t *dest, struct pu_bytes plain,
                      const uint8_t nonce[PU_QUIC_GCM_NONCE_LEN], struct pu_bytes aad);
/* dest: sealed.len - PU_QUIC_GCM_TAG_LEN bytes, garbage if the answer is false: forged. */
bool pu_quic_gcm_open(const struct pu_quic_gcm_key *key, uint8_t *dest, struct pu_bytes sealed,
                      const uint8_t nonce[PU_QUIC_GCM_NONCE_LEN], struct pu_bytes aad);

#endif
