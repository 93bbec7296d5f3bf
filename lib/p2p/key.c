/* Identity keys. This file knows libsodium's Ed25519 and the PublicKey and PrivateKey
 * messages; keys of other people's types are verified in key_verify.c. */
#include "p2p/key.h"

#include <sodium.h>

#include "base/rand.h"
#include "p2p/pb.h"
#include "p2p/uvi.h"

_Static_assert(crypto_sign_SECRETKEYBYTES == PU_ED25519_SECRET_LEN, "libsodium's layout");

#define FIELD_TYPE       1
#define FIELD_DATA       2
#define LEGACY_LEN       (PU_ED25519_SECRET_LEN + PU_ED25519_PUBLIC_LEN)
#define SECP256K1_LEN    33
#define PB_VARINT_TAG(n) ((n) << 3 | PU_PB_VARINT)
#define PB_LEN_TAG(n)    ((n) << 3 | PU_PB_LEN)

void pu_key_generate(struct pu_key *key)
{
	uint8_t seed[PU_ED25519_SEED_LEN];

	pu_rand_bytes(seed, sizeof(seed));
	pu_key_from_seed(key, seed);
	sodium_memzero(seed, sizeof(seed));
}

void pu_key_from_seed(struct pu_key *key, const uint8_t seed[PU_ED25519_SEED_LEN])
{
	uint8_t public_key[PU_ED25519_PUBLIC_LEN];

	crypto_sign_seed_keypair(public_key, key->secret, seed);
}

/* Both messages: type, then data, minimal varints, nothing else. */
static enum pu_err decode_message(struct pu_bytes pb, size_t data_max, uint64_t *type,
                                  struct pu_bytes *data)
{
	if (pb.len < 1)
		return PU_ETRUNCATED;
	if (pb.data[0] != PB_VARINT_TAG(FIELD_TYPE))
		return PU_EMALFORMED;
	pb = pu_bytes(pb.data + 1, pb.len - 1);
	enum pu_err err = pu_uvi_get(&pb, type);
	if (err != PU_OK)
		return err;
	if (pb.len < 1)
		return PU_ETRUNCATED;
	if (pb.data[0] != PB_LEN_TAG(FIELD_DATA))
		return PU_EMALFORMED;
	pb = pu_bytes(pb.data + 1, pb.len - 1);
	err = pu_delimited_get(&pb, data_max, data);
	if (err != PU_OK)
		return err;
	return pb.len == 0 ? PU_OK : PU_EMALFORMED;
}

enum pu_err pu_key_decode(struct pu_key *key, struct pu_bytes pb)
{
	struct pu_key made;
	struct pu_bytes data;
	uint64_t type;
	enum pu_err err = decode_message(pb, SIZE_MAX, &type, &data);

	if (err != PU_OK)
		return err;
	if (type != PU_KEY_ED25519)
		return PU_EUNSUPPORTED;
	if (data.len != PU_ED25519_SECRET_LEN && data.len != LEGACY_LEN)
		return PU_EMALFORMED;
	if (data.len == LEGACY_LEN &&
	    memcmp(data.data + PU_ED25519_SEED_LEN, data.data + PU_ED25519_SECRET_LEN,
	           PU_ED25519_PUBLIC_LEN) != 0)
		return PU_ECRYPTO;
	pu_key_from_seed(&made, data.data);
	if (sodium_memcmp(made.secret, data.data, sizeof(made.secret)) != 0)
		err = PU_ECRYPTO;
	else
		*key = made;
	pu_key_fini(&made);
	return err;
}

void pu_key_encode(const struct pu_key *key, uint8_t out[PU_ED25519_PRIVATE_PB_LEN])
{
	const uint8_t head[] = {PB_VARINT_TAG(FIELD_TYPE), PU_KEY_ED25519, PB_LEN_TAG(FIELD_DATA),
	                        PU_ED25519_SECRET_LEN};

	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), key->secret, sizeof(key->secret));
}

struct pu_public_key pu_key_public(const struct pu_key *key)
{
	return (struct pu_public_key){
	    .type = PU_KEY_ED25519,
	    .bytes = pu_bytes(key->secret + PU_ED25519_SEED_LEN, PU_ED25519_PUBLIC_LEN),
	};
}

void pu_key_sign(const struct pu_key *key, struct pu_bytes message,
                 uint8_t out[PU_ED25519_SIGNATURE_LEN])
{
	crypto_sign_detached(out, NULL, message.data, message.len, key->secret);
}

void pu_key_fini(struct pu_key *key)
{
	sodium_memzero(key, sizeof(*key));
}

enum pu_err pu_public_key_decode(struct pu_bytes pb, struct pu_public_key *out)
{
	struct pu_bytes data;
	uint64_t type;
	enum pu_err err = decode_message(pb, PU_PUBLIC_KEY_DATA_MAX, &type, &data);

	if (err != PU_OK)
		return err;
	if (type > PU_KEY_ECDSA)
		return PU_EUNSUPPORTED;
	if (data.len == 0 || (type == PU_KEY_ED25519 && data.len != PU_ED25519_PUBLIC_LEN) ||
	    (type == PU_KEY_SECP256K1 && data.len != SECP256K1_LEN))
		return PU_EMALFORMED;
	*out = (struct pu_public_key){.type = (enum pu_key_type)type, .bytes = data};
	return PU_OK;
}

void pu_public_key_encode(const struct pu_public_key *key, struct pu_writer *out)
{
	pu_pb_put_varint(out, FIELD_TYPE, (uint64_t)key->type);
	pu_pb_put_bytes(out, FIELD_DATA, key->bytes);
}
