#include "p2p/multistream.h"

#include "p2p/test_vectors.h"

#define HEADER "\x13/multistream/1.0.0\n"
#define PING   "\x11/ipfs/ping/1.0.0\n"
#define ID     "\x0f/ipfs/id/1.0.0\n"
#define NA     "\x03na\n"

/* What one side wrote so far. */
struct wire {
	uint8_t bytes[4096];
	size_t len;
};

static void drain(struct pu_multistream_responder *responder, struct wire *wire)
{
	struct pu_bytes out = pu_multistream_responder_output(responder);

	memcpy(wire->bytes + wire->len, out.data, out.len);
	wire->len += out.len;
	pu_multistream_responder_written(responder, out.len);
}

static void drain_initiator(struct pu_multistream_initiator *initiator, struct wire *wire)
{
	struct pu_bytes out = pu_multistream_initiator_output(initiator);

	memcpy(wire->bytes + wire->len, out.data, out.len);
	wire->len += out.len;
	pu_multistream_initiator_written(initiator, out.len);
}

static void expect_wire(const struct wire *wire, const char *text)
{
	cr_expect(pu_bytes_eq(pu_bytes(wire->bytes, wire->len), pu_bytes_of_str(text)));
}

static bool is_ping(struct pu_bytes name)
{
	return pu_bytes_eq(name, pu_bytes_of_str("/ipfs/ping/1.0.0"));
}

/* Feeds `in` in pieces of `step` bytes to a responder that speaks ping, flushing as it goes.
 * Returns the event that ended it, and in `left` what it did not take. */
static enum pu_multistream_event respond(struct pu_bytes in, size_t step, struct wire *wire,
                                         size_t *left)
{
	struct pu_multistream_responder responder;
	enum pu_multistream_event event = PU_MULTISTREAM_MORE;
	size_t given = 0;

	pu_multistream_responder_init(&responder);
	wire->len = 0;
	while (event == PU_MULTISTREAM_MORE && given < in.len) {
		size_t len = in.len - given < step ? in.len - given : step;
		struct pu_bytes piece = prefix_of(pu_bytes(in.data + given, len), len), cursor = piece;

		do {
			event = pu_multistream_responder_read(&responder, &cursor);
			if (event == PU_MULTISTREAM_PROPOSAL)
				pu_multistream_responder_answer(
				    &responder, is_ping(pu_multistream_responder_proposal(&responder)));
			drain(&responder, wire);
		} while (event == PU_MULTISTREAM_PROPOSAL || event == PU_MULTISTREAM_FLUSH);
		given += len - cursor.len;
		free_bytes(piece);
	}
	*left = in.len - given;
	return event;
}

static void expect_response(const char *in, size_t in_len, enum pu_multistream_event event,
                            const char *answer, size_t left)
{
	for (size_t step = 1; step <= in_len; step++) {
		struct wire wire;
		size_t rest;

		cr_expect_eq(respond(pu_bytes(in, in_len), step, &wire, &rest), event, "step %zu",
		             step);
		expect_wire(&wire, answer);
		cr_expect_eq(rest, left, "step %zu", step);
	}
}

#define EXPECT_RESPONSE(in, event, answer, left)                                               \
	expect_response(in, sizeof(in) - 1, event, answer, left)

Test(responder, echoes_what_it_speaks)
{
	EXPECT_RESPONSE(HEADER PING, PU_MULTISTREAM_DONE, HEADER PING, 0);
}

Test(responder, leaves_the_bytes_behind_the_proposal)
{
	EXPECT_RESPONSE(HEADER PING "application data", PU_MULTISTREAM_DONE, HEADER PING, 16);
}

Test(responder, refuses_until_it_speaks_one)
{
	EXPECT_RESPONSE(HEADER ID "\x0e/perf/1.0.000\n" PING "x", PU_MULTISTREAM_DONE,
	                HEADER NA NA PING, 1);
}

Test(responder, does_not_list)
{
	EXPECT_RESPONSE(HEADER "\x03ls\n" PING, PU_MULTISTREAM_DONE, HEADER NA PING, 0);
}

Test(responder, refuses_names_without_asking)
{
	EXPECT_RESPONSE(HEADER "\x01\n\x05ping\n\x04/a\0\n" PING, PU_MULTISTREAM_DONE,
	                HEADER NA NA NA PING, 0);
}

