#include "prompt.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *shown;
static size_t shown_len;

static bool answers_yes(const char *typed)
{
	FILE *in = typed[0] != '\0' ? fmemopen((char *)(size_t)typed, strlen(typed), "r")
	                            : fopen("/dev/null", "r");
	FILE *out = open_memstream(&shown, &shown_len);
	bool yes = cli_prompt_yes(in, out, "Really?");

	fclose(in);
	fclose(out);
	cr_assert_str_eq(shown, "Really? [y/N] ");
	free(shown);
	return yes;
}

Test(prompt, takes_only_y_and_yes_for_consent)
{
	cr_assert(answers_yes("y\n"));
	cr_assert(answers_yes("Yes\n"));
	cr_assert(answers_yes("  y  \n"));
	cr_assert(answers_yes("y"), "the last line may lack its end");
	cr_assert_not(answers_yes("\n"));
	cr_assert_not(answers_yes("n\n"));
	cr_assert_not(answers_yes("yess\n"));
	cr_assert_not(answers_yes("ja\n"));
	cr_assert_not(answers_yes("n\ny\n"), "only the first line counts");
}

Test(prompt, takes_the_end_of_input_for_no)
{
	cr_assert_not(answers_yes(""));
}

Test(prompt, takes_a_line_that_is_too_long_for_no)
{
	char typed[1024];

	memset(typed, ' ', sizeof(typed));
	memcpy(typed + sizeof(typed) - 3, "y\n", 3);
	cr_assert_not(answers_yes(typed));
}

static bool line(FILE *in, const char *fallback, char answer[CLI_PROMPT_MAX])
{
	FILE *out = open_memstream(&shown, &shown_len);
	bool got = cli_prompt_line(in, out, "Port", fallback, answer);

	fclose(out);
	cr_assert_str_eq(shown, fallback[0] != '\0' ? "Port [4001]: " : "Port: ");
	free(shown);
	return got;
}

Test(prompt, falls_back_when_the_line_is_empty)
{
	char typed[] = "\n  443 \nrest";
	FILE *in = fmemopen(typed, strlen(typed), "r");
	char answer[CLI_PROMPT_MAX];

	cr_assert(line(in, "4001", answer));
	cr_assert_str_eq(answer, "4001");
	cr_assert(line(in, "4001", answer));
	cr_assert_str_eq(answer, "443");
	cr_assert(line(in, "4001", answer));
	cr_assert_str_eq(answer, "rest");
	cr_assert_not(line(in, "4001", answer));
	fclose(in);
}

Test(prompt, goes_on_behind_a_line_that_is_too_long)
{
	char typed[1024];
	char answer[CLI_PROMPT_MAX];
	FILE *in;

	memset(typed, 'x', sizeof(typed));
	snprintf(typed + 1000, sizeof(typed) - 1000, "\nnext\n");
	in = fmemopen(typed, strlen(typed), "r");
	cr_assert_not(line(in, "", answer));
	cr_assert(line(in, "", answer));
	cr_assert_str_eq(answer, "next");
	fclose(in);
}
