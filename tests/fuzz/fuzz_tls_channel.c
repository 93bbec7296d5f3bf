/* What strangers may send over a TLS channel. The first byte says how: bytes to a server or to
 * a client, bytes as handshake messages, changes to a flight of a real handshake, or the
 * insides of records of an established channel. */
#include <stdlib.h>

#include "base/alloc.h"
#include "secure/tls_record.h"
#include "secure/tls_world.h"

enum { TO_SERVER, TO_CLIENT, MESSAGES, CHANGES, SEALED, MODES };

static void put(struct pu_buffer *wire, struct pu_bytes bytes)
{
	if (pu_buffer_append(wire, bytes.data, bytes.len) != PU_OK)
		abort();
}

/* Triplets: where, in two bytes, and what is changed there. */
static void change(struct secure_end *ends, struct pu_bytes changes)
{
	size_t flight = changes.len > 0 ? changes.data[0] % 3 : 0;
	struct secure_end *to = &ends[flight == 1 ? 0 : 1];

	secure_flush(&ends[0], &ends[1]);
	for (size_t i = 0; i < flight; i++) {
		secure_deliver(&ends[(i + 1) % 2], SIZE_MAX);
		secure_flush(&ends[(i + 1) % 2], &ends[i % 2]);
	}
	for (size_t i = 1; i + 3 <= changes.len && to->wire.len > 0; i += 3)
		to->wire.data[((size_t)changes.data[i] << 8 | changes.data[i + 1]) % to->wire.len] ^=
		    changes.data[i + 2];
}

/* One byte of type, one of length, as much text. */
static void seal(struct secure_end *ends, struct pu_bytes in)
{
	struct pu_tls_keys *keys = &((struct pu_tls *)ends[0].secure)->tx;

	secure_pump(&ends[0], &ends[1], SIZE_MAX);
	while (in.len >= 2) {
		size_t len = in.data[1] < in.len - 2 ? in.data[1] : in.len - 2;
		struct iovec piece = {(void *)(in.data + 2), len};
		uint8_t out[256 + PU_TLS_RECORD_OVERHEAD];

		put(&ends[1].wire,
		    pu_bytes(out, pu_tls_record_seal(keys, (enum pu_tls_content)in.data[0], &piece, 1,
		                                     out)));
		in = pu_bytes(in.data + 2 + len, in.len - 2 - len);
	}
}

static void feed(struct secure_end *ends, unsigned mode, struct pu_bytes bytes)
{
	struct pu_tls_keys none = {0};

	if (mode == CHANGES)
		change(ends, bytes);
	else if (mode == SEALED)
		seal(ends, bytes);
	else if (mode != MESSAGES)
		put(&ends[mode == TO_SERVER].wire, bytes);
	else if (pu_tls_record_put(&ends[1].wire, &none, PU_TLS_HANDSHAKE, bytes) != PU_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_world world;

	if (size < 2)
		return 0;
	if (world.contexts[0] == NULL)
		tls_world_init(&world);
	tls_world_connect(&world);
	feed(world.ends, data[0] % MODES, pu_bytes(data + 2, size - 2));
	secure_pump(&world.ends[0], &world.ends[1], 1 + data[1]);
	if (data[0] % MODES != SEALED && world.ends[0].plain.len + world.ends[1].plain.len > 0)
		abort(); /* forged */
	for (size_t i = 0; i < 2; i++)
		if (world.ends[i].established && !world.ends[i].failed &&
		    !pu_peer_id_eq(&tls_world_result(&world, i)->peer, &world.ids[1 - i]))
			abort();
	tls_world_disconnect(&world);
	return 0;
}
