/* The Noise channel of libp2p (libp2p specs, noise/README.md): XX with 25519, ChaChaPoly and
 * SHA256, every message behind two bytes of length. */
#ifndef PU_SECURE_NOISE_H
#define PU_SECURE_NOISE_H

#include "p2p/key.h"
#include "secure/noise_xx.h"
#include "secure/secure.h"

#define PU_NOISE_PROTOCOL "/noise" /* in multistream-select */

/* A peer's handshake message: an RSA key of 8192 bits, its signature and muxers fit. */
#define PU_NOISE_HANDSHAKE_MAX 4096
#define PU_NOISE_TO_SIGN_LEN   (24 + PU_NOISE_KEY_LEN)

/* Our static key, and the proof that it is ours. Making one takes two steps, because the
 * identity key lives in another process:
 *   pu_noise_identity_init(); sign pu_noise_identity_to_sign() with the identity key;
 *   pu_noise_identity_finish(). */
struct pu_noise_identity {
	struct pu_noise_pair pair;
	uint8_t to_sign[PU_NOISE_TO_SIGN_LEN];
	uint8_t key_pb[PU_ED25519_PUBLIC_PB_LEN];
	uint8_t signature[PU_ED25519_SIGNATURE_LEN];
};

/* Makes the static key. */
void pu_noise_identity_init(struct pu_noise_identity *identity);
/* A view into `identity`. */
struct pu_bytes pu_noise_identity_to_sign(const struct pu_noise_identity *identity);
/* PU_ECRYPTO: the signature does not verify. PU_EUNSUPPORTED: not an Ed25519 key. */
enum pu_err pu_noise_identity_finish(struct pu_noise_identity *identity,
                                     const struct pu_public_key *key,
                                     struct pu_bytes signature) PU_MUST_CHECK;
/* The same in one step, where the identity key is at hand (tests, tools). */
enum pu_err pu_noise_identity_make(struct pu_noise_identity *identity,
                                   const struct pu_key *key) PU_MUST_CHECK;
void pu_noise_identity_fini(struct pu_noise_identity *identity); /* wipes */

/* `identity` is borrowed until the handshake is over. The caller bounds the time of the
 * handshake. */
struct pu_secure *pu_noise_new(const struct pu_noise_identity *identity,
                               const struct pu_secure_config *config);

#endif
