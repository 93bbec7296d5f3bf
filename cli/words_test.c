#include "words.h"

#include <criterion/criterion.h>
#include <string.h>

Test(words, splits_at_commas_and_drops_what_is_empty)
{
	struct cli_words words;

	cr_assert(cli_words_split(&words, "a, b,,c,"));
	cr_assert_eq(words.len, 3);
	cr_assert_str_eq(words.items[0], "a");
	cr_assert_str_eq(words.items[1], "b");
	cr_assert_str_eq(words.items[2], "c");
	cli_words_fini(&words);
}

Test(words, takes_nothing_as_the_empty_list)
{
	struct cli_words words;

	cr_assert(cli_words_split(&words, NULL));
	cr_assert_eq(cli_words_strings(&words).len, 0);
	cli_words_fini(&words);
}

Test(words, refuses_more_than_its_bound)
{
	char text[2 * (CLI_WORDS_MAX + 1) + 1];
	struct cli_words words;

	memset(text, 0, sizeof(text));
	for (size_t i = 0; i <= CLI_WORDS_MAX; i++)
		memcpy(text + 2 * i, "a,", 2);
	cr_assert_not(cli_words_split(&words, text));
	text[2 * CLI_WORDS_MAX] = '\0';
	cr_assert(cli_words_split(&words, text));
	cr_assert_eq(words.len, CLI_WORDS_MAX);
	cli_words_fini(&words);
}
