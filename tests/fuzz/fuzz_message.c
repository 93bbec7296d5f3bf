/* Any bytes through the decoder; what it takes must encode, and decode to the same again. */
#include <stdlib.h>

#include "base/alloc.h"
#include "proto/codec.h"
#include "proto/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct pu_message *first)
{
	struct pu_decoder *decoder = pu_decoder_new();
	struct pu_message second;
	struct pu_buffer buffer;

	pu_buffer_init(&buffer, 4 * PU_MESSAGE_MAX);
	enum pu_err err = pu_encode(&buffer, first->row->id, first->body);
	if (err == PU_OK) {
		if (pu_decode(decoder, pu_buffer_bytes(&buffer), &second) != PU_OK ||
		    second.row != first->row ||
		    !pu_sample_eq(first->row->shape, first->body, second.body))
			abort();
		pu_buffer_clear(&buffer);
		if (pu_message_to_json(first, &buffer) != PU_OK && buffer.len != 0)
			abort();
	} else if (err != PU_ELIMIT) {
		abort(); /* with all optional fields it may have become too long, and that is all */
	}
	pu_buffer_fini(&buffer);
	pu_decoder_free(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pu_decoder *decoder = pu_decoder_new();
	struct pu_message message;

	enum pu_err err = pu_decode(decoder, pu_bytes(data, size), &message);
	if (err == PU_OK)
		check_again(&message);
	else if (pu_decoder_error(decoder)[0] == '\0' || err == PU_ETRUNCATED)
		abort();
	pu_decoder_free(decoder);
	return 0;
}
