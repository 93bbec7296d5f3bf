/* Knows the frame (RFC 6455, section 5): which ones may come, what they carry, and what
 * answers those that carry nothing. */
#include "base/rand.h"
#include "mask.h"
#include "state.h"

#define FIN         0x80 /* first byte */
#define RESERVED    0x70
#define OPCODE      0x0f
#define CONTROL     0x08 /* of an opcode */
#define MASKED      0x80 /* second byte */
#define LEN         0x7f
#define LEN_16      126
#define LEN_64      127
#define CONTROL_MAX 125 /* payload of a control frame */

enum opcode {
	OP_CONTINUATION = 0x0,
	OP_TEXT = 0x1,
	OP_BINARY = 0x2,
	OP_CLOSE = 0x8,
	OP_PING = 0x9,
	OP_PONG = 0xa,
};

/* ---- headers received ---- */

struct frame {
	uint8_t opcode;
	bool last;
	size_t header_len;
	uint64_t len;
	uint8_t mask[PU_WS_MASK_LEN]; /* zero, if there is none */
};

enum found {
	FOUND_FRAME, /* of a control frame also the payload */
	FOUND_PART,
	FOUND_WRONG, /* *why says what */
};

static uint64_t big_endian(const uint8_t *bytes, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* NULL: an opcode that may come now. */
static const char *opcode_wrong(const struct pu_ws *ws, uint8_t opcode)
{
	switch (opcode) {
	case OP_CONTINUATION:
		return ws->in_message ? NULL : "a continuation of nothing";
	case OP_TEXT:
		return "a text frame";
	case OP_BINARY:
		return ws->in_message ? "a message within a message" : NULL;
	case OP_CLOSE:
	case OP_PING:
	case OP_PONG:
		return NULL;
	default:
		return "a frame of an unknown kind";
	}
}

/* What the first two bytes tell. */
static const char *start_wrong(const struct pu_ws *ws, const uint8_t *bytes)
{
	if (bytes[0] & RESERVED)
		return "a frame of an extension that was not agreed on";
	if (((bytes[1] & MASKED) != 0) == ws->client)
		return ws->client ? "a masked frame from a server" : "an unmasked frame from a client";
	if ((bytes[0] & CONTROL) && !(bytes[0] & FIN))
		return "a fragmented control frame";
	if ((bytes[0] & CONTROL) && (bytes[1] & LEN) > CONTROL_MAX)
		return "a control frame that is too long";
	return opcode_wrong(ws, bytes[0] & OPCODE);
}

static enum found find_frame(const struct pu_ws *ws, struct pu_bytes in, struct frame *frame,
                             const char **why)
{
	size_t len_len, mask_len = ws->client ? 0 : PU_WS_MASK_LEN;

	if (in.len < 2)
		return FOUND_PART;
	*why = start_wrong(ws, in.data);
	if (*why != NULL)
		return FOUND_WRONG;
	*frame = (struct frame){.opcode = in.data[0] & OPCODE, .last = in.data[0] & FIN};
	frame->len = in.data[1] & LEN;
	len_len = frame->len == LEN_64 ? 8 : frame->len == LEN_16 ? 2 : 0;
	frame->header_len = 2 + len_len + mask_len;
	if (in.len < frame->header_len)
		return FOUND_PART;
	if (len_len > 0)
		frame->len = big_endian(in.data + 2, len_len);
	if (frame->len > INT64_MAX) {
		*why = "a frame of an impossible length";
		return FOUND_WRONG;
	}
	memcpy(frame->mask, in.data + 2 + len_len, mask_len);
	if ((frame->opcode & CONTROL) && in.len - frame->header_len < frame->len)
		return FOUND_PART;
	return FOUND_FRAME;
}

/* ---- control frames ---- */

/* From a store, since asking the kernel for each frame would cost more than the frame. */
static void draw_mask(struct pu_ws *ws, uint8_t mask[PU_WS_MASK_LEN])
{
	if (ws->masks_left == 0) {
		pu_rand_bytes(ws->masks, sizeof(ws->masks));
		ws->masks_left = PU_WS_MASKS;
	}
	memcpy(mask, ws->masks[--ws->masks_left], PU_WS_MASK_LEN);
}

/* Writes a header and answers its length; `mask` is what to mask the payload with. */
static size_t put_header(struct pu_ws *ws, enum opcode opcode, size_t len, uint8_t *out,
                         uint8_t mask[PU_WS_MASK_LEN])
{
	uint8_t masked = ws->client ? MASKED : 0;
	size_t at = 0;

	out[at++] = (uint8_t)(FIN | opcode);
	if (len < LEN_16) {
		out[at++] = (uint8_t)(masked | len);
	} else {
		out[at++] = masked | LEN_16;
		out[at++] = (uint8_t)(len >> 8);
		out[at++] = (uint8_t)len;
	}
	if (ws->client) {
		draw_mask(ws, mask);
		memcpy(out + at, mask, PU_WS_MASK_LEN);
		at += PU_WS_MASK_LEN;
	}
	return at;
}

static size_t copy_out(const struct pu_ws *ws, uint8_t *out, struct pu_bytes in,
                       uint8_t mask[PU_WS_MASK_LEN])
{
	if (in.len == 0)
		return 0;
	if (ws->client)
		pu_ws_mask_copy(out, in.data, in.len, mask);
	else
		memcpy(out, in.data, in.len);
	return in.len;
}

static void say_control(struct pu_ws *ws, enum opcode opcode, struct pu_bytes payload)
{
	uint8_t frame[2 + PU_WS_MASK_LEN + CONTROL_MAX], mask[PU_WS_MASK_LEN];
	size_t len = put_header(ws, opcode, payload.len, frame, mask);

	len += copy_out(ws, frame + len, payload, mask);
	pu_ws_say(ws, frame, len);
}

void pu_ws_frame_close(struct pu_ws *ws, unsigned code)
{
	uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};

	if (!ws->close_sent)
		say_control(ws, OP_CLOSE, pu_bytes(payload, sizeof(payload)));
	ws->close_sent = true;
}