Test(responder, waits_for_more)
{
	EXPECT_RESPONSE(HEADER, PU_MULTISTREAM_MORE, HEADER, 0);
	EXPECT_RESPONSE("\x13/multi", PU_MULTISTREAM_MORE, "", 0);
	EXPECT_RESPONSE(HEADER "\x11/ipfs/ping/1.0.0", PU_MULTISTREAM_MORE, HEADER, 0);
}

Test(responder, fails_on_malformed_lines)
{
	static const char *const inputs[] = {
	    "\x13/multistream/1.0.1\n", "\x0f/ipfs/id/1.0.0\n", "\x14/multistream/1.0.0\n\n",
	    HEADER "\x04/abc",          HEADER "\xff\xff",      HEADER "\x81\x08",
	    "\x13/multistream/1.0.0 ",
	};
	static const char padded[] = HEADER "\x85\x00/abc\n", empty[] = HEADER "\x00/abc\n";
	struct wire wire;
	size_t left;

	for (size_t i = 0; i < PU_ARRAY_LEN(inputs); i++)
		cr_expect_eq(respond(pu_bytes_of_str(inputs[i]), 1, &wire, &left),
		             PU_MULTISTREAM_FAILED, "%zu", i);
	cr_expect_eq(respond(pu_bytes(padded, sizeof(padded) - 1), 9, &wire, &left),
	             PU_MULTISTREAM_FAILED);
	cr_expect_eq(respond(pu_bytes(empty, sizeof(empty) - 1), 9, &wire, &left),
	             PU_MULTISTREAM_FAILED);
}

/* A line of `len` bytes with its length field: '/', then 'x', then a newline. */
static struct pu_bytes line_of(size_t len, uint8_t *out)
{
	size_t prefix = 0;

	if (len > 0x7f)
		out[prefix++] = (uint8_t)(len | 0x80);
	out[prefix++] = (uint8_t)(len > 0x7f ? len >> 7 : len);
	memset(out + prefix, 'x', len);
	out[prefix] = '/';
	out[prefix + len - 1] = '\n';
	return pu_bytes(out, prefix + len);
}

static void expect_long(size_t len, enum pu_multistream_event event, const char *answer)
{
	uint8_t in[2048];
	struct pu_bytes line;
	struct wire wire;
	size_t left;

	memcpy(in, HEADER, 20);
	line = line_of(len, in + 20);
	memcpy(in + 20 + line.len, PING, 18);
	for (size_t step = 1; step < 40; step++) {
		cr_expect_eq(respond(pu_bytes(in, 20 + line.len + 18), step, &wire, &left), event);
		expect_wire(&wire, answer);
	}
}

Test(responder, skips_names_that_are_too_long)
{
	expect_long(127, PU_MULTISTREAM_DONE, HEADER NA PING);
	expect_long(128, PU_MULTISTREAM_DONE, HEADER NA PING);
	expect_long(256, PU_MULTISTREAM_DONE, HEADER NA PING);
	expect_long(257, PU_MULTISTREAM_DONE, HEADER NA PING);
	expect_long(1024, PU_MULTISTREAM_DONE, HEADER NA PING);
	expect_long(1025, PU_MULTISTREAM_FAILED, HEADER);
}

Test(responder, echoes_the_longest_name)
{
	struct pu_multistream_responder responder;
	uint8_t in[300];
	struct pu_bytes header = pu_bytes_of_str(HEADER), line = line_of(256, in), cursor = line;
	struct wire wire = {.len = 0};

	pu_multistream_responder_init(&responder);
	cr_expect_eq(pu_multistream_responder_read(&responder, &header), PU_MULTISTREAM_MORE);
	cr_expect_eq(pu_multistream_responder_read(&responder, &cursor), PU_MULTISTREAM_PROPOSAL);
	cr_expect_eq(pu_multistream_responder_proposal(&responder).len, 255);
	pu_multistream_responder_answer(&responder, true);
	cr_expect_eq(pu_multistream_responder_proposal(&responder).len, 255);
	drain(&responder, &wire);
	cr_expect_eq(wire.len, 20 + 258);
	cr_expect(pu_bytes_eq(pu_bytes(wire.bytes + 20, 258), line));
}

