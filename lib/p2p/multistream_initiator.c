/* The proposing side of multistream-select. This file knows in which order names are
 * proposed, and compares answers as they arrive instead of storing them. */
#include "p2p/multistream.h"
#include "p2p/multistream_line.h"

enum state {
	READ_HEADER,
	READ_ANSWER,
	AGREED,
	REFUSED,
	FAILED,
};

static const char *current_name(const struct pu_multistream_initiator *initiator)
{
	return initiator->names[initiator->current];
}

static bool is_valid_name(const char *name)
{
	size_t len = strlen(name);

	return name[0] == '/' && len <= PU_MULTISTREAM_NAME_MAX && !memchr(name, '\n', len);
}

static void propose(struct pu_multistream_initiator *initiator, size_t at)
{
	size_t len =
	    pu_ms_line_write(initiator->bytes + at, pu_bytes_of_str(current_name(initiator)));

	initiator->out_start = 0;
	initiator->out_end = (uint16_t)(at + len);
}

static void begin_line(struct pu_multistream_initiator *initiator)
{
	memset(&initiator->line, 0, sizeof(initiator->line));
	initiator->is_name = true;
	initiator->is_na = initiator->state == READ_ANSWER;
}

enum pu_err pu_multistream_initiator_init(struct pu_multistream_initiator *initiator,
                                          const char *const *names, size_t count)
{
	if (count == 0 || count > PU_MULTISTREAM_PROPOSALS_MAX)
		return PU_EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (!is_valid_name(names[i]))
			return PU_EINVAL;
	}
	memset(initiator, 0, sizeof(*initiator));
	initiator->names = names;
	initiator->count = (uint8_t)count;
	initiator->state = READ_HEADER;
	begin_line(initiator);
	propose(initiator,
	        pu_ms_line_write(initiator->bytes, pu_bytes_of_str(PU_MULTISTREAM_VERSION)));
	return PU_OK;
}

struct pu_bytes
pu_multistream_initiator_output(const struct pu_multistream_initiator *initiator)
{
	return pu_bytes(initiator->bytes + initiator->out_start,
	                (size_t)(initiator->out_end - initiator->out_start));
}

void pu_multistream_initiator_written(struct pu_multistream_initiator *initiator, size_t len)
{
	size_t pending = (size_t)(initiator->out_end - initiator->out_start);

	initiator->out_start = (uint16_t)(initiator->out_start + (len < pending ? len : pending));
}

const char *pu_multistream_initiator_chosen(const struct pu_multistream_initiator *initiator)
{
	return initiator->state == AGREED ? current_name(initiator) : NULL;
}

bool pu_multistream_initiator_may_stop(const struct pu_multistream_initiator *initiator)
{
	return initiator->state >= AGREED;
}

/* Whether `bytes` stand at `offset` of the line that `name` makes. */
static bool continues(const char *name, struct pu_bytes bytes, size_t offset)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < bytes.len; i++) {
		char expected = '\n';
		if (offset + i < len)
			expected = name[offset + i];
		if (bytes.data[i] != (uint8_t)expected)
			return false;
	}
	return true;
}

static const char *expected_name(const struct pu_multistream_initiator *initiator)
{
	return initiator->state == READ_HEADER ? PU_MULTISTREAM_VERSION : current_name(initiator);
}

/* The line is whole and was what one of the two flags says. */
static void end_line(struct pu_multistream_initiator *initiator)
{
	if (initiator->state == READ_HEADER) {
		initiator->state = READ_ANSWER;
	} else if (initiator->is_name) {
		initiator->state = AGREED;
	} else if (initiator->out_start < initiator->out_end) {
		/* An answer to what has not been asked yet. */
		initiator->state = FAILED;
	} else if (initiator->current + 1 == initiator->count) {
		initiator->state = REFUSED;
	} else {
		initiator->current++;
		propose(initiator, 0);
	}
	begin_line(initiator);
}

/* False: more input is needed. */
static bool read_line(struct pu_multistream_initiator *initiator, struct pu_bytes *in)
{
	struct pu_multistream_line *line = &initiator->line;
	const char *name = expected_name(initiator);
	enum pu_ms_line_state opened = pu_ms_line_open(line, in);
	size_t before = line->have;
	struct pu_bytes taken;

	if (opened == PU_MS_LINE_MORE)
		return false;
	initiator->is_name = initiator->is_name && line->len == strlen(name) + 1;
	initiator->is_na = initiator->is_na && line->len == strlen("na") + 1;
	if (opened == PU_MS_LINE_BAD || (!initiator->is_name && !initiator->is_na)) {
		initiator->state = FAILED;
		return true;
	}
	taken = pu_ms_line_take(line, in);
	initiator->is_name = initiator->is_name && continues(name, taken, before);
	initiator->is_na = initiator->is_na && continues("na", taken, before);
	if (!initiator->is_name && !initiator->is_na) {
		initiator->state = FAILED;
		return true;
	}
	if (line->have < line->len)
		return false;
	end_line(initiator);
	return true;
}

enum pu_multistream_event
pu_multistream_initiator_read(struct pu_multistream_initiator *initiator, struct pu_bytes *in)
{
	while (initiator->state == READ_HEADER || initiator->state == READ_ANSWER) {
		if (!read_line(initiator, in))
			return PU_MULTISTREAM_MORE;
	}
	if (initiator->state == AGREED)
		return PU_MULTISTREAM_DONE;
	return initiator->state == REFUSED ? PU_MULTISTREAM_REFUSED : PU_MULTISTREAM_FAILED;
}
