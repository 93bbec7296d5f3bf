/* Any bytes are a list of services or are refused; what is a list comes back the same when it
 * is written and read again. */
#include <stdlib.h>

#include "discovery.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_same(const struct naming_offers *a, const struct naming_offers *b)
{
	require(a->len == b->len);
	for (size_t i = 0; i < a->len; i++) {
		require(strcmp(a->items[i].name, b->items[i].name) == 0);
		require(strcmp(a->items[i].protocol, b->items[i].protocol) == 0);
		require(a->items[i].tags.len == b->items[i].tags.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct naming_offers first, second;
	struct pu_buffer again;

	if (naming_offers_decode(pu_bytes(data, size), &first) != PU_OK)
		return 0;
	pu_buffer_init(&again, NAMING_OFFERS_BYTES_MAX + 16);
	require(naming_offers_encode(first.items, first.len, &again) == PU_OK);
	require(naming_offers_decode(pu_buffer_bytes(&again), &second) == PU_OK);
	check_same(&first, &second);
	naming_offers_fini(&second);
	naming_offers_fini(&first);
	pu_buffer_fini(&again);
	return 0;
}
