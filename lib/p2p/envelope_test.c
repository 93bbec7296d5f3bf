/* Signed envelopes and the peer records in them. */
#include "p2p/envelope.h"

#include "p2p/multiaddr.h"
#include "p2p/peer_record.h"
#include "p2p/test_vectors.h"

/* Written by js-libp2p with the published Ed25519 key: seq 1, one address. */
#define ADDR_HEX   "047f00000191020fa1cd03"
#define RECORD_HEX "0a260024" ED25519_PUBLIC_PB "10011a0d0a0b" ADDR_HEX
#define SIGNATURE_HEX                                                                          \
	"98756d9f10ba450639948b0448b7c2d330346b516f54e7449747f4c9ec6982958b937ef9dd5ba686e4a8b2b6" \
	"5921444a40cb4d34258faa377cf0369490512a07"
#define ENVELOPE_HEX "0a24" ED25519_PUBLIC_PB "120203011a39" RECORD_HEX "2a40" SIGNATURE_HEX

static enum pu_err open_record(const char *hex, struct pu_peer_record *record)
{
	static uint8_t buffer[2048];
	struct pu_bytes bytes = unhex(hex);

	memcpy(buffer, bytes.data, bytes.len);
	size_t len = bytes.len;
	free_bytes(bytes);
	return pu_peer_record_open(pu_bytes(buffer, len), record);
}

Test(peer_record, opens_what_js_sealed)
{
	struct pu_bytes addr = unhex(ADDR_HEX);
	struct pu_peer_record record;
	char text[PU_PEER_ID_TEXT_MAX];

	cr_assert_eq(open_record(ENVELOPE_HEX, &record), PU_OK);
	cr_expect_str_eq(pu_peer_id_print(&record.peer, text), ED25519_PEER_ID);
	cr_expect_eq(record.seq, 1);
	cr_expect_eq(record.addr_count, 1);
	cr_expect(pu_bytes_eq(record.addrs[0], addr));
	free_bytes(addr);
}

static struct pu_key published_key(void)
{
	struct pu_bytes seed = unhex(ED25519_SEED);
	struct pu_key key;

	pu_key_from_seed(&key, seed.data);
	free_bytes(seed);
	return key;
}

/* Seals `payload` with the published key, in the two steps of the header. */
static struct pu_writer seal(const struct pu_envelope_kind *kind, struct pu_bytes payload,
                             uint8_t *out, size_t max)
{
	static uint8_t to_sign[1024], signature[PU_ED25519_SIGNATURE_LEN], pb[64];
	struct pu_writer signed_bytes = pu_writer(to_sign, sizeof(to_sign));
	struct pu_writer key_pb = pu_writer(pb, sizeof(pb)), sealed = pu_writer(out, max);
	struct pu_key key = published_key();
	struct pu_public_key public_key = pu_key_public(&key);

	pu_envelope_signed_bytes(kind, payload, &signed_bytes);
	pu_key_sign(&key, pu_writer_bytes(&signed_bytes), signature);
	pu_public_key_encode(&public_key, &key_pb);
	pu_envelope_encode(
	    &(struct pu_envelope){.public_key = pu_writer_bytes(&key_pb),
	                          .payload_type = kind->payload_type,
	                          .payload = payload,
	                          .signature = pu_bytes(signature, sizeof(signature))},
	    &sealed);
	return sealed;
}

Test(peer_record, seals_byte_for_byte_like_js)
{
	struct pu_bytes addr = unhex(ADDR_HEX), payload = unhex(RECORD_HEX),
	                envelope = unhex(ENVELOPE_HEX);
	struct pu_peer_record record = {.seq = 1, .addr_count = 1, .addrs = {addr}};
	uint8_t out[512], sealed_out[512];
	struct pu_writer writer = pu_writer(out, sizeof(out)), sealed;

	cr_assert_eq(pu_peer_id_parse(ED25519_PEER_ID, &record.peer), PU_OK);
	pu_peer_record_encode(&record, &writer);
	cr_expect(pu_bytes_eq(pu_writer_bytes(&writer), payload));
	sealed = seal(&pu_envelope_peer_record, payload, sealed_out, sizeof(sealed_out));
	cr_expect(pu_bytes_eq(pu_writer_bytes(&sealed), envelope));
	free_bytes(addr);
	free_bytes(payload);
	free_bytes(envelope);
}

Test(peer_record, is_refused_after_any_change)
{
	struct pu_bytes whole = unhex(ENVELOPE_HEX);
	uint8_t *changed = (uint8_t *)whole.data;
	struct pu_peer_record record;

	for (size_t i = 0; i < whole.len; i++) {
		changed[i] ^= 1;
		cr_expect_neq(pu_peer_record_open(whole, &record), PU_OK, "byte %zu", i);
		changed[i] ^= 1;
	}
	cr_expect_eq(pu_peer_record_open(whole, &record), PU_OK);
	free_bytes(whole);
}

Test(peer_record, is_refused_when_cut_anywhere)
{
	struct pu_bytes whole = unhex(ENVELOPE_HEX);

	for (size_t len = 0; len < whole.len; len++) {
		struct pu_bytes part = prefix_of(whole, len);
		struct pu_peer_record record;
		enum pu_err err = pu_peer_record_open(part, &record);

		cr_expect(err == PU_ETRUNCATED || err == PU_EMALFORMED, "%zu", len);
		free_bytes(part);
	}
	free_bytes(whole);
}

