/* Knows which headers there are. */
#include "mux/yamux_frame.h"

#include <criterion/criterion.h>

static enum pu_err read_bytes(const char *bytes, struct pu_yamux_header *out)
{
	return pu_yamux_header_read(pu_bytes(bytes, PU_YAMUX_HEADER_LEN), out);
}

Test(mux_yamux_frame, the_first_frames_of_a_js_listener_are_understood)
{
	struct pu_yamux_header header;

	cr_assert_eq(read_bytes("\0\2\0\1\0\0\0\0\0\0\0", &header), PU_OK);
	cr_assert(header.type == PU_YAMUX_PING && header.flags == PU_YAMUX_SYN);
	cr_assert(header.id == 0 && header.len == 0);
	cr_assert_eq(read_bytes("\0\1\0\1\0\0\0\2\0\0\0", &header), PU_OK);
	cr_assert(header.type == PU_YAMUX_WINDOW && header.flags == PU_YAMUX_SYN);
	cr_assert(header.id == 2 && header.len == 0);
}

Test(mux_yamux_frame, what_was_written_is_read_again)
{
	const struct pu_yamux_header in = {PU_YAMUX_DATA, PU_YAMUX_FIN | PU_YAMUX_ACK, 0x12345678,
	                                   0xfedcba98};
	const uint8_t expected[] = {0, 0, 0, 6, 0x12, 0x34, 0x56, 0x78, 0xfe, 0xdc, 0xba, 0x98};
	uint8_t bytes[PU_YAMUX_HEADER_LEN];
	struct pu_yamux_header out;

	pu_yamux_header_write(&in, bytes);
	cr_assert_arr_eq(bytes, expected, sizeof(bytes));
	cr_assert_eq(pu_yamux_header_read(pu_bytes(bytes, sizeof(bytes)), &out), PU_OK);
	cr_assert(out.type == in.type && out.flags == in.flags && out.id == in.id &&
	          out.len == in.len);
}

Test(mux_yamux_frame, cut_anywhere_is_truncated_and_leaves_the_output_alone)
{
	const uint8_t bytes[PU_YAMUX_HEADER_LEN] = {0, 1, 0, 1, 0, 0, 0, 1};
	struct pu_yamux_header out = {.id = 77};

	for (size_t len = 0; len < sizeof(bytes); len++) {
		uint8_t *copy = malloc(len + 1);

		memcpy(copy + 1, bytes, len); /* ends with the block */
		cr_assert_eq(pu_yamux_header_read(pu_bytes(copy + 1, len), &out), PU_ETRUNCATED);
		free(copy);
	}
	cr_assert_eq(out.id, 77);
}

Test(mux_yamux_frame, what_cannot_be_is_refused)
{
	static const struct {
		const char *bytes, *why;
	} cases[] = {
	    {"\1\0\0\0\0\0\0\1\0\0\0", "version"},
	    {"\0\4\0\0\0\0\0\1\0\0\0", "type"},
	    {"\0\0\0\20\0\0\0\1\0\0\0", "unknown flag"},
	    {"\0\0\1\0\0\0\0\1\0\0\0", "unknown flag, high byte"},
	    {"\0\0\0\3\0\0\0\1\0\0\0", "opening and opened"},
	    {"\0\0\0\0\0\0\0\0\0\0\0", "data of the session"},
	    {"\0\1\0\0\0\0\0\0\0\0\0", "window of the session"},
	    {"\0\2\0\1\0\0\0\1\0\0\0", "ping of a stream"},
	    {"\0\2\0\0\0\0\0\0\0\0\0", "ping that neither asks nor answers"},
	    {"\0\2\0\3\0\0\0\0\0\0\0", "ping that asks and answers"},
	    {"\0\2\0\4\0\0\0\0\0\0\0", "ping with FIN"},
	    {"\0\3\0\0\0\0\0\1\0\0\0", "goaway of a stream"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pu_yamux_header header;

		cr_assert_eq(read_bytes(cases[i].bytes, &header), PU_EMALFORMED, "%s", cases[i].why);
	}
}
