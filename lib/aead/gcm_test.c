/* Knows that the fast AES-128-GCM is AES-128-GCM. */
#include "aead/gcm.h"

#include <criterion/criterion.h>
#include <gnutls/crypto.h>
#include <string.h>

static const uint8_t key_bytes[PU_GCM_KEY_LEN] = {0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65,
                                                  0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94,
                                                  0x67, 0x30, 0x83, 0x08};
static const uint8_t nonce[PU_GCM_NONCE_LEN] = {0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce,
                                                0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88};

static struct pu_gcm_key *new_key(void)
{
	struct pu_gcm gcm;

	if (!pu_gcm_init(&gcm))
		cr_skip_test("no fast AES-GCM on this machine");
	return pu_gcm_key_new(&gcm, key_bytes);
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
static void compare(const struct pu_gcm_key *key, gnutls_aead_cipher_hd_t gnutls,
                    struct pu_bytes plain, struct pu_bytes aad, size_t at)
{
	uint8_t theirs[LEN_MAX + 16], room[ROOM + 1], out[ROOM + 1];
	size_t theirs_len = sizeof(theirs);
	uint8_t *ours = room + at, *opened = out + (ALIGNMENTS - at);

	cr_assert_eq(gnutls_aead_cipher_encrypt(gnutls, nonce, sizeof(nonce), aad.data, aad.len, 16,
	                                        plain.data, plain.len, theirs, &theirs_len),
	             0);
	ours[plain.len + 16] = opened[plain.len] = 0xa5;
	pu_gcm_seal(key, ours, plain, nonce, aad);
	cr_assert_eq(memcmp(ours, theirs, theirs_len), 0, "%zu+%zu", plain.len, at);
	memcpy(ours, plain.data, plain.len);
	pu_gcm_seal(key, ours, pu_bytes(ours, plain.len), nonce, aad);
	cr_assert_eq(memcmp(ours, theirs, theirs_len), 0, "%zu+%zu", plain.len, at);
	cr_assert(pu_gcm_open(key, opened, pu_bytes(ours, plain.len + 16), nonce, aad));
	cr_assert_eq(memcmp(opened, plain.data, plain.len), 0, "%zu+%zu", plain.len, at);
	cr_assert(pu_gcm_open(key, ours, pu_bytes(ours, plain.len + 16), nonce, aad));
	cr_assert_eq(memcmp(ours, plain.data, plain.len), 0, "%zu+%zu", plain.len, at);
	cr_assert_eq(ours[plain.len + 16], 0xa5);
	cr_assert_eq(opened[plain.len], 0xa5);
}

/* An empty one too: a peer can send a packet of nothing but a 4-byte number and the tag. */
Test(aead_gcm, seals_as_gnutls_does_for_every_length)
{
	struct pu_gcm_key *key = new_key();
	gnutls_aead_cipher_hd_t gnutls = new_gnutls();
	uint8_t plain[LEN_MAX], aad[AAD_MAX];

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 7);
	memset(aad, 0x5a, sizeof(aad));
	for (size_t len = 0; len <= LEN_MAX; len++)
		compare(key, gnutls, pu_bytes(plain, len), pu_bytes(aad, len % AAD_MAX),
		        len % ALIGNMENTS);
	gnutls_aead_cipher_deinit(gnutls);
	pu_gcm_key_free(key);
}

Test(aead_gcm, seals_as_gnutls_does_at_every_alignment)
{
	struct pu_gcm_key *key = new_key();
	gnutls_aead_cipher_hd_t gnutls = new_gnutls();
	uint8_t plain[LEN_MAX], aad[AAD_MAX];

	memset(plain, 0x33, sizeof(plain));
	memset(aad, 0x5a, sizeof(aad));
	for (size_t at = 0; at < ALIGNMENTS; at++)
		for (size_t aad_len = 0; aad_len <= AAD_MAX; aad_len++)
			compare(key, gnutls, pu_bytes(plain, 1 + at * 19), pu_bytes(aad, aad_len), at);
	gnutls_aead_cipher_deinit(gnutls);
	pu_gcm_key_free(key);
}

