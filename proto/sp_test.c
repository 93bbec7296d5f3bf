/* The bytes of SP as NNG writes them. */
#include "proto/sp.h"

#include <criterion/criterion.h>

#include "base/alloc.h"

static const uint8_t rep_greeting[] = {0, 'S', 'P', 0, 0, 0x31, 0, 0};
static const uint8_t abc[] = {1, 0, 0, 0, 0, 0, 0, 0, 3, 'a', 'b', 'c'};

Test(sp, a_greeting_names_its_protocol)
{
	uint8_t greeting[PU_SP_GREETING_LEN];

	pu_sp_greeting(greeting, PU_SP_REP);
	cr_assert_arr_eq(greeting, rep_greeting, sizeof(rep_greeting));
}

Test(sp, only_the_counterparts_greeting_is_taken)
{
	cr_assert_eq(pu_sp_check_greeting(rep_greeting, PU_SP_REQ), PU_OK);
	cr_assert_eq(pu_sp_check_greeting(rep_greeting, PU_SP_REP), PU_EPROTOCOL);
	cr_assert_eq(pu_sp_check_greeting(rep_greeting, PU_SP_SUB), PU_EPROTOCOL);
}

Test(sp, no_other_byte_of_a_greeting_may_differ)
{
	for (size_t i = 0; i < PU_SP_GREETING_LEN; i++) {
		uint8_t greeting[PU_SP_GREETING_LEN];
		memcpy(greeting, rep_greeting, sizeof(greeting));
		greeting[i] ^= 0x80;
		cr_assert_eq(pu_sp_check_greeting(greeting, PU_SP_REQ), PU_EPROTOCOL);
	}
}

Test(sp, a_message_stands_after_its_head)
{
	uint8_t head[PU_SP_HEAD_LEN];

	pu_sp_head(head, 3);
	cr_assert_arr_eq(head, abc, sizeof(head));
	pu_sp_head(head, 0x01020304);
	cr_assert_arr_eq(head, ((const uint8_t[]){1, 0, 0, 0, 0, 1, 2, 3, 4}), sizeof(head));
}

Test(sp, messages_are_taken_one_after_the_other)
{
	uint8_t two[2 * sizeof(abc)] = {0};
	struct pu_bytes bytes = pu_bytes(two, sizeof(two));
	struct pu_bytes message;

	memcpy(two, abc, sizeof(abc));
	memcpy(two + sizeof(abc), abc, sizeof(abc));
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(pu_sp_next(&bytes, 3, &message), PU_OK);
		cr_assert(pu_bytes_eq(message, pu_bytes_of_str("abc")));
	}
	cr_assert_eq(bytes.len, 0);
	cr_assert_eq(pu_sp_next(&bytes, 3, &message), PU_EAGAIN);
}

Test(sp, a_message_cut_at_any_byte_waits_for_the_rest)
{
	struct pu_bytes message;

	for (size_t len = 0; len < sizeof(abc); len++) {
		uint8_t *copy = pu_alloc(len + 1);
		memcpy(copy, abc, len);
		struct pu_bytes bytes = pu_bytes(copy, len);
		cr_assert_eq(pu_sp_next(&bytes, 3, &message), PU_EAGAIN);
		cr_assert_eq(bytes.len, len);
		pu_free(copy);
	}
}

Test(sp, an_announced_length_beyond_the_bound_is_refused_at_once)
{
	static const uint8_t endless[] = {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct pu_bytes bytes = pu_bytes(abc, sizeof(abc));
	struct pu_bytes message;

	cr_assert_eq(pu_sp_next(&bytes, 2, &message), PU_ELIMIT);
	bytes = pu_bytes(endless, sizeof(endless));
	cr_assert_eq(pu_sp_next(&bytes, 1 << 20, &message), PU_ELIMIT);
}

Test(sp, what_is_no_message_is_known_by_its_first_byte)
{
	struct pu_bytes bytes = pu_bytes_of_str("GET / HTTP/1.1");
	struct pu_bytes message;

	cr_assert_eq(pu_sp_next(&bytes, 100, &message), PU_EPROTOCOL);
	bytes.len = 1;
	cr_assert_eq(pu_sp_next(&bytes, 100, &message), PU_EPROTOCOL);
}

Test(sp, a_number_has_its_highest_bit_set)
{
	uint8_t bytes[] = {0, 0, 0, 0, 'x'};
	struct pu_bytes message = pu_bytes(bytes, sizeof(bytes));
	uint32_t number;

	cr_assert_eq(pu_sp_take_number(&message, &number), PU_EPROTOCOL);
	pu_sp_put_number(bytes, 0x01020304);
	cr_assert_arr_eq(bytes, ((const uint8_t[]){0x81, 2, 3, 4}), 4);
	for (size_t len = 0; len < PU_SP_NUMBER_LEN; len++) {
		message = pu_bytes(bytes, len);
		cr_assert_eq(pu_sp_take_number(&message, &number), PU_EPROTOCOL);
	}
	message = pu_bytes(bytes, sizeof(bytes));
	cr_assert_eq(pu_sp_take_number(&message, &number), PU_OK);
	cr_assert_eq(number, 0x01020304);
	cr_assert(pu_bytes_eq(message, pu_bytes_of_str("x")));
}
