/* Knows which keys are worth their expanded form. */
#include "quic/packet_key.h"

#include <sodium.h>
#include <string.h>

#include "base/alloc.h"

struct pu_quic_key {
	struct pu_list_node in_expanded;
	struct pu_quic_keys *keys;
	struct pu_gcm_key *gcm; /* NULL: not in frequent use, or a header's */
	struct pu_aes_key *aes; /* NULL: not in frequent use, or a packet's */
	unsigned epoch, uses;   /* packets in that epoch */
	uint8_t raw[PU_GCM_KEY_LEN];
};

bool pu_quic_keys_init(struct pu_quic_keys *keys)
{
	static const uint8_t nothing[PU_GCM_KEY_LEN];

	pu_list_init(&keys->expanded);
	if (!pu_gcm_init(&keys->gcm))
		return false;
	keys->scratch = pu_gcm_key_new(&keys->gcm, nothing);
	return true;
}

void pu_quic_keys_fini(struct pu_quic_keys *keys)
{
	pu_gcm_key_free(keys->scratch);
	sodium_memzero(keys, sizeof(*keys));
}

struct pu_quic_key *pu_quic_key_new(struct pu_quic_keys *keys,
                                    const uint8_t raw[PU_GCM_KEY_LEN])
{
	struct pu_quic_key *key = PU_NEW(struct pu_quic_key);

	key->keys = keys;
	key->epoch = keys->epoch;
	memcpy(key->raw, raw, sizeof(key->raw));
	return key;
}

static void shrink(struct pu_quic_key *key)
{
	pu_list_remove(&key->in_expanded);
	pu_gcm_key_free(key->gcm);
	key->gcm = NULL;
	if (key->aes != NULL)
		sodium_memzero(key->aes, sizeof(*key->aes));
	pu_free(key->aes);
	key->aes = NULL;
}

void pu_quic_key_free(struct pu_quic_key *key)
{
	if (key == NULL)
		return;
	shrink(key);
	sodium_memzero(key, sizeof(*key));
	pu_free(key);
}

void pu_quic_keys_trim(struct pu_quic_keys *keys)
{
	PU_LIST_FOREACH(node, &keys->expanded) {
		struct pu_quic_key *key = PU_LIST_ENTRY(node, struct pu_quic_key, in_expanded);

		if (key->epoch != keys->epoch || key->uses <= PU_QUIC_KEY_FEW)
			shrink(key);
	}
	keys->epoch++;
}

/* One more use; true: that makes it worth expanding. */
static bool count(struct pu_quic_key *key)
{
	if (key->epoch != key->keys->epoch) {
		key->epoch = key->keys->epoch;
		key->uses = 0;
	}
	if (key->uses <= PU_QUIC_KEY_FEW)
		key->uses++;
	return key->uses > PU_QUIC_KEY_FEW && !pu_list_linked(&key->in_expanded);
}

const struct pu_gcm_key *pu_quic_key_use(struct pu_quic_key *key)
{
	struct pu_quic_keys *keys = key->keys;

	if (count(key)) {
		key->gcm = pu_gcm_key_new(&keys->gcm, key->raw);
		pu_list_append(&keys->expanded, &key->in_expanded);
	}
	if (key->gcm != NULL)
		return key->gcm;
	pu_gcm_key_set(keys->scratch, &keys->gcm, key->raw);
	return keys->scratch;
}

void pu_quic_key_mask(struct pu_quic_key *key, uint8_t dest[16], const uint8_t sample[16])
{
	struct pu_quic_keys *keys = key->keys;
	struct pu_aes_key *aes;

	if (count(key)) {
		key->aes = PU_NEW(struct pu_aes_key);
		pu_aes_key_set(key->aes, &keys->gcm, key->raw);
		pu_list_append(&keys->expanded, &key->in_expanded);
	}
	aes = key->aes;
	if (aes == NULL) {
		aes = &keys->header_scratch;
		pu_aes_key_set(aes, &keys->gcm, key->raw);
	}
	pu_aes_block(aes, &keys->gcm, dest, sample);
}
