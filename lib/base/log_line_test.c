#include "base/log_line.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void expect(enum pu_log_format format, struct pu_bytes value, const char *wanted)
{
	struct pu_log_line line;

	pu_log_line_begin(&line, format);
	pu_log_line_add(&line, pu_bytes_of_str("k"), value, true);
	pu_log_line_end(&line);
	cr_assert(pu_bytes_eq(pu_bytes(line.text, line.len), pu_bytes_of_str(wanted)),
	          "got %.*swanted %s", (int)line.len, line.text, wanted);
}

static void logfmt(const char *value, const char *wanted)
{
	expect(PU_LOG_LOGFMT, pu_bytes_of_str(value), wanted);
}

static void json(const char *value, const char *wanted)
{
	expect(PU_LOG_JSON, pu_bytes_of_str(value), wanted);
}

Test(log_line, quotes_only_what_needs_it)
{
	logfmt("/ip4/127.0.0.1/udp/4001", "k=/ip4/127.0.0.1/udp/4001\n");
	logfmt("two words", "k=\"two words\"\n");
	logfmt("", "k=\"\"\n");
	logfmt("a=b", "k=\"a=b\"\n");
	logfmt("say \"hi\" \\", "k=\"say \\\"hi\\\" \\\\\"\n");
}

Test(log_line, lets_no_control_character_through)
{
	logfmt("a\nb\tc\rd", "k=\"a\\nb\\tc\\rd\"\n");
	logfmt("\x1b[31m\x7f", "k=\"\\u001b[31m\\u007f\"\n");
	logfmt("\xc2\x9b", "k=\"\\u009b\"\n");
	logfmt("\xe2\x80\xae", "k=\"\\u202e\"\n");
	json("\x1b\xc2\x9b", "{\"k\":\"\\u001b\\u009b\"}\n");
	expect(PU_LOG_JSON, pu_bytes("\0", 1), "{\"k\":\"\\u0000\"}\n");
}

Test(log_line, keeps_utf8_and_marks_what_is_none)
{
	logfmt("Z\xc3\xbcrich \xf0\x9f\x98\x80", "k=\"Z\xc3\xbcrich \xf0\x9f\x98\x80\"\n");
	logfmt("\xff\xc3", "k=\"\\xff\\xc3\"\n");
	logfmt("\xc0\x80", "k=\"\\xc0\\x80\"\n");
	logfmt("\xed\xa0\x80", "k=\"\\xed\\xa0\\x80\"\n");
	json("\xff", "{\"k\":\"\\ufffd\"}\n");
}

Test(log_line, gives_json_numbers_without_quotes)
{
	json("0", "{\"k\":0}\n");
	json("-12.50", "{\"k\":-12.50}\n");
	json("007", "{\"k\":\"007\"}\n");
	json("1.", "{\"k\":\"1.\"}\n");
	json("-", "{\"k\":\"-\"}\n");
	json("+5", "{\"k\":\"+5\"}\n");
	json("nan", "{\"k\":\"nan\"}\n");
	json("", "{\"k\":\"\"}\n");
}

static void fill_and_check(enum pu_log_format format, size_t value_len, char c,
                           const char *tail)
{
	struct pu_log_line line;
	char value[2 * PU_LOG_LINE_MAX];

	memset(value, c, value_len);
	pu_log_line_begin(&line, format);
	pu_log_line_add(&line, pu_bytes_of_str("k"), pu_bytes(value, value_len), false);
	pu_log_line_add(&line, pu_bytes_of_str("late"), pu_bytes_of_str("field"), false);
	pu_log_line_add(&line, pu_bytes_of_str("later"), pu_bytes_of_str("field"), false);
	pu_log_line_end(&line);
	cr_assert_leq(line.len, PU_LOG_LINE_MAX);
	cr_assert(line.len > strlen(tail));
	if (value_len > PU_LOG_LINE_MAX)
		cr_assert_eq(memcmp(line.text + line.len - strlen(tail), tail, strlen(tail)), 0);
	cr_assert_null(memchr(line.text, '\n', line.len - 1));
}

Test(log_line, is_cut_where_it_still_parses)
{
	for (size_t len = PU_LOG_LINE_MAX - 100; len < PU_LOG_LINE_MAX + 2; len++) {
		fill_and_check(PU_LOG_LOGFMT, len, 'x', " truncated=true\n");
		fill_and_check(PU_LOG_LOGFMT, len, ' ', "\" truncated=true\n");
		fill_and_check(PU_LOG_JSON, len, 'x', "\",\"truncated\":true}\n");
		fill_and_check(PU_LOG_JSON, len / 6, '\n', "\",\"truncated\":true}\n");
	}
}

Test(log_line, drops_a_key_that_does_not_fit)
{
	struct pu_log_line line;
	char key[PU_LOG_LINE_MAX];

	memset(key, 'k', sizeof(key));
	pu_log_line_begin(&line, PU_LOG_JSON);
	pu_log_line_add(&line, pu_bytes_of_str("a"), pu_bytes_of_str("1"), true);
	pu_log_line_add(&line, pu_bytes(key, sizeof(key)), pu_bytes_of_str("v"), false);
	pu_log_line_end(&line);
	cr_assert_eq(strncmp(line.text, "{\"a\":1,\"truncated\":true}\n", line.len), 0);
}
