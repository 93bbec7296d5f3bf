#include "base/yaml_text.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/yaml_node.h"

static void expect(const char *text, const char *wanted)
{
	struct pu_buffer buffer;
	struct pu_yaml_node *root = NULL;
	struct pu_yaml_error error;

	pu_buffer_init(&buffer, 4096);
	cr_assert_eq(pu_buffer_append(&buffer, "k: ", 3), PU_OK);
	cr_assert_eq(pu_yaml_append_scalar(&buffer, text, false), PU_OK);
	cr_assert(pu_bytes_eq(pu_bytes(buffer.data + 3, buffer.len - 3), pu_bytes_of_str(wanted)),
	          "%s: got %.*s", text, (int)buffer.len, (char *)buffer.data);
	cr_assert_eq(pu_yaml_parse(pu_buffer_bytes(&buffer), &root, &error), PU_OK);
	cr_assert_str_eq(root->items[1]->text, text);
	cr_assert_not(pu_yaml_is_null(root->items[1]));
	pu_yaml_free(root);
	pu_buffer_fini(&buffer);
}

Test(yaml_text, leaves_plain_words_alone)
{
	expect("localhost:8000", "localhost:8000");
	expect("/ip4/0.0.0.0/udp/0/quic-v1", "/ip4/0.0.0.0/udp/0/quic-v1");
	expect("./a#b", "./a#b");
	expect("-5", "-5");
	expect("true", "true");
	expect("two words", "two words");
}

Test(yaml_text, quotes_what_would_mean_something_else)
{
	static const char *const odd[] = {
	    "",    "~",   "null", "Null", "- a", "a: b", "a #b", "#a", "a:", "[a]", "{a}",
	    "*a",  "&a",  "!a",   "|",    ">",   "'a'",  "%a",   "@a", "`a", " a",  "a ",
	    "---", "...", "?",    "::1",  ",",   "=",    "<<",   "-",  "."};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		char quoted[32];

		cr_assert_not(pu_yaml_is_plain(odd[i]), "%s", odd[i]);
		snprintf(quoted, sizeof(quoted), "\"%s\"", odd[i]);
		expect(odd[i], quoted);
	}
}

Test(yaml_text, escapes_inside_quotes)
{
	expect("\"hi\" \\", "\"\\\"hi\\\" \\\\\"");
	expect("a\nb\tc\r", "\"a\\nb\\tc\\r\"");
	expect("\x01\x7f", "\"\\u0001\\u007f\"");
	expect("Z\xc3\xbcrich", "\"Z\xc3\xbcrich\"");
	expect("\xc2\x85\xe2\x80\xa8\xef\xbb\xbf", "\"\\u0085\\u2028\\ufeff\"");
	expect("\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"");
	expect("\xef\xbf\xbf", "\"\\uffff\"");
}

Test(yaml_text, refuses_what_is_no_utf8)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 16);
	cr_assert_eq(pu_yaml_append_scalar(&buffer, "a\xff", false), PU_EINVAL);
	cr_assert_eq(buffer.len, 0);
	cr_assert_eq(pu_yaml_append_scalar(&buffer, "0123456789abcdef ", false), PU_ELIMIT);
	cr_assert_eq(buffer.len, 0);
	pu_buffer_fini(&buffer);
}
