/* Knows how TLS 1.3 makes keys and nonces out of a secret, and which library seals: the fast
 * AES-128-GCM where the machine has it, libsodium for ChaCha20-Poly1305 (six times as fast as
 * GnuTLS, and what machines without AES choose), GnuTLS for all else. */
#include "secure/tls_keys.h"

#include <sodium.h>
#include <string.h>

#include "base/alloc.h"

enum { INFO_MAX = 32, KEY_MAX = 32 };

_Static_assert(KEY_MAX == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(PU_TLS_IV_LEN == crypto_aead_chacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(PU_TLS_TAG_LEN == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag");

/* HKDF-Expand-Label without context (RFC 8446, 7.1). */
static enum pu_err expand(const struct pu_tls_keys *keys, const char *label, uint8_t *out,
                          size_t out_len)
{
	const gnutls_mac_algorithm_t mac =
	    keys->secret_len == PU_TLS_SECRET_MAX ? GNUTLS_MAC_SHA384 : GNUTLS_MAC_SHA256;
	const gnutls_datum_t secret = {(unsigned char *)keys->secret, keys->secret_len};
	const size_t label_len = strlen(label);
	uint8_t info[INFO_MAX];
	gnutls_datum_t info_datum = {info, 0};

	info[0] = (uint8_t)(out_len >> 8);
	info[1] = (uint8_t)out_len;
	info[2] = (uint8_t)(strlen("tls13 ") + label_len);
	memcpy(info + 3, "tls13 ", strlen("tls13 "));
	memcpy(info + 9, label, label_len);
	info[9 + label_len] = 0;
	info_datum.size = (unsigned)(10 + label_len);
	return gnutls_hkdf_expand(mac, &secret, &info_datum, out, out_len) == 0 ? PU_OK
	                                                                        : PU_EINTERNAL;
}

static void drop_ciphers(struct pu_tls_keys *keys)
{
	pu_gcm_key_free(keys->fast);
	keys->fast = NULL;
	if (keys->slow != NULL)
		gnutls_aead_cipher_deinit(keys->slow);
	keys->slow = NULL;
	if (keys->chacha != NULL)
		sodium_memzero(keys->chacha, KEY_MAX);
	pu_free(keys->chacha);
	keys->chacha = NULL;
}

static enum pu_err make_cipher(struct pu_tls_keys *keys, const struct pu_gcm *gcm,
                               uint8_t key[KEY_MAX], size_t len)
{
	const gnutls_datum_t datum = {key, (unsigned)len};

	if (gcm != NULL && keys->cipher == GNUTLS_CIPHER_AES_128_GCM) {
		keys->fast = pu_gcm_key_new(gcm, key);
		return PU_OK;
	}
	if (keys->cipher == GNUTLS_CIPHER_CHACHA20_POLY1305) {
		keys->chacha = pu_memdup(key, len);
		return PU_OK;
	}
	if (gnutls_aead_cipher_init(&keys->slow, keys->cipher, &datum) == 0)
		return PU_OK;
	keys->slow = NULL;
	return PU_EINTERNAL;
}

static enum pu_err derive(struct pu_tls_keys *keys, const struct pu_gcm *gcm)
{
	const size_t key_len = gnutls_cipher_get_key_size(keys->cipher);
	uint8_t key[KEY_MAX];
	enum pu_err err;

	drop_ciphers(keys);
	keys->records = 0;
	err = expand(keys, "iv", keys->iv, sizeof(keys->iv));
	if (err == PU_OK)
		err = expand(keys, "key", key, key_len);
	if (err == PU_OK)
		err = make_cipher(keys, gcm, key, key_len);
	sodium_memzero(key, sizeof(key));
	return err;
}

enum pu_err pu_tls_keys_set(struct pu_tls_keys *keys, const struct pu_gcm *gcm,
                            gnutls_cipher_algorithm_t cipher, struct pu_bytes secret)
{
	if (cipher != GNUTLS_CIPHER_AES_128_GCM && cipher != GNUTLS_CIPHER_AES_256_GCM &&
	    cipher != GNUTLS_CIPHER_CHACHA20_POLY1305)
		return PU_EUNSUPPORTED;
	if (secret.len > sizeof(keys->secret))
		return PU_EINTERNAL;
	keys->cipher = cipher;
	keys->secret_len = (uint8_t)secret.len;
	memcpy(keys->secret, secret.data, secret.len);
	return derive(keys, gcm);
}

enum pu_err pu_tls_keys_update(struct pu_tls_keys *keys, const struct pu_gcm *gcm)
{
	uint8_t next[PU_TLS_SECRET_MAX];
	enum pu_err err = expand(keys, "traffic upd", next, keys->secret_len);

	if (err == PU_OK) {
		memcpy(keys->secret, next, keys->secret_len);
		err = derive(keys, gcm);
	}
	sodium_memzero(next, sizeof(next));
	return err;
}

bool pu_tls_keys_ready(const struct pu_tls_keys *keys)
{
	return keys->fast != NULL || keys->slow != NULL || keys->chacha != NULL;
}

void pu_tls_keys_fini(struct pu_tls_keys *keys)
{
	drop_ciphers(keys);
	sodium_memzero(keys, sizeof(*keys));
}

static void next_nonce(struct pu_tls_keys *keys, uint8_t nonce[PU_TLS_IV_LEN])
{
	memcpy(nonce, keys->iv, PU_TLS_IV_LEN);
	for (size_t i = 0; i < 8; i++)
		nonce[PU_TLS_IV_LEN - 1 - i] ^= (uint8_t)(keys->records >> (8 * i));
	keys->records++;
}

/* libsodium takes one piece: they are brought together where they will be sealed. */
static void seal_chacha(const uint8_t *key, const struct iovec *pieces, size_t count,
                        const uint8_t nonce[PU_TLS_IV_LEN], struct pu_bytes aad, uint8_t *out)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		if (pieces[i].iov_len > 0)
			memcpy(out + len, pieces[i].iov_base, pieces[i].iov_len);
		len += pieces[i].iov_len;
	}
	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, out, len, aad.data, aad.len, NULL,
	                                          nonce, key);
}

