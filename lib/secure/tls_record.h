/* Records of TLS 1.3 (RFC 8446, 5). */
#ifndef PU_SECURE_TLS_RECORD_H
#define PU_SECURE_TLS_RECORD_H

#include "secure/tls_state.h"

/* One as it came, still protected or not. */
struct pu_tls_record {
	enum pu_tls_content type;
	struct pu_bytes header, fragment;
};

/* Takes the next off `in`. PU_EAGAIN: not whole yet. PU_ELIMIT: longer than a record may be.
 * PU_EMALFORMED: not a record. */
enum pu_err pu_tls_record_next(struct pu_bytes *in, struct pu_tls_record *out) PU_MUST_CHECK;
/* Seals up to PU_SECURE_PIECES_MAX pieces into out (all of them and PU_TLS_RECORD_OVERHEAD).
 * Answers the length; 0: GnuTLS failed. */
size_t pu_tls_record_seal(struct pu_tls_keys *keys, enum pu_tls_content type,
                          const struct iovec *pieces, size_t count, uint8_t *out);
/* Opens a record into plain (fragment.len bytes) and answers what it truly holds. PU_ECRYPTO:
 * forged. PU_EPROTOCOL: nothing but padding. PU_ELIMIT: too much in it. */
enum pu_err pu_tls_record_open(struct pu_tls_keys *keys, const struct pu_tls_record *record,
                               uint8_t *plain, size_t *len,
                               enum pu_tls_content *type) PU_MUST_CHECK;
/* Appends text to the output in as many records as it takes, protected if keys are ready. */
enum pu_err pu_tls_record_put(struct pu_buffer *output, struct pu_tls_keys *keys,
                              enum pu_tls_content type, struct pu_bytes text) PU_MUST_CHECK;

#endif
