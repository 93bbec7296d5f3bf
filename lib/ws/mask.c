/* Knows that a mask of four bytes is also one of sixty-four, and how to be quick about it. */
#include "mask.h"

#include <string.h>

#define WORD  sizeof(uint64_t)
#define BLOCK (8 * WORD)

/* Whole blocks: of a known length, so that the compiler makes vectors of them. */
static size_t copy_blocks(uint8_t *restrict out, const uint8_t *restrict in, size_t len,
                          uint64_t word)
{
	size_t at = 0;

	for (; len - at >= BLOCK; at += BLOCK) {
		uint64_t block[BLOCK / WORD];

		memcpy(block, in + at, BLOCK);
		for (size_t i = 0; i < BLOCK / WORD; i++)
			block[i] ^= word;
		memcpy(out + at, block, BLOCK);
	}
	return at;
}

static size_t copy_words(uint8_t *restrict out, const uint8_t *restrict in, size_t len,
                         uint64_t word)
{
	size_t at = 0;

	for (; len - at >= WORD; at += WORD) {
		uint64_t value;

		memcpy(&value, in + at, WORD);
		value ^= word;
		memcpy(out + at, &value, WORD);
	}
	return at;
}

static void turn(uint8_t mask[4], size_t by)
{
	uint8_t turned[4];

	for (size_t i = 0; i < 4; i++)
		turned[i] = mask[(i + by) % 4];
	memcpy(mask, turned, 4);
}

void pu_ws_mask_copy(uint8_t *out, const uint8_t *in, size_t len, uint8_t mask[4])
{
	uint8_t twice[WORD];
	uint64_t word;
	size_t at;

	memcpy(twice, mask, 4);
	memcpy(twice + 4, mask, 4);
	memcpy(&word, twice, WORD);
	at = copy_blocks(out, in, len, word);
	at += copy_words(out + at, in + at, len - at, word);
	for (; at < len; at++)
		out[at] = in[at] ^ mask[at % 4];
	turn(mask, len);
}
