/* Knows which byte sequences are UTF-8 and which characters must not reach a terminal. */
#include "base/utf8.h"

static const struct {
	uint8_t mask, lead;
	uint32_t min;
} forms[] = {
    {0x80, 0x00, 0},
    {0xe0, 0xc0, 0x80},
    {0xf0, 0xe0, 0x800},
    {0xf8, 0xf0, 0x10000},
};

static size_t decode_form(struct pu_bytes text, size_t form, uint32_t *code)
{
	uint32_t value = text.data[0] & (uint8_t)~forms[form].mask;

	if (text.len <= form)
		return 0;
	for (size_t i = 1; i <= form; i++) {
		if ((text.data[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text.data[i] & 0x3f);
	}
	if (value < forms[form].min || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 0;
	*code = value;
	return form + 1;
}

size_t pu_utf8_decode(struct pu_bytes text, uint32_t *code)
{
	for (size_t i = 0; text.len > 0 && i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((text.data[0] & forms[i].mask) == forms[i].lead)
			return decode_form(text, i, code);
	}
	return 0;
}

bool pu_utf8_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}
