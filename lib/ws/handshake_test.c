#include <criterion/criterion.h>
#include <stdio.h>

#include "base/alloc.h"
#include "state.h"

#define REST                                                                                   \
	"Upgrade: websocket\r\nConnection: Upgrade\r\n"                                            \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
#define REQUEST "GET / HTTP/1.1\r\nHost: peer.example\r\n" REST
#define ACCEPT  "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" /* RFC 6455, section 1.3 */

static uint8_t plain[PU_SECURE_PLAIN_MAX];

struct outcome {
	enum pu_secure_event event;
	size_t left; /* not taken */
	enum pu_err err;
	char text[128], said[PU_WS_OUTPUT_MAX + 1];
};

/* Gives `in` in pieces of `step` bytes, until something happens. */
static void give(struct pu_secure *ws, struct pu_bytes in, size_t step, struct outcome *out)
{
	size_t given = 0, len;
	struct pu_bytes said;

	out->event = PU_SECURE_MORE;
	while (out->event == PU_SECURE_MORE && given < in.len) {
		size_t piece = in.len - given < step ? in.len - given : step;
		uint8_t *exact = pu_memdup(in.data + given, piece);
		struct pu_bytes cursor = pu_bytes(exact, piece);

		out->event = pu_secure_read(ws, &cursor, plain, &len);
		cr_assert(out->event != PU_SECURE_MORE || cursor.len == 0);
		given += piece - cursor.len;
		pu_free(exact);
	}
	out->left = in.len - given;
	out->err = pu_secure_result(ws)->err;
	snprintf(out->text, sizeof(out->text), "%s", pu_secure_result(ws)->text);
	said = pu_secure_output(ws);
	cr_assert(said.len <= PU_WS_OUTPUT_MAX);
	snprintf(out->said, sizeof(out->said), "%.*s", (int)said.len,
	         said.len > 0 ? (const char *)said.data : "");
}

static void serve(const char *request, size_t step, struct outcome *out)
{
	struct pu_secure *ws;

	cr_assert_eq(pu_ws_server_new("/", &ws), PU_OK);
	give(ws, pu_bytes_of_str(request), step, out);
	pu_secure_free(ws);
}

