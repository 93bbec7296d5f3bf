/* Knows what a client asks, and which answers it believes (RFC 6455, section 4.1). */
#include <sodium.h>

#include "base/alloc.h"
#include "base/rand.h"
#include "state.h"

enum pu_err pu_ws_client_new(const char *host, const char *path, struct pu_secure **out)
{
	uint8_t nonce[16];
	char key[PU_WS_KEY_LEN + 1], *request;
	struct pu_ws *ws;
	enum pu_err err;

	if (!pu_ws_is_visible(host, PU_WS_HOST_MAX) || !pu_ws_is_visible(path, PU_WS_PATH_MAX) ||
	    path[0] != '/')
		return PU_EINVAL;
	ws = pu_ws_new(true);
	pu_rand_bytes(nonce, sizeof(nonce));
	sodium_bin2base64(key, sizeof(key), nonce, sizeof(nonce), sodium_base64_VARIANT_ORIGINAL);
	err = pu_ws_accept(pu_bytes(key, PU_WS_KEY_LEN), ws->accept);
	if (err != PU_OK) {
		pu_secure_free(&ws->secure);
		return err;
	}
	request = pu_asprintf("GET %s HTTP/1.1\r\n"
	                      "Host: %s\r\n"
	                      "Upgrade: websocket\r\n"
	                      "Connection: Upgrade\r\n"
	                      "Sec-WebSocket-Key: %s\r\n"
	                      "Sec-WebSocket-Version: 13\r\n\r\n",
	                      path, host, key);
	pu_ws_say(ws, request, strlen(request));
	pu_free(request);
	*out = &ws->secure;
	return PU_OK;
}

static enum pu_secure_event check_fields(struct pu_ws *ws)
{
	struct pu_ws_fields fields;

	if (!pu_ws_head_fields(&ws->head, &fields))
		return pu_ws_fail(ws, PU_EMALFORMED, "the server's answer is malformed");
	if (!fields.upgrade || !fields.connection)
		return pu_ws_fail(ws, PU_EMALFORMED, "the server switched to another protocol");
	if (!pu_bytes_eq(fields.accept, pu_bytes(ws->accept, PU_WS_ACCEPT_LEN)))
		return pu_ws_fail(ws, PU_EMALFORMED, "the server answered to another key");
	if (fields.choice)
		return pu_ws_fail(ws, PU_EUNSUPPORTED, "the server chose what was not offered");
	ws->state = PU_WS_OPEN;
	return PU_SECURE_ESTABLISHED;
}

/* The classes of RFC 9110, section 15. */
static const char *refusal(char class)
{
	switch (class) {
	case '3':
		return "the server sends us elsewhere";
	case '4':
		return "the server refused the request";
	case '5':
		return "the server failed, or cannot reach its peer";
	default:
		return "the server did not upgrade";
	}
}

enum pu_secure_event pu_ws_client_head(struct pu_ws *ws, enum pu_ws_head_state state)
{
	struct pu_bytes words[3]; /* version, status, reason */
	int minor;

	if (state == PU_WS_HEAD_LONG)
		return pu_ws_fail(ws, PU_ELIMIT, "the server's answer is too long");
	if (state != PU_WS_HEAD_DONE || !pu_ws_head_start(&ws->head, words) ||
	    !pu_ws_head_version(words[0], &minor) || words[1].len != 3)
		return pu_ws_fail(ws, PU_EMALFORMED, "the server does not speak HTTP");
	if (memcmp(words[1].data, "101", 3) != 0)
		return pu_ws_fail(ws, PU_EREFUSED, refusal((char)words[1].data[0]));
	return check_fields(ws);
}
