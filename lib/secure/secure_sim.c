/* Test support. Knows how a host drives a channel: what is read is given again until it is
 * taken, output goes out after every read. */
#include "secure/secure_sim.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { WIRE_MAX = 1 << 26 };

void secure_end_init(struct secure_end *end, struct pu_secure *secure)
{
	*end = (struct secure_end){.secure = secure};
	pu_buffer_init(&end->wire, WIRE_MAX);
	pu_buffer_init(&end->input, WIRE_MAX);
	pu_buffer_init(&end->plain, WIRE_MAX);
}

void secure_end_fini(struct secure_end *end)
{
	pu_secure_free(end->secure);
	pu_buffer_fini(&end->wire);
	pu_buffer_fini(&end->input);
	pu_buffer_fini(&end->plain);
}

static void append(struct pu_buffer *buffer, const void *data, size_t len)
{
	if (pu_buffer_append(buffer, data, len) != PU_OK)
		abort();
}

void secure_flush(struct secure_end *from, struct secure_end *to)
{
	struct pu_bytes output = pu_secure_output(from->secure);

	append(&to->wire, output.data, output.len);
	pu_secure_written(from->secure, output.len);
}

static void take(struct secure_end *end, enum pu_secure_event event, const uint8_t *plain,
                 size_t len)
{
	if (event == PU_SECURE_ESTABLISHED)
		end->established = true;
	if (event == PU_SECURE_FAILED)
		end->failed = true;
	if (event == PU_SECURE_END)
		end->ended = true;
	if (event != PU_SECURE_DATA)
		return;
	if (len == 0 || !end->established)
		abort();
	append(&end->plain, plain, len);
	end->records++;
}

/* The input is copied to memory of its own length, so that a sanitizer sees what is read beyond
 * it. */
static bool read_once(struct secure_end *end, uint8_t *plain)
{
	uint8_t *copy = pu_memdup(end->input.data, end->input.len);
	struct pu_bytes in = pu_bytes(copy, end->input.len);
	size_t len = 0;
	enum pu_secure_event event = pu_secure_read(end->secure, &in, plain, &len);

	take(end, event, plain, len);
	pu_buffer_consume(&end->input, end->input.len - in.len);
	pu_free(copy);
	return event != PU_SECURE_MORE && !end->failed && !end->ended;
}

void secure_deliver(struct secure_end *end, size_t chunk)
{
	uint8_t *plain = pu_alloc(PU_SECURE_PLAIN_MAX);

	while (end->wire.len > 0 && !end->failed && !end->ended) {
		size_t len = end->wire.len < chunk ? end->wire.len : chunk;
		bool more = true;

		append(&end->input, end->wire.data, len);
		pu_buffer_consume(&end->wire, len);
		while (more)
			more = read_once(end, plain);
	}
	pu_buffer_clear(&end->wire);
	pu_free(plain);
}

void secure_pump(struct secure_end *a, struct secure_end *b, size_t chunk)
{
	secure_flush(a, b);
	secure_flush(b, a);
	while (a->wire.len > 0 || b->wire.len > 0) {
		secure_deliver(b, chunk);
		secure_flush(b, a);
		secure_deliver(a, chunk);
		secure_flush(a, b);
	}
}

struct secure_end *secure_run_until(struct secure_end ends[2], size_t n)
{
	secure_flush(&ends[0], &ends[1]);
	if (n > 0) {
		secure_deliver(&ends[1], SIZE_MAX);
		secure_flush(&ends[1], &ends[0]);
	}
	if (n > 1) {
		secure_deliver(&ends[0], SIZE_MAX);
		secure_flush(&ends[0], &ends[1]);
	}
	return &ends[n == 1 ? 0 : 1];
}

size_t secure_send(struct secure_end *from, struct secure_end *to, const void *data, size_t len)
{
	uint8_t *bytes = pu_memdup(data, len);
	const struct iovec pieces[3] = {
	    {bytes, len / 3}, {bytes + len / 3, 0}, {bytes + len / 3, len - len / 3}};
	uint8_t *out = pu_alloc(len + from->secure->ops->overhead);
	size_t sealed = pu_secure_seal(from->secure, pieces, 3, out);

	append(&to->wire, out, sealed);
	pu_free(out);
	pu_free(bytes);
	return sealed;
}

bool secure_exchange(struct secure_end *a, struct secure_end *b, size_t rounds, size_t len_max)
{
	struct secure_end *ends[2] = {a, b};
	uint8_t *data = pu_alloc(len_max);
	struct pu_buffer sent[2];
	uint64_t seed = 7;
	bool whole = true;

	for (size_t i = 0; i < 2; i++)
		pu_buffer_init(&sent[i], 1 << 26);
	for (size_t round = 0; round < rounds; round++) {
		size_t from = round & 1, len;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		len = 1 + (seed >> 33) % (round % 10 == 0 ? len_max : 2000);
		memset(data, (int)round, len);
		data[len / 2] ^= 0x55;
		whole = whole && pu_buffer_append(&sent[from], data, len) == PU_OK &&
		        secure_send(ends[from], ends[1 - from], data, len) > 0;
		if (round % 7 == 0)
			secure_pump(a, b, 1 + (seed >> 40) % 5000);
	}
	secure_pump(a, b, 4096);
	for (size_t i = 0; i < 2; i++) {
		whole = whole &&
		        pu_bytes_eq(pu_buffer_bytes(&sent[i]), pu_buffer_bytes(&ends[1 - i]->plain));
		pu_buffer_fini(&sent[i]);
	}
	pu_free(data);
	return whole;
}
