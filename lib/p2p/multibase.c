/* Text forms of bytes. This file knows the alphabets, and the two ways of the bases: those
 * of a power of two cut the bits into groups, base58 and base36 divide one big number. */
#include "p2p/multibase.h"

#include "base/alloc.h"
#include "p2p/limits.h"

/* Digits of PU_BASE_QUADRATIC_MAX bytes in base36, the longer of the two. */
#define DIGITS_MAX (PU_BASE_QUADRATIC_MAX * 8 / 5 + 1)

static const struct base_row {
	enum pu_base base;
	unsigned bits; /* per character; 0 = not a power of two */
	unsigned radix;
	const char *alphabet;
} base_rows[] = {
    {PU_BASE16, 4, 16, "0123456789abcdef"},
    {PU_BASE32, 5, 32, "abcdefghijklmnopqrstuvwxyz234567"},
    {PU_BASE36, 0, 36, "0123456789abcdefghijklmnopqrstuvwxyz"},
    {PU_BASE58BTC, 0, 58, "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"},
    {PU_BASE64, 6, 64, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"},
    {PU_BASE64URL, 6, 64, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"},
};

static const struct base_row *find_row(int prefix)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(base_rows); i++) {
		if ((int)base_rows[i].base == prefix)
			return &base_rows[i];
	}
	return NULL;
}

/* -1: not in the alphabet. */
static int digit_of(const struct base_row *row, uint8_t character)
{
	const char *at = character ? strchr(row->alphabet, character) : NULL;

	return at ? (int)(at - row->alphabet) : -1;
}

static void encode_bits(const struct base_row *row, struct pu_bytes bytes,
                        struct pu_writer *out)
{
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		bits = bits << 8 | bytes.data[i];
		for (have += 8; have >= row->bits; have -= row->bits) {
			unsigned digit = bits >> (have - row->bits) & (row->radix - 1);
			pu_writer_put_byte(out, (uint8_t)row->alphabet[digit]);
		}
		bits &= (1u << have) - 1;
	}
	if (have > 0) {
		unsigned digit = bits << (row->bits - have) & (row->radix - 1);
		pu_writer_put_byte(out, (uint8_t)row->alphabet[digit]);
	}
}

static enum pu_err decode_bits(const struct base_row *row, struct pu_bytes text,
                               struct pu_writer *out)
{
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < text.len; i++) {
		int digit = digit_of(row, text.data[i]);
		if (digit < 0)
			return PU_EMALFORMED;
		bits = bits << row->bits | (unsigned)digit;
		have += row->bits;
		if (have >= 8) {
			have -= 8;
			pu_writer_put_byte(out, (uint8_t)(bits >> have));
			bits &= (1u << have) - 1;
		}
	}
	/* What is left is padding: less than a character, and zero. */
	return have < row->bits && bits == 0 ? PU_OK : PU_EMALFORMED;
}

/* number = number * factor + add, over `len` digits of `radix`, least significant first.
 * Returns the new length. */
static size_t multiply_add(uint8_t *number, size_t len, unsigned radix, unsigned factor,
                           unsigned add)
{
	unsigned carry = add;

	for (size_t i = 0; i < len; i++) {
		carry += number[i] * factor;
		number[i] = (uint8_t)(carry % radix);
		carry /= radix;
	}
	for (; carry > 0; carry /= radix)
		number[len++] = (uint8_t)(carry % radix);
	return len;
}

static size_t count_leading(struct pu_bytes bytes, uint8_t value)
{
	size_t count = 0;

	while (count < bytes.len && bytes.data[count] == value)
		count++;
	return count;
}

static enum pu_err encode_number(const struct base_row *row, struct pu_bytes bytes,
                                 struct pu_writer *out)
{
	uint8_t digits[DIGITS_MAX];
	size_t len = 0;

	if (bytes.len > PU_BASE_QUADRATIC_MAX)
		return PU_ELIMIT;
	for (size_t i = 0; i < bytes.len; i++)
		len = multiply_add(digits, len, row->radix, 256, bytes.data[i]);
	for (size_t zeros = count_leading(bytes, 0); zeros > 0; zeros--)
		pu_writer_put_byte(out, (uint8_t)row->alphabet[0]);
	while (len > 0)
		pu_writer_put_byte(out, (uint8_t)row->alphabet[digits[--len]]);
	return PU_OK;
}

static enum pu_err decode_number(const struct base_row *row, struct pu_bytes text,
                                 struct pu_writer *out)
{
	uint8_t number[DIGITS_MAX + 1];
	size_t len = 0;

	if (text.len > DIGITS_MAX)
		return PU_ELIMIT;
	for (size_t i = 0; i < text.len; i++) {
		int digit = digit_of(row, text.data[i]);
		if (digit < 0)
			return PU_EMALFORMED;
		len = multiply_add(number, len, 256, row->radix, (unsigned)digit);
	}
	for (size_t zeros = count_leading(text, (uint8_t)row->alphabet[0]); zeros > 0; zeros--)
		pu_writer_put_byte(out, 0);
	while (len > 0)
		pu_writer_put_byte(out, number[--len]);
	return PU_OK;
}

enum pu_err pu_base_encode(enum pu_base base, struct pu_bytes bytes, struct pu_writer *out)
{
	const struct base_row *row = find_row((int)base);
	enum pu_err err = PU_OK;

	if (!row)
		return PU_EUNSUPPORTED;
	if (row->bits > 0)
		encode_bits(row, bytes, out);
	else
		err = encode_number(row, bytes, out);
	return err == PU_OK ? pu_writer_check(out) : err;
}

enum pu_err pu_base_decode(enum pu_base base, struct pu_bytes text, struct pu_writer *out)
{
	const struct base_row *row = find_row((int)base);
	enum pu_err err;

	if (!row)
		return PU_EUNSUPPORTED;
	err = row->bits > 0 ? decode_bits(row, text, out) : decode_number(row, text, out);
	return err == PU_OK ? pu_writer_check(out) : err;
}

enum pu_err pu_multibase_encode(enum pu_base base, struct pu_bytes bytes, struct pu_writer *out)
{
	pu_writer_put_byte(out, (uint8_t)base);
	return pu_base_encode(base, bytes, out);
}

enum pu_err pu_multibase_decode(struct pu_bytes text, struct pu_writer *out)
{
	const struct base_row *row;

	if (text.len == 0)
		return PU_EMALFORMED;
	row = find_row(text.data[0]);
	if (!row)
		return PU_EUNSUPPORTED;
	return pu_base_decode(row->base, pu_bytes(text.data + 1, text.len - 1), out);
}
