/* The protection of one direction of a TLS 1.3 connection (RFC 8446, 5.2, 5.3, 7.2, 7.3). */
#ifndef PU_SECURE_TLS_KEYS_H
#define PU_SECURE_TLS_KEYS_H

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <sys/uio.h>

#include "aead/gcm.h"
#include "base/bytes.h"
#include "base/error.h"

#define PU_TLS_SECRET_MAX 48
#define PU_TLS_IV_LEN     12
#define PU_TLS_TAG_LEN    16

/* All zero: nothing is protected yet. */
struct pu_tls_keys {
	struct pu_gcm_key *fast;      /* AES-128-GCM where the machine has it */
	gnutls_aead_cipher_hd_t slow; /* AES-GCM else */
	uint8_t *chacha;              /* the bare key of ChaCha20-Poly1305 */
	gnutls_cipher_algorithm_t cipher;
	uint64_t records;
	uint8_t iv[PU_TLS_IV_LEN];
	uint8_t secret_len;
	uint8_t secret[PU_TLS_SECRET_MAX];
};

/* Replaces what was there. `gcm` NULL: not on this machine. PU_EUNSUPPORTED: no cipher of ours.
 * PU_EINTERNAL. */
enum pu_err pu_tls_keys_set(struct pu_tls_keys *keys, const struct pu_gcm *gcm,
                            gnutls_cipher_algorithm_t cipher,
                            struct pu_bytes secret) PU_MUST_CHECK;
/* The next generation (KeyUpdate). */
enum pu_err pu_tls_keys_update(struct pu_tls_keys *keys,
                               const struct pu_gcm *gcm) PU_MUST_CHECK;
bool pu_tls_keys_ready(const struct pu_tls_keys *keys);
void pu_tls_keys_fini(struct pu_tls_keys *keys); /* wipes */

/* out: all pieces and PU_TLS_TAG_LEN bytes; overlaps none of them. False: GnuTLS failed. */
bool pu_tls_keys_seal(struct pu_tls_keys *keys, const struct iovec *pieces, size_t count,
                      struct pu_bytes aad, uint8_t *out);
/* out: sealed.len - PU_TLS_TAG_LEN bytes. False: forged, or too short. */
bool pu_tls_keys_open(struct pu_tls_keys *keys, struct pu_bytes sealed, struct pu_bytes aad,
                      uint8_t *out);

#endif
