/* Text that strangers send. This file knows that all of it must be fit for a terminal. */
#include "p2p/text.h"

#include "base/utf8.h"

bool pu_text_is_printable(struct pu_bytes text)
{
	while (text.len > 0) {
		uint32_t code;
		size_t len = pu_utf8_decode(text, &code);

		if (len == 0 || pu_utf8_is_control(code))
			return false;
		text = pu_bytes(text.data + len, text.len - len);
	}
	return true;
}
