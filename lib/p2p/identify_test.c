#include "p2p/identify.h"

#include <stdio.h>

#include "p2p/multiaddr.h"
#include "p2p/pb.h"
#include "p2p/test_vectors.h"
#include "p2p/uvi.h"

#define PUBLIC_ADDR                                                                            \
	"0408080808"                                                                               \
	"91020fa1cd03"
#define PRIVATE_ADDR                                                                           \
	"040a000001"                                                                               \
	"91020fa1cd03"
#define LOOPBACK_ADDR                                                                          \
	"047f000001"                                                                               \
	"91020fa1cd03"

/* One message of every field, in js-libp2p's order: 5, 6, 1, 2, 4, 3, 8. */
#define BODY_HEX                                                                               \
	"2a0a697066732f302e312e30"                                  /* ipfs/0.1.0 */               \
	"32046a732f31"                                              /* js/1 */                     \
	"0a24" ED25519_PUBLIC_PB                                    /* key */                      \
	"120b" PUBLIC_ADDR "120b" PRIVATE_ADDR "220b" LOOPBACK_ADDR /* observed */                 \
	"1a022f61"                                                                                 \
	"1a022f62"     /* /a /b */                                                                 \
	"420473697065" /* record */                                                                \
	"4a0161"                                                                                   \
	"5001" /* unknown fields */

static struct pu_bytes delimited(const char *hex)
{
	struct pu_bytes body = unhex(hex);
	uint8_t *out = pu_alloc(body.len + PU_UVI_LEN_MAX);
	struct pu_writer writer = pu_writer(out, body.len + PU_UVI_LEN_MAX);

	pu_delimited_put(&writer, body);
	free_bytes(body);
	struct pu_bytes exact = prefix_of(pu_writer_bytes(&writer), writer.len);
	pu_free(out);
	return exact;
}

static bool is(struct pu_bytes bytes, const char *text)
{
	return pu_bytes_eq(bytes, pu_bytes_of_str(text));
}

Test(identify, reads_fields_in_any_order)
{
	struct pu_bytes stream = delimited(BODY_HEX);
	struct pu_identify id;

	cr_assert_eq(pu_identify_decode(stream, &id), PU_OK);
	cr_expect(is(id.protocol_version, "ipfs/0.1.0"));
	cr_expect(is(id.agent_version, "js/1"));
	cr_expect_eq(id.public_key.len, 36);
	cr_expect_eq(id.addr_count, 2);
	cr_expect_eq(id.addrs[1].data[1], 10);
	cr_expect_eq(id.observed_addr.data[1], 127);
	cr_expect_eq(id.protocol_count, 2);
	cr_expect(is(id.protocols[0], "/a") && is(id.protocols[1], "/b"));
	cr_expect(is(id.signed_peer_record, "sipe"));
	free_bytes(stream);
}

Test(identify, merges_messages)
{
	struct pu_bytes first = delimited(BODY_HEX), second = delimited("1a022f63"
	                                                                "32046a732f32");
	uint8_t both[512];
	struct pu_identify id;

	memcpy(both, first.data, first.len);
	memcpy(both + first.len, second.data, second.len);
	cr_assert_eq(pu_identify_decode(pu_bytes(both, first.len + second.len), &id), PU_OK);
	cr_expect_eq(id.protocol_count, 3);
	cr_expect(is(id.protocols[2], "/c"));
	cr_expect(is(id.agent_version, "js/2"));
	cr_expect(is(id.protocol_version, "ipfs/0.1.0"));
	free_bytes(first);
	free_bytes(second);
}

Test(identify, leaves_out_what_breaks_its_own_format)
{
	struct pu_bytes stream = delimited("120107"     /* unknown protocol */
	                                   "1200"       /* empty address */
	                                   "1a00"       /* empty name */
	                                   "1a032f1b5b" /* escape */
	                                   "1a01ff"     /* not UTF-8 */
	                                   "220107"     /* observed */
	                                   "3203611b62" /* agent */
	                                   "2a00"       /* version */
	                                   "0801"       /* key as a number */
	                                   "1a022f61");
	struct pu_identify id;

	cr_assert_eq(pu_identify_decode(stream, &id), PU_OK);
	cr_expect_eq(id.addr_count, 0);
	cr_expect_eq(id.protocol_count, 1);
	cr_expect_eq(id.observed_addr.len + id.agent_version.len + id.protocol_version.len +
	                 id.public_key.len,
	             0);
	free_bytes(stream);
}

Test(identify, ends_where_a_message_ends)
{
	struct pu_bytes whole = delimited(BODY_HEX);
	struct pu_identify id = {.addr_count = 77};

	for (size_t len = 0; len < whole.len; len++) {
		struct pu_bytes part = prefix_of(whole, len);
		cr_expect_eq(pu_identify_decode(part, &id), PU_ETRUNCATED, "%zu", len);
		free_bytes(part);
	}
	cr_expect_eq(id.addr_count, 77, "left alone");
	free_bytes(whole);
}

Test(identify, refuses_messages_that_end_within_a_field)
{
	struct pu_bytes body = unhex(BODY_HEX);
	size_t refused = 0;

	for (size_t len = 1; len < body.len; len++) {
		uint8_t out[512];
		struct pu_writer writer = pu_writer(out, sizeof(out));
		struct pu_identify id;

		pu_delimited_put(&writer, pu_bytes(body.data, len));
		enum pu_err err = pu_identify_decode(pu_writer_bytes(&writer), &id);
		cr_expect(err == PU_OK || err == PU_EMALFORMED);
		refused += err != PU_OK;
	}
	cr_expect_gt(refused, body.len / 2);
	free_bytes(body);
}

