/* Any text is a document: it prints as it was read, and edits of one peer's lines leave
 * all other peers as they were. */
#include <stdlib.h>

#include "p2p/key.h"
#include "trust/authorized_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_prints(const struct pu_authorized_keys *keys, struct pu_bytes expected)
{
	struct pu_buffer out;

	pu_buffer_init(&out, PU_AUTHORIZED_KEYS_FILE_MAX);
	require(pu_authorized_keys_print(keys, &out) == PU_OK);
	require(pu_bytes_eq(pu_buffer_bytes(&out), expected));
	pu_buffer_fini(&out);
}

static struct pu_peer_id somebody(void)
{
	static const uint8_t raw[PU_ED25519_PUBLIC_LEN] = {1, 2, 3};
	const struct pu_public_key key = {.type = PU_KEY_ED25519, .bytes = {raw, sizeof(raw)}};

	return pu_peer_id_of_key(&key);
}

static void check_add_and_remove(struct pu_authorized_keys *keys, const char *comment)
{
	struct pu_peer_id peer = somebody();
	size_t before = pu_authorized_keys_len(keys);

	if (pu_authorized_keys_add(keys, &peer, comment, 1000) != PU_OK)
		return;
	require(pu_authorized_keys_len(keys) == before + 1);
	require(pu_authorized_peer_expired(pu_authorized_keys_find(keys, &peer), 1000));
	if (pu_authorized_keys_set(keys, &peer, "role", comment) == PU_OK)
		require(pu_authorized_keys_find(keys, &peer)->attributes_len == 2);
	require(pu_authorized_keys_remove(keys, &peer) == PU_OK);
	require(pu_authorized_keys_len(keys) == before);
}

static void check_every_peer_goes(struct pu_authorized_keys *keys)
{
	while (pu_authorized_keys_len(keys) > 0) {
		struct pu_peer_id peer = pu_authorized_keys_at(keys, 0)->peer;
		size_t before = pu_authorized_keys_len(keys);

		require(pu_authorized_keys_remove(keys, &peer) == PU_OK);
		require(pu_authorized_keys_find(keys, &peer) == NULL);
		require(pu_authorized_keys_len(keys) == before - 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pu_authorized_keys *keys;
	char comment[128] = {0};

	if (pu_authorized_keys_parse(pu_bytes(data, size), &keys) != PU_OK)
		return 0;
	check_prints(keys, pu_bytes(data, size));
	if (size > 0)
		memcpy(comment, data, size < sizeof(comment) ? size : sizeof(comment) - 1);
	check_add_and_remove(keys, comment);
	check_every_peer_goes(keys);
	pu_authorized_keys_free(keys);
	return 0;
}
