#include "p2p/relay_message.h"

#include "p2p/multiaddr.h"
#include "p2p/test_vectors.h"
#include "p2p/uvi.h"

#define PEER_BYTES "0024" ED25519_PUBLIC_PB
#define PEER                                                                                   \
	"1228"                                                                                     \
	"0a26" PEER_BYTES
#define ADDR "047f00000191020fa1cd03"
#define RESERVATION                                                                            \
	"08d5f6cdc806"                                                                             \
	"120b" ADDR "120b" ADDR "1a03616263"
/* As js-libp2p answers: 120,000 (ms) and 131,072 bytes. */
#define JS_LIMIT "08c0a90710808008"
#define HOP_RESERVED                                                                           \
	"0802"                                                                                     \
	"1a25" RESERVATION "2208" JS_LIMIT "2864"

static enum pu_err decode_hop(const char *hex, struct pu_relay_hop *out)
{
	static uint8_t kept[PU_RELAY_MESSAGE_MAX];
	struct pu_bytes bytes = unhex(hex);
	enum pu_err err = pu_relay_hop_decode(bytes, out);

	/* The views must not outlive the bytes. */
	if (err == PU_OK) {
		memcpy(kept, bytes.data, bytes.len);
		err = pu_relay_hop_decode(pu_bytes(kept, bytes.len), out);
	}
	free_bytes(bytes);
	return err;
}

static enum pu_err decode_stop(const char *hex, struct pu_relay_stop *out)
{
	struct pu_bytes bytes = unhex(hex);
	enum pu_err err = pu_relay_stop_decode(bytes, out);

	free_bytes(bytes);
	return err;
}

static void assert_hop_is(const struct pu_relay_hop *message, const char *hex)
{
	uint8_t out[512];
	struct pu_writer writer = pu_writer(out, sizeof(out));
	struct pu_bytes expected = unhex(hex);

	cr_assert_eq(pu_relay_hop_encode(message, &writer), PU_OK);
	cr_assert(pu_bytes_eq(pu_writer_bytes(&writer), expected));
	free_bytes(expected);
}

static struct pu_peer_id published_peer(void)
{
	struct pu_peer_id peer;

	cr_assert_eq(pu_peer_id_parse(ED25519_PEER_ID, &peer), PU_OK);
	return peer;
}

Test(relay_hop, reads_an_answer_as_js_writes_it)
{
	struct pu_relay_hop hop;

	cr_assert_eq(decode_hop(HOP_RESERVED, &hop), PU_OK);
	cr_assert_eq(hop.type, PU_RELAY_HOP_STATUS);
	cr_assert_eq(hop.status, PU_RELAY_OK);
	cr_assert(hop.has_reservation && hop.has_limit);
	cr_assert_eq(hop.reservation.expires_s, 1762884437);
	cr_assert_eq(hop.reservation.addr_count, 2);
	cr_assert_eq(hop.reservation.addrs[1].len, 11);
	cr_assert(pu_bytes_eq(hop.reservation.voucher, pu_bytes_of_str("abc")));
	cr_assert_eq(hop.limit.duration_s, 120000);
	cr_assert_eq(hop.limit.data, 131072);
	cr_assert_eq(hop.peer.len, 0);
}

Test(relay_hop, writes_a_type_of_zero)
{
	assert_hop_is(&(struct pu_relay_hop){.type = PU_RELAY_HOP_RESERVE}, "020800");
}

Test(relay_hop, writes_a_refusal_as_others_do)
{
	assert_hop_is(&(struct pu_relay_hop){.type = PU_RELAY_HOP_STATUS,
	                                     .status = PU_RELAY_MALFORMED_MESSAGE},
	              "05"
	              "0802"
	              "289003");
}

Test(relay_hop, asks_for_a_peer)
{
	struct pu_relay_hop hop = {.type = PU_RELAY_HOP_CONNECT, .peer = published_peer()}, back;

	assert_hop_is(&hop, "2c"
	                    "0801" PEER);
	cr_assert_eq(decode_hop("0801" PEER, &back), PU_OK);
	cr_assert(pu_peer_id_eq(&back.peer, &hop.peer));
	cr_assert_eq(back.status, PU_RELAY_UNUSED);
	cr_assert_not(back.has_limit || back.has_reservation);
}

Test(relay_hop, writes_what_it_reads)
{
	struct pu_relay_hop hop;

	cr_assert_eq(decode_hop(HOP_RESERVED, &hop), PU_OK);
	assert_hop_is(&hop, "35" HOP_RESERVED);
}

Test(relay_hop, writes_an_unlimited_limit_as_an_empty_one)
{
	assert_hop_is(&(struct pu_relay_hop){.type = PU_RELAY_HOP_STATUS, .has_limit = true},
	              "04"
	              "0802"
	              "2200");
}

