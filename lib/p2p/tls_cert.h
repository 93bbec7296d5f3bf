/* Certificates of libp2p-TLS (libp2p specs, tls/tls.md): an ephemeral P-256 key, bound to
 * the peer's identity key by one X.509 extension. */
#ifndef PU_P2P_TLS_CERT_H
#define PU_P2P_TLS_CERT_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/key.h"
#include "p2p/limits.h"
#include "p2p/peer_id.h"

/* "libp2p-tls-handshake:" and the SubjectPublicKeyInfo of a P-256 key (91 bytes). */
#define PU_TLS_TO_SIGN_LEN (21 + 91)

/* Ours. Making one takes two steps, because the identity key lives in another process:
 *   pu_tls_cert_init(); sign pu_tls_cert_to_sign() with the identity key;
 *   pu_tls_cert_finish(); pu_tls_cert_credentials(). */
struct pu_tls_cert {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt; /* NULL until _finish */
	uint8_t to_sign[PU_TLS_TO_SIGN_LEN];
};

/* Makes the ephemeral key. PU_EINTERNAL: GnuTLS failed. */
enum pu_err pu_tls_cert_init(struct pu_tls_cert *cert) PU_MUST_CHECK;
/* A view into `cert`. */
struct pu_bytes pu_tls_cert_to_sign(const struct pu_tls_cert *cert);
/* Builds the certificate: self-signed, empty names, random serial number, one extension
 * (not critical), valid from an hour before now_unix_s for 100 years. `identity` is our
 * public key, `signature` its signature over _to_sign(). PU_ECRYPTO: it does not verify. */
enum pu_err pu_tls_cert_finish(struct pu_tls_cert *cert, const struct pu_public_key *identity,
                               struct pu_bytes signature, uint64_t now_unix_s) PU_MUST_CHECK;
/* The same in one step, where the identity key is at hand (tests, tools). */
enum pu_err pu_tls_cert_make(struct pu_tls_cert *cert, const struct pu_key *identity,
                             uint64_t now_unix_s) PU_MUST_CHECK;
/* New credentials holding certificate and key, owned by the caller
 * (gnutls_certificate_free_credentials); they do not depend on `cert` afterwards. */
enum pu_err pu_tls_cert_credentials(const struct pu_tls_cert *cert,
                                    gnutls_certificate_credentials_t *out) PU_MUST_CHECK;
/* The certificate in DER, at most `out->max` bytes. */
enum pu_err pu_tls_cert_der(const struct pu_tls_cert *cert,
                            struct pu_writer *out) PU_MUST_CHECK;
void pu_tls_cert_fini(struct pu_tls_cert *cert);

/* Verifies the one certificate that a peer presented, and says who it is. PU_ETRUNCATED or
 * PU_EMALFORMED: not such a certificate (extension missing or twice, another critical one,
 * issuer is not the subject). PU_ELIMIT: over PU_TLS_CERT_MAX. PU_ECRYPTO: expired, not yet
 * valid, or a signature is wrong. PU_EUNSUPPORTED: a key type that we cannot verify. */
enum pu_err pu_tls_cert_verify(struct pu_bytes der, uint64_t now_unix_s,
                               struct pu_peer_id *out) PU_MUST_CHECK;
/* The same for what the other end of a TLS session presented: exactly one certificate
 * (PU_EPROTOCOL otherwise). For a callback set with gnutls_certificate_set_verify_function
 * or after the handshake. */
enum pu_err pu_tls_session_verify(gnutls_session_t session, uint64_t now_unix_s,
                                  struct pu_peer_id *out) PU_MUST_CHECK;

#endif
