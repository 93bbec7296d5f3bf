#include "sign.h"

#include <criterion/criterion.h>
#include <sodium.h>

#include "base/alloc.h"
#include "p2p/envelope.h"
#include "p2p/peer_record.h"
#include "p2p/relay_voucher.h"
#include "p2p/tls_cert.h"

#define SEED "7e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d"
/* The vectors of the peer record: payload about the key above, and its signature. */
#define RECORD                                                                                 \
	"0a260024080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"         \
	"10011a0d0a0b047f00000191020fa1cd03"
#define RECORD_SIGNATURE                                                                       \
	"98756d9f10ba450639948b0448b7c2d330346b516f54e7449747f4c9ec6982958b937ef9dd5ba686"         \
	"e4a8b2b65921444a40cb4d34258faa377cf0369490512a07"

#define NOW_MS UINT64_C(1795348800000)

static struct pu_key key;
static uint8_t memory[8192];
static uint8_t signature[PU_ED25519_SIGNATURE_LEN];

static struct pu_bytes unhex(const char *hex, uint8_t *out, size_t size)
{
	size_t len;

	cr_assert_eq(sodium_hex2bin(out, size, hex, strlen(hex), NULL, &len, NULL), 0);
	return pu_bytes(out, len);
}

static void make_key(void)
{
	uint8_t seed[PU_ED25519_SEED_LEN];

	unhex(SEED, seed, sizeof(seed));
	pu_key_from_seed(&key, seed);
}

static enum pu_err sign(const char *purpose, struct pu_bytes payload)
{
	struct auth_signer signer = {.key = &key, .is_relay = true};

	return auth_sign_make(&signer, purpose, payload, NOW_MS, signature);
}

static enum pu_err sign_hex(const char *purpose, const char *hex)
{
	return sign(purpose, unhex(hex, memory, sizeof(memory)));
}

TestSuite(auth_sign, .init = make_key);

Test(auth_sign, signs_our_peer_record_as_others_do)
{
	uint8_t expected[PU_ED25519_SIGNATURE_LEN];

	unhex(RECORD_SIGNATURE, expected, sizeof(expected));
	cr_assert_eq(sign_hex("record", RECORD), PU_OK);
	cr_assert_arr_eq(signature, expected, sizeof(expected));
}

Test(auth_sign, signs_no_record_about_another_peer)
{
	struct pu_key other;
	struct auth_signer signer = {.key = &other};

	pu_key_generate(&other);
	cr_assert_eq(auth_sign_make(&signer, "record", unhex(RECORD, memory, sizeof(memory)),
	                            NOW_MS, signature),
	             PU_EINVAL);
}

static struct pu_bytes record_numbered(uint64_t seq)
{
	struct pu_public_key public_key = pu_key_public(&key);
	struct pu_peer_record record = {.peer = pu_peer_id_of_key(&public_key), .seq = seq};
	struct pu_writer out = pu_writer(memory, sizeof(memory));

	pu_peer_record_encode(&record, &out);
	return pu_writer_bytes(&out);
}

Test(auth_sign, signs_no_record_that_would_outlast_all_others)
{
	cr_assert_eq(sign("record", record_numbered(NOW_MS)), PU_OK);
	cr_assert_eq(sign("record", record_numbered(NOW_MS + AUTH_RECORD_AHEAD_MS)), PU_OK);
	cr_assert_eq(sign("record", record_numbered(NOW_MS + AUTH_RECORD_AHEAD_MS + 1)), PU_EINVAL);
	cr_assert_eq(sign("record", record_numbered(UINT64_MAX)), PU_EINVAL);
}

Test(auth_sign, signs_no_record_cut_at_any_byte_before_its_peer_ends)
{
	struct pu_bytes record = unhex(RECORD, memory, sizeof(memory));

	for (size_t len = 0; len < 40; len++)
		cr_assert_eq(sign("record", pu_bytes(record.data, len)), PU_EINVAL, "%zu", len);
}