Test(relay_hop, skips_what_it_does_not_know)
{
	struct pu_relay_hop hop;

	/* Unknown fields in each message, known ones of another wire type. */
	cr_assert_eq(decode_hop("0807"
	                        "7a0161"
	                        "1000"
	                        "1a0408013801"
	                        "220108"
	                        "2a0164",
	                        &hop),
	             PU_EMALFORMED, "a limit that is cut");
	cr_assert_eq(decode_hop("0807"
	                        "7a0161"
	                        "1000"
	                        "1a0408013801"
	                        "22020a00"
	                        "2a0164",
	                        &hop),
	             PU_OK);
	cr_assert_eq(hop.type, 7);
	cr_assert_eq(hop.reservation.expires_s, 1);
	cr_assert_eq(hop.status, PU_RELAY_UNUSED);
	cr_assert_eq(hop.limit.duration_s, 0);
}

Test(relay_hop, does_not_cut_numbers)
{
	struct pu_relay_hop hop;

	/* 2^32 + 100 is not OK, 2^32 is not RESERVE, 2^32 + 1 s are not 1 s. */
	cr_assert_eq(decode_hop("088080808010"
	                        "28e480808010"
	                        "2206088180808010",
	                        &hop),
	             PU_OK);
	cr_assert_eq(hop.type, UINT32_MAX);
	cr_assert_eq(hop.status, UINT32_MAX);
	cr_assert_eq(hop.limit.duration_s, UINT32_MAX);
}

Test(relay_hop, refuses_a_message_without_a_type)
{
	struct pu_relay_hop hop;

	cr_assert_eq(decode_hop("", &hop), PU_EMALFORMED);
	cr_assert_eq(decode_hop(PEER, &hop), PU_EMALFORMED);
}

Test(relay_hop, refuses_a_peer_that_is_none)
{
	struct pu_relay_hop hop;

	cr_assert_eq(decode_hop("0801"
	                        "1200",
	                        &hop),
	             PU_EMALFORMED, "no ID");
	cr_assert_eq(decode_hop("0801"
	                        "12020a00",
	                        &hop),
	             PU_EMALFORMED, "an empty ID");
	cr_assert_eq(decode_hop("0801"
	                        "12050a03616263",
	                        &hop),
	             PU_EMALFORMED, "no multihash");
}

Test(relay_hop, keeps_a_bounded_number_of_addresses)
{
	uint8_t in[PU_RELAY_MESSAGE_MAX];
	struct pu_relay_hop hop = {.has_reservation = true};
	struct pu_writer body = pu_writer(in, sizeof(in));
	size_t len;

	pu_writer_put(&body, pu_bytes("\x08\x02\x1a\x30", 4));
	for (len = 0; len < 0x30; len += 3)
		pu_writer_put(&body, pu_bytes("\x12\x01\x07", 3));
	cr_assert_eq(len, 3 * PU_RELAY_ADDRS_MAX);
	cr_assert_eq(pu_relay_hop_decode(pu_writer_bytes(&body), &hop), PU_OK);
	cr_assert_eq(hop.reservation.addr_count, PU_RELAY_ADDRS_MAX);
	in[3] = 0x33;
	pu_writer_put(&body, pu_bytes("\x12\x01\x07", 3));
	cr_assert_eq(pu_relay_hop_decode(pu_writer_bytes(&body), &hop), PU_OK);
	cr_assert_eq(hop.reservation.addr_count, PU_RELAY_ADDRS_MAX);
}

Test(relay_hop, is_never_longer_than_others_read)
{
	static uint8_t voucher[PU_RELAY_MESSAGE_MAX], out[2 * PU_RELAY_MESSAGE_MAX];
	struct pu_writer writer = pu_writer(out, sizeof(out)), small = pu_writer(out, 10);
	struct pu_relay_hop hop = {.type = PU_RELAY_HOP_STATUS, .has_reservation = true};

	/* What is left for a voucher besides the type, the expiry and three headers. */
	hop.reservation.voucher = pu_bytes(voucher, sizeof(voucher) - 2 - 3 - 2 - 3);
	cr_assert_eq(pu_relay_hop_encode(&hop, &writer), PU_OK);
	cr_assert_eq(writer.len, PU_RELAY_MESSAGE_MAX + 2);
	hop.reservation.voucher.len++;
	cr_assert_eq(pu_relay_hop_encode(&hop, &writer), PU_ELIMIT);
	cr_assert_eq(writer.len, PU_RELAY_MESSAGE_MAX + 2);
	hop.reservation.voucher.len = sizeof(voucher);
	cr_assert_eq(pu_relay_hop_encode(&hop, &writer), PU_ELIMIT);
	cr_assert_eq(pu_relay_hop_encode(&hop, &small), PU_ELIMIT);
	cr_assert(small.len == 0 && !small.overflow);
}

Test(relay_hop, reads_no_byte_beyond_where_it_is_cut)
{
	struct pu_bytes whole = unhex(HOP_RESERVED);
	size_t refused = 0;

	for (size_t len = 0; len < whole.len; len++) {
		struct pu_bytes part = prefix_of(whole, len);
		struct pu_relay_hop hop;

		refused += pu_relay_hop_decode(part, &hop) == PU_EMALFORMED;
		free_bytes(part);
	}
	/* But for those that end between two fields: behind the type, reservation and limit. */
	cr_assert_eq(refused, whole.len - 3);
	free_bytes(whole);
}

