/* The bytes of SP: greetings, heads and numbers. */
#include "proto/sp.h"

#define MESSAGE_KIND 1 /* before its length: the only kind there is */
#define NUMBER_BIT   0x80000000u

static void put_big_endian(uint8_t *out, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
}

static uint64_t get_big_endian(const uint8_t *in, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | in[i];
	return value;
}

void pu_sp_greeting(uint8_t greeting[PU_SP_GREETING_LEN], enum pu_sp own)
{
	const uint8_t bytes[PU_SP_GREETING_LEN] = {0, 'S', 'P', 0, 0, (uint8_t)own, 0, 0};

	memcpy(greeting, bytes, sizeof(bytes));
}

enum pu_err pu_sp_check_greeting(const uint8_t greeting[PU_SP_GREETING_LEN], enum pu_sp own)
{
	/* Counterparts differ in the lowest bit. */
	uint8_t wanted[PU_SP_GREETING_LEN];

	pu_sp_greeting(wanted, (enum pu_sp)(own ^ 1u));
	return memcmp(greeting, wanted, sizeof(wanted)) == 0 ? PU_OK : PU_EPROTOCOL;
}

void pu_sp_head(uint8_t head[PU_SP_HEAD_LEN], size_t len)
{
	head[0] = MESSAGE_KIND;
	put_big_endian(head + 1, len, sizeof(uint64_t));
}

enum pu_err pu_sp_next(struct pu_bytes *bytes, size_t max, struct pu_bytes *message)
{
	if (bytes->len > 0 && bytes->data[0] != MESSAGE_KIND)
		return PU_EPROTOCOL;
	if (bytes->len < PU_SP_HEAD_LEN)
		return PU_EAGAIN;
	uint64_t len = get_big_endian(bytes->data + 1, sizeof(uint64_t));
	if (len > max)
		return PU_ELIMIT;
	if (bytes->len - PU_SP_HEAD_LEN < len)
		return PU_EAGAIN;
	*message = pu_bytes(bytes->data + PU_SP_HEAD_LEN, (size_t)len);
	*bytes = pu_bytes(message->data + len, bytes->len - PU_SP_HEAD_LEN - (size_t)len);
	return PU_OK;
}

void pu_sp_put_number(uint8_t out[PU_SP_NUMBER_LEN], uint32_t number)
{
	put_big_endian(out, number | NUMBER_BIT, PU_SP_NUMBER_LEN);
}

enum pu_err pu_sp_take_number(struct pu_bytes *message, uint32_t *number)
{
	if (message->len < PU_SP_NUMBER_LEN)
		return PU_EPROTOCOL;
	uint32_t word = (uint32_t)get_big_endian(message->data, PU_SP_NUMBER_LEN);
	if ((word & NUMBER_BIT) == 0)
		return PU_EPROTOCOL;
	*number = word & PU_SP_NUMBER_MASK;
	*message = pu_bytes(message->data + PU_SP_NUMBER_LEN, message->len - PU_SP_NUMBER_LEN);
	return PU_OK;
}
