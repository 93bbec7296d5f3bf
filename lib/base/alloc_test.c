#include "base/alloc.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>

Test(alloc, answers_memory_for_nothing)
{
	void *ptr = pu_alloc(0);

	cr_assert_not_null(ptr);
	pu_free(ptr);
	pu_free(NULL);
}

Test(alloc, clears_what_it_says_it_clears)
{
	unsigned char *bytes = pu_calloc(16, 16);

	for (size_t i = 0; i < 256; i++)
		cr_assert_eq(bytes[i], 0);
	pu_free(bytes);
}

/* A size that no memory has and that no compiler can see through. */
static volatile size_t huge = SIZE_MAX / 2 + 2;

Test(alloc, ends_the_process_when_a_product_overflows, .signal = SIGABRT)
{
	pu_free(pu_realloc(NULL, huge, 2));
}

Test(alloc, copies_at_most_the_given_length)
{
	char *copy = pu_strndup("tunnel", 3);
	char *whole = pu_strndup("tunnel", 100);

	cr_assert_str_eq(copy, "tun");
	cr_assert_str_eq(whole, "tunnel");
	pu_free(copy);
	pu_free(whole);
}

Test(alloc, formats_text)
{
	char *text = pu_asprintf("%s:%d", "localhost", 8000);
	char *copy = pu_strdup(text);

	cr_assert_str_eq(copy, "localhost:8000");
	pu_free(text);
	pu_free(copy);
}

struct outer {
	int before;
	int inner;
};

Test(alloc, finds_the_container_of_a_member)
{
	struct outer outer;

	cr_assert_eq(PU_CONTAINER_OF(&outer.inner, struct outer, inner), &outer);
}
