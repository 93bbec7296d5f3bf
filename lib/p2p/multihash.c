/* Multihashes. This file knows how the code, the length and the digest stand together, and
 * the length that sha2-256 must have. */
#include "p2p/multihash.h"

#include "p2p/uvi.h"

#define SHA2_256_LEN 32

enum pu_err pu_multihash_get(struct pu_bytes *in, struct pu_multihash *hash)
{
	struct pu_bytes rest = *in;
	struct pu_multihash found;
	enum pu_err err = pu_uvi_get(&rest, &found.code);

	if (err == PU_OK)
		err = pu_delimited_get(&rest, SIZE_MAX, &found.digest);
	if (err != PU_OK)
		return err;
	if (found.code == PU_MULTIHASH_SHA2_256 && found.digest.len != SHA2_256_LEN)
		return PU_EMALFORMED;
	*hash = found;
	*in = rest;
	return PU_OK;
}
