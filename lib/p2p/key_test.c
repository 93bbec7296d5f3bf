#include "p2p/key.h"

#include <gnutls/abstract.h>

#include "p2p/test_vectors.h"

static enum pu_err decode_key(const char *hex, struct pu_key *key)
{
	struct pu_bytes pb = unhex(hex);
	enum pu_err err = pu_key_decode(key, pb);

	free_bytes(pb);
	return err;
}

Test(key, reads_and_prints_the_published_key)
{
	struct pu_bytes expected = unhex(ED25519_PRIVATE_PB), public_key = unhex(ED25519_PUBLIC);
	uint8_t out[PU_ED25519_PRIVATE_PB_LEN];
	struct pu_key key;

	cr_assert_eq(decode_key(ED25519_PRIVATE_PB, &key), PU_OK);
	pu_key_encode(&key, out);
	cr_expect(pu_bytes_eq(pu_bytes(out, sizeof(out)), expected));
	cr_expect(pu_bytes_eq(pu_key_public(&key).bytes, public_key));
	pu_key_fini(&key);
	free_bytes(expected);
	free_bytes(public_key);
}

Test(key, derives_the_same_key_from_its_seed)
{
	struct pu_bytes seed = unhex(ED25519_SEED), public_key = unhex(ED25519_PUBLIC);
	struct pu_key key;

	pu_key_from_seed(&key, seed.data);
	cr_expect(pu_bytes_eq(pu_key_public(&key).bytes, public_key));
	free_bytes(seed);
	free_bytes(public_key);
}

Test(key, reads_the_legacy_form_when_both_public_halves_agree)
{
	struct pu_key key;

	cr_expect_eq(decode_key("08011260" ED25519_SEED ED25519_PUBLIC ED25519_PUBLIC, &key),
	             PU_OK);
	cr_expect_eq(decode_key("08011260" ED25519_SEED ED25519_PUBLIC ED25519_SEED, &key),
	             PU_ECRYPTO);
}

Test(key, refuses_a_public_half_of_another_seed)
{
	struct pu_key key = {{7}};

	cr_expect_eq(decode_key("08011240" ED25519_PUBLIC ED25519_SEED, &key), PU_ECRYPTO);
	cr_expect_eq(key.secret[0], 7, "left alone");
}

Test(key, refuses_other_types_and_sizes)
{
	struct pu_key key;

	cr_expect_eq(decode_key("0802122053dadf1d5a164d6b4acdb15e24aa4c5b1d3461bdbd42abedb0a4404d56"
	                        "ced8fb",
	                        &key),
	             PU_EUNSUPPORTED);
	cr_expect_eq(decode_key("08011220" ED25519_SEED, &key), PU_EMALFORMED);
	cr_expect_eq(decode_key(ED25519_PRIVATE_PB "00", &key), PU_EMALFORMED);
}

Test(key, notices_every_truncation)
{
	struct pu_bytes whole = unhex(ED25519_PRIVATE_PB);
	struct pu_key key;

	for (size_t len = 0; len < whole.len; len++) {
		struct pu_bytes part = prefix_of(whole, len);
		cr_expect_eq(pu_key_decode(&key, part), PU_ETRUNCATED, "%zu", len);
		free_bytes(part);
	}
	free_bytes(whole);
}

Test(key, generates_keys_that_differ_and_wipes_them)
{
	static const uint8_t zero[PU_ED25519_SECRET_LEN];
	struct pu_key a, b;

	pu_key_generate(&a);
	pu_key_generate(&b);
	cr_expect_neq(memcmp(&a, &b, sizeof(a)), 0);
	pu_key_fini(&a);
	pu_key_fini(&b);
	cr_expect_arr_eq(a.secret, zero, sizeof(zero));
}

Test(key, signs_what_its_public_half_verifies)
{
	struct pu_bytes seed = unhex(ED25519_SEED), message = pu_bytes_of_str("hello");
	uint8_t signature[PU_ED25519_SIGNATURE_LEN];
	struct pu_bytes sig = pu_bytes(signature, sizeof(signature));
	struct pu_public_key public_key;
	struct pu_key key;

	pu_key_from_seed(&key, seed.data);
	public_key = pu_key_public(&key);
	pu_key_sign(&key, message, signature);
	cr_expect_eq(pu_public_key_verify(&public_key, message, sig), PU_OK);
	cr_expect_eq(pu_public_key_verify(&public_key, pu_bytes_of_str("hallo"), sig), PU_ECRYPTO);
	cr_expect_eq(pu_public_key_verify(&public_key, message, pu_bytes(signature, 63)),
	             PU_ECRYPTO);
	signature[5] ^= 1;
	cr_expect_eq(pu_public_key_verify(&public_key, message, sig), PU_ECRYPTO);
	free_bytes(seed);
}

static const struct {
	const char *pb;
	enum pu_key_type type;
	size_t len;
} public_keys[] = {
    {ED25519_PUBLIC_PB, PU_KEY_ED25519, 32},
    {SECP256K1_PUBLIC_PB, PU_KEY_SECP256K1, 33},
    {ECDSA_PUBLIC_PB, PU_KEY_ECDSA, 91},
    {RSA_PUBLIC_PB, PU_KEY_RSA, 550},
};

Test(public_key, reads_and_prints_every_published_type)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(public_keys); i++) {
		struct pu_bytes pb = unhex(public_keys[i].pb);
		uint8_t out[1024];
		struct pu_writer writer = pu_writer(out, sizeof(out));
		struct pu_public_key key;

		cr_assert_eq(pu_public_key_decode(pb, &key), PU_OK);
		cr_expect_eq(key.type, public_keys[i].type);
		cr_expect_eq(key.bytes.len, public_keys[i].len);
		pu_public_key_encode(&key, &writer);
		cr_expect(pu_bytes_eq(pu_writer_bytes(&writer), pb));
		for (size_t len = 0; len < pb.len; len++) {
			struct pu_bytes part = prefix_of(pb, len);
			cr_expect_eq(pu_public_key_decode(part, &key), PU_ETRUNCATED);
			free_bytes(part);
		}
		free_bytes(pb);
	}
}

