/* Knows Noise's use of ChaCha20-Poly1305, SHA-256 and HKDF, and what is hashed when. */
#include "secure/noise_symmetric.h"

#include <sodium.h>
#include <string.h>

enum { NONCE_LEN = crypto_aead_chacha20poly1305_ietf_NPUBBYTES };

_Static_assert(PU_NOISE_KEY_LEN == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(PU_NOISE_TAG_LEN == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(PU_NOISE_HASH_LEN == crypto_hash_sha256_BYTES, "hash");

/* Four zero bytes, then the counter in little endian. */
static void nonce_bytes(uint64_t counter, uint8_t out[NONCE_LEN])
{
	memset(out, 0, NONCE_LEN);
	for (size_t i = 0; i < 8; i++)
		out[4 + i] = (uint8_t)(counter >> (8 * i));
}

bool pu_noise_cipher_seal(struct pu_noise_cipher *cipher, struct pu_bytes plain,
                          struct pu_bytes ad, uint8_t *out)
{
	uint8_t nonce[NONCE_LEN];

	if (cipher->nonce == UINT64_MAX)
		return false;
	nonce_bytes(cipher->nonce++, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.data, plain.len, ad.data, ad.len,
	                                          NULL, nonce, cipher->key);
	return true;
}

bool pu_noise_cipher_open(struct pu_noise_cipher *cipher, struct pu_bytes sealed,
                          struct pu_bytes ad, uint8_t *out)
{
	uint8_t nonce[NONCE_LEN];

	if (cipher->nonce == UINT64_MAX || sealed.len < PU_NOISE_TAG_LEN)
		return false;
	nonce_bytes(cipher->nonce, nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data, sealed.len,
	                                              ad.data, ad.len, nonce, cipher->key) != 0)
		return false;
	cipher->nonce++;
	return true;
}

void pu_noise_symmetric_init(struct pu_noise_symmetric *state, const char *name,
                             struct pu_bytes prologue)
{
	*state = (struct pu_noise_symmetric){0};
	memcpy(state->hash, name, PU_NOISE_HASH_LEN);
	memcpy(state->chaining_key, name, PU_NOISE_HASH_LEN);
	pu_noise_mix_hash(state, prologue);
}

void pu_noise_mix_hash(struct pu_noise_symmetric *state, struct pu_bytes data)
{
	crypto_hash_sha256_state sha;

	crypto_hash_sha256_init(&sha);
	crypto_hash_sha256_update(&sha, state->hash, sizeof(state->hash));
	crypto_hash_sha256_update(&sha, data.data, data.len);
	crypto_hash_sha256_final(&sha, state->hash);
}

/* Noise's HKDF with two outputs (section 4.3). */
static void hkdf(const uint8_t chaining_key[PU_NOISE_HASH_LEN], struct pu_bytes material,
                 uint8_t first[PU_NOISE_HASH_LEN], uint8_t second[PU_NOISE_HASH_LEN])
{
	crypto_auth_hmacsha256_state hmac;
	uint8_t temp[PU_NOISE_HASH_LEN], more[PU_NOISE_HASH_LEN + 1];

	crypto_auth_hmacsha256_init(&hmac, chaining_key, PU_NOISE_HASH_LEN);
	crypto_auth_hmacsha256_update(&hmac, material.data, material.len);
	crypto_auth_hmacsha256_final(&hmac, temp);
	crypto_auth_hmacsha256(first, (const uint8_t *)"\x01", 1, temp);
	memcpy(more, first, PU_NOISE_HASH_LEN);
	more[PU_NOISE_HASH_LEN] = 2;
	crypto_auth_hmacsha256(second, more, sizeof(more), temp);
	sodium_memzero(temp, sizeof(temp));
	sodium_memzero(more, sizeof(more));
	sodium_memzero(&hmac, sizeof(hmac));
}

void pu_noise_mix_key(struct pu_noise_symmetric *state, struct pu_bytes material)
{
	uint8_t chaining_key[PU_NOISE_HASH_LEN];

	hkdf(state->chaining_key, material, chaining_key, state->cipher.key);
	memcpy(state->chaining_key, chaining_key, sizeof(chaining_key));
	state->cipher.nonce = 0;
	state->has_key = true;
	sodium_memzero(chaining_key, sizeof(chaining_key));
}

size_t pu_noise_encrypt_and_hash(struct pu_noise_symmetric *state, struct pu_bytes plain,
                                 uint8_t *out)
{
	size_t len = plain.len;

	if (state->has_key) {
		pu_noise_cipher_seal(&state->cipher, plain, pu_bytes(state->hash, sizeof(state->hash)),
		                     out);
		len += PU_NOISE_TAG_LEN;
	} else if (len > 0) {
		memcpy(out, plain.data, len);
	}
	pu_noise_mix_hash(state, pu_bytes(out, len));
	return len;
}

enum pu_err pu_noise_decrypt_and_hash(struct pu_noise_symmetric *state, struct pu_bytes sealed,
                                      uint8_t *out, size_t *out_len)
{
	size_t len = sealed.len;

	if (state->has_key) {
		if (len < PU_NOISE_TAG_LEN)
			return PU_ETRUNCATED;
		len -= PU_NOISE_TAG_LEN;
		if (!pu_noise_cipher_open(&state->cipher, sealed,
		                          pu_bytes(state->hash, sizeof(state->hash)), out))
			return PU_ECRYPTO;
	} else if (len > 0) {
		memcpy(out, sealed.data, len);
	}
	pu_noise_mix_hash(state, sealed);
	*out_len = len;
	return PU_OK;
}

void pu_noise_split(const struct pu_noise_symmetric *state, struct pu_noise_cipher *first,
                    struct pu_noise_cipher *second)
{
	*first = *second = (struct pu_noise_cipher){0};
	hkdf(state->chaining_key, (struct pu_bytes){0}, first->key, second->key);
}
