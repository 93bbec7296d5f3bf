/* Peer IDs, binary and text: whatever is accepted must survive printing. */
#include <stdlib.h>

#include "p2p/peer_id.h"

static void check(const struct pu_peer_id *id)
{
	char text[PU_PEER_ID_TEXT_MAX], did[PU_DID_KEY_TEXT_MAX];
	struct pu_peer_id back;

	if (pu_peer_id_parse(pu_peer_id_print(id, text), &back) != PU_OK ||
	    !pu_peer_id_eq(id, &back))
		abort();
	if (pu_peer_id_did(id, did) == PU_OK && strncmp(did, "did:key:z6Mk", 12) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pu_peer_id id;

	if (pu_peer_id_decode(pu_bytes(data, size), &id) == PU_OK)
		check(&id);
	if (pu_peer_id_parse_bytes(pu_bytes(data, size), &id) == PU_OK)
		check(&id);
	return 0;
}