Test(relay_stop, says_who_comes_and_for_how_long)
{
	struct pu_relay_stop stop = {.type = PU_RELAY_STOP_CONNECT,
	                             .peer = published_peer(),
	                             .has_limit = true,
	                             .limit = {.duration_s = 120, .data = 1 << 20}},
	                     back;
	struct pu_bytes expected = unhex("34"
	                                 "0800" PEER "1a06"
	                                 "0878"
	                                 "10808040");
	uint8_t out[128];
	struct pu_writer writer = pu_writer(out, sizeof(out));

	cr_assert_eq(pu_relay_stop_encode(&stop, &writer), PU_OK);
	cr_assert(pu_bytes_eq(pu_writer_bytes(&writer), expected));
	cr_assert_eq(pu_relay_stop_decode(pu_bytes(out + 1, writer.len - 1), &back), PU_OK);
	cr_assert(pu_peer_id_eq(&back.peer, &stop.peer));
	cr_assert_eq(back.limit.duration_s, 120);
	cr_assert_eq(back.limit.data, 1 << 20);
	free_bytes(expected);
}

Test(relay_stop, has_its_status_in_another_field_than_hop)
{
	struct pu_relay_stop stop;
	uint8_t out[16];
	struct pu_writer writer = pu_writer(out, sizeof(out));
	struct pu_bytes expected = unhex("04"
	                                 "0801"
	                                 "2064");

	cr_assert_eq(decode_stop("08012064", &stop), PU_OK);
	cr_assert_eq(stop.type, PU_RELAY_STOP_STATUS);
	cr_assert_eq(stop.status, PU_RELAY_OK);
	cr_assert_eq(pu_relay_stop_encode(&stop, &writer), PU_OK);
	cr_assert(pu_bytes_eq(pu_writer_bytes(&writer), expected));
	cr_assert_eq(decode_stop("08012864", &stop), PU_OK);
	cr_assert_eq(stop.status, PU_RELAY_UNUSED);
	free_bytes(expected);
}

Test(relay_stop, reads_no_byte_beyond_where_it_is_cut)
{
	struct pu_bytes whole = unhex("0800" PEER "1a06"
	                              "0878"
	                              "10808040"
	                              "2064");
	size_t refused = 0;

	for (size_t len = 0; len < whole.len; len++) {
		struct pu_bytes part = prefix_of(whole, len);
		struct pu_relay_stop stop;

		refused += pu_relay_stop_decode(part, &stop) == PU_EMALFORMED;
		free_bytes(part);
	}
	cr_assert_eq(refused, whole.len - 3);
	free_bytes(whole);
}

Test(relay_status, has_words_for_every_number)
{
	cr_assert_str_eq(pu_relay_status_text(PU_RELAY_OK), "ok");
	cr_assert_str_eq(pu_relay_status_text(PU_RELAY_NO_RESERVATION),
	                 "the peer is not at this relay");
	cr_assert_str_eq(pu_relay_status_text(299),
	                 "the relay answered with a status that is not known");
}

Test(relay_status, is_an_error_unless_it_is_ok)
{
	cr_assert_eq(pu_relay_status_err(PU_RELAY_OK), PU_OK);
	cr_assert_eq(pu_relay_status_err(PU_RELAY_UNUSED), PU_EPROTOCOL);
	cr_assert_eq(pu_relay_status_err(PU_RELAY_RESOURCE_LIMIT_EXCEEDED), PU_ELIMIT);
	cr_assert_eq(pu_relay_status_err(PU_RELAY_PERMISSION_DENIED), PU_ENOTAUTHORIZED);
	cr_assert_eq(pu_relay_status_err(101), PU_EPROTOCOL);
	cr_assert_eq(pu_relay_status_err(UINT32_MAX), PU_EPROTOCOL);
}

Test(relay_limit, is_set_by_either_member)
{
	cr_assert_not(pu_relay_limit_is_set(&(struct pu_relay_limit){0}));
	cr_assert(pu_relay_limit_is_set(&(struct pu_relay_limit){.duration_s = 1}));
	cr_assert(pu_relay_limit_is_set(&(struct pu_relay_limit){.data = 1}));
}

Test(relay_limit, takes_the_shorter_of_two_readings)
{
	cr_assert_eq(pu_relay_limit_duration_ms(&(struct pu_relay_limit){.duration_s = 120}),
	             120000);
	/* js-libp2p means two minutes. */
	cr_assert_eq(pu_relay_limit_duration_ms(&(struct pu_relay_limit){.duration_s = 120000}),
	             120000);
	cr_assert_eq(pu_relay_limit_duration_ms(&(struct pu_relay_limit){0}), 0);
	cr_assert_eq(pu_relay_limit_duration_ms(
	                 &(struct pu_relay_limit){.duration_s = PU_RELAY_DURATION_SURE_S}),
	             86400000);
}
