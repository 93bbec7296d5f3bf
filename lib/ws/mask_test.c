#include "mask.h"

#include <criterion/criterion.h>
#include <string.h>

/* As section 5.3 has it. */
static void mask_slowly(uint8_t *out, const uint8_t *in, size_t len, const uint8_t mask[4],
                        size_t from)
{
	for (size_t i = 0; i < len; i++)
		out[i] = in[i] ^ mask[(from + i) % 4];
}

Test(mask, is_the_masking_of_the_rfc_at_every_length_and_cut)
{
	static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};
	uint8_t in[200], want[200], out[200];

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 7);
	mask_slowly(want, in, sizeof(in), key, 0);
	for (size_t len = 0; len <= sizeof(in); len++) {
		for (size_t first = 0; first <= len; first++) {
			uint8_t mask[4];

			memcpy(mask, key, 4);
			memset(out, 0xee, sizeof(out));
			pu_ws_mask_copy(out, in, first, mask);
			pu_ws_mask_copy(out + first, in + first, len - first, mask);
			cr_assert(memcmp(out, want, len) == 0, "%zu and %zu", first, len - first);
			cr_assert(len == sizeof(out) || out[len] == 0xee, "wrote behind its end");
		}
	}
}

Test(mask, twice_is_none)
{
	static const char text[] = "what goes in comes out";
	uint8_t mask[4] = {1, 2, 3, 4}, again[4] = {1, 2, 3, 4};
	uint8_t masked[sizeof(text)], out[sizeof(text)];

	pu_ws_mask_copy(masked, (const uint8_t *)text, sizeof(text), mask);
	cr_assert(memcmp(masked, text, sizeof(text)) != 0);
	pu_ws_mask_copy(out, masked, sizeof(text), again);
	cr_assert_str_eq((const char *)out, text);
}
