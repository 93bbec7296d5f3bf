#include "trust/comment.h"

#include <criterion/criterion.h>

#include "base/alloc.h"

static void assert_clean(const char *text, size_t len, const char *expected)
{
	char *clean = pu_comment_clean(pu_bytes(text, len));

	cr_assert_str_eq(clean, expected);
	pu_free(clean);
}

#define ASSERT_CLEAN(text, expected) assert_clean((text), sizeof(text) - 1, (expected))

Test(comment, keeps_what_people_write)
{
	ASSERT_CLEAN("home server, 2nd floor", "home server, 2nd floor");
	ASSERT_CLEAN("M\xc3\xbcnchen \xe2\x82\xac \xf0\x9f\x8f\xa0",
	             "M\xc3\xbcnchen \xe2\x82\xac \xf0\x9f\x8f\xa0");
	ASSERT_CLEAN("", "");
}

Test(comment, drops_the_space_around_it)
{
	ASSERT_CLEAN("  home \t\r\n", "home");
	ASSERT_CLEAN(" \t ", "");
}

Test(comment, cannot_begin_another_line_or_colour_the_terminal)
{
	ASSERT_CLEAN("a\nb\rc\0d\x1b[31me\x7f"
	             "f",
	             "a b c d [31me f");
	ASSERT_CLEAN("a\xc2\x9b"
	             "b",
	             "a b");
}

Test(comment, replaces_what_is_not_utf8)
{
	ASSERT_CLEAN("a\xff\xfe"
	             "b",
	             "a??b");
	ASSERT_CLEAN("a\xc3", "a?");
	ASSERT_CLEAN("\xed\xa0\x80", "???");
}

Test(comment, is_cut_between_characters)
{
	char text[2 * PU_AUTHORIZED_KEYS_COMMENT_MAX];
	char *clean;

	text[0] = 'a';
	for (size_t i = 1; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	text[sizeof(text) - 1] = 'z';
	clean = pu_comment_clean(pu_bytes(text, sizeof(text)));
	cr_assert_eq(strlen(clean), PU_AUTHORIZED_KEYS_COMMENT_MAX - 1);
	pu_free(clean);
}
