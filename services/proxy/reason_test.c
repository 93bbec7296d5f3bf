/* Tests of the sentences about failures, and of how often they reach the log. */
#include "reason.h"

#include <criterion/criterion.h>
#include <string.h>

#include "burst.h"
#include "limits.h"

static const char *words(enum pu_err err, bool opened, const char *text)
{
	static char out[PROXY_TEXT_MAX];
	struct proxy_reason reason = {.err = err,
	                              .opened = opened,
	                              .peer = "home",
	                              .service = "web",
	                              .self = "12D3Me",
	                              .text = text};

	return proxy_reason_print(&reason, out);
}

static void assert_says(const char *sentence, const char *part)
{
	cr_assert_not_null(strstr(sentence, part), "\"%s\" lacks \"%s\"", sentence, part);
}

Test(reason, says_what_to_do)
{
	assert_says(words(PU_ENOTAUTHORIZED, true, ""), "on home run 'peerup auth add 12D3Me'");
	assert_says(words(PU_EFORBIDDEN, false, ""), "this node does not authorize home");
	assert_says(words(PU_ENOTFOUND, true, ""), "home has no service web");
	assert_says(words(PU_ENOTFOUND, false, ""), "'peerup services home'");
	assert_says(words(PU_EREFUSED, true, ""), "its service web is not running");
	assert_says(words(PU_ETIMEOUT, true, ""), "its service web does not answer");
	assert_says(words(PU_ETIMEOUT, false, ""), "home did not answer in time");
	assert_says(words(PU_EUNREACHABLE, false, ""), "home cannot be reached");
	assert_says(words(PU_ECLOSED, true, "the peer shuts down"), "cut: the peer shuts down");
}

Test(reason, repeats_what_it_was_told_of_anything_else)
{
	assert_says(words(PU_EPROTOCOL, true, "odd bytes"), "odd bytes");
	assert_says(words(PU_EIO, true, ""), pu_strerror(PU_EIO));
}

Test(burst, allows_one_line_per_error_and_time)
{
	struct proxy_burst burst = {0};
	uint64_t suppressed = 99;

	cr_assert(proxy_burst_allows(&burst, PU_EREFUSED, 10, &suppressed));
	cr_assert_eq(suppressed, 0);
	cr_assert_not(proxy_burst_allows(&burst, PU_EREFUSED, 11, &suppressed));
	cr_assert_not(proxy_burst_allows(&burst, PU_EREFUSED, 12, &suppressed));
	cr_assert(proxy_burst_allows(&burst, PU_ETIMEOUT, 13, &suppressed), "another error");
	cr_assert_eq(suppressed, 2);
	cr_assert(proxy_burst_allows(&burst, PU_ETIMEOUT, 13 + PROXY_LOG_BURST_MS, &suppressed));
	cr_assert_eq(suppressed, 0);
}
