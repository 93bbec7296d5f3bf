/* Knows how a static key of ours is made and proved. */
#include <sodium.h>
#include <string.h>

#include "secure/noise_payload.h"

void pu_noise_identity_init(struct pu_noise_identity *identity)
{
	*identity = (struct pu_noise_identity){0};
	pu_noise_pair_generate(&identity->pair);
	pu_noise_payload_to_sign(identity->pair.public_key, identity->to_sign);
}

struct pu_bytes pu_noise_identity_to_sign(const struct pu_noise_identity *identity)
{
	return pu_bytes(identity->to_sign, sizeof(identity->to_sign));
}

enum pu_err pu_noise_identity_finish(struct pu_noise_identity *identity,
                                     const struct pu_public_key *key, struct pu_bytes signature)
{
	struct pu_writer pb = pu_writer(identity->key_pb, sizeof(identity->key_pb));
	enum pu_err err;

	if (key->type != PU_KEY_ED25519)
		return PU_EUNSUPPORTED;
	err = pu_public_key_verify(key, pu_noise_identity_to_sign(identity), signature);
	if (err != PU_OK)
		return err;
	pu_public_key_encode(key, &pb);
	memcpy(identity->signature, signature.data, sizeof(identity->signature));
	return pu_writer_check(&pb);
}

enum pu_err pu_noise_identity_make(struct pu_noise_identity *identity, const struct pu_key *key)
{
	const struct pu_public_key public_key = pu_key_public(key);
	uint8_t signature[PU_ED25519_SIGNATURE_LEN];

	pu_noise_identity_init(identity);
	pu_key_sign(key, pu_noise_identity_to_sign(identity), signature);
	return pu_noise_identity_finish(identity, &public_key,
	                                pu_bytes(signature, sizeof(signature)));
}

void pu_noise_identity_fini(struct pu_noise_identity *identity)
{
	sodium_memzero(identity, sizeof(*identity));
}