Test(peer_record, must_be_signed_by_its_peer)
{
	struct pu_bytes payload = unhex("0a250025" SECP256K1_PUBLIC_PB "1001");
	uint8_t out[512];
	struct pu_writer sealed = pu_writer(out, 0);
	struct pu_peer_record record;

	((uint8_t *)payload.data)[1] = 0x27;
	sealed = seal(&pu_envelope_peer_record, payload, out, sizeof(out));
	cr_expect_eq(pu_peer_record_open(pu_writer_bytes(&sealed), &record), PU_ECRYPTO);
	free_bytes(payload);
}

static enum pu_err decode_record(const char *hex, struct pu_peer_record *record)
{
	struct pu_bytes bytes = unhex(hex);
	enum pu_err err = pu_peer_record_decode(bytes, record);

	free_bytes(bytes);
	return err;
}

Test(peer_record, leaves_out_what_is_no_address)
{
	struct pu_peer_record record;

	cr_expect_eq(decode_record("0a260024" ED25519_PUBLIC_PB "1a0d0a0b" ADDR_HEX "1a030a0107"
	                           "1a00"
	                           "10ffffffffffffffffff01"
	                           "2001",
	                           &record),
	             PU_OK);
	cr_expect_eq(record.addr_count, 1);
	cr_expect_eq(record.seq, UINT64_MAX);
}

Test(peer_record, needs_a_peer)
{
	struct pu_peer_record record;

	cr_expect_eq(decode_record("1001", &record), PU_EMALFORMED);
	cr_expect_eq(decode_record("", &record), PU_EMALFORMED);
	cr_expect_eq(decode_record("0a03616263", &record), PU_ETRUNCATED, "not a multihash");
	cr_expect_eq(decode_record("0a260024" ED25519_PUBLIC_PB "1a020a05", &record),
	             PU_ETRUNCATED);
}

Test(peer_record, keeps_a_bounded_number_of_addresses)
{
	struct pu_bytes addr = unhex(ADDR_HEX);
	struct pu_peer_record record = {.seq = 1}, back;
	uint8_t out[4096];
	struct pu_writer writer = pu_writer(out, sizeof(out));

	cr_assert_eq(pu_peer_id_parse(ED25519_PEER_ID, &record.peer), PU_OK);
	for (size_t i = 0; i < PU_PEER_RECORD_ADDRS_MAX; i++)
		record.addrs[record.addr_count++] = addr;
	pu_peer_record_encode(&record, &writer);
	record.addr_count = 1;
	pu_peer_record_encode(&record, &writer);
	cr_assert_eq(pu_writer_check(&writer), PU_OK);
	cr_expect_eq(pu_peer_record_decode(pu_writer_bytes(&writer), &back), PU_OK);
	cr_expect_eq(back.addr_count, PU_PEER_RECORD_ADDRS_MAX);
	free_bytes(addr);
}

Test(peer_record, does_not_swallow_an_address_that_is_too_long)
{
	static const uint8_t big[PU_MULTIADDR_MAX + 100];
	struct pu_peer_record record = {.addr_count = 1, .addrs = {pu_bytes(big, sizeof(big))}};
	uint8_t out[4096];
	struct pu_writer writer = pu_writer(out, sizeof(out));

	pu_peer_record_encode(&record, &writer);
	cr_expect_eq(pu_writer_check(&writer), PU_ELIMIT);
}

Test(envelope, is_of_one_kind)
{
	uint8_t out[512];
	struct pu_writer sealed =
	    seal(&pu_envelope_relay_voucher, pu_bytes_of_str("voucher"), out, sizeof(out));
	struct pu_envelope envelope;
	struct pu_peer_id signer;
	char text[PU_PEER_ID_TEXT_MAX];

	cr_assert_eq(pu_envelope_open(pu_writer_bytes(&sealed), &pu_envelope_relay_voucher,
	                              &envelope, &signer),
	             PU_OK);
	cr_expect_str_eq(pu_peer_id_print(&signer, text), ED25519_PEER_ID);
	cr_expect(pu_bytes_eq(envelope.payload, pu_bytes_of_str("voucher")));
	cr_expect_eq(pu_envelope_open(pu_writer_bytes(&sealed), &pu_envelope_peer_record, &envelope,
	                              &signer),
	             PU_EPROTOCOL);
}

Test(envelope, has_a_bound_and_all_its_fields)
{
	static const uint8_t big[PU_ENVELOPE_MAX + 1];
	struct pu_bytes short_of_signature =
	    unhex("0a24" ED25519_PUBLIC_PB "120203011a39" RECORD_HEX);
	struct pu_envelope envelope;

	cr_expect_eq(pu_envelope_decode(pu_bytes(big, sizeof(big)), &envelope), PU_ELIMIT);
	cr_expect_eq(pu_envelope_decode(short_of_signature, &envelope), PU_EMALFORMED);
	cr_expect_eq(pu_envelope_decode(pu_bytes(NULL, 0), &envelope), PU_EMALFORMED);
	free_bytes(short_of_signature);
}
