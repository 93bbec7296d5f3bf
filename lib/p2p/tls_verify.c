/* Other people's certificates. This file knows the checklist of libp2p-TLS: one
 * certificate, valid now, signed by its own key, and that key signed by the identity. */
#include "p2p/tls_cert.h"

#include <gnutls/abstract.h>

#include "base/alloc.h"
#include "p2p/tls_ext.h"

#define X509_VERSION    3
#define OID_MAX         128
#define VERSION_TAG     0xa0
#define SPKI_LEN_MAX    1200
#define TO_SIGN_LEN_MAX (PU_TLS_SIGN_PREFIX_LEN + SPKI_LEN_MAX)

/* The parts of the DER that signatures cover, as they were sent. */
struct parts {
	struct pu_bytes tbs, spki;
};

static enum pu_err find_parts(struct pu_bytes der, struct parts *parts)
{
	struct pu_bytes cert, tbs, content;
	enum pu_err err = pu_der_get(&der, PU_DER_SEQUENCE, &cert, NULL);

	if (err != PU_OK)
		return err;
	if (der.len > 0 || pu_der_get(&cert, PU_DER_SEQUENCE, &tbs, &parts->tbs) != PU_OK)
		return PU_EMALFORMED;
	if (pu_der_get(&tbs, VERSION_TAG, &content, NULL) != PU_OK)
		return PU_EMALFORMED;
	/* serialNumber, signature, issuer, validity, subject */
	for (size_t i = 0; i < 5; i++) {
		if (pu_der_skip(&tbs) != PU_OK)
			return PU_EMALFORMED;
	}
	if (pu_der_get(&tbs, PU_DER_SEQUENCE, &content, &parts->spki) != PU_OK)
		return PU_EMALFORMED;
	return parts->spki.len <= SPKI_LEN_MAX ? PU_OK : PU_ELIMIT;
}

static bool is_valid_at(gnutls_x509_crt_t crt, uint64_t now_unix_s)
{
	time_t start = gnutls_x509_crt_get_activation_time(crt);
	time_t end = gnutls_x509_crt_get_expiration_time(crt);
	time_t now = (time_t)now_unix_s;

	return start != (time_t)-1 && end != (time_t)-1 && start <= now && now <= end;
}

static bool names_itself(gnutls_x509_crt_t crt)
{
	gnutls_datum_t issuer = {0}, subject = {0};
	bool same =
	    gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer) == 0 &&
	    gnutls_x509_crt_get_raw_dn(crt, &subject) == 0 &&
	    pu_bytes_eq(pu_bytes(issuer.data, issuer.size), pu_bytes(subject.data, subject.size));

	gnutls_free(issuer.data);
	gnutls_free(subject.data);
	return same;
}

/* What a certificate may restrict itself to without concerning libp2p. */
static bool may_be_critical(const char *oid)
{
	static const char *const known[] = {
	    "2.5.29.15", /* keyUsage */
	    "2.5.29.19", /* basicConstraints */
	    "2.5.29.37", /* extKeyUsage */
	};

	for (size_t i = 0; i < PU_ARRAY_LEN(known); i++) {
		if (strcmp(oid, known[i]) == 0)
			return true;
	}
	return false;
}

/* The index of the one libp2p extension, while no other demands to be understood. */
static enum pu_err find_extension(gnutls_x509_crt_t crt, unsigned *index)
{
	bool found = false;

	*index = 0;
	for (unsigned i = 0;; i++) {
		char oid[OID_MAX];
		size_t oid_size = sizeof(oid);
		unsigned critical = 0;
		int ret = gnutls_x509_crt_get_extension_info(crt, i, oid, &oid_size, &critical);

		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return found ? PU_OK : PU_EMALFORMED;
		if (ret != 0)
			return PU_EMALFORMED;
		if (strcmp(oid, PU_TLS_EXT_OID) != 0) {
			if (critical && !may_be_critical(oid))
				return PU_EMALFORMED;
			continue;
		}
		if (found)
			return PU_EMALFORMED;
		found = true;
		*index = i;
	}
}

static bool is_acceptable(gnutls_pubkey_t key, gnutls_sign_algorithm_t algorithm)
{
	static const gnutls_sign_algorithm_t accepted[] = {
	    GNUTLS_SIGN_ECDSA_SHA256,   GNUTLS_SIGN_ECDSA_SHA384,   GNUTLS_SIGN_ECDSA_SHA512,
	    GNUTLS_SIGN_EDDSA_ED25519,  GNUTLS_SIGN_RSA_SHA256,     GNUTLS_SIGN_RSA_SHA384,
	    GNUTLS_SIGN_RSA_SHA512,     GNUTLS_SIGN_RSA_PSS_SHA256, GNUTLS_SIGN_RSA_PSS_SHA384,
	    GNUTLS_SIGN_RSA_PSS_SHA512,
	};
	unsigned bits = 0;
	int kind = gnutls_pubkey_get_pk_algorithm(key, &bits);

	if ((kind == GNUTLS_PK_RSA || kind == GNUTLS_PK_RSA_PSS) &&
	    (bits < PU_RSA_BITS_MIN || bits > PU_RSA_BITS_MAX))
		return false;
	for (size_t i = 0; i < PU_ARRAY_LEN(accepted); i++) {
		if (accepted[i] == algorithm)
			return true;
	}
	return false;
}

