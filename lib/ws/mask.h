/* Masking (RFC 6455, section 5.3), as the bytes are copied. */
#ifndef PU_WS_MASK_H
#define PU_WS_MASK_H

#include <stddef.h>
#include <stdint.h>

/* Copies while masking, or unmasking; `out` and `in` do not overlap. Turns `mask` so that it
 * goes on with the byte behind. */
void pu_ws_mask_copy(uint8_t *out, const uint8_t *in, size_t len, uint8_t mask[4]);

#endif
