/* Knows which packets take the fast way: those of the 1-RTT keys when the handshake chose
 * AES-128-GCM. ngtcp2 keeps one pointer per key and does not care to what; ours have the lowest
 * bit set, GnuTLS's have not. */
#include "quic/aead.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <sodium.h>
#include <string.h>

enum { FAST_BIT = 1, INFO_MAX = 32 };

struct packet_key {
	uint8_t key[PU_GCM_KEY_LEN], hp[PU_GCM_KEY_LEN], iv[PU_GCM_NONCE_LEN];
};

static struct pu_quic_key *fast_key(void *handle)
{
	uintptr_t bits = (uintptr_t)handle;

	if ((bits & FAST_BIT) == 0)
		return NULL;
	return (struct pu_quic_key *)(bits - FAST_BIT);
}

static void *fast_handle(const struct pu_quic_conn *conn, const uint8_t key[PU_GCM_KEY_LEN])
{
	struct pu_quic_key *fast = pu_quic_key_new(&conn->ep->keys, key);

	return (void *)((uintptr_t)fast + FAST_BIT);
}

int pu_quic_aead_encrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                         const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *plain,
                         size_t plain_len, const uint8_t *nonce, size_t nonce_len,
                         const uint8_t *aad, size_t aad_len)
{
	struct pu_quic_key *fast = fast_key(ctx->native_handle);

	if (fast == NULL)
		return ngtcp2_crypto_encrypt_cb(dest, aead, ctx, plain, plain_len, nonce, nonce_len,
		                                aad, aad_len);
	pu_gcm_seal(pu_quic_key_use(fast), dest, pu_bytes(plain, plain_len), nonce,
	            pu_bytes(aad, aad_len));
	return 0;
}

int pu_quic_aead_decrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                         const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *sealed,
                         size_t sealed_len, const uint8_t *nonce, size_t nonce_len,
                         const uint8_t *aad, size_t aad_len)
{
	struct pu_quic_key *fast = fast_key(ctx->native_handle);

	if (fast == NULL)
		return ngtcp2_crypto_decrypt_cb(dest, aead, ctx, sealed, sealed_len, nonce, nonce_len,
		                                aad, aad_len);
	if (!pu_gcm_open(pu_quic_key_use(fast), dest, pu_bytes(sealed, sealed_len), nonce,
	                 pu_bytes(aad, aad_len)))
		return NGTCP2_ERR_DECRYPT;
	return 0;
}

int pu_quic_aead_mask(uint8_t *dest, const ngtcp2_crypto_cipher *hp,
                      const ngtcp2_crypto_cipher_ctx *ctx, const uint8_t *sample)
{
	struct pu_quic_key *fast = fast_key(ctx->native_handle);

	if (fast == NULL)
		return ngtcp2_crypto_hp_mask_cb(dest, hp, ctx, sample);
	pu_quic_key_mask(fast, dest, sample);
	return 0;
}

void pu_quic_aead_delete(ngtcp2_conn *quic, ngtcp2_crypto_aead_ctx *ctx, void *user)
{
	struct pu_quic_key *fast = fast_key(ctx->native_handle);

	if (fast == NULL)
		ngtcp2_crypto_delete_crypto_aead_ctx_cb(quic, ctx, user);
	else
		pu_quic_key_free(fast);
	ctx->native_handle = NULL;
}

void pu_quic_aead_delete_mask(ngtcp2_conn *quic, ngtcp2_crypto_cipher_ctx *ctx, void *user)
{
	struct pu_quic_key *fast = fast_key(ctx->native_handle);

	if (fast == NULL)
		ngtcp2_crypto_delete_crypto_cipher_ctx_cb(quic, ctx, user);
	else
		pu_quic_key_free(fast);
	ctx->native_handle = NULL;
}

static bool is_fast(const struct pu_quic_conn *conn)
{
	return conn->ep->has_gcm && gnutls_cipher_get(conn->tls) == GNUTLS_CIPHER_AES_128_GCM;
}

/* HKDF-Expand-Label without context (RFC 8446, 7.1). */
static int expand(uint8_t *out, size_t out_len, const ngtcp2_crypto_md *md,
                  struct pu_bytes secret, const char *label)
{
	uint8_t info[INFO_MAX];
	size_t label_len = strlen(label), len = 0;

	info[len++] = (uint8_t)(out_len >> 8);
	info[len++] = (uint8_t)out_len;
	info[len++] = (uint8_t)(strlen("tls13 ") + label_len);
	memcpy(info + len, "tls13 ", strlen("tls13 "));
	len += strlen("tls13 ");
	memcpy(info + len, label, label_len);
	len += label_len;
	info[len++] = 0;
	return ngtcp2_crypto_hkdf_expand(out, out_len, md, secret.data, secret.len, info, len);
}

