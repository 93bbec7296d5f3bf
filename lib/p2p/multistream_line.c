/* Lines of multistream-select. This file knows the length field: at most two bytes, minimal,
 * counting the newline. */
#include "p2p/multistream_line.h"

#include "p2p/uvi.h"

#define PREFIX_MAX 2

enum pu_ms_line_state pu_ms_line_open(struct pu_multistream_line *line, struct pu_bytes *in)
{
	while (!line->is_open) {
		if (in->len == 0)
			return PU_MS_LINE_MORE;
		uint8_t byte = in->data[0];
		*in = pu_bytes(in->data + 1, in->len - 1);
		line->len = (uint16_t)(line->len | (byte & 0x7f) << 7 * line->prefix);
		line->prefix++;
		if (byte & 0x80) {
			if (line->prefix == PREFIX_MAX)
				return PU_MS_LINE_BAD;
			continue;
		}
		if ((byte == 0 && line->prefix > 1) || line->len == 0 ||
		    line->len > PU_MULTISTREAM_MESSAGE_MAX)
			return PU_MS_LINE_BAD;
		line->is_open = true;
	}
	return PU_MS_LINE_OPEN;
}

struct pu_bytes pu_ms_line_take(struct pu_multistream_line *line, struct pu_bytes *in)
{
	size_t missing = (size_t)(line->len - line->have);
	struct pu_bytes taken = pu_bytes(in->data, in->len < missing ? in->len : missing);

	line->have = (uint16_t)(line->have + taken.len);
	if (taken.len > 0)
		*in = pu_bytes(in->data + taken.len, in->len - taken.len);
	return taken;
}

size_t pu_ms_line_write(uint8_t *out, struct pu_bytes name)
{
	size_t len = pu_uvi_encode(out, name.len + 1);

	memcpy(out + len, name.data, name.len);
	out[len + name.len] = '\n';
	return len + name.len + 1;
}
