/* The responding side of multistream-select. This file knows what is answered to what, and
 * that one buffer serves the line being read and its echo. */
#include "p2p/multistream.h"
#include "p2p/multistream_line.h"

enum state {
	READ_HEADER,
	READ_LINE,
	ASK,
	AGREED,
	FAILED,
};

/* Where a line, and after it the answer, stands in the buffer. */
#define LINE_AT PU_MULTISTREAM_HEADER_LEN

static size_t prefix_len(size_t line_len)
{
	return line_len > 0x7f ? 2 : 1;
}

static uint8_t *line_text(struct pu_multistream_responder *responder)
{
	return responder->bytes + LINE_AT + prefix_len(responder->line.len);
}

static bool is_stored(const struct pu_multistream_responder *responder)
{
	return responder->line.len <= PU_MULTISTREAM_NAME_MAX + 1;
}

void pu_multistream_responder_init(struct pu_multistream_responder *responder)
{
	memset(responder, 0, sizeof(*responder));
	responder->state = READ_HEADER;
}

struct pu_bytes
pu_multistream_responder_proposal(const struct pu_multistream_responder *responder)
{
	const uint8_t *text = responder->bytes + LINE_AT + prefix_len(responder->line.len);

	if (responder->state != ASK && responder->state != AGREED)
		return pu_bytes(NULL, 0);
	return pu_bytes(text, responder->line.len - 1u);
}

struct pu_bytes
pu_multistream_responder_output(const struct pu_multistream_responder *responder)
{
	return pu_bytes(responder->bytes + responder->out_start,
	                (size_t)(responder->out_end - responder->out_start));
}

void pu_multistream_responder_written(struct pu_multistream_responder *responder, size_t len)
{
	size_t pending = (size_t)(responder->out_end - responder->out_start);

	responder->out_start = (uint16_t)(responder->out_start + (len < pending ? len : pending));
}

static void put_answer(struct pu_multistream_responder *responder, size_t len)
{
	if (responder->out_start == responder->out_end)
		responder->out_start = LINE_AT;
	responder->out_end = (uint16_t)(LINE_AT + len);
}

static void refuse(struct pu_multistream_responder *responder)
{
	size_t len = pu_ms_line_write(responder->bytes + LINE_AT, pu_bytes_of_str("na"));

	put_answer(responder, len);
	memset(&responder->line, 0, sizeof(responder->line));
	responder->proposals++;
	responder->state = responder->proposals < PU_MULTISTREAM_PROPOSALS_MAX ? READ_LINE : FAILED;
}

void pu_multistream_responder_answer(struct pu_multistream_responder *responder, bool supported)
{
	if (responder->state != ASK)
		return;
	if (!supported) {
		refuse(responder);
		return;
	}
	/* The name stands where the echo wants it. */
	size_t len = pu_ms_line_write(responder->bytes + LINE_AT,
	                              pu_bytes(line_text(responder), responder->line.len - 1u));
	put_answer(responder, len);
	responder->state = AGREED;
}

static void end_header(struct pu_multistream_responder *responder)
{
	const uint8_t *text = line_text(responder);
	size_t len = strlen(PU_MULTISTREAM_VERSION);

	if (responder->line.len != len + 1 || memcmp(text, PU_MULTISTREAM_VERSION, len) != 0) {
		responder->state = FAILED;
		return;
	}
	pu_ms_line_write(responder->bytes, pu_bytes_of_str(PU_MULTISTREAM_VERSION));
	responder->out_end = PU_MULTISTREAM_HEADER_LEN;
	memset(&responder->line, 0, sizeof(responder->line));
	responder->state = READ_LINE;
}

static void end_line(struct pu_multistream_responder *responder)
{
	size_t len = responder->line.len - 1u;
	const uint8_t *text = line_text(responder);

	if (responder->state == READ_HEADER) {
		end_header(responder);
		return;
	}
	if (!is_stored(responder) || len == 0 || text[0] != '/' || memchr(text, 0, len))
		refuse(responder);
	else
		responder->state = ASK;
}

/* Reads of the current line what is there. */
static enum pu_multistream_event read_line(struct pu_multistream_responder *responder,
                                           struct pu_bytes *in)
{
	struct pu_multistream_line *line = &responder->line;
	enum pu_ms_line_state opened = pu_ms_line_open(line, in);
	size_t before = line->have;
	struct pu_bytes taken;

	if (opened == PU_MS_LINE_BAD)
		return PU_MULTISTREAM_FAILED;
	if (opened == PU_MS_LINE_MORE)
		return PU_MULTISTREAM_MORE;
	if (responder->state == READ_HEADER && !is_stored(responder))
		return PU_MULTISTREAM_FAILED;
	taken = pu_ms_line_take(line, in);
	if (is_stored(responder) && taken.len > 0)
		memcpy(line_text(responder) + before, taken.data, taken.len);
	if (line->have < line->len)
		return PU_MULTISTREAM_MORE;
	if (taken.data[taken.len - 1] != '\n')
		return PU_MULTISTREAM_FAILED;
	end_line(responder);
	return PU_MULTISTREAM_DONE;
}

enum pu_multistream_event
pu_multistream_responder_read(struct pu_multistream_responder *responder, struct pu_bytes *in)
{
	while (responder->state == READ_HEADER || responder->state == READ_LINE) {
		enum pu_multistream_event event;

		if (in->len == 0)
			return PU_MULTISTREAM_MORE;
		/* The buffer behind the header holds an answer until that is written. */
		if (responder->out_end > LINE_AT && responder->out_start < responder->out_end)
			return PU_MULTISTREAM_FLUSH;
		event = read_line(responder, in);
		if (event == PU_MULTISTREAM_MORE)
			return event;
		if (event == PU_MULTISTREAM_FAILED)
			responder->state = FAILED;
	}
	if (responder->state == ASK)
		return PU_MULTISTREAM_PROPOSAL;
	return responder->state == AGREED ? PU_MULTISTREAM_DONE : PU_MULTISTREAM_FAILED;
}
