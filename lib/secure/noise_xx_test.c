/* Knows a published handshake (the vectors of cacophony) and that ours is the same. */
#include "secure/noise_xx.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "p2p/test_vectors.h"

#define PROLOGUE    "4a6f686e2047616c74"
#define INIT_STATIC "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1"
#define INIT_E      "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"
#define RESP_STATIC "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893"
#define RESP_E      "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"
#define HASH        "c8e5f64e846193be2a834104c2a009868d6c9f3bd3c186299888b488b2f1f58e"

static const struct {
	const char *payload, *message;
} vectors[] = {
    {"4c756477696720766f6e204d69736573",
     "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d6"
     "9736573"},
    {"4d757272617920526f746862617264",
     "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884381cbad1f276e038c48378ffce"
     "2b65285e08d6b68aaa3629a5a8639392490e5b9bd5269c2f1e4f488ed8831161f19b7815528f8982ffe09be9b"
     "5c412f8a0db50f8814c7194e83f23dbd8d162c9326ad"},
    {"462e20412e20486179656b",
     "c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a80ae475b9df0f169ae80a89be0"
     "865b57f58c9fea0d4ec82a286427402f113e4b6ae769a1d95941d49b25030"},
    {"4361726c204d656e676572", "96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df"},
    {"4a65616e2d426170746973746520536179",
     "3e40f15f6f3a46ae446b253bf8b1d9ffb6ed9b174d272328ff91a7e2e5c79c07f5"},
    {"457567656e2042f6686d20766f6e2042617765726b",
     "eb3f3515110702e047a6c9da4478b6ead94873c11c0f2d710ddb3f09fce024b3a58502ae3f"},
};

static void start(struct pu_noise_xx *xx, struct pu_noise_pair *s, bool initiator)
{
	struct pu_bytes secret = unhex(initiator ? INIT_STATIC : RESP_STATIC);
	struct pu_bytes e_secret = unhex(initiator ? INIT_E : RESP_E);
	struct pu_bytes prologue = unhex(PROLOGUE);
	struct pu_noise_pair e;

	pu_noise_pair_from_secret(s, secret.data);
	pu_noise_pair_from_secret(&e, e_secret.data);
	pu_noise_xx_init(xx, initiator, prologue, s, &e);
	free_bytes(secret);
	free_bytes(e_secret);
	free_bytes(prologue);
}

static void check_message(struct pu_noise_xx *from, struct pu_noise_xx *to, size_t i)
{
	struct pu_bytes payload = unhex(vectors[i].payload), message = unhex(vectors[i].message);
	uint8_t written[256], read[256];
	struct pu_writer out = pu_writer(written, sizeof(written));
	size_t len;

	cr_assert_eq(pu_noise_xx_write(from, payload, &out), PU_OK);
	cr_expect(pu_bytes_eq(pu_writer_bytes(&out), message), "message %zu", i);
	cr_assert_eq(pu_noise_xx_read(to, message, read, &len), PU_OK);
	cr_expect(pu_bytes_eq(pu_bytes(read, len), payload), "payload %zu", i);
	free_bytes(payload);
	free_bytes(message);
}

static void check_transport(struct pu_noise_cipher *tx, struct pu_noise_cipher *rx, size_t i)
{
	struct pu_bytes payload = unhex(vectors[i].payload), message = unhex(vectors[i].message);
	uint8_t sealed[256], opened[256];

	cr_assert(pu_noise_cipher_seal(tx, payload, (struct pu_bytes){0}, sealed));
	cr_expect_eq(memcmp(sealed, message.data, message.len), 0, "message %zu", i);
	cr_assert(pu_noise_cipher_open(rx, message, (struct pu_bytes){0}, opened));
	cr_expect_eq(memcmp(opened, payload.data, payload.len), 0, "payload %zu", i);
	free_bytes(payload);
	free_bytes(message);
}

Test(noise_xx, agrees_with_a_published_handshake)
{
	struct pu_noise_xx initiator, responder;
	struct pu_noise_pair statics[2];
	struct pu_noise_cipher ciphers[4];
	struct pu_bytes hash = unhex(HASH);

	start(&initiator, &statics[0], true);
	start(&responder, &statics[1], false);
	check_message(&initiator, &responder, 0);
	check_message(&responder, &initiator, 1);
	check_message(&initiator, &responder, 2);
	cr_expect_eq(memcmp(initiator.symmetric.hash, hash.data, hash.len), 0);
	cr_expect_eq(memcmp(responder.symmetric.hash, hash.data, hash.len), 0);
	pu_noise_xx_split(&initiator, &ciphers[0], &ciphers[1]);
	pu_noise_xx_split(&responder, &ciphers[2], &ciphers[3]);
	check_transport(&ciphers[2], &ciphers[1], 3);
	check_transport(&ciphers[0], &ciphers[3], 4);
	check_transport(&ciphers[2], &ciphers[1], 5);
	free_bytes(hash);
}

Test(noise_xx, refuses_a_public_key_of_zeros)
{
	struct pu_noise_xx responder;
	struct pu_noise_pair s;
	uint8_t zeros[PU_NOISE_KEY_LEN] = {0}, out[256];
	struct pu_writer writer = pu_writer(out, sizeof(out));
	size_t len;

	start(&responder, &s, false);
	cr_assert_eq(pu_noise_xx_read(&responder, pu_bytes(zeros, sizeof(zeros)), out, &len),
	             PU_OK);
	cr_expect_eq(pu_noise_xx_write(&responder, (struct pu_bytes){0}, &writer), PU_ECRYPTO);
}

Test(noise_xx, stops_before_a_nonce_is_used_twice)
{
	struct pu_noise_cipher cipher = {.nonce = UINT64_MAX - 1};
	uint8_t out[32];

	cr_expect(pu_noise_cipher_seal(&cipher, pu_bytes("x", 1), (struct pu_bytes){0}, out));
	cr_expect(!pu_noise_cipher_seal(&cipher, pu_bytes("x", 1), (struct pu_bytes){0}, out));
	cr_expect(!pu_noise_cipher_open(&cipher, pu_bytes(out, 17), (struct pu_bytes){0}, out));
}