static enum pu_secure_event fail(struct pu_ws *ws, enum pu_err err, unsigned code,
                                 const char *text)
{
	pu_ws_frame_close(ws, code);
	return pu_ws_fail(ws, err, text);
}

/* Only the last ping wants an answer (section 5.5.3): an answer that waits is replaced. */
static void answer_ping(struct pu_ws *ws, struct pu_bytes payload)
{
	if (ws->close_sent)
		return;
	if (ws->pong_at != SIZE_MAX && ws->pong_at >= ws->out_start)
		ws->out_len = ws->pong_at;
	ws->pong_at = SIZE_MAX;
	say_control(ws, OP_PONG, payload);
	ws->pong_at = ws->out_len - (2 + (ws->client ? PU_WS_MASK_LEN : 0) + payload.len);
}

/* Section 7.4: codes that may stand in a frame. */
static bool code_ok(uint64_t code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
	       (code >= 3000 && code <= 4999);
}

static enum pu_secure_event closed(struct pu_ws *ws, struct pu_bytes payload)
{
	unsigned code = PU_WS_CODE_NORMAL;

	if (payload.len > 0) {
		code = payload.len == 1 ? 0 : (unsigned)big_endian(payload.data, 2);
		if (!code_ok(code))
			return fail(ws, PU_EMALFORMED, PU_WS_CODE_PROTOCOL, "an impossible close code");
	}
	if (code != PU_WS_CODE_NORMAL && code != PU_WS_CODE_AWAY)
		return fail(ws, PU_EREFUSED, code, "the peer closed the WebSocket with an error");
	pu_ws_frame_close(ws, code);
	ws->state = PU_WS_ENDED;
	return PU_SECURE_END;
}

/* ---- reading ---- */

static void skip(struct pu_bytes *in, size_t len)
{
	*in = pu_bytes(in->data + len, in->len - len);
}

/* Takes a control frame; MORE: go on. */
static enum pu_secure_event take_control(struct pu_ws *ws, struct frame *frame,
                                         struct pu_bytes *in)
{
	uint8_t payload[CONTROL_MAX];
	size_t len = (size_t)frame->len;

