#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "state.h"

#define KEY "\x37\xfa\x21\x3d" /* the mask of the RFC's examples */

static uint8_t plain[PU_SECURE_PLAIN_MAX];

/* Two that have shaken hands, with nothing left to say. */
static struct pu_secure *client, *server;

static void drop_output(struct pu_secure *ws)
{
	pu_secure_written(ws, pu_secure_output(ws).len);
	cr_assert_eq(pu_secure_output(ws).len, 0);
}

static enum pu_secure_event give_output(struct pu_secure *from, struct pu_secure *to)
{
	struct pu_bytes said = pu_secure_output(from);
	enum pu_secure_event event;
	size_t len;

	event = pu_secure_read(to, &said, plain, &len);
	cr_assert_eq(said.len, 0);
	drop_output(from);
	return event;
}

static void begin(void)
{
	cr_assert_eq(pu_ws_client_new("host", "/", &client), PU_OK);
	cr_assert_eq(pu_ws_server_new("/", &server), PU_OK);
	cr_assert_eq(give_output(client, server), PU_SECURE_ESTABLISHED);
	cr_assert_eq(give_output(server, client), PU_SECURE_ESTABLISHED);
}

static void finish(void)
{
	pu_secure_free(client);
	pu_secure_free(server);
}

TestSuite(frame, .init = begin, .fini = finish);

/* What came of some input. */
struct outcome {
	enum pu_secure_event event; /* the last one but MORE, DATA and PROGRESS */
	size_t plain_len, left;
	uint8_t plain[2048];
};

/* Gives `in` in pieces of `step` bytes, what was left in front of the next; each in memory of
 * exactly its size. */
static void give(struct pu_secure *ws, struct pu_bytes in, size_t step, struct outcome *out)
{
	size_t taken = 0, have = 0, len;

	out->event = PU_SECURE_MORE;
	out->plain_len = 0;
	while (have < in.len) {
		uint8_t *exact;
		struct pu_bytes cursor;

		have = in.len - have < step ? in.len : have + step;
		exact = pu_memdup(in.data + taken, have - taken);
		cursor = pu_bytes(exact, have - taken);
		do {
			out->event = pu_secure_read(ws, &cursor, plain, &len);
			cr_assert((len > 0) == (out->event == PU_SECURE_DATA));
			cr_assert(out->plain_len + len <= sizeof(out->plain));
			memcpy(out->plain + out->plain_len, plain, len);
			out->plain_len += len;
		} while (out->event == PU_SECURE_DATA || out->event == PU_SECURE_PROGRESS);
		cr_assert(cursor.len < PU_WS_FRAME_MIN || out->event != PU_SECURE_MORE);
		taken = have - cursor.len;
		pu_free(exact);
		if (out->event != PU_SECURE_MORE)
			break;
	}
	out->left = in.len - taken;
}

static void expect_plain(const struct outcome *out, const char *text)
{
	cr_assert(pu_bytes_eq(pu_bytes(out->plain, out->plain_len), pu_bytes_of_str(text)), "%.*s",
	          (int)out->plain_len, (const char *)out->plain);
}

#define BYTES(literal) pu_bytes(literal, sizeof(literal) - 1)

/* In every cut, to fresh ones. */
static void expect_carries(bool to_client, struct pu_bytes in, const char *text)
{
	for (size_t step = 1; step <= in.len; step++) {
		struct outcome out;

		give(to_client ? client : server, in, step, &out);
		cr_assert_eq(out.event, PU_SECURE_MORE, "step %zu: %s", step,
		             pu_secure_result(to_client ? client : server)->text);
		cr_assert_eq(out.left, 0, "step %zu", step);
		expect_plain(&out, text);
	}
}

static void expect_breaks(bool to_client, struct pu_bytes in, enum pu_err err)
{
	static const uint8_t close_code[] = {0x03, 0xea}; /* 1002 */

	for (size_t step = 1; step <= in.len; step++) {
		struct pu_secure *ws = to_client ? client : server;
		struct pu_bytes said;
		struct outcome out;
		size_t len;

		give(ws, in, step, &out);
		cr_assert_eq(out.event, PU_SECURE_FAILED, "step %zu", step);
		cr_assert_eq(pu_secure_result(ws)->err, err);
		cr_assert_neq(pu_secure_result(ws)->text[0], '\0');
		said = pu_secure_output(ws);
		cr_assert_eq(said.data[0], 0x88, "a close frame");
		if (!to_client && err == PU_EMALFORMED)
			cr_assert(memcmp(said.data + 2, close_code, 2) == 0);
		said = BYTES("\x82\x01x");
		cr_assert_eq(pu_secure_read(ws, &said, plain, &len), PU_SECURE_FAILED, "for ever");
		finish();
		begin();
	}
}

