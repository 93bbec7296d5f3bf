/* Knows how a WebSocket is a channel: which part of it reads when, and what is still to be
 * said. */
#include "ws.h"

#include "base/alloc.h"
#include "state.h"

static struct pu_ws *of(struct pu_secure *secure)
{
	return PU_CONTAINER_OF(secure, struct pu_ws, secure);
}

static const struct pu_ws *of_const(const struct pu_secure *secure)
{
	return (const struct pu_ws *)(const void *)secure; /* its first member */
}

/* ---- output ---- */

void pu_ws_say(struct pu_ws *ws, const void *data, size_t len)
{
	size_t pending = ws->out_len - ws->out_start;
	uint8_t *out = pu_alloc(pending + len);

	if (pending > 0)
		memcpy(out, ws->out + ws->out_start, pending);
	memcpy(out + pending, data, len);
	pu_free(ws->out);
	if (ws->pong_at != SIZE_MAX)
		ws->pong_at = ws->pong_at >= ws->out_start ? ws->pong_at - ws->out_start : SIZE_MAX;
	ws->out = out;
	ws->out_start = 0;
	ws->out_len = pending + len;
}

static struct pu_bytes output(const struct pu_secure *secure)
{
	const struct pu_ws *ws = of_const(secure);

	if (ws->out_len == ws->out_start)
		return pu_bytes(NULL, 0);
	return pu_bytes(ws->out + ws->out_start, ws->out_len - ws->out_start);
}

static void written(struct pu_secure *secure, size_t len)
{
	struct pu_ws *ws = of(secure);

	ws->out_start += len < ws->out_len - ws->out_start ? len : ws->out_len - ws->out_start;
	if (ws->out_start < ws->out_len)
		return;
	pu_free(ws->out);
	ws->out = NULL;
	ws->out_start = ws->out_len = 0;
	ws->pong_at = SIZE_MAX;
}

/* ---- input ---- */

enum pu_secure_event pu_ws_fail(struct pu_ws *ws, enum pu_err err, const char *text)
{
	ws->state = PU_WS_BROKEN;
	ws->result.err = err;
	ws->result.text = text;
	return PU_SECURE_FAILED;
}

static enum pu_secure_event read_head(struct pu_ws *ws, struct pu_bytes *in)
{
	enum pu_ws_head_state state = pu_ws_head_take(&ws->head, in);
	enum pu_secure_event event;

	if (state == PU_WS_HEAD_MORE)
		return PU_SECURE_MORE;
	event = ws->client ? pu_ws_client_head(ws, state) : pu_ws_server_head(ws, state);
	pu_ws_head_fini(&ws->head);
	return event;
}

static enum pu_secure_event read_some(struct pu_secure *secure, struct pu_bytes *in,
                                      uint8_t *plain, size_t *plain_len)
{
	struct pu_ws *ws = of(secure);

	*plain_len = 0;
	switch (ws->state) {
	case PU_WS_OPENING:
		return in->len == 0 ? PU_SECURE_MORE : read_head(ws, in);
	case PU_WS_OPEN:
		return pu_ws_frames_read(ws, in, plain, plain_len);
	case PU_WS_ENDED:
		return PU_SECURE_END;
	case PU_WS_BROKEN:
		break;
	}
	return PU_SECURE_FAILED;
}

/* ---- the rest ---- */

static size_t seal(struct pu_secure *secure, const struct iovec *plain, size_t pieces,
                   uint8_t *out)
{
	return pu_ws_frame_seal(of(secure), plain, pieces, out);
}

static void end(struct pu_secure *secure)
{
	struct pu_ws *ws = of(secure);

	if (ws->state == PU_WS_OPEN)
		pu_ws_frame_close(ws, PU_WS_CODE_NORMAL);
}

static const struct pu_secure_result *result(const struct pu_secure *secure)
{
	return &of_const(secure)->result;
}

static void destroy(struct pu_secure *secure)
{
	struct pu_ws *ws = of(secure);

	pu_ws_head_fini(&ws->head);
	pu_free(ws->path);
	pu_free(ws->out);
	pu_free(ws);
}

/* Headers of 4 bytes: PU_WS_FRAME_MAX needs no longer length; the client's have a mask. */
#define OPS(overhead_len)                                                                      \
	{                                                                                          \
		.read = read_some, .output = output, .written = written, .seal = seal, .end = end,     \
		.result = result, .free = destroy, .record_plain_max = PU_WS_FRAME_MAX,                \
		.overhead = (overhead_len)                                                             \
	}

static const struct pu_secure_ops server_ops = OPS(4);
static const struct pu_secure_ops client_ops = OPS(4 + PU_WS_MASK_LEN);

struct pu_ws *pu_ws_new(bool client)
{
	struct pu_ws *ws = PU_NEW(struct pu_ws);

	ws->secure.ops = client ? &client_ops : &server_ops;
	ws->client = client;
	ws->pong_at = SIZE_MAX;
	ws->result.text = "";
	return ws;
}