/* Signed by its own key. GnuTLS would trust a certificate in its own trust list unseen, so
 * the signature is verified over the bytes themselves. */
static enum pu_err verify_self(gnutls_x509_crt_t crt, struct pu_bytes tbs)
{
	int algorithm = gnutls_x509_crt_get_signature_algorithm(crt);
	char signature[PU_SIGNATURE_MAX];
	size_t signature_len = sizeof(signature);
	gnutls_datum_t data = {.data = (unsigned char *)tbs.data, .size = (unsigned)tbs.len};
	gnutls_pubkey_t key;
	enum pu_err err = PU_ECRYPTO;

	if (algorithm < 0 || gnutls_x509_crt_get_signature(crt, signature, &signature_len) != 0)
		return PU_ECRYPTO;
	gnutls_datum_t sig = {.data = (unsigned char *)signature, .size = (unsigned)signature_len};
	if (gnutls_pubkey_init(&key) != 0)
		return PU_EINTERNAL;
	if (gnutls_pubkey_import_x509(key, crt, 0) == 0 &&
	    is_acceptable(key, (gnutls_sign_algorithm_t)algorithm) &&
	    gnutls_pubkey_verify_data2(key, (gnutls_sign_algorithm_t)algorithm, 0, &data, &sig) >=
	        0)
		err = PU_OK;
	gnutls_pubkey_deinit(key);
	return err;
}

/* The identity signed the certificate's key: says whose it is. */
static enum pu_err verify_identity(struct pu_bytes extension, struct pu_bytes spki,
                                   struct pu_peer_id *out)
{
	uint8_t buffer[TO_SIGN_LEN_MAX];
	struct pu_writer to_sign = pu_writer(buffer, sizeof(buffer));
	struct pu_bytes pb, signature;
	struct pu_public_key key;
	enum pu_err err = pu_tls_ext_decode(extension, &pb, &signature);

	if (err == PU_OK)
		err = pu_public_key_decode(pb, &key);
	if (err != PU_OK)
		return err == PU_ETRUNCATED ? PU_EMALFORMED : err;
	pu_writer_put(&to_sign, pu_bytes(PU_TLS_SIGN_PREFIX, PU_TLS_SIGN_PREFIX_LEN));
	pu_writer_put(&to_sign, spki);
	err = pu_public_key_verify(&key, pu_writer_bytes(&to_sign), signature);
	if (err == PU_OK)
		*out = pu_peer_id_of_key(&key);
	return err;
}

static enum pu_err verify_crt(gnutls_x509_crt_t crt, const struct parts *parts,
                              uint64_t now_unix_s, struct pu_peer_id *out)
{
	gnutls_datum_t extension = {0};
	unsigned index;
	enum pu_err err;

	if (gnutls_x509_crt_get_version(crt) != X509_VERSION || !names_itself(crt))
		return PU_EMALFORMED;
	if (!is_valid_at(crt, now_unix_s))
		return PU_ECRYPTO;
	err = find_extension(crt, &index);
	if (err != PU_OK)
		return err;
	if (gnutls_x509_crt_get_extension_data2(crt, index, &extension) != 0)
		return PU_EMALFORMED;
	/* The identity first: it is the cheaper one. */
	err = verify_identity(pu_bytes(extension.data, extension.size), parts->spki, out);
	gnutls_free(extension.data);
	return err == PU_OK ? verify_self(crt, parts->tbs) : err;
}

enum pu_err pu_tls_cert_verify(struct pu_bytes der, uint64_t now_unix_s, struct pu_peer_id *out)
{
	gnutls_datum_t datum = {.data = (unsigned char *)der.data, .size = (unsigned)der.len};
	struct pu_peer_id id = {0};
	struct parts parts;
	gnutls_x509_crt_t crt;
	enum pu_err err;

	if (der.len > PU_TLS_CERT_MAX)
		return PU_ELIMIT;
	err = find_parts(der, &parts);
	if (err != PU_OK)
		return err;
	if (gnutls_x509_crt_init(&crt) != 0)
		return PU_EINTERNAL;
	err = PU_EMALFORMED;
	if (gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER) == 0)
		err = verify_crt(crt, &parts, now_unix_s, &id);
	gnutls_x509_crt_deinit(crt);
	if (err == PU_OK)
		*out = id;
	return err;
}

enum pu_err pu_tls_session_verify(gnutls_session_t session, uint64_t now_unix_s,
                                  struct pu_peer_id *out)
{
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);

	if (!chain || count != 1 || gnutls_certificate_type_get(session) != GNUTLS_CRT_X509)
		return PU_EPROTOCOL;
	return pu_tls_cert_verify(pu_bytes(chain[0].data, chain[0].size), now_unix_s, out);
}