/* ---- what comes ---- */

Test(frame, carries_the_examples_of_the_rfc)
{
	expect_carries(true, BYTES("\x82\x05Hello"), "Hello");
	expect_carries(false, BYTES("\x82\x85" KEY "\x7f\x9f\x4d\x51\x58"), "Hello");
	expect_carries(true, BYTES("\x02\x03Hel\x80\x02lo"), "Hello");
}

Test(frame, carries_bytes_whatever_the_borders_of_messages)
{
	expect_carries(true,
	               BYTES("\x82\x01"
	                     "a\x82\x02"
	                     "bc\x02\x01"
	                     "d\x00\x00\x00\x02"
	                     "ef\x80\x01g\x82\x00\x82\x01h"),
	               "abcdefgh");
}

Test(frame, bears_control_frames_within_a_message)
{
	expect_carries(true,
	               BYTES("\x02\x01"
	                     "a\x89\x02hi\x00\x01"
	                     "b\x8a\x03yes\x80\x01"
	                     "c"),
	               "abc");
}

Test(frame, bears_lengths_written_longer_than_needed)
{
	expect_carries(true, BYTES("\x82\x7e\x00\x05Hello"), "Hello");
	expect_carries(true, BYTES("\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x05Hello"), "Hello");
}

Test(frame, yields_many_frames_at_once)
{
	struct pu_bytes in = BYTES("\x82\x01"
	                           "a\x82\x01"
	                           "b\x82\x01"
	                           "c");
	size_t len;

	cr_assert_eq(pu_secure_read(client, &in, plain, &len), PU_SECURE_DATA);
	cr_assert(in.len == 0 && len == 3 && memcmp(plain, "abc", 3) == 0);
}

/* The longest length there is: nobody waits for its end. */
Test(frame, yields_what_is_there_of_a_frame_of_any_length)
{
	struct pu_bytes in = BYTES("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xffpart");
	static const uint8_t block[100000];
	size_t len;

	cr_assert_eq(pu_secure_read(client, &in, plain, &len), PU_SECURE_DATA);
	cr_assert(len == 4 && memcmp(plain, "part", 4) == 0);
	in = pu_bytes(block, sizeof(block));
	cr_assert_eq(pu_secure_read(client, &in, plain, &len), PU_SECURE_DATA);
	cr_assert_eq(len, PU_SECURE_PLAIN_MAX);
	cr_assert_eq(pu_secure_read(client, &in, plain, &len), PU_SECURE_DATA);
	cr_assert_eq(len, sizeof(block) - PU_SECURE_PLAIN_MAX);
	cr_assert_eq(pu_secure_read(client, &in, plain, &len), PU_SECURE_MORE);
}

Test(frame, that_is_cut_yields_what_is_there_and_breaks_nothing)
{
	struct pu_bytes whole = BYTES("\x02\x85" KEY "\x7f\x9f\x4d\x51\x58\x89\x81" KEY "x\x80\xfe"
	                              "\x00\x01" KEY "\x16");

	for (size_t cut = 0; cut <= whole.len; cut++) {
		struct outcome out;

		give(server, pu_bytes(whole.data, cut), whole.len, &out);
		cr_assert_eq(out.event, PU_SECURE_MORE);
		cr_assert(out.plain_len <= 6 && memcmp(out.plain, "Hello!", out.plain_len) == 0);
		cr_assert(cut < whole.len || out.plain_len == 6);
		finish();
		begin();
	}
}

