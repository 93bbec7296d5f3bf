/* Varints, protobuf fields, multihashes, DER elements and bounded output. */
#include "p2p/der.h"
#include "p2p/multihash.h"
#include "p2p/pb.h"
#include "p2p/test_vectors.h"
#include "p2p/uvi.h"

static const struct {
	uint64_t value;
	const char *hex;
} varints[] = {
    {0, "00"},         {1, "01"},
    {127, "7f"},       {128, "8001"},
    {255, "ff01"},     {300, "ac02"},
    {16384, "808001"}, {UINT64_C(0x7fffffffffffffff), "ffffffffffffffff7f"},
};

Test(uvi, reads_what_it_writes)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(varints); i++) {
		struct pu_bytes expected = unhex(varints[i].hex), cursor = expected;
		uint8_t out[PU_UVI_LEN_MAX];
		uint64_t value = 0;

		cr_expect_eq(pu_uvi_len(varints[i].value), expected.len);
		cr_expect_eq(pu_uvi_encode(out, varints[i].value), expected.len);
		cr_expect_arr_eq(out, expected.data, expected.len);
		cr_expect_eq(pu_uvi_get(&cursor, &value), PU_OK);
		cr_expect_eq(value, varints[i].value);
		cr_expect_eq(cursor.len, 0);
		free_bytes(expected);
	}
}

static enum pu_err uvi_err(const char *hex)
{
	struct pu_bytes bytes = unhex(hex), cursor = bytes;
	uint64_t value = 42;
	enum pu_err err = pu_uvi_get(&cursor, &value);

	if (err != PU_OK) {
		cr_expect_eq(value, 42);
		cr_expect_eq(cursor.data, bytes.data);
	}
	free_bytes(bytes);
	return err;
}

Test(uvi, refuses_padding_and_excess)
{
	cr_expect_eq(uvi_err("8000"), PU_EMALFORMED);
	cr_expect_eq(uvi_err("ff80808000"), PU_EMALFORMED);
	cr_expect_eq(uvi_err("ffffffffffffffffff01"), PU_EMALFORMED);
	cr_expect_eq(uvi_err("ffffffffffffffff80"), PU_EMALFORMED);
	cr_expect_eq(uvi_err(""), PU_ETRUNCATED);
	cr_expect_eq(uvi_err("ffff"), PU_ETRUNCATED);
}

Test(uvi, delimits_messages_one_by_one)
{
	struct pu_bytes stream = unhex("03616263"
	                               "00"
	                               "0178"
	                               "05"),
	                cursor = stream, message;

	cr_expect_eq(pu_delimited_get(&cursor, 3, &message), PU_OK);
	cr_expect(pu_bytes_eq(message, pu_bytes_of_str("abc")));
	cr_expect_eq(pu_delimited_get(&cursor, 3, &message), PU_OK);
	cr_expect_eq(message.len, 0);
	cr_expect_eq(pu_delimited_get(&cursor, 3, &message), PU_OK);
	cr_expect_eq(pu_delimited_get(&cursor, 3, &message), PU_ELIMIT);
	cr_expect_eq(pu_delimited_get(&cursor, 5, &message), PU_ETRUNCATED);
	cr_expect_eq(cursor.len, 1);
	free_bytes(stream);
}

Test(writer, writes_whole_pieces_or_nothing)
{
	uint8_t out[4];
	struct pu_writer writer = pu_writer(out, sizeof(out));

	pu_writer_put(&writer, pu_bytes_of_str("abc"));
	cr_expect_eq(pu_writer_check(&writer), PU_OK);
	pu_writer_put(&writer, pu_bytes_of_str("de"));
	cr_expect_eq(pu_writer_check(&writer), PU_ELIMIT);
	pu_writer_put_byte(&writer, 'f');
	cr_expect_eq(writer.len, 3);
	cr_expect(pu_bytes_eq(pu_writer_bytes(&writer), pu_bytes_of_str("abc")));
}

Test(writer, leaves_out_a_length_whose_message_does_not_fit)
{
	uint8_t out[3];
	struct pu_writer writer = pu_writer(out, sizeof(out));

	pu_delimited_put(&writer, pu_bytes_of_str("abc"));
	cr_expect_eq(writer.len, 0);
	cr_expect(writer.overflow);
}

Test(pb, reads_every_wire_type)
{
	struct pu_bytes message = unhex("08ac02"
	                                "12026869"
	                                "190102030405060708"
	                                "2501020304"
	                                "f80f01");
	struct pu_bytes cursor = message;
	struct pu_pb_field field;

	cr_expect_eq(pu_pb_next(&cursor, &field), PU_OK);
	cr_expect(field.number == 1 && field.wire == PU_PB_VARINT && field.varint == 300);
	cr_expect_eq(pu_pb_next(&cursor, &field), PU_OK);
	cr_expect(field.number == 2 && pu_bytes_eq(field.bytes, pu_bytes_of_str("hi")));
	cr_expect_eq(pu_pb_next(&cursor, &field), PU_OK);
	cr_expect(field.number == 3 && field.wire == PU_PB_I64 && field.bytes.len == 8);
	cr_expect_eq(pu_pb_next(&cursor, &field), PU_OK);
	cr_expect(field.number == 4 && field.wire == PU_PB_I32 && field.bytes.len == 4);
	cr_expect_eq(pu_pb_next(&cursor, &field), PU_OK);
	cr_expect(field.number == 255 && field.varint == 1);
	cr_expect_eq(pu_pb_next(&cursor, &field), PU_ENOTFOUND);
	free_bytes(message);
}