Test(responder, asks_to_be_flushed_before_it_reads_on)
{
	struct pu_multistream_responder responder;
	struct pu_bytes in = pu_bytes_of_str(HEADER ID PING);
	struct wire wire = {.len = 0};

	pu_multistream_responder_init(&responder);
	cr_expect_eq(pu_multistream_responder_read(&responder, &in), PU_MULTISTREAM_PROPOSAL);
	pu_multistream_responder_answer(&responder, false);
	cr_expect_eq(pu_multistream_responder_read(&responder, &in), PU_MULTISTREAM_FLUSH);
	cr_expect_eq(in.len, 18);
	pu_multistream_responder_written(&responder, 23);
	cr_expect_eq(pu_multistream_responder_read(&responder, &in), PU_MULTISTREAM_FLUSH);
	pu_multistream_responder_written(&responder, 1000);
	cr_expect_eq(pu_multistream_responder_read(&responder, &in), PU_MULTISTREAM_PROPOSAL);
	pu_multistream_responder_answer(&responder, true);
	drain(&responder, &wire);
	expect_wire(&wire, PING);
	cr_expect_eq(pu_multistream_responder_read(&responder, &in), PU_MULTISTREAM_DONE);
}

Test(responder, writes_in_any_pieces)
{
	struct pu_multistream_responder responder;
	struct pu_bytes in = pu_bytes_of_str(HEADER PING);
	struct wire wire = {.len = 0};
	struct pu_bytes out;

	pu_multistream_responder_init(&responder);
	cr_expect_eq(pu_multistream_responder_read(&responder, &in), PU_MULTISTREAM_PROPOSAL);
	pu_multistream_responder_answer(&responder, true);
	while ((out = pu_multistream_responder_output(&responder)).len > 0) {
		wire.bytes[wire.len++] = out.data[0];
		pu_multistream_responder_written(&responder, 1);
	}
	expect_wire(&wire, HEADER PING);
}

Test(responder, gives_up_after_too_many_proposals)
{
	struct pu_multistream_responder responder;
	struct pu_bytes header = pu_bytes_of_str(HEADER);
	struct wire wire = {.len = 0};
	size_t refused = 0;

	pu_multistream_responder_init(&responder);
	cr_expect_eq(pu_multistream_responder_read(&responder, &header), PU_MULTISTREAM_MORE);
	for (;; refused++) {
		struct pu_bytes line = pu_bytes_of_str(ID);
		drain(&responder, &wire);
		if (pu_multistream_responder_read(&responder, &line) != PU_MULTISTREAM_PROPOSAL)
			break;
		pu_multistream_responder_answer(&responder, false);
	}
	cr_expect_eq(refused, PU_MULTISTREAM_PROPOSALS_MAX);
	pu_multistream_responder_answer(&responder, true);
	cr_expect_eq(pu_multistream_responder_output(&responder).len, 0, "nobody asked");
}

Test(responder, is_small)
{
	cr_expect_leq(sizeof(struct pu_multistream_responder), 300);
}

static const char *const two[] = {"/a/1.0.0", "/ipfs/ping/1.0.0"};
static const char *const one[] = {"/ipfs/ping/1.0.0"};

/* The same for an initiator. */
static enum pu_multistream_event initiate(const char *const *names, size_t count,
                                          struct pu_bytes in, size_t step, struct wire *wire)
{
	struct pu_multistream_initiator initiator;
	enum pu_multistream_event event = PU_MULTISTREAM_MORE;
	size_t given = 0;

	cr_assert_eq(pu_multistream_initiator_init(&initiator, names, count), PU_OK);
	wire->len = 0;
	drain_initiator(&initiator, wire);
	while (event == PU_MULTISTREAM_MORE && given < in.len) {
		size_t len = in.len - given < step ? in.len - given : step;
		struct pu_bytes piece = prefix_of(pu_bytes(in.data + given, len), len), cursor = piece;

		cr_expect_not(pu_multistream_initiator_may_stop(&initiator));
		event = pu_multistream_initiator_read(&initiator, &cursor);
		drain_initiator(&initiator, wire);
		given += len - cursor.len;
		free_bytes(piece);
	}
	if (event != PU_MULTISTREAM_MORE)
		cr_expect(pu_multistream_initiator_may_stop(&initiator));
	cr_expect_eq(pu_multistream_initiator_chosen(&initiator) != NULL,
	             event == PU_MULTISTREAM_DONE);
	wire->bytes[wire->len] = '\0';
	return event;
}

static void expect_dialogue(const char *const *names, size_t count, const char *in,
                            enum pu_multistream_event event, const char *said)
{
	for (size_t step = 1; step <= strlen(in); step++) {
		struct wire wire;

		cr_expect_eq(initiate(names, count, pu_bytes_of_str(in), step, &wire), event,
		             "step %zu", step);
		expect_wire(&wire, said);
	}
}