Test(frame, breaks_when_hostile)
{
	expect_breaks(true, BYTES("\xc2\x01x"), PU_EMALFORMED);          /* RSV1 */
	expect_breaks(true, BYTES("\xa2\x01x"), PU_EMALFORMED);          /* RSV2 */
	expect_breaks(true, BYTES("\x92\x01x"), PU_EMALFORMED);          /* RSV3 */
	expect_breaks(true, BYTES("\xc1\x01x"), PU_EMALFORMED);          /* and text */
	expect_breaks(true, BYTES("\x80\x01x"), PU_EMALFORMED);          /* continues nothing */
	expect_breaks(true, BYTES("\x00\x01x"), PU_EMALFORMED);          /* likewise */
	expect_breaks(true, BYTES("\x02\x01x\x82\x01x"), PU_EMALFORMED); /* does not continue */
	expect_breaks(true, BYTES("\x82\x81" KEY "x"), PU_EMALFORMED);   /* masked */
	expect_breaks(false, BYTES("\x82\x01x"), PU_EMALFORMED);         /* not masked */
	expect_breaks(false, BYTES("\x89\x00"), PU_EMALFORMED);          /* not masked */
	expect_breaks(true, BYTES("\x09\x00"), PU_EMALFORMED);           /* fragmented ping */
	expect_breaks(true, BYTES("\x08\x00"), PU_EMALFORMED);           /* fragmented close */
	expect_breaks(true, BYTES("\x89\x7e\x00\x7e"), PU_EMALFORMED);   /* long ping */
	expect_breaks(true, BYTES("\x8a\x7e\x00\x01"), PU_EMALFORMED);   /* oddly long pong */
	expect_breaks(true, BYTES("\x88\x7f"), PU_EMALFORMED);           /* very long close */
	expect_breaks(true, BYTES("\x82\x7f\x80\0\0\0\0\0\0\0"), PU_EMALFORMED);
}

Test(frame, breaks_when_of_an_unknown_kind)
{
	static const uint8_t unknown[] = {0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf};

	for (size_t i = 0; i < PU_ARRAY_LEN(unknown); i++) {
		uint8_t in[] = {(uint8_t)(0x80 | unknown[i]), 0};
		expect_breaks(true, pu_bytes(in, sizeof(in)), PU_EMALFORMED);
	}
}

Test(frame, of_text_is_not_supported)
{
	struct pu_bytes in = BYTES("\x81\x85" KEY "\x7f\x9f\x4d\x51\x58"), said;
	size_t len;

	expect_breaks(true, BYTES("\x81\x05Hello"), PU_EUNSUPPORTED);
	cr_assert_eq(pu_secure_read(server, &in, plain, &len), PU_SECURE_FAILED);
	said = pu_secure_output(server);
	cr_assert(pu_bytes_eq(said, BYTES("\x88\x02\x03\xeb")), "1003");
}

Test(frame, that_breaks_does_not_take_what_came_before_it)
{
	struct pu_bytes in = BYTES("\x82\x01x\xff\xff");
	size_t len;

	cr_assert_eq(pu_secure_read(client, &in, plain, &len), PU_SECURE_DATA);
	cr_assert_eq(len, 1);
	cr_assert_eq(pu_secure_read(client, &in, plain, &len), PU_SECURE_FAILED);
	cr_assert_eq(len, 0);
}

/* ---- ping ---- */

static void ping(struct pu_secure *ws, const char *masked_frame, size_t frame_len)
{
	struct pu_bytes in = pu_bytes(masked_frame, frame_len);
	size_t len;

	cr_assert_eq(pu_secure_read(ws, &in, plain, &len), PU_SECURE_PROGRESS);
	cr_assert_eq(in.len, 0);
}

#define PING(ws, frame) ping(ws, frame, sizeof(frame) - 1)

static void expect_said(struct pu_secure *ws, struct pu_bytes want)
{
	cr_assert(pu_bytes_eq(pu_secure_output(ws), want));
}

Test(frame, ping_is_answered_with_its_payload)
{
	char longest[2 + 125];
	struct pu_bytes said;

	PING(server, "\x89\x85" KEY "\x7f\x9f\x4d\x51\x58");
	expect_said(server, BYTES("\x8a\x05Hello"));
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "\x89\x7d", 2);
	ping(client, longest, sizeof(longest));
	said = pu_secure_output(client);
	cr_assert_eq(said.len, 2 + 4 + 125);
	cr_assert(said.data[0] == 0x8a && said.data[1] == (0x80 | 125));
	for (size_t i = 0; i < 125; i++)
		cr_assert_eq(said.data[6 + i] ^ said.data[2 + i % 4], 'x');
}

