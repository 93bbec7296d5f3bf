/* Arbitrary frames into a session of either role, whose host does arbitrary things with
 * streams. The input is a sequence of records: one byte of what to do, and for some of them
 * more. */
#include <stdlib.h>

#include "base/clock.h"
#include "mux/yamux.h"
#include "mux/yamux_frame.h"
#include "mux/yamux_limits.h"

enum { STREAMS_MAX = 32 };

struct host {
	struct pu_chunk_pool pool;
	struct pu_yamux_config config;
	struct pu_yamux *yamux;
	uint64_t now;
	struct pu_stream *streams[STREAMS_MAX];
	const uint8_t *data;
	size_t size;
	bool lost;
};

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static uint8_t next(struct host *host)
{
	if (host->size == 0)
		return 0;
	host->size--;
	return *host->data++;
}

static void keep(struct host *host, struct pu_stream *stream)
{
	size_t at = 0;

	while (at < STREAMS_MAX && host->streams[at] != NULL)
		at++;
	if (at == STREAMS_MAX) {
		pu_stream_close(stream);
		return;
	}
	stream->user = host;
	host->streams[at] = stream;
}

static void read_some(struct pu_stream *stream, size_t max)
{
	struct iovec out[2];
	enum pu_recv state;
	size_t count = pu_stream_peek(stream, out, 2, &state), sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += out[i].iov_len;
	expect(sum <= pu_stream_readable(stream));
	pu_stream_consume(stream, sum < max ? sum : max);
}

static void act(struct host *host)
{
	static const uint8_t bytes[5000];
	uint8_t what = next(host), which = next(host) % STREAMS_MAX;
	struct pu_stream *stream = host->streams[which];

	if (stream == NULL) {
		if (pu_yamux_open(host->yamux, &stream) == PU_OK)
			keep(host, stream);
	} else if (what % 8 < 2) {
		pu_stream_write(stream, bytes, what * 100u < sizeof(bytes) ? what * 100u : 7);
	} else if (what % 8 < 4) {
		read_some(stream, what * 1000u);
	} else if (what % 8 == 4) {
		pu_stream_finish(stream);
	} else if (what % 8 == 5) {
		pu_stream_stop_sending(stream, what);
	} else if (what % 8 == 6) {
		pu_stream_reset(stream, what);
	} else {
		pu_stream_close(stream);
		host->streams[which] = NULL;
	}
}

static void on_stream_new(void *user, struct pu_stream *stream)
{
	keep(user, stream);
	act(user);
}

static void on_stream(void *user, struct pu_stream *stream)
{
	(void)stream;
	act(user);
}

static void on_host(void *user)
{
	act(user);
}

static void wake(void *user)
{
	(void)user;
}

static const struct pu_yamux_callbacks callbacks = {
    .on_stream_new = on_stream_new,
    .on_stream_data = on_stream,
    .on_stream_writable = on_stream,
    .on_stream_stopped = on_stream,
    .on_streams_available = on_host,
    .wake = wake,
};

/* What goes out must be frames. */
static void send_all(struct host *host, size_t max)
{
	struct iovec out[6];
	size_t count;

	while ((count = pu_yamux_output(host->yamux, host->now, out, 6, max)) > 0) {
		uint8_t record[20000];
		struct pu_bytes rest = pu_bytes(record, 0);

		for (size_t i = 0; i < count; rest.len += out[i++].iov_len) {
			expect(rest.len + out[i].iov_len <= max);
			memcpy(record + rest.len, out[i].iov_base, out[i].iov_len);
		}
		pu_yamux_sent(host->yamux);
		while (rest.len > 0) {
			struct pu_yamux_header header;
			size_t len = PU_YAMUX_HEADER_LEN;

			expect(pu_yamux_header_read(rest, &header) == PU_OK);
			len += header.type == PU_YAMUX_DATA ? header.len : 0;
			expect(len <= rest.len);
			rest = pu_bytes(rest.data + len, rest.len - len);
		}
	}
	expect(!pu_yamux_has_output(host->yamux));
}

/* A frame that may make sense, so that most of the input is not for nothing. */
static void feed_frame(struct host *host)
{
	struct pu_yamux_header header = {
	    .type = (enum pu_yamux_type)(next(host) % 3),
	    .flags = next(host) % 16,
	    .id = next(host) % 64,
	    .len = (uint32_t)next(host) << next(host) % 25,
	};
	uint8_t bytes[PU_YAMUX_HEADER_LEN + 4096] = {0};
	size_t payload = header.type == PU_YAMUX_DATA ? header.len % 4096 : 0;

	header.len = header.type == PU_YAMUX_DATA ? (uint32_t)payload : header.len;
	header.id = header.type == PU_YAMUX_PING ? 0 : header.id;
	pu_yamux_header_write(&header, bytes);
	if (pu_yamux_input(host->yamux, host->now,
	                   pu_bytes(bytes, PU_YAMUX_HEADER_LEN + payload)) == PU_OK)
		return;
	send_all(host, 16384);
}

static void feed_bytes(struct host *host)
{
	size_t len = next(host) % 64;

	if (len > host->size)
		len = host->size;
	if (pu_yamux_input(host->yamux, host->now, pu_bytes(host->data, len)) != PU_OK)
		send_all(host, 16384);
	host->data += len;
	host->size -= len;
}

static void step(struct host *host)
{
	uint8_t what = next(host);

	if (what % 8 < 4)
		feed_frame(host);
	else if (what % 8 == 4)
		feed_bytes(host);
	else if (what % 8 == 5)
		act(host);
	else if (what % 8 == 6)
		send_all(host, 13 + next(host) * 64u);
	else
		host->now += next(host) * PU_NS_PER_S;
	if (pu_yamux_deadline(host->yamux) <= host->now &&
	    pu_yamux_expire(host->yamux, host->now) != PU_OK)
		host->size = 0;
	if (what & 128)
		pu_yamux_deliver(host->yamux);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host host = {.now = PU_NS_PER_S, .data = data, .size = size};
	struct pu_yamux_info info;

	pu_yamux_config_default(&host.config);
	host.config.pool = &host.pool;
	host.config.pool_max = 1 << 20;
	host.config.streams_max = 8;
	host.yamux = pu_yamux_new(&host.config, &callbacks, &host, next(&host) % 2, host.now);
	while (host.size > 0)
		step(&host);
	pu_yamux_deliver(host.yamux);
	pu_yamux_lost(host.yamux);
	pu_yamux_info(host.yamux, &info);
	expect(info.streams == 0 && info.send_buffered == 0 && info.recv_buffered == 0);
	for (size_t i = 0; i < STREAMS_MAX; i++)
		if (host.streams[i] != NULL)
			pu_stream_close(host.streams[i]);
	pu_yamux_free(host.yamux);
	expect(host.pool.used == 0);
	pu_chunk_pool_fini(&host.pool);
	return 0;
}
