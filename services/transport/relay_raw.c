/* Knows how a request to a relay is written by hand and its answer is read. */
#include "relay_raw.h"

#include <criterion/criterion.h>

#include "relay_world.h"

static void on_raw_data(struct transport_substream *substream)
{
	struct raw *raw = substream->handler;
	struct iovec piece;
	while (pu_stream_peek(substream->stream, &piece, 1, &raw->state) > 0) {
		struct pu_bytes in = pu_bytes(piece.iov_base, piece.iov_len), message;
		enum pu_err err = pu_relay_reader_read(&raw->reader, &in, &message);
		pu_stream_consume(substream->stream, piece.iov_len - in.len);
		if (err != PU_OK)
			continue;
		cr_assert_eq(in.len, 0);
		memcpy(raw->bytes, message.data, message.len);
		cr_assert_eq(pu_relay_hop_decode(pu_bytes(raw->bytes, message.len), &raw->answer),
		             PU_OK);
		raw->done = true;
	}
}

static void on_raw_failed(struct transport_substream *substream, enum pu_err err,
                          const char *text)
{
	(void)err, (void)text;
	((struct raw *)substream->handler)->failed = true;
	transport_substream_close(substream);
}

const struct transport_substream_ops raw_ops = {.on_data = on_raw_data,
                                                .on_failed = on_raw_failed};

void raw_begin(struct raw *raw, const void *request, size_t len)
{
	cr_assert_eq(transport_substream_open(to_relay, PU_RELAY_HOP_PROTOCOL, true, &raw_ops, raw,
	                                      &raw->substream),
	             PU_OK);
	cr_assert_eq(pu_stream_write(raw->substream->stream, request, len), len);
}

void raw_end(struct raw *raw)
{
	pu_relay_reader_fini(&raw->reader);
	if (!raw->failed)
		transport_substream_close(raw->substream);
}

uint32_t raw_status_of(const void *request, size_t len)
{
	struct raw raw = {0};
	raw_begin(&raw, request, len);
	net_sleep(&net, 100);
	cr_assert(raw.done);
	cr_assert_eq(raw.answer.type, PU_RELAY_HOP_STATUS);
	raw_end(&raw);
	return raw.answer.status;
}
