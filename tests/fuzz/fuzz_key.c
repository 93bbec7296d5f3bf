/* Key messages: the one form that is accepted is the one that is written. */
#include <stdlib.h>

#include "p2p/key.h"
#include "p2p/peer_id.h"

static void expect(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pu_bytes pb = pu_bytes(data, size);
	uint8_t out[PU_PUBLIC_KEY_DATA_MAX + 16], printed[PU_ED25519_PRIVATE_PB_LEN];
	struct pu_writer writer = pu_writer(out, sizeof(out));
	struct pu_public_key public_key;
	struct pu_key key;

	if (pu_public_key_decode(pb, &public_key) == PU_OK) {
		pu_public_key_encode(&public_key, &writer);
		expect(pu_bytes_eq(pu_writer_bytes(&writer), pb));
		expect(pu_peer_id_of_key(&public_key).len > 0);
		expect(pu_public_key_verify(&public_key, pb, pb) != PU_OK);
	}
	if (pu_key_decode(&key, pb) == PU_OK) {
		pu_key_encode(&key, printed);
		expect(size != sizeof(printed) || memcmp(printed, data, size) == 0);
		pu_key_fini(&key);
	}
	return 0;
}
