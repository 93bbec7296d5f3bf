/* Unsigned varints of multiformats (github.com/multiformats/unsigned-varint): minimal,
 * at most 9 bytes, values below 2^63. Protobuf varints are another thing: p2p/pb.h.
 *
 * A cursor is a struct pu_bytes; reading moves its front past what was read, and leaves
 * it alone on an error. */
#ifndef PU_P2P_UVI_H
#define PU_P2P_UVI_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/writer.h"

#define PU_UVI_LEN_MAX 9

/* Bytes that `value` takes. */
size_t pu_uvi_len(uint64_t value);
/* Returns the bytes written. value < 2^63. */
size_t pu_uvi_encode(uint8_t out[PU_UVI_LEN_MAX], uint64_t value);
void pu_uvi_put(struct pu_writer *writer, uint64_t value);

/* PU_ETRUNCATED: more bytes may complete it. PU_EMALFORMED: not minimal, or over 9 bytes. */
enum pu_err pu_uvi_get(struct pu_bytes *in, uint64_t *value) PU_MUST_CHECK;

/* uvi(length) and that many bytes, which is how libp2p frames messages on a stream.
 * PU_ETRUNCATED as above; PU_ELIMIT as soon as the length is known to exceed `max`. */
enum pu_err pu_delimited_get(struct pu_bytes *in, size_t max,
                             struct pu_bytes *message) PU_MUST_CHECK;
void pu_delimited_put(struct pu_writer *writer, struct pu_bytes message);

#endif
