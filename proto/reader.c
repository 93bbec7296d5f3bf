/* The heads of msgpack values: https://github.com/msgpack/msgpack/blob/master/spec.md,
 * "Formats". */
#include "proto/reader.h"

static size_t left(const struct pu_reader *reader)
{
	return (size_t)(reader->end - reader->at);
}

/* Big-endian number of 1, 2, 4 or 8 bytes. */
static enum pu_err take_number(struct pu_reader *reader, size_t width, uint64_t *number)
{
	uint64_t value = 0;

	if (left(reader) < width)
		return PU_ETRUNCATED;
	for (size_t i = 0; i < width; i++)
		value = value << 8 | *reader->at++;
	*number = value;
	return PU_OK;
}

static enum pu_err take_bytes(struct pu_reader *reader, uint64_t len, enum pu_token_kind kind,
                              struct pu_token *token)
{
	if (left(reader) < len)
		return PU_ETRUNCATED;
	token->kind = kind;
	token->bytes = pu_bytes(reader->at, (size_t)len);
	reader->at += len;
	return PU_OK;
}

/* Every entry takes a byte at least (a pair two), so a count beyond that is a lie. */
static enum pu_err take_count(const struct pu_reader *reader, uint64_t count,
                              enum pu_token_kind kind, struct pu_token *token)
{
	uint64_t bytes = kind == PU_TOKEN_MAP ? 2 * count : count;

	if (left(reader) < bytes)
		return PU_ETRUNCATED;
	token->kind = kind;
	token->count = (uint32_t)count;
	return PU_OK;
}

static enum pu_err take_sized(struct pu_reader *reader, size_t width, enum pu_token_kind kind,
                              struct pu_token *token)
{
	uint64_t len;

	enum pu_err err = take_number(reader, width, &len);
	if (err != PU_OK)
		return err;
	if (kind == PU_TOKEN_ARRAY || kind == PU_TOKEN_MAP)
		return take_count(reader, len, kind, token);
	return take_bytes(reader, len, kind, token);
}

static enum pu_err take_uint(struct pu_reader *reader, size_t width, struct pu_token *token)
{
	token->kind = PU_TOKEN_UINT;
	return take_number(reader, width, &token->number);
}

static void set_signed(struct pu_token *token, int64_t value)
{
	token->kind = value < 0 ? PU_TOKEN_INT : PU_TOKEN_UINT;
	token->negative = value < 0 ? value : 0;
	token->number = value < 0 ? 0 : (uint64_t)value;
}

static enum pu_err take_int(struct pu_reader *reader, size_t width, struct pu_token *token)
{
	uint64_t number;

	enum pu_err err = take_number(reader, width, &number);
	if (err != PU_OK)
		return err;
	unsigned shift = 64 - 8 * (unsigned)width;
	set_signed(token, (int64_t)(number << shift) >> shift);
	return PU_OK;
}

/* Extensions: a type byte, then `len` bytes. */
static enum pu_err take_ext(struct pu_reader *reader, uint64_t len, struct pu_token *token)
{
	return take_bytes(reader, len + 1, PU_TOKEN_OTHER, token);
}

static enum pu_err take_sized_ext(struct pu_reader *reader, size_t width,
                                  struct pu_token *token)
{
	uint64_t len;

	enum pu_err err = take_number(reader, width, &len);
	return err == PU_OK ? take_ext(reader, len, token) : err;
}

/* Heads 0xc0 to 0xdf. */
static enum pu_err take_by_head(struct pu_reader *reader, uint8_t head, struct pu_token *token)
{
	switch (head) {
	case 0xc0:
		token->kind = PU_TOKEN_NIL;
		return PU_OK;
	case 0xc2:
	case 0xc3:
		token->kind = PU_TOKEN_BOOL;
		token->truth = head == 0xc3;
		return PU_OK;
	case 0xc4:
	case 0xc5:
	case 0xc6:
		return take_sized(reader, (size_t)1 << (head - 0xc4), PU_TOKEN_BIN, token);
	case 0xc7:
	case 0xc8:
	case 0xc9:
		return take_sized_ext(reader, (size_t)1 << (head - 0xc7), token);
	case 0xca:
	case 0xcb:
		return take_bytes(reader, head == 0xca ? 4 : 8, PU_TOKEN_OTHER, token);
	case 0xcc:
	case 0xcd:
	case 0xce:
	case 0xcf:
		return take_uint(reader, (size_t)1 << (head - 0xcc), token);
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3:
		return take_int(reader, (size_t)1 << (head - 0xd0), token);
	case 0xd4:
	case 0xd5:
	case 0xd6:
	case 0xd7:
	case 0xd8:
		return take_ext(reader, UINT64_C(1) << (head - 0xd4), token);
	case 0xd9:
	case 0xda:
	case 0xdb:
		return take_sized(reader, (size_t)1 << (head - 0xd9), PU_TOKEN_STR, token);
	case 0xdc:
	case 0xdd:
		return take_sized(reader, (size_t)2 << (head - 0xdc), PU_TOKEN_ARRAY, token);
	case 0xde:
	case 0xdf:
		return take_sized(reader, (size_t)2 << (head - 0xde), PU_TOKEN_MAP, token);
	default:
		return PU_EMALFORMED; /* 0xc1 is never used */
	}
}

enum pu_err pu_reader_next(struct pu_reader *reader, struct pu_token *token)
{
	if (reader->at == reader->end)
		return PU_ETRUNCATED;
	uint8_t head = *reader->at++;
	*token = (struct pu_token){.kind = PU_TOKEN_UINT, .number = head};
	if (head < 0x80)
		return PU_OK;
	if (head < 0x90)
		return take_count(reader, head & 0x0f, PU_TOKEN_MAP, token);
	if (head < 0xa0)
		return take_count(reader, head & 0x0f, PU_TOKEN_ARRAY, token);
	if (head < 0xc0)
		return take_bytes(reader, head & 0x1f, PU_TOKEN_STR, token);
	if (head >= 0xe0) {
		set_signed(token, (int64_t)head - 256);
		return PU_OK;
	}
	return take_by_head(reader, head, token);
}

enum pu_err pu_reader_skip(struct pu_reader *reader, unsigned depth)
{
	struct pu_token token;

	enum pu_err err = pu_reader_next(reader, &token);
	if (err != PU_OK)
		return err;
	uint64_t values = token.kind == PU_TOKEN_MAP ? 2 * (uint64_t)token.count : token.count;
	if (values > 0 && depth == 0)
		return PU_ELIMIT;
	for (uint64_t i = 0; i < values; i++) {
		err = pu_reader_skip(reader, depth - 1);
		if (err != PU_OK)
			return err;
	}
	return PU_OK;
}
