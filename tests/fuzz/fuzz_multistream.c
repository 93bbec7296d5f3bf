/* multistream-select: how the input is cut must not change what is said, agreed or left. */
#include <stdlib.h>

#include "p2p/multistream.h"

struct outcome {
	enum pu_multistream_event event;
	size_t left, said_len;
	uint8_t said[1024];
};

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void say(struct outcome *outcome, struct pu_bytes out)
{
	expect(out.len <= sizeof(outcome->said) - outcome->said_len);
	if (out.len > 0)
		memcpy(outcome->said + outcome->said_len, out.data, out.len);
	outcome->said_len += out.len;
}

static enum pu_multistream_event step_responder(struct pu_multistream_responder *responder,
                                                struct pu_bytes *in, struct outcome *outcome)
{
	enum pu_multistream_event event = pu_multistream_responder_read(responder, in);

	if (event == PU_MULTISTREAM_PROPOSAL) {
		struct pu_bytes name = pu_multistream_responder_proposal(responder);
		expect(name.len > 0 && name.len <= PU_MULTISTREAM_NAME_MAX && name.data[0] == '/');
		pu_multistream_responder_answer(responder, name.len % 2 == 0);
	}
	struct pu_bytes out = pu_multistream_responder_output(responder);
	say(outcome, out);
	pu_multistream_responder_written(responder, out.len);
	return event;
}

static void respond(struct pu_bytes in, size_t piece, struct outcome *outcome)
{
	struct pu_multistream_responder responder;

	memset(outcome, 0, sizeof(*outcome));
	pu_multistream_responder_init(&responder);
	outcome->event = PU_MULTISTREAM_MORE;
	while (in.len > 0 && outcome->event == PU_MULTISTREAM_MORE) {
		struct pu_bytes part = pu_bytes(in.data, in.len < piece ? in.len : piece);
		size_t given = part.len;

		do {
			outcome->event = step_responder(&responder, &part, outcome);
		} while (outcome->event == PU_MULTISTREAM_PROPOSAL ||
		         outcome->event == PU_MULTISTREAM_FLUSH);
		expect(part.len == 0 || outcome->event != PU_MULTISTREAM_MORE);
		in = pu_bytes(in.data + given - part.len, in.len - given + part.len);
	}
	outcome->left = in.len;
}

static void initiate(struct pu_bytes in, size_t piece, struct outcome *outcome)
{
	static const char *const names[] = {"/a", "/ipfs/ping/1.0.0"};
	struct pu_multistream_initiator initiator;

	memset(outcome, 0, sizeof(*outcome));
	expect(pu_multistream_initiator_init(&initiator, names, 2) == PU_OK);
	outcome->event = PU_MULTISTREAM_MORE;
	while (outcome->event == PU_MULTISTREAM_MORE) {
		struct pu_bytes out = pu_multistream_initiator_output(&initiator);
		struct pu_bytes part = pu_bytes(in.data, in.len < piece ? in.len : piece);
		size_t given = part.len;

		say(outcome, out);
		pu_multistream_initiator_written(&initiator, out.len);
		if (given == 0)
			break;
		outcome->event = pu_multistream_initiator_read(&initiator, &part);
		in = pu_bytes(in.data + given - part.len, in.len - given + part.len);
	}
	outcome->left = in.len;
}

static void expect_same(const struct outcome *a, const struct outcome *b)
{
	expect(a->event == b->event && a->said_len == b->said_len);
	expect(memcmp(a->said, b->said, a->said_len) == 0);
	expect(a->event == PU_MULTISTREAM_FAILED || a->left == b->left);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outcome whole, bytewise;

	respond(pu_bytes(data, size), size, &whole);
	respond(pu_bytes(data, size), 1, &bytewise);
	expect_same(&whole, &bytewise);
	/* An answer before its question fails, so that cutting does matter here. */
	initiate(pu_bytes(data, size), 7, &whole);
	initiate(pu_bytes(data, size), 1, &bytewise);
	expect(whole.event == bytewise.event || whole.event == PU_MULTISTREAM_FAILED);
	return 0;
}
