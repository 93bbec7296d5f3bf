/* Any bytes as what comes through one connection: views stay inside, every step makes way. */
#include <stdlib.h>

#include "proto/sp.h"

#define MESSAGE_MAX 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_messages(struct pu_bytes bytes)
{
	struct pu_bytes message;
	uint32_t number;

	for (size_t before = bytes.len; pu_sp_next(&bytes, MESSAGE_MAX, &message) == PU_OK;
	     before = bytes.len) {
		if (before - bytes.len != message.len + PU_SP_HEAD_LEN || message.len > MESSAGE_MAX)
			abort();
		const uint8_t *end = message.data + message.len;
		if (pu_sp_take_number(&message, &number) == PU_OK &&
		    (number > PU_SP_NUMBER_MASK || message.data + message.len != end))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pu_bytes bytes = pu_bytes(data, size);

	if (size >= PU_SP_GREETING_LEN && pu_sp_check_greeting(data, PU_SP_REP) == PU_OK)
		bytes = pu_bytes(data + PU_SP_GREETING_LEN, size - PU_SP_GREETING_LEN);
	take_messages(bytes);
	return 0;
}
