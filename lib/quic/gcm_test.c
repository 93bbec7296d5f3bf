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

Test(quic_gcm, seals_as_gnutls_does_for_every_length)
{
	struct pu_quic_gcm_key *key = new_key();
	const gnutls_datum_t datum = {(unsigned char *)key_bytes, sizeof(key_bytes)};
	gnutls_aead_cipher_hd_t gnutls;
	uint8_t plain[1500], aad[40], ours[1600], theirs[1600];

	cr_assert_eq(gnutls_aead_cipher_init(&gnutls, GNUTLS_CIPHER_AES_128_GCM, &datum), 0);
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 7);
	memset(aad, 0x5a, sizeof(aad));
	for (size_t len = 1; len <= sizeof(plain); len++) {
		size_t theirs_len = sizeof(theirs), aad_len = len % sizeof(aad);

		cr_assert_eq(gnutls_aead_cipher_encrypt(gnutls, nonce, sizeof(nonce), aad, aad_len, 16,
		                                        plain, len, theirs, &theirs_len),
		             0);
		memcpy(ours, plain, len);
		pu_quic_gcm_seal(key, ours, pu_bytes(ours, len), nonce, pu_bytes(aad, aad_len));
		cr_assert_eq(memcmp(ours, theirs, len + 16), 0, "%zu", len);
		cr_assert(pu_quic_gcm_open(key, ours, pu_bytes(theirs, len + 16), nonce,
		                           pu_bytes(aad, aad_len)));
		cr_assert_eq(memcmp(ours, plain, len), 0, "%zu", len);
	}
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
