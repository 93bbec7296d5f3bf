/* Identify: what was decoded must encode, and decode to the same again. */
#include <stdlib.h>

#include "p2p/identify.h"

static void expect(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pu_identify id, back;
	static uint8_t out[PU_IDENTIFY_SEND_MAX];
	struct pu_writer writer = pu_writer(out, sizeof(out));

	if (pu_identify_decode(pu_bytes(data, size), &id) != PU_OK)
		return 0;
	if (pu_identify_encode(&id, &writer) != PU_OK)
		return 0;
	expect(pu_identify_decode(pu_writer_bytes(&writer), &back) == PU_OK);
	expect(pu_bytes_eq(id.agent_version, back.agent_version));
	expect(pu_bytes_eq(id.observed_addr, back.observed_addr));
	expect(pu_bytes_eq(id.signed_peer_record, back.signed_peer_record));
	expect(id.protocol_count == back.protocol_count && back.addr_count <= id.addr_count);
	return 0;
}
