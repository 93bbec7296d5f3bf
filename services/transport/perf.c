/* Knows the answering end of /perf/1.0.0 (libp2p specs, perf): eight bytes say how many the
 * client wants back; everything up to its FIN is dropped; then they are sent. */
#include "protocol.h"

#include <string.h>

#include "base/alloc.h"
#include "swarm.h"

#define PERF_PIECE 262144

struct perf {
	uint8_t header[8];
	size_t header_len;
	uint64_t wanted;
	bool sending;
};

static void end(struct transport_substream *substream)
{
	pu_free(substream->handler);
	transport_substream_close(substream);
}

static void send_back(struct transport_substream *substream)
{
	struct perf *perf = substream->handler;
	while (perf->sending && perf->wanted > 0) {
		struct iovec out[2] = {0};
		size_t want = perf->wanted < PERF_PIECE ? (size_t)perf->wanted : PERF_PIECE;
		size_t room = pu_stream_reserve(substream->stream, want, out);
		for (size_t i = 0; i < 2 && out[i].iov_len > 0; i++)
			memset(out[i].iov_base, 0, out[i].iov_len);
		pu_stream_commit(substream->stream, room);
		if (room == 0)
			return;
		perf->wanted -= room;
	}
	if (perf->sending) {
		pu_stream_finish(substream->stream);
		end(substream);
	}
}

static void take_header(struct perf *perf, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len && perf->header_len < sizeof(perf->header); i++) {
		perf->header[perf->header_len++] = data[i];
		perf->wanted = perf->wanted << 8 | data[i];
	}
}

static void drop_upload(struct transport_substream *substream)
{
	struct perf *perf = substream->handler;
	struct iovec piece;
	enum pu_recv state;
	while (pu_stream_peek(substream->stream, &piece, 1, &state) > 0) {
		take_header(perf, piece.iov_base, piece.iov_len);
		pu_stream_consume(substream->stream, piece.iov_len);
	}
	if (state == PU_RECV_RESET ||
	    (state == PU_RECV_FIN && perf->header_len < sizeof(perf->header))) {
		end(substream);
	} else if (state == PU_RECV_FIN && !perf->sending) {
		perf->sending = true;
		send_back(substream);
	}
}

static void begin(struct transport_substream *substream)
{
	substream->handler = PU_NEW(struct perf);
	drop_upload(substream);
}

static void on_stopped(struct transport_substream *substream)
{
	end(substream);
}

static void on_failed(struct transport_substream *substream, enum pu_err err, const char *text)
{
	(void)err;
	(void)text;
	end(substream);
}

const struct transport_substream_ops transport_perf_ops = {
    .on_open = begin,
    .on_data = drop_upload,
    .on_writable = send_back,
    .on_stopped = on_stopped,
    .on_failed = on_failed,
};
