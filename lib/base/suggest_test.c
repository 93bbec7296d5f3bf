#include "base/suggest.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *best(const char *typed)
{
	static const char *const words[] = {"network", "security", "services", "log", "limits"};
	static struct pu_suggest suggest;

	pu_suggest_begin(&suggest, typed);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		pu_suggest_offer(&suggest, words[i], strlen(words[i]));
	return pu_suggest_best(&suggest);
}

Test(suggest, finds_the_closest_word)
{
	cr_assert_str_eq(best("netwrok"), "network");
	cr_assert_str_eq(best("service"), "services");
	cr_assert_str_eq(best("LOG"), "log");
	cr_assert_str_eq(best("lmits"), "limits");
}

Test(suggest, stays_silent_when_nothing_is_close)
{
	char long_word[200];

	memset(long_word, 'x', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	cr_assert_null(best("telemetry"));
	cr_assert_null(best(""));
	cr_assert_null(best("x"));
	cr_assert_null(best(long_word));
}
