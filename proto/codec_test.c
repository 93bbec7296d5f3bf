/* The codec over every row, and over bytes that nobody honest would send. */
#include "proto/codec.h"

#include <criterion/criterion.h>

#include "base/alloc.h"
#include "proto/limits.h"
#include "proto/sample.h"

static struct pu_decoder *decoder;
static struct pu_buffer buffer;
static struct pu_arena arena;

static void setup(void)
{
	decoder = pu_decoder_new();
	pu_buffer_init(&buffer, 4 * PU_MESSAGE_MAX);
	pu_arena_init(&arena, 16 * 1024 * 1024);
}

static void teardown(void)
{
	pu_decoder_free(decoder);
	pu_buffer_fini(&buffer);
	pu_arena_fini(&arena);
}

TestSuite(codec, .init = setup, .fini = teardown);

#define FOR_EACH_ROW(row)                                                                      \
	for (const struct pu_msg_row *row = pu_msg_row(PU_MSG_NONE + 1); row != NULL;              \
	     row = pu_msg_row(row->id + 1))

static enum pu_err decode_text(const char *bytes, size_t len)
{
	struct pu_message message;

	return pu_decode(decoder, pu_bytes(bytes, len), &message);
}

/* Of string literals, which may have NUL bytes inside. */
#define DECODE(literal) decode_text(literal, sizeof(literal) - 1)

/* ---- every row ---- */

static void round_trip(const struct pu_msg_row *row, size_t len)
{
	struct pu_message message;
	const void *sample = pu_sample(&arena, row, len);

	pu_buffer_clear(&buffer);
	cr_assert_eq(pu_encode(&buffer, row->id, sample), PU_OK, "%s of %zu", row->type, len);
	cr_assert_eq(pu_decode(decoder, pu_buffer_bytes(&buffer), &message), PU_OK, "%s: %s",
	             row->type, pu_decoder_error(decoder));
	cr_assert_eq(message.row, row);
	cr_assert(pu_sample_eq(row->shape, sample, message.body), "%s of %zu", row->type, len);
	pu_arena_reset(&arena);
}

Test(codec, every_row_survives_a_round_trip)
{
	const size_t lens[] = {0, 1, 2, 20, 40};

	FOR_EACH_ROW(row)
	for (size_t i = 0; i < PU_ARRAY_LEN(lens); i++)
		round_trip(row, lens[i]);
}

Test(codec, every_row_is_refused_when_cut_anywhere)
{
	FOR_EACH_ROW(row)
	{
		pu_buffer_clear(&buffer);
		cr_assert_eq(pu_encode(&buffer, row->id, pu_sample(&arena, row, 3)), PU_OK);
		for (size_t len = 0; len < buffer.len; len++) {
			/* Of its own size, so that a sanitizer sees a byte too far. */
			uint8_t *copy = pu_memdup(buffer.data, len);
			cr_assert_eq(decode_text((const char *)copy, len), PU_EMALFORMED, "%s cut at %zu",
			             row->type, len);
			cr_assert_str_eq(pu_decoder_error(decoder) + strlen(pu_decoder_error(decoder)) -
			                     strlen("too early"),
			                 "too early");
			pu_free(copy);
		}
		pu_arena_reset(&arena);
	}
}

Test(codec, every_row_is_refused_when_bytes_follow)
{
	FOR_EACH_ROW(row)
	{
		pu_buffer_clear(&buffer);
		cr_assert_eq(pu_encode(&buffer, row->id, pu_sample(&arena, row, 1)), PU_OK);
		cr_assert_eq(pu_buffer_append(&buffer, "", 1), PU_OK);
		cr_assert_eq(decode_text((const char *)buffer.data, buffer.len), PU_EMALFORMED);
	}
}

Test(codec, every_type_finds_its_row_and_every_request_has_an_answer)
{
	FOR_EACH_ROW(row)
	{
		cr_assert_eq(pu_msg_row_by_type(row->type, strlen(row->type)), row);
		cr_assert_not_null(row->help);
		cr_assert_leq(row->shape->fields_len, 64, "%s: more fields than bits", row->type);
		cr_assert_eq(row->answer != PU_MSG_NONE, row->kind == PU_MSG_REQUEST, "%s", row->type);
		if (row->kind == PU_MSG_REQUEST)
			cr_assert_eq(pu_msg_row(row->answer)->kind, PU_MSG_ANSWER, "%s", row->type);
		if (row->kind == PU_MSG_EVENT)
			cr_assert_eq(row->from, PU_FROM(row->to), "%s", row->type);
	}
	cr_assert_null(pu_msg_row_by_type("", 0));
	cr_assert_null(pu_msg_row_by_type("auth.chec", 9));
	cr_assert_null(pu_msg_row(PU_MSG_NONE));
}