Test(auth_sign, signs_what_a_certificate_needs)
{
	struct pu_tls_cert cert;
	struct pu_public_key public_key = pu_key_public(&key);
	struct pu_bytes to_sign;

	cr_assert_eq(pu_tls_cert_init(&cert), PU_OK);
	to_sign = pu_tls_cert_to_sign(&cert);
	cr_assert_eq(sign("tls", pu_bytes(to_sign.data + 21, to_sign.len - 21)), PU_OK);
	cr_assert_eq(
	    pu_public_key_verify(&public_key, to_sign, pu_bytes(signature, sizeof(signature))),
	    PU_OK);
	cr_assert_eq(pu_tls_cert_finish(&cert, &public_key, pu_bytes(signature, sizeof(signature)),
	                                UINT64_C(1795354800)),
	             PU_OK);
	for (size_t len = 0; len + 21 < to_sign.len; len++)
		cr_assert_eq(sign("tls", pu_bytes(to_sign.data + 21, len)), PU_EINVAL, "%zu", len);
	pu_tls_cert_fini(&cert);
}

Test(auth_sign, signs_no_certificate_key_of_odd_form)
{
	/* An Ed25519 SubjectPublicKeyInfo, then the same with one thing wrong each. */
	cr_assert_eq(sign_hex("tls",
	                      "302a300506032b6570032100"
	                      "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"),
	             PU_OK);
	static const char *const wrong[] = {
	    /* a byte more */
	    "302a300506032b6570032100"
	    "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e00",
	    /* unused bits */
	    "302a300506032b6570032101"
	    "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
	    /* no OID */
	    "302a300504032b6570032100"
	    "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
	    /* no bit string */
	    "302a300506032b6570042100"
	    "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
	    /* a length that is not the shortest */
	    "30812a300506032b6570032100"
	    "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
	    /* an endless length */
	    "3080300506032b6570032100"
	    "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
	};

	for (size_t i = 0; i < PU_ARRAY_LEN(wrong); i++)
		cr_assert_eq(sign_hex("tls", wrong[i]), PU_EINVAL, "%zu", i);
}

/* SEQUENCE { SEQUENCE { OID 1.2 }, BIT STRING of `len` bytes }, with lengths of two bytes. */
static struct pu_bytes spki_of(size_t len)
{
	size_t outer = 5 + 4 + len;
	const uint8_t head[] = {
	    0x30, 0x82, (uint8_t)(outer >> 8), (uint8_t)outer, 0x30, 0x03, 0x06, 0x01, 0x2a,
	    0x03, 0x82, (uint8_t)(len >> 8),   (uint8_t)len};

	memset(memory, 0, sizeof(memory));
	memcpy(memory, head, sizeof(head));
	return pu_bytes(memory, sizeof(head) + len);
}

Test(auth_sign, signs_no_certificate_key_of_odd_size)
{
	cr_assert_eq(sign("tls", spki_of(526)), PU_OK);
	cr_assert_eq(sign("tls", spki_of(1139)), PU_OK);
	cr_assert_eq(sign("tls", spki_of(1140)), PU_EINVAL);
}

Test(auth_sign, signs_the_static_key_of_noise_under_its_own_domain)
{
	static const uint8_t static_key[33] = {9};
	struct pu_public_key public_key = pu_key_public(&key);
	uint8_t to_sign[24 + 32];

	memcpy(to_sign, "noise-libp2p-static-key:", 24);
	memcpy(to_sign + 24, static_key, 32);
	cr_assert_eq(sign("noise", pu_bytes(static_key, 32)), PU_OK);
	cr_assert_eq(pu_public_key_verify(&public_key, pu_bytes(to_sign, sizeof(to_sign)),
	                                  pu_bytes(signature, sizeof(signature))),
	             PU_OK);
	cr_assert_eq(sign("noise", pu_bytes(static_key, 31)), PU_EINVAL);
	cr_assert_eq(sign("noise", pu_bytes(static_key, 33)), PU_EINVAL);
	cr_assert_eq(sign("noise", pu_bytes(NULL, 0)), PU_EINVAL);
}

