#include "text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void assert_clean(const char *raw, const char *clean)
{
	char text[64];

	snprintf(text, sizeof(text), "%s", raw);
	cli_text_clean(text);
	cr_assert_str_eq(text, clean);
}

Test(text, keeps_letters_of_all_languages)
{
	assert_clean("plain", "plain");
	assert_clean("gr\xc3\xbc\xc3\x9f"
	             "e \xf0\x9f\x8c\x8d",
	             "gr\xc3\xbc\xc3\x9f"
	             "e \xf0\x9f\x8c\x8d");
	assert_clean("", "");
}

Test(text, lets_nothing_steer_the_terminal)
{
	assert_clean("a\033[2Jb", "a?[2Jb");
	assert_clean("a\nb\tc\x7f", "a?b?c?");
	assert_clean("x\xc2\x9by", "x?y");     /* C1: CSI */
	assert_clean("x\xe2\x80\xaey", "x?y"); /* right-to-left override */
}

static void assert_fields(const char *json, const char *expected)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", json);
	cli_text_of_fields(text);
	cr_assert_str_eq(text, expected);
}

Test(text, shows_the_fields_of_an_event_as_words)
{
	assert_fields("", "");
	assert_fields("\"id\":\"web\",\"code\":0,\"up\":true", "id=web code=0 up=true");
	assert_fields("\"a\":\"\",\"b\":\"x y\",\"c\":\"q\\\"r, s\"",
	              "a=\"\" b=\"x y\" c=\"q\\\"r, s\"");
	assert_fields("\"l\":[\"a,b\",\"]\"],\"n\":[{\"x\":1,\"y\":\"}\"}],\"z\":2",
	              "l=[\"a,b\",\"]\"] n=[{\"x\":1,\"y\":\"}\"}] z=2");
}

Test(text, ends_on_fields_that_are_cut_at_any_byte)
{
	static const char whole[] = "\"a\":\"b\\\"c\",\"d\":[1,{\"e\":\"f\"}],\"g\":2";

	for (size_t len = 0; len < sizeof(whole); len++) {
		char *text = strndup(whole, len);

		cli_text_of_fields(text);
		cr_assert_leq(strlen(text), len);
		free(text);
	}
}

Test(text, replaces_broken_utf8_byte_by_byte)
{
	assert_clean("a\xff\xc3", "a??");
	assert_clean("\xe2\x82", "??");
	assert_clean("\xc0\xaf", "??");
}

static void assert_quoted(const char *text, const char *wanted)
{
	char *quoted = cli_text_quoted(text);

	cr_assert_str_eq(quoted, wanted);
	pu_free(quoted);
}

Test(text, quotes_for_the_shell_what_it_would_split_or_expand)
{
	assert_quoted("/home/ada/.config/a-b_1,c.yaml", "/home/ada/.config/a-b_1,c.yaml");
	assert_quoted("", "''");
	assert_quoted("a b", "'a b'");
	assert_quoted("~/$x", "'~/$x'");
	assert_quoted("gr\xc3\xb6\xc3\x9f", "'gr\xc3\xb6\xc3\x9f'");
	assert_quoted("it's", "'it'\\''s'");
}

Test(text, counts_characters_not_bytes)
{
	cr_assert_eq(cli_text_width("abc"), 3);
	cr_assert_eq(cli_text_width("gr\xc3\xbcn"), 4);
}

Test(text, writes_amounts_for_people)
{
	char out[CLI_AMOUNT_MAX];

	cr_assert_str_eq(cli_text_bytes(0, out), "0 B");
	cr_assert_str_eq(cli_text_bytes(1023, out), "1023 B");
	cr_assert_str_eq(cli_text_bytes(1536, out), "1.5 KB");
	cr_assert_str_eq(cli_text_bytes(UINT64_MAX, out), "16384.0 PB");
	cr_assert_str_eq(cli_text_age(0, out), "0s");
	cr_assert_str_eq(cli_text_age(59999, out), "59s");
	cr_assert_str_eq(cli_text_age(61000, out), "1m 1s");
	cr_assert_str_eq(cli_text_age(3661000, out), "1h 1m");
	cr_assert_str_eq(cli_text_age(90000000, out), "1d 1h");
	cr_assert_str_eq(cli_text_rtt(1234, out), "1.234 ms");
	cr_assert_str_eq(cli_text_rtt(5, out), "0.005 ms");
	cr_assert_str_eq(cli_text_time(0, out), "1970-01-01T00:00:00Z");
}
