#include "base/buffer.h"

#include <criterion/criterion.h>

static void expect(const struct pu_buffer *buffer, const char *text)
{
	cr_assert(pu_bytes_eq(pu_buffer_bytes(buffer), pu_bytes_of_str(text)));
}

Test(buffer, grows_up_to_its_bound_and_not_beyond)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 100);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(pu_buffer_append(&buffer, "x", 1), PU_OK);
	cr_assert_eq(pu_buffer_append(&buffer, "x", 1), PU_ELIMIT);
	cr_assert_eq(buffer.len, 100);
	cr_assert_leq(buffer.cap, 100);
	cr_assert_eq(pu_buffer_append(&buffer, NULL, 0), PU_OK);
	pu_buffer_fini(&buffer);
}

Test(buffer, refuses_a_length_that_would_overflow)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, SIZE_MAX);
	cr_assert_eq(pu_buffer_append(&buffer, "abc", 3), PU_OK);
	cr_assert_eq(pu_buffer_reserve(&buffer, SIZE_MAX - 1), PU_ELIMIT);
	expect(&buffer, "abc");
	pu_buffer_fini(&buffer);
}

Test(buffer, keeps_its_content_when_a_print_does_not_fit)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 8);
	cr_assert_eq(pu_buffer_printf(&buffer, "%d-%s", 42, "ab"), PU_OK);
	cr_assert_eq(pu_buffer_printf(&buffer, "%s", "toolong"), PU_ELIMIT);
	expect(&buffer, "42-ab");
	pu_buffer_fini(&buffer);
}

Test(buffer, consumes_from_the_front)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 64);
	cr_assert_eq(pu_buffer_append(&buffer, "abcdef", 6), PU_OK);
	pu_buffer_consume(&buffer, 2);
	expect(&buffer, "cdef");
	pu_buffer_consume(&buffer, 100);
	expect(&buffer, "");
	pu_buffer_fini(&buffer);
}

Test(buffer, can_be_cleared_and_reused)
{
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 64);
	cr_assert_eq(pu_buffer_append(&buffer, "abc", 3), PU_OK);
	pu_buffer_clear(&buffer);
	cr_assert_eq(pu_buffer_append(&buffer, "d", 1), PU_OK);
	expect(&buffer, "d");
	pu_buffer_fini(&buffer);
	pu_buffer_fini(&buffer);
}