static enum pu_err pb_err(const char *hex)
{
	struct pu_bytes bytes = unhex(hex), cursor = bytes;
	struct pu_pb_field field;
	enum pu_err err = pu_pb_next(&cursor, &field);

	free_bytes(bytes);
	return err;
}

Test(pb, accepts_padded_varints_up_to_64_bits)
{
	cr_expect_eq(pb_err("08808000"), PU_OK);
	cr_expect_eq(pb_err("08ffffffffffffffffff01"), PU_OK);
	cr_expect_eq(pb_err("08ffffffffffffffffff02"), PU_EMALFORMED);
	cr_expect_eq(pb_err("08ffffffffffffffffffff01"), PU_EMALFORMED);
}

Test(pb, refuses_groups_and_field_zero)
{
	cr_expect_eq(pb_err("0b"), PU_EMALFORMED);
	cr_expect_eq(pb_err("0c"), PU_EMALFORMED);
	cr_expect_eq(pb_err("0f"), PU_EMALFORMED);
	cr_expect_eq(pb_err("0001"), PU_EMALFORMED);
	cr_expect_eq(pb_err("ffffffffff0f01"), PU_EMALFORMED);
}

Test(pb, notices_every_truncation)
{
	static const char *const fields[] = {"08ac02", "12026869", "190102030405060708",
	                                     "2501020304"};

	for (size_t i = 0; i < PU_ARRAY_LEN(fields); i++) {
		struct pu_bytes whole = unhex(fields[i]);

		for (size_t len = 1; len < whole.len; len++) {
			struct pu_bytes part = prefix_of(whole, len), cursor = part;
			struct pu_pb_field field;

			cr_expect_eq(pu_pb_next(&cursor, &field), PU_ETRUNCATED);
			free_bytes(part);
		}
		free_bytes(whole);
	}
	cr_expect_eq(pb_err("12ffffffffffffffffff01"), PU_ETRUNCATED);
}

Test(pb, writes_what_it_reads)
{
	uint8_t out[64];
	struct pu_writer writer = pu_writer(out, sizeof(out));
	struct pu_bytes expected = unhex("08ac02"
	                                 "12026869"
	                                 "8a010100");

	pu_pb_put_varint(&writer, 1, 300);
	pu_pb_put_bytes(&writer, 2, pu_bytes_of_str("hi"));
	cr_expect_eq(pu_pb_bytes_len(2, 2), 4);
	pu_pb_put_bytes(&writer, 17, pu_bytes("", 1));
	cr_expect_eq(pu_pb_bytes_len(17, 1), 4);
	cr_expect(pu_bytes_eq(pu_writer_bytes(&writer), expected));
	free_bytes(expected);
}

Test(multihash, takes_one_off_the_front)
{
	struct pu_bytes bytes = unhex("0003616263"
	                              "1203616263"),
	                cursor = bytes;
	struct pu_multihash hash;

	cr_expect_eq(pu_multihash_get(&cursor, &hash), PU_OK);
	cr_expect_eq(hash.code, PU_MULTIHASH_IDENTITY);
	cr_expect(pu_bytes_eq(hash.digest, pu_bytes_of_str("abc")));
	cr_expect_eq(pu_multihash_get(&cursor, &hash), PU_EMALFORMED, "sha2-256 of three bytes");
	cr_expect_eq(cursor.len, 5);
	free_bytes(bytes);
}

static enum pu_err der_err(const char *hex)
{
	struct pu_bytes bytes = unhex(hex), cursor = bytes, content;
	enum pu_err err = pu_der_get(&cursor, PU_DER_SEQUENCE, &content, NULL);

	free_bytes(bytes);
	return err;
}

Test(der, wants_minimal_definite_lengths)
{
	cr_expect_eq(der_err("3000"), PU_OK);
	cr_expect_eq(der_err("3080"), PU_EMALFORMED, "indefinite");
	cr_expect_eq(der_err("30810100"), PU_EMALFORMED, "padded");
	cr_expect_eq(der_err("3082000100"), PU_EMALFORMED, "padded");
	cr_expect_eq(der_err("308400000001"), PU_EMALFORMED, "too long");
	cr_expect_eq(der_err("0400"), PU_EMALFORMED, "another tag");
	cr_expect_eq(der_err(""), PU_ETRUNCATED);
	cr_expect_eq(der_err("30"), PU_ETRUNCATED);
	cr_expect_eq(der_err("300100"), PU_OK);
	cr_expect_eq(der_err("3001"), PU_ETRUNCATED);
	cr_expect_eq(der_err("308201"), PU_ETRUNCATED);
	cr_expect_eq(der_err("30820100"), PU_ETRUNCATED);
}

Test(der, skips_single_byte_tags_only)
{
	struct pu_bytes bytes = unhex("02010a"
	                              "1f8101"),
	                cursor = bytes;

	cr_expect_eq(pu_der_skip(&cursor), PU_OK);
	cr_expect_eq(pu_der_skip(&cursor), PU_EMALFORMED);
	free_bytes(bytes);
}