static bool seal_slow(gnutls_aead_cipher_hd_t slow, const struct iovec *pieces, size_t count,
                      const uint8_t nonce[PU_TLS_IV_LEN], struct pu_bytes aad, uint8_t *out)
{
	const giovec_t auth = {(void *)aad.data, aad.len};
	size_t len = PU_TLS_TAG_LEN;

	for (size_t i = 0; i < count; i++)
		len += pieces[i].iov_len;
	return gnutls_aead_cipher_encryptv(slow, nonce, PU_TLS_IV_LEN, &auth, 1, PU_TLS_TAG_LEN,
	                                   pieces, (int)count, out, &len) == 0;
}

bool pu_tls_keys_seal(struct pu_tls_keys *keys, const struct iovec *pieces, size_t count,
                      struct pu_bytes aad, uint8_t *out)
{
	uint8_t nonce[PU_TLS_IV_LEN];

	next_nonce(keys, nonce);
	if (keys->slow != NULL)
		return seal_slow(keys->slow, pieces, count, nonce, aad, out);
	if (keys->fast != NULL)
		pu_gcm_sealv(keys->fast, out, pieces, count, nonce, aad);
	else
		seal_chacha(keys->chacha, pieces, count, nonce, aad, out);
	return true;
}

bool pu_tls_keys_open(struct pu_tls_keys *keys, struct pu_bytes sealed, struct pu_bytes aad,
                      uint8_t *out)
{
	uint8_t nonce[PU_TLS_IV_LEN];
	size_t len;

	if (sealed.len < PU_TLS_TAG_LEN)
		return false;
	next_nonce(keys, nonce);
	if (keys->fast != NULL)
		return pu_gcm_open(keys->fast, out, sealed, nonce, aad);
	if (keys->chacha != NULL)
		return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data,
		                                                 sealed.len, aad.data, aad.len, nonce,
		                                                 keys->chacha) == 0;
	len = sealed.len - PU_TLS_TAG_LEN;
	return gnutls_aead_cipher_decrypt(keys->slow, nonce, sizeof(nonce), aad.data, aad.len,
	                                  PU_TLS_TAG_LEN, sealed.data, sealed.len, out, &len) == 0;
}