Test(codec, only_transport_may_ask_for_signatures)
{
	cr_assert_eq(pu_msg_row(PU_MSG_AUTH_SIGN)->from, PU_FROM(PU_SERVICE_TRANSPORT));
}

/* ---- what a stranger's encoder may do ---- */

Test(codec, takes_a_message_in_any_order_with_unknown_fields)
{
	struct pu_message message;
	/* {"x": [1, {"y": nil}, 1.5], "generation": 5, "type": "auth.changed"} */
	static const char bytes[] = "\x83"
	                            "\xa1x\x93\x01\x81\xa1y\xc0\xca\x3f\xc0\x00\x00"
	                            "\xaageneration\x05"
	                            "\xa4type\xac"
	                            "auth.changed";

	cr_assert_eq(pu_decode(decoder, pu_bytes(bytes, sizeof(bytes) - 1), &message), PU_OK, "%s",
	             pu_decoder_error(decoder));
	cr_assert_eq(message.row->id, PU_MSG_AUTH_CHANGED);
	cr_assert_eq(((const struct pu_auth_changed *)message.body)->generation, 5);
}

Test(codec, takes_every_width_of_a_number)
{
	static const char *const numbers[] = {"\x05", "\xcc\x05", "\xd0\x05"};
	const size_t lens[] = {1, 2, 2};

	for (size_t i = 0; i < PU_ARRAY_LEN(numbers); i++) {
		pu_buffer_clear(&buffer);
		cr_assert_eq(pu_buffer_printf(&buffer, "\x82\xa4type\xac"
		                                       "auth.changed\xaageneration"),
		             PU_OK);
		cr_assert_eq(pu_buffer_append(&buffer, numbers[i], lens[i]), PU_OK);
		cr_assert_eq(decode_text((const char *)buffer.data, buffer.len), PU_OK, "%zu: %s", i,
		             pu_decoder_error(decoder));
	}
}

Test(codec, an_optional_field_may_be_missing_or_nil)
{
	struct pu_message message;
	static const char bytes[] = "\x83\xa4type\xa8"
	                            "auth.add\xa4peer\xa1p\xa7"
	                            "comment\xc0";

	cr_assert_eq(pu_decode(decoder, pu_bytes(bytes, sizeof(bytes) - 1), &message), PU_OK, "%s",
	             pu_decoder_error(decoder));
	const struct pu_auth_add *add = message.body;
	cr_assert_str_eq(add->peer, "p");
	cr_assert_str_eq(add->comment, "");
	cr_assert_eq(add->expires_ms, 0);
}

/* ---- what is refused, and with which words ---- */

static void refused(enum pu_err got, enum pu_err expected, const char *text)
{
	cr_assert_str_eq(pu_decoder_error(decoder), text);
	cr_assert_eq(got, expected);
}

Test(codec, names_what_is_wrong)
{
	refused(DECODE("\x81\xa4type\xa2no"), PU_EINVAL, "unknown message type 'no'");
	refused(DECODE("\x81\xa4type\x07"), PU_EINVAL, "field 'type' must be text");
	refused(DECODE("\x80"), PU_EINVAL, "field 'type' is missing");
	refused(DECODE("\x90"), PU_EMALFORMED, "a message must be a map");
	refused(DECODE("\xc1"), PU_EMALFORMED, "not msgpack");
	refused(DECODE("\x81\xa4type\xab"
	               "auth.remove"),
	        PU_EINVAL, "auth.remove: field 'peer' is missing");
	refused(DECODE("\x82\xa4type\xab"
	               "auth.remove\xa4peer\xc0"),
	        PU_EINVAL, "auth.remove: field 'peer' is missing");
	refused(DECODE("\x82\xa4type\xab"
	               "auth.remove\xa4peer\x01"),
	        PU_EINVAL, "auth.remove: field 'peer' must be text");
	refused(DECODE("\x83\xa4type\xab"
	               "auth.remove\xa4peer\xa1x\xa4peer\xa1y"),
	        PU_EMALFORMED, "auth.remove: field 'peer' comes twice");
	refused(DECODE("\x82\xa4type\xab"
	               "auth.remove\x01\xa1x"),
	        PU_EMALFORMED, "auth.remove: a field's name must be text");
	refused(DECODE("\x82\xa4type\xac"
	               "auth.changed\xaageneration\xff"),
	        PU_EINVAL,
	        "auth.changed: field 'generation' must be a whole number that is not negative");
}

