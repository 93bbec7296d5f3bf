/* What strangers may send over a Noise channel. The first byte says to whom: bytes to a
 * responder, to an initiator, to an established channel, or a decrypted payload. */
#include <stdlib.h>

#include "secure/noise_payload.h"
#include "secure/secure_sim.h"

enum { TO_RESPONDER, TO_INITIATOR, ESTABLISHED, PAYLOAD, MODES };

static const char *const muxers[] = {"/yamux/1.0.0", "/mplex/6.7.0"};

static const struct pu_noise_identity *identity(void)
{
	static struct pu_noise_identity made;
	static bool done;
	struct pu_key key;

	if (done)
		return &made;
	pu_key_generate(&key);
	if (pu_noise_identity_make(&made, &key) != PU_OK)
		abort();
	done = true;
	return &made;
}

static void read_payload(struct pu_bytes payload, bool initiator)
{
	const struct pu_secure_config config = {initiator, NULL, muxers, 2};
	struct pu_peer_id peer;
	const char *muxer;

	if (pu_noise_payload_verify(payload, identity()->pair.public_key, &config, &peer, &muxer) ==
	    PU_OK)
		abort(); /* nobody else knows a signature of this key */
}

static void feed(struct pu_bytes bytes, unsigned mode, size_t chunk)
{
	struct secure_end ends[2];

	for (size_t i = 0; i < 2; i++) {
		const struct pu_secure_config config = {i == 0, NULL, muxers, 2};

		secure_end_init(&ends[i], pu_noise_new(identity(), &config));
	}
	if (mode == ESTABLISHED)
		secure_pump(&ends[0], &ends[1], SIZE_MAX);
	if (pu_buffer_append(&ends[mode == TO_RESPONDER].wire, bytes.data, bytes.len) != PU_OK)
		abort();
	secure_pump(&ends[0], &ends[1], chunk);
	if (ends[0].plain.len + ends[1].plain.len > 0)
		abort(); /* forged */
	if (mode == TO_INITIATOR && bytes.len > 1 && ends[0].established)
		abort();
	secure_end_fini(&ends[0]);
	secure_end_fini(&ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pu_bytes rest;

	if (size < 2)
		return 0;
	rest = pu_bytes(data + 2, size - 2);
	if (data[0] % MODES == PAYLOAD)
		read_payload(rest, data[1] & 1);
	else
		feed(rest, data[0] % MODES, 1 + data[1]);
	return 0;
}
