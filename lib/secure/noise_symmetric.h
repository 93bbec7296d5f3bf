/* What Noise calls CipherState and SymmetricState (The Noise Protocol Framework, revision 34,
 * section 5), for 25519, ChaChaPoly and SHA256. */
#ifndef PU_SECURE_NOISE_SYMMETRIC_H
#define PU_SECURE_NOISE_SYMMETRIC_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

#define PU_NOISE_KEY_LEN  32
#define PU_NOISE_HASH_LEN 32
#define PU_NOISE_TAG_LEN  16

struct pu_noise_cipher {
	uint8_t key[PU_NOISE_KEY_LEN];
	uint64_t nonce; /* UINT64_MAX: used up */
};

struct pu_noise_symmetric {
	uint8_t chaining_key[PU_NOISE_HASH_LEN], hash[PU_NOISE_HASH_LEN];
	struct pu_noise_cipher cipher;
	bool has_key;
};

/* out: plain.len + PU_NOISE_TAG_LEN bytes; may be plain.data. False: nonces used up. */
bool pu_noise_cipher_seal(struct pu_noise_cipher *cipher, struct pu_bytes plain,
                          struct pu_bytes ad, uint8_t *out);
/* out: sealed.len - PU_NOISE_TAG_LEN bytes; may be sealed.data. False: forged, too short, or
 * nonces used up. */
bool pu_noise_cipher_open(struct pu_noise_cipher *cipher, struct pu_bytes sealed,
                          struct pu_bytes ad, uint8_t *out);

/* `name` is exactly PU_NOISE_HASH_LEN bytes long. */
void pu_noise_symmetric_init(struct pu_noise_symmetric *state, const char *name,
                             struct pu_bytes prologue);
void pu_noise_mix_hash(struct pu_noise_symmetric *state, struct pu_bytes data);
void pu_noise_mix_key(struct pu_noise_symmetric *state, struct pu_bytes material);
/* Answer how long the output is; without a key yet, the text passes as it is. */
size_t pu_noise_encrypt_and_hash(struct pu_noise_symmetric *state, struct pu_bytes plain,
                                 uint8_t *out);
/* PU_ETRUNCATED: shorter than a tag. PU_ECRYPTO: forged. */
enum pu_err pu_noise_decrypt_and_hash(struct pu_noise_symmetric *state, struct pu_bytes sealed,
                                      uint8_t *out, size_t *out_len) PU_MUST_CHECK;
/* The initiator sends with the first. */
void pu_noise_split(const struct pu_noise_symmetric *state, struct pu_noise_cipher *first,
                    struct pu_noise_cipher *second);

#endif