Test(codec, refuses_text_that_is_not_utf8_or_has_a_nul)
{
	static const char *const bad[] = {"\xa1\x00",
	                                  "\xa1\xff",
	                                  "\xa2\xc0\x80",
	                                  "\xa3\xe0\x80\x80",
	                                  "\xa3\xed\xa0\x80",
	                                  "\xa4\xf0\x80\x80\x80",
	                                  "\xa4\xf4\x90\x80\x80",
	                                  "\xa2\xc3("};

	for (size_t i = 0; i < PU_ARRAY_LEN(bad); i++) {
		pu_buffer_clear(&buffer);
		cr_assert_eq(pu_buffer_printf(&buffer, "\x82\xa4type\xab"
		                                       "auth.remove\xa4peer"),
		             PU_OK);
		cr_assert_eq(pu_buffer_append(&buffer, bad[i], 1 + (size_t)(bad[i][0] & 0x1f)), PU_OK);
		refused(decode_text((const char *)buffer.data, buffer.len), PU_EMALFORMED,
		        "auth.remove: field 'peer' is not UTF-8 text");
	}
}

Test(codec, a_string_of_its_bound_passes_and_one_more_byte_does_not)
{
	char text[PU_FIELD_PEER_MAX + 2];
	struct pu_auth_remove remove = {.peer = text};

	memset(text, 'x', sizeof(text));
	text[PU_FIELD_PEER_MAX] = '\0';
	cr_assert_eq(pu_encode(&buffer, PU_MSG_AUTH_REMOVE, &remove), PU_OK);
	cr_assert_eq(decode_text((const char *)buffer.data, buffer.len), PU_OK);
	text[PU_FIELD_PEER_MAX] = 'x';
	text[PU_FIELD_PEER_MAX + 1] = '\0';
	pu_buffer_clear(&buffer);
	cr_assert_eq(pu_encode(&buffer, PU_MSG_AUTH_REMOVE, &remove), PU_ELIMIT);
	cr_assert_eq(buffer.len, 0);
	cr_assert_eq(pu_buffer_printf(&buffer,
	                              "\x82\xa4type\xab"
	                              "auth.remove\xa4peer\xd9\x81%s",
	                              text),
	             PU_OK);
	refused(decode_text((const char *)buffer.data, buffer.len), PU_ELIMIT,
	        "auth.remove: field 'peer' has more than 128 bytes");
}

Test(codec, believes_no_length_before_the_bytes_are_there)
{
	refused(DECODE("\xdf\xff\xff\xff\xff"), PU_EMALFORMED, "the message ends too early");
	refused(DECODE("\x82\xa4type\xab"
	               "auth.remove\xa4peer\xdb\xff\xff\xff\xff"),
	        PU_EMALFORMED, "auth.remove: the message ends too early");
	refused(DECODE("\x82\xa4type\xac"
	               "naming.peers\xa5peers\xdd\xff\xff\xff\xff"),
	        PU_EMALFORMED, "naming.peers: the message ends too early");
	refused(DECODE("\x82\xa4type\xa2ok\xa1x\xc9\xff\xff\xff\xff\x01"), PU_EMALFORMED,
	        "ok: the message ends too early");
}

Test(codec, refuses_deep_nesting)
{
	cr_assert_eq(pu_buffer_printf(&buffer, "\x82\xa4type\xa2ok\xa1x"), PU_OK);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(pu_buffer_append(&buffer, "\x91", 1), PU_OK);
	cr_assert_eq(pu_buffer_append(&buffer, "\x01", 1), PU_OK);
	refused(decode_text((const char *)buffer.data, buffer.len), PU_ELIMIT,
	        "ok: nested deeper than 16");
}