Test(frame, pong_is_ignored)
{
	PING(client, "\x8a\x05Hello");
	cr_assert_eq(pu_secure_output(client).len, 0);
}

Test(frame, ping_replaces_the_one_that_was_not_answered_yet)
{
	PING(server, "\x89\x82" KEY "\x7f\x9f");
	PING(server, "\x89\x80" KEY);
	PING(server, "\x89\x81" KEY "\x7f");
	expect_said(server, BYTES("\x8a\x01H"));
}

Test(frame, ping_does_not_cut_an_answer_that_is_on_its_way)
{
	PING(server, "\x89\x82" KEY "\x7f\x9f");
	pu_secure_written(server, 1);
	PING(server, "\x89\x80" KEY);
	PING(server, "\x89\x81" KEY "\x7f");
	expect_said(server, BYTES("\x02He\x8a\x01H"));
	pu_secure_written(server, 3);
	PING(server, "\x89\x80" KEY);
	expect_said(server, BYTES("\x8a\x00"));
}

Test(frame, a_thousand_pings_are_no_memory)
{
	for (size_t i = 0; i < 1000; i++) {
		PING(client, "\x89\x05Hello");
		if (i % 100 == 0)
			pu_secure_written(client, 3);
		cr_assert_leq(pu_secure_output(client).len, 2 * (2 + 4 + 5));
	}
}

/* ---- close ---- */

Test(frame, close_is_answered_and_ends)
{
	struct pu_bytes in = BYTES("\x82\x81" KEY "\x7f\x88\x82" KEY "\x34\x12garbage");
	struct iovec piece = {.iov_base = plain, .iov_len = 1};
	uint8_t out[16];
	size_t len;

	cr_assert_eq(pu_secure_read(server, &in, plain, &len), PU_SECURE_DATA);
	cr_assert_eq(pu_secure_read(server, &in, plain, &len), PU_SECURE_END);
	expect_said(server, BYTES("\x88\x02\x03\xe8"));
	cr_assert_eq(pu_secure_read(server, &in, plain, &len), PU_SECURE_END);
	cr_assert_eq(pu_secure_seal(server, &piece, 1, out), 0);
	pu_secure_end(server);
	expect_said(server, BYTES("\x88\x02\x03\xe8"));
}

Test(frame, close_needs_no_code)
{
	struct outcome out;

	give(client, BYTES("\x88\x00"), 1, &out);
	cr_assert_eq(out.event, PU_SECURE_END);
	cr_assert_eq(pu_secure_output(client).len, 8);
}

Test(frame, close_with_a_reason_and_going_away_ends_too)
{
	struct outcome out;

	give(client,
	     BYTES("\x88\x05\x03\xe9"
	           "bye"),
	     1, &out);
	cr_assert_eq(out.event, PU_SECURE_END);
}

Test(frame, close_with_an_error_is_no_end)
{
	struct outcome out;

	give(client, BYTES("\x88\x02\x03\xea"), 2, &out);
	cr_assert_eq(out.event, PU_SECURE_FAILED);
	cr_assert_eq(pu_secure_result(client)->err, PU_EREFUSED);
}

Test(frame, close_with_an_impossible_code_breaks)
{
	static const uint16_t codes[] = {0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535};

	expect_breaks(true, BYTES("\x88\x01x"), PU_EMALFORMED);
	for (size_t i = 0; i < PU_ARRAY_LEN(codes); i++) {
		uint8_t in[] = {0x88, 2, (uint8_t)(codes[i] >> 8), (uint8_t)codes[i]};
		expect_breaks(true, pu_bytes(in, sizeof(in)), PU_EMALFORMED);
	}
}

Test(frame, close_is_a_dialogue)
{
	struct pu_bytes in;
	struct outcome out;
	struct iovec piece = {.iov_base = plain, .iov_len = 1};
	uint8_t sealed[16];

	pu_secure_end(client);
	pu_secure_end(client);
	cr_assert_eq(pu_secure_output(client).len, 8, "once");
	cr_assert_eq(pu_secure_seal(client, &piece, 1, sealed), 0, "nothing goes behind it");
	give(client, BYTES("\x82\x04late\x89\x00"), 1, &out);
	expect_plain(&out, "late");
	cr_assert_eq(pu_secure_output(client).len, 8, "no pong behind a close");
	cr_assert_eq(give_output(client, server), PU_SECURE_END);
	in = pu_secure_output(server);
	give(client, in, 1, &out);
	cr_assert_eq(out.event, PU_SECURE_END);
	cr_assert_eq(pu_secure_output(client).len, 0);
}

