/* Knows naming's messages: one handler each, in the order of the message table. */
#include "naming.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "io_ask.h"
#include "proto/codec.h"
#include "proto/limits.h"

/* What a peer and an address take in a message besides their texts. */
enum { PEER_OVERHEAD = 160, ADDRESS_OVERHEAD = 64, MESSAGE_OVERHEAD = 256 };

static bool resolve(const struct naming *naming, struct pu_request *request, const char *text,
                    struct pu_peer_id *peer, const struct naming_name **entry)
{
	if (naming_names_resolve(&naming->names, text, peer, entry) == PU_OK)
		return true;
	pu_request_fail(request, PU_ENOTFOUND, "nobody is called %s, and it is not a peer ID",
	                text);
	return false;
}

static void naming_on_resolve(void *state, struct pu_request *request, const void *message)
{
	const struct naming *naming = state;
	const struct pu_naming_resolve *question = message;
	const struct naming_name *entry;
	char peer_text[PU_PEER_ID_TEXT_MAX];
	struct pu_peer_id peer;

	if (!resolve(naming, request, question->name, &peer, &entry))
		return;
	pu_request_answer(
	    request,
	    &(struct pu_naming_resolved){
	        .name = entry != NULL ? entry->name : naming_names_of(&naming->names, &peer),
	        .peer_id = pu_peer_id_print(&peer, peer_text),
	        .source = entry != NULL ? "config" : "peer_id",
	    });
}

/* ---- addresses ---- */

/* `out` has room for entry->len. */
static void show_addresses(const struct naming_peer *entry, uint64_t now_ns,
                           struct pu_naming_address *out)
{
	for (size_t i = 0; i < entry->len; i++) {
		const struct naming_address *address = &entry->addresses[i];

		out[i] = (struct pu_naming_address){
		    .address = address->text,
		    .source = naming_source_name(address->source),
		    .age_ms = (now_ns - address->seen_ns) / PU_NS_PER_MS,
		};
	}
}

static void naming_on_addresses(void *state, struct pu_request *request, const void *message)
{
	const struct naming *naming = state;
	const struct pu_naming_addresses *question = message;
	struct pu_naming_address addresses[PU_FIELD_ADDRESSES_MAX];
	const struct naming_peer *entry;
	char peer_text[PU_PEER_ID_TEXT_MAX];
	struct pu_peer_id peer;

	if (!resolve(naming, request, question->peer, &peer, NULL))
		return;
	entry = naming_book_find(&naming->book, &peer);
	if (entry != NULL)
		show_addresses(entry, pu_now_ns(), addresses);
	pu_request_answer(
	    request, &(struct pu_naming_known){
	                 .name = naming_names_of(&naming->names, &peer),
	                 .peer_id = pu_peer_id_print(&peer, peer_text),
	                 .addresses = {.items = addresses, .len = entry != NULL ? entry->len : 0},
	             });
}

/* ---- the list ---- */

struct listing {
	const struct naming *naming;
	uint64_t now_ns;
	size_t room; /* bytes of the message */
	size_t len, left_out;
	struct listed {
		char peer_text[PU_PEER_ID_TEXT_MAX];
		struct pu_naming_address addresses[PU_FIELD_ADDRESSES_MAX];
	} * texts;
	struct pu_naming_known *items;
	size_t max;
};

static size_t size_of(const struct naming_peer *entry)
{
	size_t size = PEER_OVERHEAD;

	for (size_t i = 0; i < entry->len; i++)
		size += ADDRESS_OVERHEAD + strlen(entry->addresses[i].text);
	return size;
}

static void list_one(struct listing *listing, const struct naming_peer *entry)
{
	size_t size = size_of(entry);
	struct listed *texts;

	if (listing->len == listing->max || size > listing->room) {
		listing->left_out++;
		return;
	}
	texts = &listing->texts[listing->len];
	listing->room -= size;
	show_addresses(entry, listing->now_ns, texts->addresses);
	listing->items[listing->len++] = (struct pu_naming_known){
	    .name = naming_names_of(&listing->naming->names, &entry->peer),
	    .peer_id = pu_peer_id_print(&entry->peer, texts->peer_text),
	    .addresses = {.items = texts->addresses, .len = entry->len},
	};
}

/* Configured peers first, then those heard of last. */
static void naming_on_list(void *state, struct pu_request *request, const void *message)
{
	const struct naming *naming = state;
	struct listing listing = {
	    .naming = naming,
	    .now_ns = pu_now_ns(),
	    .room = PU_MESSAGE_MAX - MESSAGE_OVERHEAD,
	    .max = pu_map_len(&naming->book.by_peer),
	};

	(void)message;
	if (listing.max > PU_FIELD_PEERS_MAX)
		listing.max = PU_FIELD_PEERS_MAX;
	listing.texts = pu_calloc(listing.max, sizeof(*listing.texts));
	listing.items = pu_calloc(listing.max, sizeof(*listing.items));
	PU_LIST_FOREACH(it, &naming->book.pinned)
		list_one(&listing, PU_LIST_ENTRY(it, struct naming_peer, node));
	PU_LIST_FOREACH(it, &naming->book.learned)
		list_one(&listing, PU_LIST_ENTRY(it, struct naming_peer, node));
	if (listing.left_out > 0)
		pu_warn("naming.list_cut", "listed=%zu left_out=%zu", listing.len, listing.left_out);
	pu_request_answer(request, &(struct pu_naming_peers){
	                               .peers = {.items = listing.items, .len = listing.len},
	                           });
	pu_free(listing.items);
	pu_free(listing.texts);
}

static void naming_on_services(void *state, struct pu_request *request, const void *message)
{
	struct naming *naming = state;
	const struct pu_naming_services *question = message;
	struct pu_peer_id peer;

	if (resolve(naming, request, question->peer, &peer, NULL))
		naming_ask_start(naming, request, &peer);
}

const struct pu_handler naming_handlers[] = {
    {PU_MSG_NAMING_RESOLVE, naming_on_resolve},
    {PU_MSG_NAMING_ADDRESSES, naming_on_addresses},
    {PU_MSG_NAMING_LIST, naming_on_list},
    {PU_MSG_NAMING_SERVICES, naming_on_services},
};
const size_t naming_handlers_len = PU_ARRAY_LEN(naming_handlers);
