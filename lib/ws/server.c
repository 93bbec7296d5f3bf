/* Knows which requests become WebSockets (RFC 6455, section 4.2), and what to tell everybody
 * else who tries the port: a browser, a health check, a scanner. */
#include <sodium.h>

#include "base/alloc.h"
#include "state.h"

struct refusal {
	const char *status; /* and the fields that it needs */
	enum pu_err err;
	const char *text;
};

static const struct refusal malformed = {"400 Bad Request", PU_EMALFORMED,
                                         "the request is malformed"};
static const struct refusal bad_key = {"400 Bad Request", PU_EMALFORMED,
                                       "the request has no valid key"};
static const struct refusal wrong_path = {"404 Not Found", PU_EUNSUPPORTED,
                                          "the request is for another path"};
static const struct refusal wrong_method = {"405 Method Not Allowed\r\nAllow: GET",
                                            PU_EUNSUPPORTED, "the request is not a GET"};
static const struct refusal no_upgrade = {"426 Upgrade Required\r\nUpgrade: websocket",
                                          PU_EUNSUPPORTED, "the request is no upgrade"};
static const struct refusal wrong_version = {
    "426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13", PU_EUNSUPPORTED,
    "the request is for another version of WebSocket"};
static const struct refusal too_long = {"431 Request Header Fields Too Large", PU_ELIMIT,
                                        "the request is too long"};

enum pu_err pu_ws_server_new(const char *path, struct pu_secure **out)
{
	struct pu_ws *ws;

	if (!pu_ws_is_visible(path, PU_WS_PATH_MAX) || path[0] != '/')
		return PU_EINVAL;
	ws = pu_ws_new(false);
	ws->path = pu_strdup(path);
	*out = &ws->secure;
	return PU_OK;
}

struct request {
	struct pu_bytes words[3]; /* method, target, version */
	struct pu_ws_fields fields;
	int minor;
};

static bool word_is(struct pu_bytes word, const char *text)
{
	return pu_bytes_eq(word, pu_bytes_of_str(text));
}

static bool path_is(struct pu_bytes target, const char *path)
{
	const uint8_t *query = target.len == 0 ? NULL : memchr(target.data, '?', target.len);

	if (query != NULL)
		target.len = (size_t)(query - target.data);
	return word_is(target, path);
}

static bool key_ok(struct pu_bytes key)
{
	uint8_t nonce[16];
	size_t len;

	return key.len == PU_WS_KEY_LEN &&
	       sodium_base642bin(nonce, sizeof(nonce), (const char *)key.data, key.len, NULL, &len,
	                         NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       len == sizeof(nonce);
}

/* Nobody but HTTP/1.0 may be silent about the host; a body would be taken for frames. */
static bool is_well_formed(const struct pu_ws_head *head, struct request *out)
{
	return pu_ws_head_start(head, out->words) &&
	       pu_ws_head_version(out->words[2], &out->minor) &&
	       pu_ws_head_fields(head, &out->fields) &&
	       (out->minor == 0 || out->fields.host.len > 0);
}

/* NULL: upgrade it. */
static const struct refusal *judge(const struct pu_ws *ws, const struct request *request)
{
	const struct pu_ws_fields *fields = &request->fields;

	if (!word_is(request->words[0], "GET"))
		return &wrong_method;
	if (!path_is(request->words[1], ws->path))
		return &wrong_path;
	if (request->minor == 0 || !fields->upgrade || !fields->connection)
		return &no_upgrade;
	if (!word_is(fields->version, "13"))
		return &wrong_version;
	if (fields->body)
		return &malformed;
	return key_ok(fields->key) ? NULL : &bad_key;
}

static enum pu_secure_event refuse(struct pu_ws *ws, const struct refusal *refusal, bool body)
{
	static const char text[] = "This port is for libp2p over WebSocket.\n";
	bool upgrade = strstr(refusal->status, "Upgrade:") != NULL;
	char *response = pu_asprintf("HTTP/1.1 %s\r\n"
	                             "Connection: %sclose\r\n"
	                             "Content-Type: text/plain\r\n"
	                             "Content-Length: %zu\r\n\r\n%s",
	                             refusal->status, upgrade ? "Upgrade, " : "", sizeof(text) - 1,
	                             body ? text : "");

	pu_ws_say(ws, response, strlen(response));
	pu_free(response);
	return pu_ws_fail(ws, refusal->err, refusal->text);
}

static enum pu_secure_event upgrade(struct pu_ws *ws, struct pu_bytes key)
{
	char accept[PU_WS_ACCEPT_LEN + 1], *response;

	if (pu_ws_accept(key, accept) != PU_OK)
		return pu_ws_fail(ws, PU_EINTERNAL, "the key could not be hashed");
	response = pu_asprintf("HTTP/1.1 101 Switching Protocols\r\n"
	                       "Upgrade: websocket\r\n"
	                       "Connection: Upgrade\r\n"
	                       "Sec-WebSocket-Accept: %s\r\n\r\n",
	                       accept);
	pu_ws_say(ws, response, strlen(response));
	pu_free(response);
	ws->state = PU_WS_OPEN;
	return PU_SECURE_ESTABLISHED;
}

enum pu_secure_event pu_ws_server_head(struct pu_ws *ws, enum pu_ws_head_state state)
{
	struct request request = {0};
	const struct refusal *refusal;

	if (state == PU_WS_HEAD_LONG)
		return refuse(ws, &too_long, true);
	if (state != PU_WS_HEAD_DONE || !is_well_formed(&ws->head, &request))
		return refuse(ws, &malformed, true);
	refusal = judge(ws, &request);
	if (refusal != NULL)
		return refuse(ws, refusal, !word_is(request.words[0], "HEAD"));
	return upgrade(ws, request.fields.key);
}