	pu_ws_mask_copy(payload, in->data + frame->header_len, len, frame->mask);
	skip(in, frame->header_len + len);
	if (frame->opcode == OP_CLOSE)
		return closed(ws, pu_bytes(payload, len));
	if (frame->opcode == OP_PING)
		answer_ping(ws, pu_bytes(payload, len));
	return PU_SECURE_MORE;
}

/* Takes payload of the frame that is open: what there is, and what `plain` has room for. */
static size_t take_payload(struct pu_ws *ws, struct pu_bytes *in, uint8_t *plain, size_t room)
{
	size_t len = in->len < room ? in->len : room;

	if (len > ws->left)
		len = (size_t)ws->left;
	if (len == 0)
		return 0;
	if (ws->client)
		memcpy(plain, in->data, len);
	else
		pu_ws_mask_copy(plain, in->data, len, ws->mask);
	ws->left -= len;
	skip(in, len);
	return len;
}

static void open_frame(struct pu_ws *ws, const struct frame *frame, struct pu_bytes *in)
{
	ws->left = frame->len;
	ws->in_message = !frame->last;
	memcpy(ws->mask, frame->mask, PU_WS_MASK_LEN);
	skip(in, frame->header_len);
}

/* Takes the frame at the front; MORE: go on. What ends the WebSocket waits until the payload
 * in front of it (`yields`) was given out. */
static enum pu_secure_event take_frame(struct pu_ws *ws, struct pu_bytes *in, bool yields,
                                       bool *stop)
{
	struct frame frame = {0};
	const char *why = NULL;
	enum found found = find_frame(ws, *in, &frame, &why);

	*stop =
	    found == FOUND_PART || (yields && (found == FOUND_WRONG || frame.opcode == OP_CLOSE));
	if (*stop)
		return PU_SECURE_MORE;
	if (found == FOUND_WRONG && (in->data[0] & (RESERVED | OPCODE)) == OP_TEXT)
		return fail(ws, PU_EUNSUPPORTED, PU_WS_CODE_UNSUPPORTED, why);
	if (found == FOUND_WRONG)
		return fail(ws, PU_EMALFORMED, PU_WS_CODE_PROTOCOL, why);
	if (frame.opcode & CONTROL)
		return take_control(ws, &frame, in);
	open_frame(ws, &frame, in);
	return PU_SECURE_MORE;
}

enum pu_secure_event pu_ws_frames_read(struct pu_ws *ws, struct pu_bytes *in, uint8_t *plain,
                                       size_t *plain_len)
{
	size_t given = in->len, used = 0;
	enum pu_secure_event event = PU_SECURE_MORE;
	bool stop = false;

	while (!stop && event == PU_SECURE_MORE) {
		used += take_payload(ws, in, plain + used, PU_SECURE_PLAIN_MAX - used);
		if (ws->left > 0 || used == PU_SECURE_PLAIN_MAX)
			stop = true;
		else
			event = take_frame(ws, in, used > 0, &stop);
	}
	*plain_len = used;
	if (event != PU_SECURE_MORE)
		return event;
	if (used > 0)
		return PU_SECURE_DATA;
	return in->len < given ? PU_SECURE_PROGRESS : PU_SECURE_MORE;
}

/* ---- sending ---- */

size_t pu_ws_frame_seal(struct pu_ws *ws, const struct iovec *plain, size_t pieces,
                        uint8_t *out)
{
	uint8_t mask[PU_WS_MASK_LEN];
	size_t len = 0, at;

	for (size_t i = 0; i < pieces; i++)
		len += plain[i].iov_len;
	if (ws->state != PU_WS_OPEN || ws->close_sent || len > PU_WS_FRAME_MAX)
		return 0;
	at = put_header(ws, OP_BINARY, len, out, mask);
	for (size_t i = 0; i < pieces; i++)
		at += copy_out(ws, out + at, pu_bytes(plain[i].iov_base, plain[i].iov_len), mask);
	return at;
}
