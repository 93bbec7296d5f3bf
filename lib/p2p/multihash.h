/* Self-describing hashes: uvi(code) uvi(length) digest (github.com/multiformats/multihash). */
#ifndef PU_P2P_MULTIHASH_H
#define PU_P2P_MULTIHASH_H

#include "base/bytes.h"
#include "base/error.h"

#define PU_MULTIHASH_IDENTITY 0x00
#define PU_MULTIHASH_SHA2_256 0x12

struct pu_multihash {
	uint64_t code;
	struct pu_bytes digest; /* a view into what was read */
};

/* Takes one multihash of any code off the cursor. PU_EMALFORMED: sha2-256 that is not
 * 32 bytes long. */
enum pu_err pu_multihash_get(struct pu_bytes *in, struct pu_multihash *hash) PU_MUST_CHECK;

#endif