Test(codec, refuses_lists_that_are_too_long)
{
	cr_assert_eq(pu_buffer_printf(&buffer, "\x82\xa4type\xac"
	                                       "naming.peers\xa5peers\xdc\x10\x01"),
	             PU_OK);
	for (int i = 0; i < PU_FIELD_PEERS_MAX + 1; i++)
		cr_assert_eq(pu_buffer_append(&buffer, "\x80", 1), PU_OK);
	refused(decode_text((const char *)buffer.data, buffer.len), PU_ELIMIT,
	        "naming.peers: field 'peers' has more than 4096 entries");
}

Test(codec, refuses_a_message_that_is_too_long)
{
	char *text = pu_zalloc(PU_MESSAGE_MAX + 1);

	refused(decode_text(text, PU_MESSAGE_MAX + 1), PU_ELIMIT, "longer than 262144 bytes");
	pu_free(text);
	const void *sample = pu_sample(&arena, pu_msg_row(PU_MSG_PROXY_STATE), 256);
	cr_assert_eq(pu_encode(&buffer, PU_MSG_PROXY_STATE, sample), PU_ELIMIT);
	cr_assert_eq(buffer.len, 0);
}

Test(codec, does_not_encode_what_nobody_would_take)
{
	cr_assert_eq(pu_encode(&buffer, PU_MSG_AUTH_REMOVE, &(struct pu_auth_remove){"\xff"}),
	             PU_EMALFORMED);
	cr_assert_eq(pu_encode(&buffer, PU_MSG_NONE, NULL), PU_EINVAL);
	cr_assert_eq(pu_encode(&buffer, PU_MSG_AUTH_REMOVE, NULL), PU_EINVAL);
	cr_assert_eq(pu_encode(&buffer, PU_MSG_AUTH_REMOVE, &(struct pu_auth_remove){NULL}), PU_OK);
}

/* ---- JSON and words ---- */

static const char *json_of(enum pu_msg id, const void *body)
{
	struct pu_message message = {.row = pu_msg_row(id), .body = body};

	pu_buffer_clear(&buffer);
	cr_assert_eq(pu_message_to_json(&message, &buffer), PU_OK);
	cr_assert_eq(pu_buffer_append(&buffer, "", 1), PU_OK);
	return (const char *)buffer.data;
}

Test(codec, writes_json)
{
	static const char *const tags[] = {"a", "b\"\\\n\xc2\x9b\xe2\x80\xae\xc3\xbc"};
	static const struct pu_offer offers[] = {
	    {.name = "web", .protocol = "/peerup/web/1.0.0", .tags = {tags, 2}}, {.name = "ssh"}};

	cr_assert_str_eq(json_of(PU_MSG_OK, NULL), "{\"type\":\"ok\"}");
	cr_assert_str_eq(json_of(PU_MSG_AUTH_SELF,
	                         &(struct pu_auth_self){.peer_id = "12D3",
	                                                .public_key = pu_bytes("\x08\x01\xff", 3)}),
	                 "{\"type\":\"auth.self\",\"peer_id\":\"12D3\",\"public_key\":\"CAH/\"}");
	cr_assert_str_eq(
	    json_of(PU_MSG_AUTH_VERDICT,
	            &(struct pu_auth_verdict){.allowed = true, .generation = UINT64_MAX}),
	    "{\"type\":\"auth.verdict\",\"allowed\":true,\"reason\":\"\",\"guest\":false,"
	    "\"generation\":18446744073709551615}");
	cr_assert_str_eq(
	    json_of(PU_MSG_NAMING_OFFERS,
	            &(struct pu_naming_offers){.peer_id = "p", .services = {offers, 2}}),
	    "{\"type\":\"naming.offers\",\"peer_id\":\"p\",\"services\":[{\"name\":\"web\","
	    "\"protocol\":\"/peerup/web/"
	    "1.0.0\",\"tags\":[\"a\",\"b\\\"\\\\\\u000a\\u009b\\u202e\xc3\xbc\"]},"
	    "{\"name\":\"ssh\",\"protocol\":\"\",\"tags\":[]}]}");
}

