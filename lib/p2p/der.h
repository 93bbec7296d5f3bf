/* Just enough DER (ITU-T X.690) to find the signed parts of a certificate as they were
 * sent; for tls_*.c only. */
#ifndef PU_P2P_DER_H
#define PU_P2P_DER_H

#include "base/bytes.h"
#include "base/error.h"

#define PU_DER_OCTET_STRING 0x04
#define PU_DER_SEQUENCE     0x30

/* Takes one element with this tag off `in`. `content` is its value, `whole` (may be NULL)
 * the value with tag and length. Lengths are definite and minimal. PU_ETRUNCATED,
 * PU_EMALFORMED. */
enum pu_err pu_der_get(struct pu_bytes *in, uint8_t tag, struct pu_bytes *content,
                       struct pu_bytes *whole) PU_MUST_CHECK;
/* Skips one element of any (single-byte) tag. */
enum pu_err pu_der_skip(struct pu_bytes *in) PU_MUST_CHECK;

#endif
