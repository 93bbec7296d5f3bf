/* WebSocket, both roles, from the first byte or from the first frame: how the input is cut must
 * not change what is carried or how it ends; what is said stays bounded. */
#include <stdlib.h>

#include "ws/ws.h"

enum mode { FROM_HEAD = 1, AS_CLIENT = 2 }; /* bits of the first byte */

struct outcome {
	enum pu_secure_event event;
	enum pu_err err;
	size_t plain_len;
	uint64_t plain_sum;
};

static uint8_t plain[PU_SECURE_PLAIN_MAX];

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void give(struct pu_secure *from, struct pu_secure *to)
{
	struct pu_bytes said = pu_secure_output(from);
	size_t len;

	expect(pu_secure_read(to, &said, plain, &len) == PU_SECURE_ESTABLISHED && said.len == 0);
	pu_secure_written(from, pu_secure_output(from).len);
}

static struct pu_secure *make(uint8_t mode)
{
	struct pu_secure *client, *server;

	expect(pu_ws_client_new("host", "/", &client) == PU_OK);
	expect(pu_ws_server_new("/", &server) == PU_OK);
	if (!(mode & FROM_HEAD)) {
		give(client, server);
		give(server, client);
	}
	pu_secure_free(mode & AS_CLIENT ? server : client);
	return mode & AS_CLIENT ? client : server;
}

static void take(struct outcome *outcome, size_t len)
{
	expect((len > 0) == (outcome->event == PU_SECURE_DATA) && len <= sizeof(plain));
	for (size_t i = 0; i < len; i++)
		outcome->plain_sum = outcome->plain_sum * 31 + plain[i];
	outcome->plain_len += len;
}

static bool goes_on(enum pu_secure_event event)
{
	return event == PU_SECURE_DATA || event == PU_SECURE_PROGRESS ||
	       event == PU_SECURE_ESTABLISHED;
}

static void run(uint8_t mode, struct pu_bytes in, size_t step, struct outcome *outcome)
{
	struct pu_secure *ws = make(mode);
	size_t given = 0, taken = 0, len;

	*outcome = (struct outcome){.event = PU_SECURE_MORE};
	while (given < in.len && outcome->event == PU_SECURE_MORE) {
		struct pu_bytes piece;

		given = in.len - given < step ? in.len : given + step;
		piece = pu_bytes(in.data + taken, given - taken);
		do {
			outcome->event = pu_secure_read(ws, &piece, plain, &len);
			take(outcome, len);
			expect(pu_secure_output(ws).len <= PU_WS_OUTPUT_MAX);
			pu_secure_written(ws, step % 7); /* a slow reader, at times */
		} while (goes_on(outcome->event));
		expect(outcome->event != PU_SECURE_MORE || piece.len < PU_WS_FRAME_MIN);
		taken = given - piece.len;
	}
	outcome->err = pu_secure_result(ws)->err;
	expect((outcome->err != PU_OK) == (outcome->event == PU_SECURE_FAILED));
	pu_secure_free(ws);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t steps[] = {1, 5, 126};
	struct outcome whole, cut;

	if (size == 0)
		return 0;
	run(data[0], pu_bytes(data + 1, size - 1), size, &whole);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		run(data[0], pu_bytes(data + 1, size - 1), steps[i], &cut);
		expect(whole.event == cut.event && whole.err == cut.err);
		expect(whole.plain_len == cut.plain_len && whole.plain_sum == cut.plain_sum);
	}
	return 0;
}
