/* Verifying signatures of identity keys. This file knows GnuTLS's public keys, and what
 * makes an RSA key too small to believe or too large to bother with. */
#include "p2p/key.h"

#include <gnutls/abstract.h>
#include <sodium.h>

static enum pu_err verify_ed25519(struct pu_bytes key, struct pu_bytes message,
                                  struct pu_bytes signature)
{
	if (key.len != PU_ED25519_PUBLIC_LEN || signature.len != PU_ED25519_SIGNATURE_LEN)
		return PU_ECRYPTO;
	if (crypto_sign_verify_detached(signature.data, message.data, message.len, key.data) != 0)
		return PU_ECRYPTO;
	return PU_OK;
}

static bool is_acceptable(gnutls_pubkey_t key, enum pu_key_type type)
{
	unsigned bits = 0;
	int algorithm = gnutls_pubkey_get_pk_algorithm(key, &bits);

	if (type == PU_KEY_ECDSA)
		return algorithm == GNUTLS_PK_ECDSA;
	return algorithm == GNUTLS_PK_RSA && bits >= PU_RSA_BITS_MIN && bits <= PU_RSA_BITS_MAX;
}

static gnutls_datum_t datum(struct pu_bytes bytes)
{
	return (gnutls_datum_t){.data = (unsigned char *)bytes.data, .size = (unsigned)bytes.len};
}

static enum pu_err verify_spki(const struct pu_public_key *key, struct pu_bytes message,
                               struct pu_bytes signature)
{
	gnutls_sign_algorithm_t algorithm =
	    key->type == PU_KEY_RSA ? GNUTLS_SIGN_RSA_SHA256 : GNUTLS_SIGN_ECDSA_SHA256;
	gnutls_datum_t spki = datum(key->bytes), data = datum(message), sig = datum(signature);
	gnutls_pubkey_t imported;
	enum pu_err err = PU_ECRYPTO;

	if (signature.len > PU_SIGNATURE_MAX || key->bytes.len > PU_PUBLIC_KEY_DATA_MAX)
		return PU_ECRYPTO;
	if (gnutls_pubkey_init(&imported) != 0)
		return PU_EINTERNAL;
	if (gnutls_pubkey_import(imported, &spki, GNUTLS_X509_FMT_DER) == 0 &&
	    is_acceptable(imported, key->type) &&
	    gnutls_pubkey_verify_data2(imported, algorithm, 0, &data, &sig) >= 0)
		err = PU_OK;
	gnutls_pubkey_deinit(imported);
	return err;
}

enum pu_err pu_public_key_verify(const struct pu_public_key *key, struct pu_bytes message,
                                 struct pu_bytes signature)
{
	switch (key->type) {
	case PU_KEY_ED25519:
		return verify_ed25519(key->bytes, message, signature);
	case PU_KEY_RSA:
	case PU_KEY_ECDSA:
		return verify_spki(key, message, signature);
	case PU_KEY_SECP256K1:
		break;
	}
	return PU_EUNSUPPORTED;
}
