/* Knows that the fast AES-128-GCM is AES-128-GCM. */
#include "quic/gcm.h"

#include <criterion/criterion.h>
#include <gnutls/crypto.h>
#include <string.h>

static const uint8_t key_bytes[PU_QUIC_GCM_KEY_LEN] = {0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65,
                                                       0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94,
                                                       0x67, 0x30, 0x83, 0x08};
static const uint8_t nonce[PU_QUIC_GCM_NONCE_LEN] = {0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce,
                                                     0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88};

static struct pu_quic_gcm_key *new_key(void)
{
	struct pu_quic_gcm gcm;

	if (!pu_quic_gcm_init(&gcm))
		cr_skip_test("no fast AES-GCM on this machine");
	return pu_quic_gcm_key_new(&gcm, key_bytes);
}

enum { LEN_MAX = 1500, AAD_MAX = 40, ALIGNMENTS = 64, ROOM = LEN_MAX + 16 + ALIGNMENTS };

static gnutls_aead_cipher_hd_t new_gnutls(void)
{
	const gnutls_datum_t datum = {(unsigned char *)key_bytes, sizeof(key_bytes)};
	gnutls_aead_cipher_hd_t gnutls;

	cr_assert_eq(gnutls_aead_cipher_init(&gnutls, GNUTLS_CIPHER_AES_128_GCM, &datum), 0);
	return gnutls;
}

/* One datagram both ways, at this alignment and both in place and not; what lies behind it must
 * stay as it is. */
static void compare(const struct pu_quic_gcm_key *key, gnutls_aead_cipher_hd_t gnutls,
                    struct pu_bytes plain, struct pu_bytes aad, size_t at)
{
	uint8_t theirs[LEN_MAX + 16], room[ROOM + 1], out[ROOM + 1];
	size_t theirs_len = sizeof(theirs);
	uint8_t *ours = room + at, *opened = out + (ALIGNMENTS - at);

	cr_assert_eq(gnutls_aead_cipher_encrypt(gnutls, nonce, sizeof(nonce), aad.data, aad.len, 16,
	                                        plain.data, plain.len, theirs, &theirs_len),
	             0);
	ours[plain.len + 16] = opened[plain.len] = 0xa5;
	pu_quic_gcm_seal(key, ours, plain, nonce, aad);
	cr_assert_eq(memcmp(ours, theirs, theirs_len), 0, "%zu+%zu", plain.len, at);
	memcpy(ours, plain.data, plain.len);
	pu_quic_gcm_seal(key, ours, pu_bytes(ours, plain.len), nonce, aad);
	cr_assert_eq(memcmp(ours, theirs, theirs_len), 0, "%zu+%zu", plain.len, at);
	cr_assert(pu_quic_gcm_open(key, opened, pu_bytes(ours, plain.len + 16), nonce, aad));
	cr_assert_eq(memcmp(opened, plain.data, plain.len), 0, "%zu+%zu", plain.len, at);
	cr_assert(pu_quic_gcm_open(key, ours, pu_bytes(ours, plain.len + 16), nonce, aad));
	cr_assert_eq(memcmp(ours, plain.data, plain.len), 0, "%zu+%zu", plain.len, at);
	cr_assert_eq(ours[plain.len + 16], 0xa5);
	cr_assert_eq(opened[plain.len], 0xa5);
}

/* An empty one too: a peer can send a packet of nothing but a 4-byte number and the tag. */
Test(quic_gcm, seals_as_gnutls_does_for_every_length)
{
	struct pu_quic_gcm_key *key = new_key();
	gnutls_aead_cipher_hd_t gnutls = new_gnutls();
	uint8_t plain[LEN_MAX], aad[AAD_MAX];

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 7);
	memset(aad, 0x5a, sizeof(aad));
	for (size_t len = 0; len <= LEN_MAX; len++)
		compare(key, gnutls, pu_bytes(plain, len), pu_bytes(aad, len % AAD_MAX),
		        len % ALIGNMENTS);
	gnutls_aead_cipher_deinit(gnutls);
	pu_quic_gcm_key_free(key);
}

Test(quic_gcm, seals_as_gnutls_does_at_every_alignment)
{
	struct pu_quic_gcm_key *key = new_key();
	gnutls_aead_cipher_hd_t gnutls = new_gnutls();
	uint8_t plain[LEN_MAX], aad[AAD_MAX];

	memset(plain, 0x33, sizeof(plain));
	memset(aad, 0x5a, sizeof(aad));
	for (size_t at = 0; at < ALIGNMENTS; at++)
		for (size_t aad_len = 0; aad_len <= AAD_MAX; aad_len++)
			compare(key, gnutls, pu_bytes(plain, 1 + at * 19), pu_bytes(aad, aad_len), at);
	gnutls_aead_cipher_deinit(gnutls);
	pu_quic_gcm_key_free(key);
}

Test(quic_gcm, opens_nothing_that_was_changed_or_cut)
{
	struct pu_quic_gcm_key *key = new_key();
	uint8_t sealed[48], out[48], aad[4] = {1, 2, 3, 4};

	memset(sealed, 3, 32);
	pu_quic_gcm_seal(key, sealed, pu_bytes(sealed, 32), nonce, pu_bytes(aad, sizeof(aad)));
	for (size_t bit = 0; bit < sizeof(sealed) * 8; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert(!pu_quic_gcm_open(key, out, pu_bytes(sealed, sizeof(sealed)), nonce,
		                            pu_bytes(aad, sizeof(aad))));
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < sizeof(sealed); len++)
		cr_assert(!pu_quic_gcm_open(key, out, pu_bytes(sealed, len), nonce,
		                            pu_bytes(aad, sizeof(aad))));
	aad[0] ^= 1;
	cr_assert(!pu_quic_gcm_open(key, out, pu_bytes(sealed, sizeof(sealed)), nonce,
	                            pu_bytes(aad, sizeof(aad))));
	pu_quic_gcm_key_free(key);
}