static int derive(struct packet_key *out, const ngtcp2_crypto_md *md, struct pu_bytes secret)
{
	if (expand(out->key, sizeof(out->key), md, secret, "quic key") != 0 ||
	    expand(out->iv, sizeof(out->iv), md, secret, "quic iv") != 0 ||
	    expand(out->hp, sizeof(out->hp), md, secret, "quic hp") != 0)
		return -1;
	return 0;
}

static int install(struct pu_quic_conn *conn, const struct packet_key *key,
                   struct pu_bytes secret, bool is_rx)
{
	ngtcp2_crypto_aead_ctx aead = {.native_handle = fast_handle(conn, key->key)};
	ngtcp2_crypto_cipher_ctx cipher = {.native_handle = fast_handle(conn, key->hp)};
	int rv;

	if (is_rx)
		rv = ngtcp2_conn_install_rx_key(conn->quic, secret.data, secret.len, &aead, key->iv,
		                                sizeof(key->iv), &cipher);
	else
		rv = ngtcp2_conn_install_tx_key(conn->quic, secret.data, secret.len, &aead, key->iv,
		                                sizeof(key->iv), &cipher);
	if (rv == 0)
		return 0;
	pu_quic_aead_delete(conn->quic, &aead, conn);
	pu_quic_aead_delete_mask(conn->quic, &cipher, conn);
	return -1;
}

static int install_fast(struct pu_quic_conn *conn, const void *secret, size_t len, bool is_rx)
{
	const ngtcp2_crypto_ctx *ctx = ngtcp2_conn_get_crypto_ctx(conn->quic);
	struct packet_key key;
	int rv;

	if (ctx->aead.native_handle == NULL) {
		ngtcp2_crypto_ctx made;

		if (ngtcp2_crypto_ctx_tls(&made, conn->tls) == NULL)
			return -1;
		ngtcp2_conn_set_crypto_ctx(conn->quic, &made);
		ctx = ngtcp2_conn_get_crypto_ctx(conn->quic);
	}
	conn->fast_keys = true;
	rv = derive(&key, &ctx->md, pu_bytes(secret, len));
	if (rv == 0)
		rv = install(conn, &key, pu_bytes(secret, len), is_rx);
	sodium_memzero(&key, sizeof(key));
	return rv;
}

static int install_plain(const struct pu_quic_conn *conn, ngtcp2_encryption_level level,
                         const void *secret, size_t len, bool is_rx)
{
	return is_rx ? ngtcp2_crypto_derive_and_install_rx_key(conn->quic, NULL, NULL, NULL, level,
	                                                       secret, len)
	             : ngtcp2_crypto_derive_and_install_tx_key(conn->quic, NULL, NULL, NULL, level,
	                                                       secret, len);
}

int pu_quic_aead_on_secret(gnutls_session_t tls, gnutls_record_encryption_level_t tls_level,
                           const void *rx_secret, const void *tx_secret, size_t len)
{
	const ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(tls);
	struct pu_quic_conn *conn = ref->user_data;
	ngtcp2_encryption_level level =
	    ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(tls_level);
	bool fast = level == NGTCP2_ENCRYPTION_LEVEL_1RTT && is_fast(conn);

	if (rx_secret != NULL && (fast ? install_fast(conn, rx_secret, len, true)
	                               : install_plain(conn, level, rx_secret, len, true)) != 0)
		return -1;
	if (tx_secret != NULL && (fast ? install_fast(conn, tx_secret, len, false)
	                               : install_plain(conn, level, tx_secret, len, false)) != 0)
		return -1;
	return 0;
}

int pu_quic_aead_update_key(ngtcp2_conn *quic, uint8_t *rx_secret, uint8_t *tx_secret,
                            ngtcp2_crypto_aead_ctx *rx_ctx, uint8_t *rx_iv,
                            ngtcp2_crypto_aead_ctx *tx_ctx, uint8_t *tx_iv,
                            const uint8_t *old_rx_secret, const uint8_t *old_tx_secret,
                            size_t len, void *user)
{
	const struct pu_quic_conn *conn = user;
	uint8_t rx_key[64], tx_key[64];

	if (ngtcp2_crypto_update_key(quic, rx_secret, tx_secret, rx_ctx, rx_key, rx_iv, tx_ctx,
	                             tx_key, tx_iv, old_rx_secret, old_tx_secret, len) != 0)
		return NGTCP2_ERR_CALLBACK_FAILURE;
	if (conn->fast_keys) {
		ngtcp2_crypto_aead_ctx_free(rx_ctx);
		ngtcp2_crypto_aead_ctx_free(tx_ctx);
		rx_ctx->native_handle = fast_handle(conn, rx_key);
		tx_ctx->native_handle = fast_handle(conn, tx_key);
	}
	sodium_memzero(rx_key, sizeof(rx_key));
	sodium_memzero(tx_key, sizeof(tx_key));
	return 0;
}
