/* UTF-8 as RFC 3629 section 4 writes it: no overlong forms, no surrogates, nothing above
 * U+10FFFF. */
#include "proto/text.h"

/* How many bytes the character at `at` has; 0 if it is none. */
static size_t char_len(const uint8_t *at, size_t left)
{
	uint8_t first = at[0];
	size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first == 0 || (first >= 0x80 && first < 0xc2) || first > 0xf4 || left < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] > 0x9f) ||
	    (first == 0xf0 && at[1] < 0x90) || (first == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

bool pu_text_valid(struct pu_bytes bytes)
{
	for (size_t i = 0; i < bytes.len;) {
		size_t len = char_len(bytes.data + i, bytes.len - i);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

void pu_text_copy(char *out, size_t size, const char *text)
{
	size_t left = strlen(text);
	size_t used = 0;

	while (left > 0) {
		size_t len = char_len((const uint8_t *)text, left);
		size_t step = len > 0 ? len : 1;
		if (used + step >= size)
			break;
		if (len > 0)
			memcpy(out + used, text, len);
		else
			out[used] = '?';
		used += step;
		text += step;
		left -= step;
	}
	out[used] = '\0';
}
