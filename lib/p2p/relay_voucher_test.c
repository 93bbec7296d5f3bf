#include "p2p/relay_voucher.h"

#include "p2p/envelope.h"
#include "p2p/test_vectors.h"

#define EXPIRES UINT64_C(1795348800)
/* relay, peer, expiration */
#define VOUCHER       "0a260024" ED25519_PUBLIC_PB "1227002508021221" SECP256K1_KEY "18c0b28bd806"
#define SECP256K1_KEY "037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99"

static struct pu_relay_voucher voucher_by(const char *relay)
{
	struct pu_relay_voucher voucher = {.expires_s = EXPIRES};

	cr_assert_eq(pu_peer_id_parse(relay, &voucher.relay), PU_OK);
	cr_assert_eq(pu_peer_id_parse(SECP256K1_PEER_ID, &voucher.peer), PU_OK);
	return voucher;
}

/* Signed with the published key. */
static size_t seal(const struct pu_relay_voucher *voucher, const struct pu_envelope_kind *kind,
                   uint8_t *out, size_t max)
{
	uint8_t payload[PU_RELAY_VOUCHER_MAX], to_sign[256], signature[PU_ED25519_SIGNATURE_LEN],
	    pb[64];
	struct pu_writer body = pu_writer(payload, sizeof(payload)),
	                 bytes = pu_writer(to_sign, sizeof(to_sign)),
	                 key_pb = pu_writer(pb, sizeof(pb)), sealed = pu_writer(out, max);
	struct pu_bytes seed = unhex(ED25519_SEED);
	struct pu_public_key public_key;
	struct pu_key key;

	pu_key_from_seed(&key, seed.data);
	public_key = pu_key_public(&key);
	pu_relay_voucher_encode(voucher, &body);
	pu_envelope_signed_bytes(kind, pu_writer_bytes(&body), &bytes);
	pu_key_sign(&key, pu_writer_bytes(&bytes), signature);
	pu_public_key_encode(&public_key, &key_pb);
	pu_envelope_encode(
	    &(struct pu_envelope){.public_key = pu_writer_bytes(&key_pb),
	                          .payload_type = kind->payload_type,
	                          .payload = pu_writer_bytes(&body),
	                          .signature = pu_bytes(signature, sizeof(signature))},
	    &sealed);
	cr_assert_eq(pu_writer_check(&sealed), PU_OK);
	pu_key_fini(&key);
	free_bytes(seed);
	return sealed.len;
}

Test(relay_voucher, has_its_fields_where_others_look)
{
	struct pu_relay_voucher voucher = voucher_by(ED25519_PEER_ID), back;
	struct pu_bytes expected = unhex(VOUCHER);
	uint8_t out[PU_RELAY_VOUCHER_MAX];
	struct pu_writer writer = pu_writer(out, sizeof(out));

	pu_relay_voucher_encode(&voucher, &writer);
	cr_assert(pu_bytes_eq(pu_writer_bytes(&writer), expected));
	cr_assert_eq(pu_relay_voucher_decode(expected, &back), PU_OK);
	cr_assert(pu_peer_id_eq(&back.relay, &voucher.relay));
	cr_assert(pu_peer_id_eq(&back.peer, &voucher.peer));
	cr_assert_eq(back.expires_s, EXPIRES);
	free_bytes(expected);
}

Test(relay_voucher, opens_when_its_relay_signed_it)
{
	struct pu_relay_voucher voucher = voucher_by(ED25519_PEER_ID), back;
	uint8_t sealed[512];
	size_t len = seal(&voucher, &pu_envelope_relay_voucher, sealed, sizeof(sealed));

	cr_assert_eq(pu_relay_voucher_open(pu_bytes(sealed, len), &back), PU_OK);
	cr_assert_eq(back.expires_s, EXPIRES);
	for (size_t i = 0; i < len; i++) {
		sealed[i] ^= 1;
		cr_assert_neq(pu_relay_voucher_open(pu_bytes(sealed, len), &back), PU_OK, "%zu", i);
		sealed[i] ^= 1;
	}
}

Test(relay_voucher, is_worth_nothing_when_another_signed_it)
{
	struct pu_relay_voucher voucher = voucher_by(SECP256K1_PEER_ID), back;
	uint8_t sealed[512];
	size_t len = seal(&voucher, &pu_envelope_relay_voucher, sealed, sizeof(sealed));

	cr_assert_eq(pu_relay_voucher_open(pu_bytes(sealed, len), &back), PU_ECRYPTO);
}

Test(relay_voucher, is_no_envelope_of_another_kind)
{
	struct pu_relay_voucher voucher = voucher_by(ED25519_PEER_ID), back;
	uint8_t sealed[512];
	size_t len = seal(&voucher, &pu_envelope_peer_record, sealed, sizeof(sealed));

	cr_assert_eq(pu_relay_voucher_open(pu_bytes(sealed, len), &back), PU_EPROTOCOL);
}

Test(relay_voucher, is_refused_when_cut_before_its_last_field)
{
	struct pu_bytes whole = unhex(VOUCHER);
	struct pu_relay_voucher back;

	for (size_t len = 0; len < whole.len; len++) {
		struct pu_bytes part = prefix_of(whole, len);
		enum pu_err err = pu_relay_voucher_decode(part, &back);

		if (len == whole.len - 6)
			cr_assert_eq(err, PU_OK, "only the time is missing");
		else
			cr_assert(err == PU_ETRUNCATED || err == PU_EMALFORMED, "%zu", len);
		free_bytes(part);
	}
	free_bytes(whole);
}

Test(relay_voucher, has_a_bound)
{
	static const uint8_t big[PU_RELAY_VOUCHER_MAX + 1];
	struct pu_relay_voucher back;

	cr_assert_eq(pu_relay_voucher_decode(pu_bytes(big, sizeof(big)), &back), PU_ELIMIT);
}