static struct pu_bytes voucher_by(const struct pu_key *relay, uint64_t expires_s)
{
	struct pu_public_key public_key = pu_key_public(relay);
	struct pu_relay_voucher voucher = {.relay = pu_peer_id_of_key(&public_key),
	                                   .expires_s = expires_s};
	struct pu_writer out = pu_writer(memory, sizeof(memory));

	voucher.peer = voucher.relay;
	pu_relay_voucher_encode(&voucher, &out);
	return pu_writer_bytes(&out);
}

Test(auth_sign, signs_vouchers_that_others_open)
{
	struct pu_bytes payload = voucher_by(&key, NOW_MS / 1000 + 3600);
	struct pu_public_key public_key = pu_key_public(&key);
	uint8_t pb[PU_ED25519_PUBLIC_PB_LEN], out[512];
	struct pu_writer key_pb = pu_writer(pb, sizeof(pb)), sealed = pu_writer(out, sizeof(out));
	struct pu_relay_voucher voucher;

	cr_assert_eq(sign("voucher", payload), PU_OK);
	pu_public_key_encode(&public_key, &key_pb);
	pu_envelope_encode(
	    &(struct pu_envelope){.public_key = pu_writer_bytes(&key_pb),
	                          .payload_type = pu_envelope_relay_voucher.payload_type,
	                          .payload = payload,
	                          .signature = pu_bytes(signature, sizeof(signature))},
	    &sealed);
	cr_assert_eq(pu_relay_voucher_open(pu_writer_bytes(&sealed), &voucher), PU_OK);
	cr_assert_eq(voucher.expires_s, NOW_MS / 1000 + 3600);
}

Test(auth_sign, signs_no_voucher_when_we_are_no_relay)
{
	struct auth_signer signer = {.key = &key};

	cr_assert_eq(
	    auth_sign_make(&signer, "voucher", voucher_by(&key, NOW_MS / 1000), NOW_MS, signature),
	    PU_EUNSUPPORTED);
}

Test(auth_sign, signs_no_voucher_of_another_relay_or_without_end)
{
	uint64_t last_s = (NOW_MS + AUTH_VOUCHER_AHEAD_MS) / 1000;
	struct pu_key other;

	pu_key_generate(&other);
	cr_assert_eq(sign("voucher", voucher_by(&other, NOW_MS / 1000)), PU_EINVAL);
	cr_assert_eq(sign("voucher", voucher_by(&key, last_s)), PU_OK);
	cr_assert_eq(sign("voucher", voucher_by(&key, last_s + 1)), PU_EINVAL);
	cr_assert_eq(sign("voucher", voucher_by(&key, UINT64_MAX)), PU_EINVAL);
	cr_assert_eq(sign("voucher", pu_bytes_of_str("")), PU_EINVAL);
}

Test(auth_sign, signs_for_no_other_purpose)
{
	cr_assert_eq(sign_hex("", RECORD), PU_EUNSUPPORTED);
	cr_assert_eq(sign_hex("TLS", RECORD), PU_EUNSUPPORTED);
	cr_assert_eq(sign_hex("anything", RECORD), PU_EUNSUPPORTED);
	/* What is for one purpose is not for the other. */
	cr_assert_eq(sign_hex("tls", RECORD), PU_EINVAL);
	cr_assert_eq(sign("record", spki_of(526)), PU_EINVAL);
	cr_assert_eq(sign("voucher", spki_of(526)), PU_EINVAL);
	cr_assert_eq(sign_hex("voucher", RECORD), PU_EINVAL);
	cr_assert_eq(sign_hex("noise", RECORD), PU_EINVAL);
}

Test(auth_sign, refuses_a_record_that_no_envelope_holds)
{
	struct pu_bytes record = unhex(RECORD, memory, sizeof(memory));

	/* Unknown field 15 with 8,150 bytes. */
	memory[record.len] = 0x7a;
	memory[record.len + 1] = 0xd6;
	memory[record.len + 2] = 0x3f;
	cr_assert_eq(sign("record", pu_bytes(memory, record.len + 3 + 8086)), PU_EINVAL);
}
