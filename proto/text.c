/* Texts of other processes: what is passed on, and what is made of the rest. */
#include "proto/text.h"

#include "base/utf8.h"

/* How many bytes the character at `at` has; 0 if it is none, or NUL. */
static size_t char_len(const void *at, size_t left)
{
	uint32_t code;
	size_t len = pu_utf8_decode(pu_bytes(at, left), &code);

	return len > 0 && code != 0 ? len : 0;
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
		size_t len = char_len(text, left);
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
