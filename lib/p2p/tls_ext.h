/* The libp2p extension of X.509 certificates, for tls_*.c only. */
#ifndef PU_P2P_TLS_EXT_H
#define PU_P2P_TLS_EXT_H

#include "p2p/der.h"
#include "p2p/limits.h"
#include "p2p/writer.h"

#define PU_TLS_EXT_OID "1.3.6.1.4.1.53594.1.1"
/* What the identity key signs: this, then the SubjectPublicKeyInfo. */
#define PU_TLS_SIGN_PREFIX     "libp2p-tls-handshake:"
#define PU_TLS_SIGN_PREFIX_LEN 21
/* The value with an Ed25519 key. */
#define PU_TLS_EXT_ED25519_LEN 106

/* SEQUENCE { OCTET STRING public_key, OCTET STRING signature } of an Ed25519 identity:
 * a PublicKey message of 36 bytes and a signature of 64. */
void pu_tls_ext_encode(struct pu_bytes public_key, struct pu_bytes signature,
                       struct pu_writer *out);
enum pu_err pu_tls_ext_decode(struct pu_bytes value, struct pu_bytes *public_key,
                              struct pu_bytes *signature) PU_MUST_CHECK;

#endif
