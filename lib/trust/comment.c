/* Knows how a text that may hold anything becomes a comment of one line. */
#include "trust/comment.h"

#include "base/alloc.h"
#include "base/utf8.h"

static struct pu_bytes trim(struct pu_bytes text)
{
	while (text.len > 0 && text.data[0] <= ' ')
		text = pu_bytes(text.data + 1, text.len - 1);
	while (text.len > 0 && text.data[text.len - 1] <= ' ')
		text.len--;
	return text;
}

char *pu_comment_clean(struct pu_bytes text)
{
	char *out = pu_alloc(PU_AUTHORIZED_KEYS_COMMENT_MAX + 1);
	size_t out_len = 0;

	for (text = trim(text); text.len > 0;) {
		uint32_t code = 0;
		size_t len = pu_utf8_decode(text, &code);
		size_t taken = len > 0 ? len : 1;
		bool is_kept = len > 0 && !pu_utf8_is_control(code);
		size_t adds = is_kept ? len : 1;

		if (out_len + adds > PU_AUTHORIZED_KEYS_COMMENT_MAX)
			break;
		if (is_kept)
			memcpy(out + out_len, text.data, len);
		else
			out[out_len] = len > 0 ? ' ' : '?';
		out_len += adds;
		text = pu_bytes(text.data + taken, text.len - taken);
	}
	out[out_len] = '\0';
	return out;
}
