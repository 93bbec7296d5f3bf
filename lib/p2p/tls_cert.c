/* Our certificate. This file knows how GnuTLS is brought to write one that every libp2p
 * stack accepts: no names, no extension but one. */
#include "p2p/tls_cert.h"

#include <gnutls/abstract.h>

#include "base/rand.h"
#include "p2p/tls_ext.h"

#define SPKI_LEN        (PU_TLS_TO_SIGN_LEN - PU_TLS_SIGN_PREFIX_LEN)
#define SERIAL_LEN      16
#define X509_VERSION    3
#define HOUR_S          3600
#define HUNDRED_YEARS_S (INT64_C(36525) * 24 * 3600)

_Static_assert(sizeof(PU_TLS_SIGN_PREFIX) - 1 == PU_TLS_SIGN_PREFIX_LEN, "prefix");

static enum pu_err export_spki(gnutls_x509_privkey_t from, uint8_t out[SPKI_LEN])
{
	gnutls_privkey_t key = NULL;
	gnutls_pubkey_t public_key = NULL;
	gnutls_datum_t spki = {0};
	enum pu_err err = PU_EINTERNAL;

	if (gnutls_privkey_init(&key) == 0 && gnutls_pubkey_init(&public_key) == 0 &&
	    gnutls_privkey_import_x509(key, from, 0) == 0 &&
	    gnutls_pubkey_import_privkey(public_key, key, 0, 0) == 0 &&
	    gnutls_pubkey_export2(public_key, GNUTLS_X509_FMT_DER, &spki) == 0 &&
	    spki.size == SPKI_LEN) {
		memcpy(out, spki.data, SPKI_LEN);
		err = PU_OK;
	}
	gnutls_free(spki.data);
	gnutls_pubkey_deinit(public_key);
	gnutls_privkey_deinit(key);
	return err;
}

enum pu_err pu_tls_cert_init(struct pu_tls_cert *cert)
{
	unsigned bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
	enum pu_err err = PU_EINTERNAL;

	memset(cert, 0, sizeof(*cert));
	if (gnutls_x509_privkey_init(&cert->key) != 0)
		return PU_EINTERNAL;
	memcpy(cert->to_sign, PU_TLS_SIGN_PREFIX, PU_TLS_SIGN_PREFIX_LEN);
	if (gnutls_x509_privkey_generate(cert->key, GNUTLS_PK_ECDSA, bits, 0) == 0)
		err = export_spki(cert->key, cert->to_sign + PU_TLS_SIGN_PREFIX_LEN);
	if (err != PU_OK)
		pu_tls_cert_fini(cert);
	return err;
}

struct pu_bytes pu_tls_cert_to_sign(const struct pu_tls_cert *cert)
{
	return pu_bytes(cert->to_sign, sizeof(cert->to_sign));
}

static bool set_validity(gnutls_x509_crt_t crt, uint64_t now_unix_s)
{
	time_t now = (time_t)now_unix_s;
	time_t start = now > HOUR_S ? now - HOUR_S : 0;

	return gnutls_x509_crt_set_activation_time(crt, start) == 0 &&
	       gnutls_x509_crt_set_expiration_time(crt, now + HUNDRED_YEARS_S) == 0;
}

static bool set_serial(gnutls_x509_crt_t crt)
{
	uint8_t serial[SERIAL_LEN];

	pu_rand_bytes(serial, sizeof(serial));
	/* Positive, and not shorter than it looks. */
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	return gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)) == 0;
}

static bool fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, struct pu_bytes extension)
{
	return gnutls_x509_crt_set_version(crt, X509_VERSION) == 0 &&
	       gnutls_x509_crt_set_key(crt, key) == 0 && set_serial(crt) &&
	       gnutls_x509_crt_set_extension_by_oid(crt, PU_TLS_EXT_OID, extension.data,
	                                            extension.len, 0) == 0;
}

enum pu_err pu_tls_cert_finish(struct pu_tls_cert *cert, const struct pu_public_key *identity,
                               struct pu_bytes signature, uint64_t now_unix_s)
{
	uint8_t pb[PU_ED25519_PUBLIC_PB_LEN], value[PU_TLS_EXT_ED25519_LEN];
	struct pu_writer key = pu_writer(pb, sizeof(pb)),
	                 extension = pu_writer(value, sizeof(value));
	gnutls_x509_crt_t crt;

	if (identity->type != PU_KEY_ED25519)
		return PU_EUNSUPPORTED;
	if (pu_public_key_verify(identity, pu_tls_cert_to_sign(cert), signature) != PU_OK)
		return PU_ECRYPTO;
	pu_public_key_encode(identity, &key);
	pu_tls_ext_encode(pu_writer_bytes(&key), signature, &extension);
	if (extension.overflow || cert->crt || gnutls_x509_crt_init(&crt) != 0)
		return PU_EINTERNAL;
	if (!fill(crt, cert->key, pu_writer_bytes(&extension)) || !set_validity(crt, now_unix_s) ||
	    gnutls_x509_crt_sign2(crt, crt, cert->key, GNUTLS_DIG_SHA256, 0) != 0) {
		gnutls_x509_crt_deinit(crt);
		return PU_EINTERNAL;
	}
	cert->crt = crt;
	return PU_OK;
}

enum pu_err pu_tls_cert_make(struct pu_tls_cert *cert, const struct pu_key *identity,
                             uint64_t now_unix_s)
{
	struct pu_public_key public_key = pu_key_public(identity);
	uint8_t signature[PU_ED25519_SIGNATURE_LEN];
	enum pu_err err = pu_tls_cert_init(cert);

	if (err != PU_OK)
		return err;
	pu_key_sign(identity, pu_tls_cert_to_sign(cert), signature);
	err = pu_tls_cert_finish(cert, &public_key, pu_bytes(signature, sizeof(signature)),
	                         now_unix_s);
	if (err != PU_OK)
		pu_tls_cert_fini(cert);
	return err;
}

enum pu_err pu_tls_cert_credentials(const struct pu_tls_cert *cert,
                                    gnutls_certificate_credentials_t *out)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_crt_t chain[] = {cert->crt};

	if (!cert->crt)
		return PU_EINVAL;
	if (gnutls_certificate_allocate_credentials(&credentials) != 0)
		return PU_EINTERNAL;
	if (gnutls_certificate_set_x509_key(credentials, chain, 1, cert->key) < 0) {
		gnutls_certificate_free_credentials(credentials);
		return PU_EINTERNAL;
	}
	*out = credentials;
	return PU_OK;
}

enum pu_err pu_tls_cert_der(const struct pu_tls_cert *cert, struct pu_writer *out)
{
	gnutls_datum_t der = {0};

	if (!cert->crt)
		return PU_EINVAL;
	if (gnutls_x509_crt_export2(cert->crt, GNUTLS_X509_FMT_DER, &der) != 0)
		return PU_EINTERNAL;
	pu_writer_put(out, pu_bytes(der.data, der.size));
	gnutls_free(der.data);
	return pu_writer_check(out);
}

void pu_tls_cert_fini(struct pu_tls_cert *cert)
{
	if (cert->crt)
		gnutls_x509_crt_deinit(cert->crt);
	if (cert->key)
		gnutls_x509_privkey_deinit(cert->key);
	memset(cert, 0, sizeof(*cert));
}