Test(codec, json_stops_at_the_bound_of_its_buffer)
{
	struct pu_message message = {.row = pu_msg_row(PU_MSG_ERROR),
	                             .body = &(struct pu_error){.code = "x", .message = "y"}};

	for (size_t max = 1; max < 40; max++) {
		struct pu_buffer small;
		pu_buffer_init(&small, max);
		enum pu_err err = pu_message_to_json(&message, &small);
		cr_assert(err == PU_OK || (err == PU_ELIMIT && small.len == 0));
		pu_buffer_fini(&small);
	}
}

static char error[128];

static enum pu_err words(enum pu_msg id, const char *const *list, size_t len)
{
	pu_buffer_clear(&buffer);
	return pu_encode_words(&buffer, pu_msg_row(id), list, len, error, sizeof(error));
}

#define WORDS(id, ...)                                                                         \
	words(id, (const char *const[]){__VA_ARGS__},                                              \
	      sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

Test(codec, builds_a_message_from_words)
{
	struct pu_message message;

	cr_assert_eq(WORDS(PU_MSG_TRANSPORT_CONNECT, "peer=12D3",
	                   "addresses=/ip4/1.2.3.4,/ip6/::", "deadline_ms=250"),
	             PU_OK, "%s", error);
	cr_assert_eq(pu_decode(decoder, pu_buffer_bytes(&buffer), &message), PU_OK);
	const struct pu_transport_connect *connect = message.body;
	cr_assert_str_eq(connect->peer, "12D3");
	cr_assert_eq(connect->addresses.len, 2);
	cr_assert_str_eq(connect->addresses.items[1], "/ip6/::");
	cr_assert_eq(connect->deadline_ms, 250);

	cr_assert_eq(WORDS(PU_MSG_AUTH_SIGN, "purpose=tls", "payload=CAH/"), PU_OK, "%s", error);
	cr_assert_eq(pu_decode(decoder, pu_buffer_bytes(&buffer), &message), PU_OK);
	const struct pu_auth_sign *sign = message.body;
	cr_assert_eq(sign->payload.len, 3);
	cr_assert_eq(sign->payload.data[2], 0xff);

	cr_assert_eq(WORDS(PU_MSG_STREAM_NEED, "peer=p", "needed=true"), PU_OK, "%s", error);
	cr_assert_eq(words(PU_MSG_AUTH_LIST, NULL, 0), PU_OK, "%s", error);
}

Test(codec, says_what_is_wrong_with_a_word)
{
	cr_assert_eq(WORDS(PU_MSG_AUTH_ADD, "peer"), PU_EINVAL);
	cr_assert_str_eq(error, "auth.add: 'peer': expected key=value");
	cr_assert_eq(WORDS(PU_MSG_AUTH_ADD, "pear=x"), PU_EINVAL);
	cr_assert_str_eq(error, "auth.add: 'pear=x': there is no such field");
	cr_assert_eq(WORDS(PU_MSG_AUTH_ADD, "comment=x"), PU_EINVAL);
	cr_assert_str_eq(error, "auth.add: 'peer': is missing");
	cr_assert_eq(WORDS(PU_MSG_AUTH_ADD, "peer=x", "peer=y"), PU_EINVAL);
	cr_assert_str_eq(error, "auth.add: 'peer': comes twice");
	cr_assert_eq(WORDS(PU_MSG_AUTH_ADD, "peer=x", "expires_ms=-1"), PU_EINVAL);
	cr_assert_str_eq(error,
	                 "auth.add: 'expires_ms': expected a whole number that is not negative");
	cr_assert_eq(WORDS(PU_MSG_AUTH_ADD, "peer=x", "expires_ms=99999999999999999999"),
	             PU_EINVAL);
	cr_assert_eq(WORDS(PU_MSG_STREAM_NEED, "peer=p", "needed=yes"), PU_EINVAL);
	cr_assert_str_eq(error, "stream.need: 'needed': expected true or false");
	cr_assert_eq(WORDS(PU_MSG_AUTH_SIGN, "purpose=tls", "payload=?"), PU_EINVAL);
	cr_assert_str_eq(error, "auth.sign: 'payload': expected base64");
	cr_assert_eq(WORDS(PU_MSG_NAMING_OFFERS, "peer_id=p", "services=x"), PU_EINVAL);
	cr_assert_str_eq(error,
	                 "naming.offers: 'services': a list of maps cannot be written as a word");
	cr_assert_eq(WORDS(PU_MSG_AUTH_REMOVE, "peer=\xff"), PU_EMALFORMED);
}
