/* Knows how bytes that exist already are put into a stream's own memory. */
#include "mux/stream.h"

#include <string.h>

size_t pu_stream_write(struct pu_stream *stream, const void *data, size_t len)
{
	const uint8_t *from = data;
	size_t done = 0;

	while (done < len) {
		struct iovec out[2];
		size_t given = pu_stream_reserve(stream, len - done, out);

		if (given == 0)
			break;
		memcpy(out[0].iov_base, from + done, out[0].iov_len);
		if (out[1].iov_len > 0)
			memcpy(out[1].iov_base, from + done + out[0].iov_len, out[1].iov_len);
		pu_stream_commit(stream, given);
		done += given;
	}
	return done;
}
