#include "p2p/relay_reader.h"

#include "p2p/test_vectors.h"
#include "p2p/uvi.h"

static struct pu_relay_reader reader;

static void finish(void)
{
	pu_relay_reader_fini(&reader);
}

TestSuite(relay_reader, .fini = finish);

Test(relay_reader, leaves_what_is_behind_the_message)
{
	struct pu_bytes in = pu_bytes_of_str("\4abcdrest"), message;

	cr_assert_eq(pu_relay_reader_read(&reader, &in, &message), PU_OK);
	cr_assert(pu_bytes_eq(message, pu_bytes_of_str("abcd")));
	cr_assert(pu_bytes_eq(in, pu_bytes_of_str("rest")));
}

Test(relay_reader, reads_the_same_however_it_is_cut)
{
	struct pu_bytes whole = pu_bytes_of_str("\4abcdrest");

	for (size_t cut = 0; cut < 5; cut++) {
		struct pu_bytes first = prefix_of(whole, cut), message;
		struct pu_bytes head = first, tail = pu_bytes(whole.data + cut, whole.len - cut);

		cr_assert_eq(pu_relay_reader_read(&reader, &head, &message), PU_EAGAIN, "%zu", cut);
		cr_assert_eq(head.len, 0);
		free_bytes(first);
		cr_assert_eq(pu_relay_reader_read(&reader, &tail, &message), PU_OK);
		cr_assert(pu_bytes_eq(message, pu_bytes_of_str("abcd")));
		cr_assert(pu_bytes_eq(tail, pu_bytes_of_str("rest")));
		pu_relay_reader_fini(&reader);
	}
}

Test(relay_reader, reads_the_longest_message_byte_by_byte)
{
	static uint8_t body[PU_RELAY_MESSAGE_MAX], framed[PU_RELAY_MESSAGE_MAX + 3];
	struct pu_writer writer = pu_writer(framed, sizeof(framed));
	struct pu_bytes message;

	memset(body, 7, sizeof(body));
	pu_delimited_put(&writer, pu_bytes(body, sizeof(body)));
	for (size_t i = 0; i < writer.len; i++) {
		struct pu_bytes in = pu_bytes(framed + i, 1);

		cr_assert_eq(pu_relay_reader_read(&reader, &in, &message),
		             i + 1 < writer.len ? PU_EAGAIN : PU_OK, "%zu", i);
	}
	cr_assert(pu_bytes_eq(message, pu_bytes(body, sizeof(body))));
}

Test(relay_reader, reads_a_message_of_nothing)
{
	struct pu_bytes in = pu_bytes("\0x", 2), message;

	cr_assert_eq(pu_relay_reader_read(&reader, &in, &message), PU_OK);
	cr_assert_eq(message.len, 0);
	cr_assert_eq(in.len, 1);
}

Test(relay_reader, makes_no_room_for_what_is_too_long)
{
	static const char *const wrong[] = {"\x81\x20", "\xff\xff\x03", "\xff\xff", "\x80\x80"};

	for (size_t i = 0; i < PU_ARRAY_LEN(wrong); i++) {
		struct pu_bytes in = pu_bytes_of_str(wrong[i]), message;

		cr_assert_eq(pu_relay_reader_read(&reader, &in, &message), PU_ELIMIT, "%zu", i);
		cr_assert_null(reader.data);
		pu_relay_reader_fini(&reader);
	}
}

Test(relay_reader, refuses_a_length_that_is_padded)
{
	struct pu_bytes in = pu_bytes("\x84\0abcd", 6), message;

	cr_assert_eq(pu_relay_reader_read(&reader, &in, &message), PU_EMALFORMED);
}
