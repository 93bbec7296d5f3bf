#include "base/utf8.h"

#include <criterion/criterion.h>

static void expect(const char *text, size_t len, uint32_t code)
{
	uint32_t got = 0;

	cr_assert_eq(pu_utf8_decode(pu_bytes_of_str(text), &got), len);
	cr_assert_eq(got, code);
}

Test(utf8, decodes_every_length)
{
	expect("a", 1, 'a');
	expect("\xc3\xbc", 2, 0xfc);
	expect("\xe2\x82\xac", 3, 0x20ac);
	expect("\xf0\x9f\x98\x80", 4, 0x1f600);
	expect("\xf4\x8f\xbf\xbf", 4, 0x10ffff);
}

Test(utf8, refuses_what_is_none)
{
	expect("", 0, 0);
	expect("\x80", 0, 0);
	expect("\xc0\x80", 0, 0);
	expect("\xe0\x80\x80", 0, 0);
	expect("\xed\xa0\x80", 0, 0);
	expect("\xf4\x90\x80\x80", 0, 0);
	expect("\xff", 0, 0);
	expect("\xc3(", 0, 0);
}

Test(utf8, refuses_a_sequence_cut_at_any_byte)
{
	const char text[] = "\xf0\x9f\x98\x80";
	uint32_t code;

	for (size_t len = 0; len < 4; len++)
		cr_assert_eq(pu_utf8_decode(pu_bytes(text, len), &code), 0);
}

Test(utf8, knows_control_characters)
{
	cr_assert(pu_utf8_is_control(0x1b));
	cr_assert(pu_utf8_is_control(0x9b));
	cr_assert(pu_utf8_is_control(0x202e));
	cr_assert_not(pu_utf8_is_control(' '));
	cr_assert_not(pu_utf8_is_control(0xfc));
}