static void expect_upgrade(const char *request)
{
	struct outcome out;

	for (size_t step = 1; step < 400; step += 7) {
		serve(request, step, &out);
		cr_assert_eq(out.event, PU_SECURE_ESTABLISHED, "%s in %s", out.text, request);
		cr_assert_str_eq(out.said, "HTTP/1.1 101 Switching Protocols\r\n"
		                           "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		                           "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n");
	}
}

static void expect_refusal(const char *request, const char *status, enum pu_err err)
{
	struct outcome out;
	char line[64];

	snprintf(line, sizeof(line), "HTTP/1.1 %s\r\n", status);
	for (size_t step = 1; step < 400; step += 7) {
		serve(request, step, &out);
		cr_assert_eq(out.event, PU_SECURE_FAILED, "%s", request);
		cr_assert_eq(out.err, err, "%s: %s", request, out.text);
		cr_assert(strncmp(out.said, line, strlen(line)) == 0, "%s: %s", request, out.said);
		cr_assert(strstr(out.said, "close\r\n") != NULL);
		cr_assert(strstr(out.said, "\r\n\r\n") != NULL);
		cr_assert(out.text[0] != '\0');
	}
}

/* ---- the server ---- */

Test(server, upgrades_as_in_the_rfc)
{
	expect_upgrade(REQUEST);
}

Test(server, bears_what_proxies_and_browsers_add)
{
	expect_upgrade(
	    "GET / HTTP/1.1\r\nhost: 10.0.0.1:4002\r\nX-Forwarded-For: 192.0.2.1, ::1\r\n"
	    "X-Forwarded-Proto: https\r\nUPGRADE:   WebSocket\t\r\n"
	    "connection: keep-alive, Upgrade\r\nOrigin: https://example.org\r\n"
	    "sec-websocket-key:dGhlIHNhbXBsZSBub25jZQ==\r\nSec-websocket-Version: 13\r\n"
	    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
	    "Sec-WebSocket-Protocol: chat\r\nContent-Length: 0\r\nCookie:\r\n\r\n");
	expect_upgrade("GET /?token=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" REST);
	expect_upgrade("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c, websocket\r\n" REST);
	expect_upgrade(
	    "GET / HTTP/1.1\nHost: x\nUpgrade: websocket\nConnection: Upgrade\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n\n");
}

Test(server, leaves_what_is_behind_the_request)
{
	struct outcome out;

	serve(REQUEST "\x82\x80", 1000, &out);
	cr_assert_eq(out.event, PU_SECURE_ESTABLISHED);
	cr_assert_eq(out.left, 2);
}

Test(server, waits_for_the_end_of_every_request_that_is_cut)
{
	size_t len = strlen(REQUEST);

	for (size_t cut = 0; cut < len; cut++) {
		char *request = pu_strndup(REQUEST, cut);
		struct outcome out;

		serve(request, len, &out);
		cr_assert_eq(out.event, PU_SECURE_MORE, "cut at %zu", cut);
		cr_assert_str_eq(out.said, "");
		pu_free(request);
	}
}

Test(server, says_what_it_is_to_those_who_want_no_upgrade)
{
	expect_refusal("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "426 Upgrade Required",
	               PU_EUNSUPPORTED);
	expect_refusal("GET / HTTP/1.0\r\n\r\n", "426 Upgrade Required", PU_EUNSUPPORTED);
	expect_refusal("GET / HTTP/1.0\r\nHost: x\r\n" REST, "426 Upgrade Required",
	               PU_EUNSUPPORTED);
	expect_refusal("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
	               "426 Upgrade Required", PU_EUNSUPPORTED);
	expect_refusal("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
	               "426 Upgrade Required", PU_EUNSUPPORTED);
	expect_refusal("GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found",
	               PU_EUNSUPPORTED);
	expect_refusal("POST / HTTP/1.1\r\nHost: x\r\n" REST, "405 Method Not Allowed",
	               PU_EUNSUPPORTED);
}

Test(server, names_its_version_to_those_who_want_another)
{
	struct outcome out;

	serve("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
	      1000, &out);
	cr_assert_eq(out.err, PU_EUNSUPPORTED);
	cr_assert(strstr(out.said, "\r\nSec-WebSocket-Version: 13\r\n") != NULL, "%s", out.said);
	cr_assert(strstr(out.said, "\r\nConnection: Upgrade, close\r\n") != NULL, "%s", out.said);
}

Test(server, sends_no_body_to_who_asks_for_the_head)
{
	struct outcome out;

	serve("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 1000, &out);
	cr_assert_str_eq(strstr(out.said, "\r\n\r\n"), "\r\n\r\n");
	cr_assert(strstr(out.said, "\r\nAllow: GET\r\n") != NULL);
	serve("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1000, &out);
	cr_assert(strlen(strstr(out.said, "\r\n\r\n")) > 4);
}

Test(server, refuses_requests_that_are_malformed)
{
	static const char *const requests[] = {
	    "\r\n\r\n",
	    "GET\r\n\r\n",
	    "GET /\r\n\r\n",
	    "GET / HTTP/2.0\r\nHost: x\r\n" REST,
	    "GET / HTTP/1.1 \r\nHost: x\r\n" REST,
	    "GET  / HTTP/1.1\r\nHost: x\r\n" REST,
	    "GET / HTTP/1.x\r\nHost: x\r\n" REST,
	    "GET / HTTP/1.1\r\n" REST,
	    "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n" REST,
	    "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n" REST,
	    "GET / HTTP/1.1\r\nHost: x\r\n: nameless\r\n" REST,
	    "GET / HTTP/1.1\r\nHost : x\r\n" REST,
	    "GET / HTTP/1.1\r\nHost: x\r\n folded: x\r\n" REST,
	    "GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n" REST,
	    "GET / HTTP/1.1\r\nHost: x\r\nX: \x01\r\n" REST,
	    "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n" REST,
	    "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" REST,
	    "GET / HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" REST,
	    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\nSec-WebSocket-Version: 13\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\nSec-WebSocket-Version: 13\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhb*BsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
	};

	for (size_t i = 0; i < PU_ARRAY_LEN(requests); i++)
		expect_refusal(requests[i], "400 Bad Request", PU_EMALFORMED);
}

/* Nothing of these ends a line: they are refused at their first byte. */
Test(server, refuses_other_protocols_at_once)
{
	expect_refusal("\x16\x03\x01\x02", "400 Bad Request", PU_EMALFORMED);
	expect_refusal("\x13/multistream/1.0.0\n", "400 Bad Request", PU_EMALFORMED);
}

Test(server, bounds_the_header_block)
{
	static char request[3 * PU_WS_HEAD_MAX];
	size_t at = (size_t)snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: x\r\nX: ");

	memset(request + at, 'x', PU_WS_HEAD_MAX);
	expect_refusal(request, "431 Request Header Fields Too Large", PU_ELIMIT);
	at = PU_WS_HEAD_MAX - 2 - strlen(REST);
	snprintf(request + at, sizeof(request) - at, "\r\n%s", REST);
	expect_upgrade(request);
	snprintf(request + at, sizeof(request) - at, "x\r\n%s", REST);
	expect_refusal(request, "431 Request Header Fields Too Large", PU_ELIMIT);
}

Test(server, bounds_the_lines)
{
	static char request[PU_WS_HEAD_MAX];
	size_t at = (size_t)snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: x\r\n");

	for (size_t line = 2; line < PU_WS_LINES_MAX - 4; line++)
		at += (size_t)snprintf(request + at, sizeof(request) - at, "X: y\r\n");
	snprintf(request + at, sizeof(request) - at, "%s", REST);
	expect_upgrade(request);
	snprintf(request + at, sizeof(request) - at, "X: y\r\n%s", REST);
	expect_refusal(request, "431 Request Header Fields Too Large", PU_ELIMIT);
}

Test(server, serves_another_path)
{
	static const char request[] = "GET /p2p/ws?x HTTP/1.1\r\nHost: x\r\n" REST;
	struct pu_secure *ws;
	struct outcome out;

	cr_assert_eq(pu_ws_server_new("/p2p/ws", &ws), PU_OK);
	give(ws, pu_bytes_of_str(request), 9, &out);
	cr_assert_eq(out.event, PU_SECURE_ESTABLISHED);
	pu_secure_free(ws);
	cr_assert_eq(pu_ws_server_new("/p2p/ws", &ws), PU_OK);
	give(ws, pu_bytes_of_str(REQUEST), 9, &out);
	cr_assert_eq(out.event, PU_SECURE_FAILED);
	cr_assert(strstr(out.said, "404") != NULL);
	pu_secure_free(ws);
}

/* ---- the client ---- */

/* Answers the client's request; %s in `format` is the key that it expects. */
static void answer(const char *format, size_t step, struct outcome *out)
{
	struct pu_secure *ws;
	char *response, *key;

	cr_assert_eq(pu_ws_client_new("peer.example:443", "/", &ws), PU_OK);
	key = pu_strdup(PU_CONTAINER_OF(ws, struct pu_ws, secure)->accept);
	response = strstr(format, "%s") == NULL ? pu_strdup(format) : NULL;
	if (response == NULL) {
		size_t before = (size_t)(strstr(format, "%s") - format);
		response = pu_asprintf("%.*s%s%s", (int)before, format, key, format + before + 2);
	}
	pu_secure_written(ws, pu_secure_output(ws).len);
	give(ws, pu_bytes_of_str(response), step, out);
	pu_free(response);
	pu_free(key);
	pu_secure_free(ws);
}

#define SWITCHED                                                                               \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

static void expect_failure(const char *format, enum pu_err err)
{
	struct outcome out;

	for (size_t step = 1; step < 300; step += 7) {
		answer(format, step, &out);
		cr_assert_eq(out.event, PU_SECURE_FAILED, "%s", format);
		cr_assert_eq(out.err, err, "%s: %s", format, out.text);
		cr_assert_str_eq(out.said, "", "nothing is said to a server that is none");
	}
}

Test(client, asks_as_the_rfc_wants)
{
	struct pu_secure *ws, *other;
	struct pu_bytes said, said2;
	char *text;

	cr_assert_eq(pu_ws_client_new("[::1]:80", "/chat", &ws), PU_OK);
	cr_assert_eq(pu_ws_client_new("[::1]:80", "/chat", &other), PU_OK);
	said = pu_secure_output(ws);
	said2 = pu_secure_output(other);
	cr_assert(!pu_bytes_eq(said, said2), "the key is random");
	text = pu_strndup((const char *)said.data, said.len);
	cr_assert(strstr(text, "GET /chat HTTP/1.1\r\nHost: [::1]:80\r\n") == text, "%s", text);
	cr_assert(strstr(text, "\r\nSec-WebSocket-Version: 13\r\n") != NULL);
	cr_assert(strstr(text, "Extensions") == NULL);
	pu_free(text);
	pu_secure_free(ws);
	pu_secure_free(other);
}

Test(client, believes_the_answer_to_its_key)
{
	struct outcome out;

	for (size_t step = 1; step < 200; step++) {
		answer(SWITCHED "Sec-WebSocket-Accept: %s\r\n\r\n", step, &out);
		cr_assert_eq(out.event, PU_SECURE_ESTABLISHED, "%s", out.text);
		cr_assert_eq(out.left, 0);
	}
	answer(
	    "HTTP/1.1 101\r\nServer: proxy\r\nconnection: upgrade\r\nsec-websocket-accept:%s \r\n"
	    "upgrade: WebSocket\r\n\r\n\x82\x01x",
	    1000, &out);
	cr_assert_eq(out.event, PU_SECURE_ESTABLISHED, "%s", out.text);
	cr_assert_eq(out.left, 3, "frames may follow at once");
}

Test(client, waits_for_the_end_of_every_answer_that_is_cut)
{
	static const char response[] = SWITCHED "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n";

	for (size_t cut = 0; cut + 1 < sizeof(response); cut++) {
		char *part = pu_strndup(response, cut);
		struct outcome out;

		answer(part, 1000, &out);
		cr_assert_eq(out.event, PU_SECURE_MORE);
		pu_free(part);
	}
}

Test(client, does_not_believe_other_answers)
{
	expect_failure(SWITCHED "\r\n", PU_EMALFORMED);
	expect_failure(SWITCHED "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n", PU_EMALFORMED);
	expect_failure(SWITCHED "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	               PU_EMALFORMED);
	expect_failure("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	               PU_EMALFORMED);
	expect_failure("HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
	               "Sec-WebSocket-Accept: %s\r\n\r\n",
	               PU_EMALFORMED);
	expect_failure(SWITCHED "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Extensions: x\r\n\r\n",
	               PU_EUNSUPPORTED);
	expect_failure(SWITCHED "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: x\r\n\r\n",
	               PU_EUNSUPPORTED);
	expect_failure("SSH-2.0-OpenSSH\r\n\r\n", PU_EMALFORMED);
	expect_failure("\x13/multistream/1.0.0\n", PU_EMALFORMED);
	expect_failure("HTTP/1.1 1010 X\r\n\r\n", PU_EMALFORMED);
}

Test(client, is_told_no_in_http)
{
	struct outcome out;

	expect_failure("HTTP/1.1 200 OK\r\n\r\n", PU_EREFUSED);
	expect_failure("HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", PU_EREFUSED);
	expect_failure("HTTP/1.0 404 Not Found\r\n\r\n", PU_EREFUSED);
	answer("HTTP/1.1 502 Bad Gateway\r\n\r\n", 1000, &out);
	cr_assert(strstr(out.text, "cannot reach its peer") != NULL);
}

Test(client, bounds_the_answer)
{
	static char response[PU_WS_HEAD_MAX + 100];
	size_t at = (size_t)snprintf(response, sizeof(response), SWITCHED "X: ");

	memset(response + at, 'x', PU_WS_HEAD_MAX);
	expect_failure(response, PU_ELIMIT);
}

Test(client, asks_nothing_that_could_end_its_line)
{
	static const char *const bad[] = {"", "a b", "a\r\nX: y", "\x7f", "caf\xc3\xa9"};
	char long_path[PU_WS_PATH_MAX + 2], long_host[PU_WS_HOST_MAX + 2];
	struct pu_secure *ws;

	memset(long_path, '/', sizeof(long_path));
	memset(long_host, 'h', sizeof(long_host));
	long_path[PU_WS_PATH_MAX + 1] = long_host[PU_WS_HOST_MAX + 1] = '\0';
	for (size_t i = 0; i < PU_ARRAY_LEN(bad); i++) {
		cr_expect_eq(pu_ws_client_new(bad[i], "/", &ws), PU_EINVAL);
		cr_expect_eq(pu_ws_client_new("host", bad[i], &ws), PU_EINVAL);
		cr_expect_eq(pu_ws_server_new(bad[i], &ws), PU_EINVAL);
	}
	cr_expect_eq(pu_ws_client_new("host", "chat", &ws), PU_EINVAL);
	cr_expect_eq(pu_ws_client_new("host", long_path, &ws), PU_EINVAL);
	cr_expect_eq(pu_ws_client_new(long_host, "/", &ws), PU_EINVAL);
	cr_expect_eq(pu_ws_server_new(long_path, &ws), PU_EINVAL);
	long_path[PU_WS_PATH_MAX] = long_host[PU_WS_HOST_MAX] = '\0';
	cr_assert_eq(pu_ws_client_new(long_host, long_path, &ws), PU_OK);
	cr_expect_leq(pu_secure_output(ws).len, PU_WS_OUTPUT_MAX - 3 * PU_WS_FRAME_MIN);
	pu_secure_free(ws);
}