/* Cut into three at every place, so that pieces end within a block and are empty. */
Test(aead_gcm, seals_pieces_as_it_seals_the_whole)
{
	struct pu_gcm_key *key = new_key();
	gnutls_aead_cipher_hd_t gnutls = new_gnutls();
	uint8_t plain[200], theirs[216], ours[217], aad[5] = {23, 3, 3, 0, 216};
	size_t theirs_len = sizeof(theirs);

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 11);
	cr_assert_eq(gnutls_aead_cipher_encrypt(gnutls, nonce, sizeof(nonce), aad, sizeof(aad), 16,
	                                        plain, sizeof(plain), theirs, &theirs_len),
	             0);
	for (size_t a = 0; a <= sizeof(plain); a++)
		for (size_t b = a; b <= sizeof(plain); b++) {
			const struct iovec pieces[3] = {
			    {plain, a}, {plain + a, b - a}, {plain + b, sizeof(plain) - b}};

			memset(ours, 0xa5, sizeof(ours));
			pu_gcm_sealv(key, ours, pieces, 3, nonce, pu_bytes(aad, sizeof(aad)));
			cr_assert_eq(memcmp(ours, theirs, theirs_len), 0, "%zu %zu", a, b);
			cr_assert_eq(ours[216], 0xa5);
		}
	gnutls_aead_cipher_deinit(gnutls);
	pu_gcm_key_free(key);
}

Test(aead_gcm, opens_nothing_that_was_changed_or_cut)
{
	struct pu_gcm_key *key = new_key();
	uint8_t sealed[48], out[48], aad[4] = {1, 2, 3, 4};

	memset(sealed, 3, 32);
	pu_gcm_seal(key, sealed, pu_bytes(sealed, 32), nonce, pu_bytes(aad, sizeof(aad)));
	for (size_t bit = 0; bit < sizeof(sealed) * 8; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert(!pu_gcm_open(key, out, pu_bytes(sealed, sizeof(sealed)), nonce,
		                       pu_bytes(aad, sizeof(aad))));
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < sizeof(sealed); len++)
		cr_assert(
		    !pu_gcm_open(key, out, pu_bytes(sealed, len), nonce, pu_bytes(aad, sizeof(aad))));
	aad[0] ^= 1;
	cr_assert(!pu_gcm_open(key, out, pu_bytes(sealed, sizeof(sealed)), nonce,
	                       pu_bytes(aad, sizeof(aad))));
	pu_gcm_key_free(key);
}

Test(aead_gcm, a_key_that_was_set_anew_is_the_other_key)
{
	const uint8_t other[PU_GCM_KEY_LEN] = {1};
	struct pu_gcm_key *key = new_key(), *fresh;
	uint8_t one[32], two[32], plain[16] = {9};
	struct pu_gcm gcm;

	cr_assert(pu_gcm_init(&gcm));
	fresh = pu_gcm_key_new(&gcm, other);
	pu_gcm_key_set(key, &gcm, other);
	pu_gcm_seal(key, one, pu_bytes(plain, sizeof(plain)), nonce, pu_bytes(NULL, 0));
	pu_gcm_seal(fresh, two, pu_bytes(plain, sizeof(plain)), nonce, pu_bytes(NULL, 0));
	cr_assert_eq(memcmp(one, two, sizeof(one)), 0);
	pu_gcm_key_free(key);
	pu_gcm_key_free(fresh);
}

/* FIPS 197, appendix B; and in place. */
Test(aead_gcm, a_block_is_that_of_the_standard)
{
	static const uint8_t raw[] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
	                              0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
	static const uint8_t out[] = {0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb,
	                              0xdc, 0x11, 0x85, 0x97, 0x19, 0x6a, 0x0b, 0x32};
	uint8_t block[] = {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d,
	                   0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34};
	struct pu_aes_key key;
	struct pu_gcm gcm;

	if (!pu_gcm_init(&gcm))
		cr_skip_test("no fast AES on this machine");
	pu_aes_key_set(&key, &gcm, raw);
	pu_aes_block(&key, &gcm, block, block);
	cr_assert_eq(memcmp(block, out, sizeof(out)), 0);
}
