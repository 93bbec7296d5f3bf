/* Knows that a key does the same whether it is expanded or not, and when it is. */
#include "quic/packet_key.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t raw[PU_GCM_KEY_LEN] = {0xfe, 0xff, 0xe9, 0x92};
static const uint8_t nonce[PU_GCM_NONCE_LEN] = {0xca, 0xfe};

static struct pu_quic_keys keys;

static struct pu_quic_key *new_key(void)
{
	keys = (struct pu_quic_keys){0};
	if (!pu_quic_keys_init(&keys))
		cr_skip_test("no fast AES-GCM on this machine");
	return pu_quic_key_new(&keys, raw);
}

static void end(struct pu_quic_key *key)
{
	pu_quic_key_free(key);
	cr_expect(pu_list_empty(&keys.expanded));
	pu_quic_keys_fini(&keys);
}

/* What it makes of one datagram, which is always the same. */
static void seal(struct pu_quic_key *key, uint8_t sealed[48])
{
	uint8_t plain[32] = {7};

	pu_gcm_seal(pu_quic_key_use(key), sealed, pu_bytes(plain, sizeof(plain)), nonce,
	            pu_bytes(nonce, sizeof(nonce)));
}

Test(quic_packet_key, only_keys_in_frequent_use_hold_their_expanded_form)
{
	struct pu_quic_key *key = new_key();
	uint8_t first[48], sealed[48];

	for (int i = 0; i < PU_QUIC_KEY_FEW; i++)
		seal(key, first);
	cr_expect(pu_list_empty(&keys.expanded), "a few packets");
	seal(key, sealed);
	cr_expect_not(pu_list_empty(&keys.expanded), "many");
	cr_expect_eq(memcmp(sealed, first, sizeof(sealed)), 0);
	pu_quic_keys_trim(&keys);
	for (int i = 0; i <= PU_QUIC_KEY_FEW; i++)
		seal(key, sealed);
	pu_quic_keys_trim(&keys);
	cr_expect_not(pu_list_empty(&keys.expanded), "still many");
	seal(key, sealed);
	pu_quic_keys_trim(&keys);
	cr_expect(pu_list_empty(&keys.expanded), "few again");
	seal(key, sealed);
	cr_expect_eq(memcmp(sealed, first, sizeof(sealed)), 0);
	end(key);
}

Test(quic_packet_key, little_used_keys_take_turns_without_harm)
{
	static const uint8_t other_raw[PU_GCM_KEY_LEN] = {1};
	struct pu_quic_key *key = new_key(), *other = pu_quic_key_new(&keys, other_raw);
	uint8_t one[48], two[48], again[48];

	seal(key, one);
	seal(other, two);
	seal(key, again);
	cr_expect_eq(memcmp(one, again, sizeof(one)), 0);
	cr_expect_neq(memcmp(one, two, sizeof(one)), 0);
	pu_quic_key_free(other);
	end(key);
}

Test(quic_packet_key, a_mask_is_the_same_expanded_or_not)
{
	struct pu_quic_key *key = new_key();
	uint8_t sample[16] = {3}, first[16], mask[16];

	pu_quic_key_mask(key, first, sample);
	for (int i = 0; i < 2 * PU_QUIC_KEY_FEW; i++) {
		pu_quic_key_mask(key, mask, sample);
		cr_expect_eq(memcmp(mask, first, sizeof(mask)), 0, "%d", i);
	}
	cr_expect_not(pu_list_empty(&keys.expanded));
	pu_quic_keys_trim(&keys);
	pu_quic_keys_trim(&keys);
	cr_expect(pu_list_empty(&keys.expanded));
	pu_quic_key_mask(key, mask, sample);
	cr_expect_eq(memcmp(mask, first, sizeof(mask)), 0);
	end(key);
}