Test(initiator, proposes_with_its_header)
{
	expect_dialogue(one, 1, HEADER PING, PU_MULTISTREAM_DONE, HEADER PING);
	expect_dialogue(one, 1, HEADER, PU_MULTISTREAM_MORE, HEADER PING);
}

Test(initiator, proposes_the_next_when_refused)
{
	expect_dialogue(one, 1, HEADER NA, PU_MULTISTREAM_REFUSED, HEADER PING);
	expect_dialogue(two, 2, HEADER "\x09/a/1.0.0\n", PU_MULTISTREAM_DONE,
	                HEADER "\x09/a/1.0.0\n");
}

Test(initiator, reaches_its_second_proposal)
{
	struct pu_multistream_initiator initiator;
	struct pu_bytes first = pu_bytes_of_str(HEADER NA), second = pu_bytes_of_str(PING "data");
	struct wire wire = {.len = 0};

	cr_assert_eq(pu_multistream_initiator_init(&initiator, two, 2), PU_OK);
	drain_initiator(&initiator, &wire);
	cr_expect_eq(pu_multistream_initiator_read(&initiator, &first), PU_MULTISTREAM_MORE);
	cr_expect_eq(pu_multistream_initiator_chosen(&initiator), NULL);
	drain_initiator(&initiator, &wire);
	expect_wire(&wire, HEADER "\x09/a/1.0.0\n" PING);
	cr_expect_eq(pu_multistream_initiator_read(&initiator, &second), PU_MULTISTREAM_DONE);
	cr_expect_eq(second.len, 4, "the rest is the protocol's");
	cr_expect_eq(pu_multistream_initiator_chosen(&initiator), two[1]);
}

Test(initiator, refuses_an_answer_before_its_question)
{
	struct pu_multistream_initiator initiator;
	struct pu_bytes in = pu_bytes_of_str(HEADER NA NA);

	cr_assert_eq(pu_multistream_initiator_init(&initiator, two, 2), PU_OK);
	pu_multistream_initiator_written(&initiator, 1000);
	cr_expect_eq(pu_multistream_initiator_read(&initiator, &in), PU_MULTISTREAM_FAILED);
}

Test(initiator, fails_on_other_answers)
{
	static const char *const answers[] = {
	    "\x13/multistream/1.0.1\n", "\x03na\n",        HEADER ID,
	    HEADER "\x03ls\n",          HEADER HEADER,     HEADER "\x11/ipfs/ping/1.0.1\n",
	    HEADER "\xff\xff\x03",      HEADER "\x83\x80", HEADER "\x11/ipfs/ping/1.0.0 ",
	};
	struct wire wire;

	for (size_t i = 0; i < PU_ARRAY_LEN(answers); i++)
		cr_expect_eq(initiate(one, 1, pu_bytes_of_str(answers[i]), 1, &wire),
		             PU_MULTISTREAM_FAILED, "%zu", i);
}

Test(initiator, proposes_only_possible_names)
{
	static const char *const bad[] = {
	    "ping", "/a\nb",
	    "/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxx"};
	struct pu_multistream_initiator initiator;

	for (size_t i = 0; i < PU_ARRAY_LEN(bad); i++)
		cr_expect_eq(pu_multistream_initiator_init(&initiator, &bad[i], 1), PU_EINVAL);
	cr_expect_eq(pu_multistream_initiator_init(&initiator, one, 0), PU_EINVAL);
}

/* Lazy: data follows the proposal at once; both ends agree on where it begins. */
Test(multistream, carries_data_behind_a_lazy_proposal)
{
	struct pu_multistream_initiator initiator;
	struct wire there = {.len = 0}, back;
	size_t left;

	cr_assert_eq(pu_multistream_initiator_init(&initiator, one, 1), PU_OK);
	drain_initiator(&initiator, &there);
	memcpy(there.bytes + there.len, "12345", 5);
	there.len += 5;
	cr_expect_eq(respond(pu_bytes(there.bytes, there.len), 7, &back, &left),
	             PU_MULTISTREAM_DONE);
	struct pu_bytes answer = pu_bytes(back.bytes, back.len);
	cr_expect_eq(pu_multistream_initiator_read(&initiator, &answer), PU_MULTISTREAM_DONE);
	cr_expect_eq(answer.len, 0);
}
