/* Bytes as text in the bases that libp2p uses (github.com/multiformats/multibase). */
#ifndef PU_P2P_MULTIBASE_H
#define PU_P2P_MULTIBASE_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/writer.h"

/* The value is the multibase prefix. */
enum pu_base {
	PU_BASE16 = 'f',
	PU_BASE32 = 'b', /* lower case, no padding */
	PU_BASE36 = 'k', /* lower case */
	PU_BASE58BTC = 'z',
	PU_BASE64 = 'm',    /* no padding */
	PU_BASE64URL = 'u', /* no padding */
};

/* Text without a prefix, and without a final NUL. PU_ELIMIT when `out` is full, or when
 * base58 or base36 is given more than PU_BASE_QUADRATIC_MAX bytes. On an error what
 * `out` holds is unspecified. */
enum pu_err pu_base_encode(enum pu_base base, struct pu_bytes bytes,
                           struct pu_writer *out) PU_MUST_CHECK;
/* PU_EMALFORMED: a character outside the alphabet, or bits set where none may be. */
enum pu_err pu_base_decode(enum pu_base base, struct pu_bytes text,
                           struct pu_writer *out) PU_MUST_CHECK;

/* The same with the prefix. Decoding also answers PU_EUNSUPPORTED: another base. */
enum pu_err pu_multibase_encode(enum pu_base base, struct pu_bytes bytes,
                                struct pu_writer *out) PU_MUST_CHECK;
enum pu_err pu_multibase_decode(struct pu_bytes text, struct pu_writer *out) PU_MUST_CHECK;

#endif