Test(frame, end_before_the_handshake_says_nothing)
{
	struct pu_secure *ws;
	struct iovec piece = {.iov_base = plain, .iov_len = 1};
	uint8_t out[16];

	cr_assert_eq(pu_ws_server_new("/", &ws), PU_OK);
	pu_secure_end(ws);
	cr_assert_eq(pu_secure_output(ws).len, 0);
	cr_assert_eq(pu_secure_seal(ws, &piece, 1, out), 0);
	pu_secure_free(ws);
}

/* ---- what goes ---- */

Test(frame, has_the_shortest_header)
{
	static const size_t lens[] = {1, 125, 126, PU_WS_FRAME_MAX};
	static uint8_t out[PU_WS_FRAME_MAX + 8];

	for (size_t i = 0; i < PU_ARRAY_LEN(lens); i++) {
		struct iovec piece = {.iov_base = pu_zalloc(lens[i]), .iov_len = lens[i]};
		size_t header = lens[i] < 126 ? 2 : 4;

		cr_assert_eq(pu_secure_seal(server, &piece, 1, out), lens[i] + header);
		cr_assert(out[0] == 0x82 && out[1] == (lens[i] < 126 ? lens[i] : 126));
		cr_assert_eq(pu_secure_seal(client, &piece, 1, out), lens[i] + header + 4);
		cr_assert(out[0] == 0x82 && out[1] == (0x80 | (lens[i] < 126 ? lens[i] : 126)));
		pu_free(piece.iov_base);
	}
}

Test(frame, too_long_is_not_sealed)
{
	struct iovec pieces[2] = {{.iov_base = plain, .iov_len = 40000},
	                          {.iov_base = plain, .iov_len = 40000}};
	uint8_t out[1];

	cr_assert_eq(pu_secure_seal(server, pieces, 2, out), 0);
}

Test(frame, each_has_another_mask)
{
	struct iovec piece = {.iov_base = plain, .iov_len = 1};
	uint8_t seen[100][4], out[16];
	size_t same = 0;

	for (size_t i = 0; i < PU_ARRAY_LEN(seen); i++) {
		cr_assert_eq(pu_secure_seal(client, &piece, 1, out), 7);
		memcpy(seen[i], out + 2, 4);
		for (size_t j = 0; j < i; j++)
			same += memcmp(seen[i], seen[j], 4) == 0;
	}
	cr_assert_leq(same, 1, "one in a million runs may have one");
}

/* A few hundred frames of all sizes, each in pieces, read in other pieces. */
static void converse(struct pu_secure *from, struct pu_secure *to)
{
	static uint8_t text[PU_WS_FRAME_MAX], wire[PU_WS_FRAME_MAX + 8], got[PU_WS_FRAME_MAX];
	size_t overhead = from->ops->overhead;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(rand() >> 7);
	for (size_t turn = 0; turn < 300; turn++) {
		size_t len = turn < 150 ? turn + 1 : 1 + (size_t)rand() % sizeof(text);
		size_t cut = (size_t)rand() % len, step = 1 + (size_t)rand() % len, have = 0, yield;
		struct iovec pieces[3] = {{text, cut}, {NULL, 0}, {text + cut, len - cut}};
		size_t wire_len = pu_secure_seal(from, pieces, 3, wire), sent = 0, given = 0;

		cr_assert(wire_len > len && wire_len <= len + overhead);
		while (given < wire_len) {
			struct pu_bytes in;

			given = wire_len - given < step ? wire_len : given + step;
			in = pu_bytes(wire + sent, given - sent);
			while (pu_secure_read(to, &in, plain, &yield) == PU_SECURE_DATA) {
				memcpy(got + have, plain, yield);
				have += yield;
			}
			sent = given - in.len;
		}
		cr_assert(have == len && memcmp(got, text, len) == 0, "%zu bytes", len);
	}
}

Test(frame, both_understand_each_other)
{
	srand(1);
	converse(client, server);
	converse(server, client);
}