static enum pu_err decode_public(const char *hex)
{
	struct pu_bytes pb = unhex(hex);
	struct pu_public_key key;
	enum pu_err err = pu_public_key_decode(pb, &key);

	free_bytes(pb);
	return err;
}

Test(public_key, has_one_form_only)
{
	cr_expect_eq(decode_public("1220" ED25519_PUBLIC "0801"), PU_EMALFORMED, "order");
	cr_expect_eq(decode_public("0881001220" ED25519_PUBLIC), PU_EMALFORMED, "padding");
	cr_expect_eq(decode_public(ED25519_PUBLIC_PB "1800"), PU_EMALFORMED, "unknown field");
	cr_expect_eq(decode_public("0801121f" ED25519_PUBLIC), PU_EMALFORMED, "size");
	cr_expect_eq(decode_public("08001200"), PU_EMALFORMED, "empty");
	cr_expect_eq(decode_public("08041220" ED25519_PUBLIC), PU_EUNSUPPORTED, "type");
	cr_expect_eq(decode_public("08001281c001"), PU_ELIMIT, "too long");
}

Test(public_key, does_not_verify_secp256k1)
{
	struct pu_bytes pb = unhex(SECP256K1_PUBLIC_PB);
	struct pu_public_key key;

	cr_assert_eq(pu_public_key_decode(pb, &key), PU_OK);
	cr_expect_eq(pu_public_key_verify(&key, pu_bytes_of_str("x"), pu_bytes_of_str("y")),
	             PU_EUNSUPPORTED);
	free_bytes(pb);
}

/* A key of GnuTLS's, its SPKI, and a signature over "hello". */
struct foreign {
	gnutls_datum_t spki, signature;
	struct pu_public_key key;
};

static void make_foreign(struct foreign *foreign, enum pu_key_type type, unsigned bits,
                         gnutls_sign_algorithm_t algorithm)
{
	gnutls_datum_t message = {.data = (unsigned char *)"hello", .size = 5};
	gnutls_privkey_t key;
	gnutls_pubkey_t public_key;

	gnutls_privkey_init(&key);
	gnutls_pubkey_init(&public_key);
	cr_assert_eq(gnutls_privkey_generate(
	                 key, type == PU_KEY_RSA ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA, bits, 0),
	             0);
	cr_assert_eq(gnutls_privkey_sign_data2(key, algorithm, 0, &message, &foreign->signature),
	             0);
	cr_assert_eq(gnutls_pubkey_import_privkey(public_key, key, 0, 0), 0);
	cr_assert_eq(gnutls_pubkey_export2(public_key, GNUTLS_X509_FMT_DER, &foreign->spki), 0);
	foreign->key = (struct pu_public_key){
	    .type = type, .bytes = pu_bytes(foreign->spki.data, foreign->spki.size)};
	gnutls_pubkey_deinit(public_key);
	gnutls_privkey_deinit(key);
}

static void free_foreign(struct foreign *foreign)
{
	gnutls_free(foreign->spki.data);
	gnutls_free(foreign->signature.data);
}

static void expect_foreign(struct foreign *foreign)
{
	struct pu_bytes signature = pu_bytes(foreign->signature.data, foreign->signature.size);

	cr_expect_eq(pu_public_key_verify(&foreign->key, pu_bytes_of_str("hello"), signature),
	             PU_OK);
	cr_expect_eq(pu_public_key_verify(&foreign->key, pu_bytes_of_str("hallo"), signature),
	             PU_ECRYPTO);
	foreign->signature.data[foreign->signature.size - 1] ^= 1;
	cr_expect_eq(pu_public_key_verify(&foreign->key, pu_bytes_of_str("hello"), signature),
	             PU_ECRYPTO);
}

Test(public_key, verifies_rsa)
{
	struct foreign foreign = {0};

	make_foreign(&foreign, PU_KEY_RSA, 2048, GNUTLS_SIGN_RSA_SHA256);
	expect_foreign(&foreign);
	foreign.key.type = PU_KEY_ECDSA;
	cr_expect_eq(pu_public_key_verify(&foreign.key, pu_bytes_of_str("hello"),
	                                  pu_bytes(foreign.signature.data, foreign.signature.size)),
	             PU_ECRYPTO, "another algorithm than announced");
	free_foreign(&foreign);
}

Test(public_key, verifies_ecdsa)
{
	struct foreign foreign = {0};

	make_foreign(&foreign, PU_KEY_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
	             GNUTLS_SIGN_ECDSA_SHA256);
	expect_foreign(&foreign);
	free_foreign(&foreign);
}

Test(public_key, refuses_small_rsa_keys)
{
	struct foreign foreign = {0};

	make_foreign(&foreign, PU_KEY_RSA, 1024, GNUTLS_SIGN_RSA_SHA256);
	cr_expect_eq(pu_public_key_verify(&foreign.key, pu_bytes_of_str("hello"),
	                                  pu_bytes(foreign.signature.data, foreign.signature.size)),
	             PU_ECRYPTO);
	free_foreign(&foreign);
}

Test(public_key, refuses_der_that_is_no_key)
{
	struct pu_public_key key = {.type = PU_KEY_RSA, .bytes = pu_bytes_of_str("nonsense")};

	cr_expect_eq(pu_public_key_verify(&key, pu_bytes_of_str("x"), pu_bytes_of_str("y")),
	             PU_ECRYPTO);
}
