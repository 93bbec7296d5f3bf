/* Signed envelopes and peer records. */
#include <stdlib.h>

#include "p2p/envelope.h"
#include "p2p/peer_record.h"

static void check_envelope(struct pu_bytes bytes)
{
	static uint8_t out[PU_ENVELOPE_MAX + 64];
	struct pu_writer writer = pu_writer(out, sizeof(out));
	struct pu_envelope envelope, back;

	if (pu_envelope_decode(bytes, &envelope) != PU_OK)
		return;
	pu_envelope_encode(&envelope, &writer);
	if (pu_writer_check(&writer) != PU_OK || writer.len > PU_ENVELOPE_MAX)
		return;
	if (pu_envelope_decode(pu_writer_bytes(&writer), &back) != PU_OK ||
	    !pu_bytes_eq(envelope.payload, back.payload))
		abort();
}

static void check_record(struct pu_bytes bytes)
{
	static uint8_t out[65536];
	static struct pu_peer_record record, back;
	struct pu_writer writer = pu_writer(out, sizeof(out));

	if (pu_peer_record_decode(bytes, &record) != PU_OK)
		return;
	pu_peer_record_encode(&record, &writer);
	if (pu_writer_check(&writer) != PU_OK ||
	    pu_peer_record_decode(pu_writer_bytes(&writer), &back) != PU_OK ||
	    record.addr_count != back.addr_count || record.seq != back.seq)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pu_peer_record record;

	check_envelope(pu_bytes(data, size));
	check_record(pu_bytes(data, size));
	if (pu_peer_record_open(pu_bytes(data, size), &record) == PU_OK && record.peer.len == 0)
		abort();
	return 0;
}