Test(identify, bounds_messages_and_stream)
{
	static uint8_t stream[PU_IDENTIFY_STREAM_MAX + 1];
	struct pu_identify id;
	struct pu_bytes too_long = unhex("8140");

	cr_expect_eq(pu_identify_decode(too_long, &id), PU_ELIMIT, "a message of 8193 bytes");
	cr_expect_eq(pu_identify_decode(pu_bytes(stream, PU_IDENTIFY_MESSAGES_MAX), &id), PU_OK);
	cr_expect_eq(pu_identify_decode(pu_bytes(stream, PU_IDENTIFY_MESSAGES_MAX + 1), &id),
	             PU_ELIMIT);
	cr_expect_eq(pu_identify_decode(pu_bytes(stream, sizeof(stream)), &id), PU_ELIMIT);
	free_bytes(too_long);
}

Test(identify, bounds_its_lists)
{
	static uint8_t body[PU_IDENTIFY_MESSAGE_MAX], out[2 * PU_IDENTIFY_MESSAGE_MAX + 8];
	struct pu_writer message = pu_writer(body, sizeof(body)),
	                 writer = pu_writer(out, sizeof(out));
	struct pu_bytes addr = unhex(PUBLIC_ADDR);
	struct pu_identify id;

	for (size_t i = 0; i < PU_IDENTIFY_ADDRS_MAX + 10; i++)
		pu_pb_put_bytes(&message, 2, addr);
	for (size_t i = 0; i < PU_IDENTIFY_PROTOCOLS_MAX + 10; i++)
		pu_pb_put_bytes(&message, 3, pu_bytes_of_str("/a"));
	cr_assert_eq(pu_writer_check(&message), PU_OK);
	pu_delimited_put(&writer, pu_writer_bytes(&message));
	pu_delimited_put(&writer, pu_writer_bytes(&message));
	cr_assert_eq(pu_identify_decode(pu_writer_bytes(&writer), &id), PU_OK);
	cr_expect_eq(id.addr_count, PU_IDENTIFY_ADDRS_MAX);
	cr_expect_eq(id.protocol_count, PU_IDENTIFY_PROTOCOLS_MAX);
	free_bytes(addr);
}

Test(identify, writes_what_it_reads)
{
	struct pu_bytes stream = delimited(BODY_HEX);
	static struct pu_identify id, back;
	uint8_t out[PU_IDENTIFY_SEND_MAX];
	struct pu_writer writer = pu_writer(out, sizeof(out));

	cr_assert_eq(pu_identify_decode(stream, &id), PU_OK);
	cr_assert_eq(pu_identify_encode(&id, &writer), PU_OK);
	cr_assert_eq(pu_identify_decode(pu_writer_bytes(&writer), &back), PU_OK);
	cr_expect(pu_bytes_eq(back.public_key, id.public_key));
	cr_expect(pu_bytes_eq(back.agent_version, id.agent_version));
	cr_expect(pu_bytes_eq(back.protocol_version, id.protocol_version));
	cr_expect(pu_bytes_eq(back.observed_addr, id.observed_addr));
	cr_expect(pu_bytes_eq(back.signed_peer_record, id.signed_peer_record));
	cr_expect(back.addr_count == 2 && back.protocol_count == 2);
	free_bytes(stream);
}

Test(identify, keeps_the_useful_addresses_when_not_all_fit)
{
	static uint8_t record[PU_IDENTIFY_SEND_MAX - 40];
	struct pu_bytes loopback = unhex(LOOPBACK_ADDR), private_addr = unhex(PRIVATE_ADDR),
	                public_addr = unhex(PUBLIC_ADDR), nonsense = pu_bytes("\7", 1);
	static struct pu_identify id, back;
	uint8_t out[PU_IDENTIFY_SEND_MAX];
	struct pu_writer writer = pu_writer(out, sizeof(out));

	id = (struct pu_identify){.signed_peer_record = pu_bytes(record, sizeof(record)),
	                          .addr_count = 4,
	                          .addrs = {nonsense, loopback, private_addr, public_addr}};
	cr_assert_eq(pu_identify_encode(&id, &writer), PU_OK);
	cr_expect_leq(writer.len, PU_IDENTIFY_SEND_MAX);
	cr_assert_eq(pu_identify_decode(pu_writer_bytes(&writer), &back), PU_OK);
	cr_assert_eq(back.addr_count, 2);
	cr_expect(pu_bytes_eq(back.addrs[0], public_addr));
	cr_expect(pu_bytes_eq(back.addrs[1], private_addr));
	free_bytes(loopback);
	free_bytes(private_addr);
	free_bytes(public_addr);
}

Test(identify, never_writes_more_than_others_read)
{
	static uint8_t record[PU_IDENTIFY_SEND_MAX];
	static struct pu_identify id;
	uint8_t out[2 * PU_IDENTIFY_SEND_MAX];
	struct pu_writer writer = pu_writer(out, sizeof(out)), small = pu_writer(out, 10);

	id.signed_peer_record = pu_bytes(record, sizeof(record));
	cr_expect_eq(pu_identify_encode(&id, &writer), PU_ELIMIT);
	cr_expect_eq(writer.len, 0);
	id.signed_peer_record.len = 20;
	cr_expect_eq(pu_identify_encode(&id, &small), PU_ELIMIT);
	cr_expect_eq(small.len, 0);
	cr_expect_not(small.overflow);
}
