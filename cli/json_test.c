#include "json.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(json, writes_nested_objects_and_lists_in_one_line)
{
	static const char *const words[] = {"a", "b"};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct cli_json json;

	cli_json_init(&json, out);
	cli_json_object(&json, NULL);
	cli_json_str(&json, "name", "x");
	cli_json_u64(&json, "n", UINT64_MAX);
	cli_json_milli(&json, "ms", 1005);
	cli_json_bool(&json, "on", true);
	cli_json_null(&json, "none");
	cli_json_strings(&json, "words", (struct pu_strings){words, 2});
	cli_json_list(&json, "empty");
	cli_json_end(&json);
	cli_json_list(&json, "rows");
	cli_json_object(&json, NULL);
	cli_json_end(&json);
	cli_json_object(&json, NULL);
	cli_json_end(&json);
	cli_json_end(&json);
	cli_json_end(&json);
	fclose(out);
	cr_assert_str_eq(text,
	                 "{\"name\":\"x\",\"n\":18446744073709551615,\"ms\":1.005,\"on\":true,"
	                 "\"none\":null,\"words\":[\"a\",\"b\"],\"empty\":[],\"rows\":[{},{}]}\n");
	free(text);
}

Test(json, escapes_what_json_and_utf8_forbid)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct cli_json json;

	cli_json_init(&json, out);
	cli_json_str(&json, NULL, "\"\\\n\x1b\x7f gr\xc3\xbcn \xff \xc2\x9b \xe2\x80\xae");
	fclose(out);
	cr_assert_str_eq(text,
	                 "\"\\\"\\\\\\u000a\\u001b\\u007f gr\xc3\xbcn \\ufffd \\u009b \\u202e\"\n");
	free(text);
}
