/* Knows which addresses of a peer are worth keeping, and which go when there are too many. */
#include "book.h"

#include <string.h>

#include "base/alloc.h"
#include "limits.h"
#include "p2p/multiaddr.h"
#include "proto/limits.h"

const char *naming_source_name(enum naming_source source)
{
	static const char *const names[] = {
	    [NAMING_CONFIG] = "config",
	    [NAMING_CONNECTION] = "connection",
	    [NAMING_IDENTIFY] = "identify",
	};

	return names[source];
}

void naming_book_init(struct naming_book *book)
{
	pu_map_init(&book->by_peer);
	pu_list_init(&book->pinned);
	pu_list_init(&book->learned);
	book->learned_len = 0;
}

static void drop_address(struct naming_peer *entry, size_t i)
{
	pu_free(entry->addresses[i].text);
	entry->len--;
	memmove(&entry->addresses[i], &entry->addresses[i + 1],
	        (entry->len - i) * sizeof(entry->addresses[0]));
}

static void unlink_entry(struct naming_book *book, struct naming_peer *entry)
{
	if (!pu_list_linked(&entry->node))
		return;
	pu_list_remove(&entry->node);
	if (!entry->pinned)
		book->learned_len--;
}

static void drop_peer(struct naming_book *book, struct naming_peer *entry)
{
	unlink_entry(book, entry);
	pu_map_del(&book->by_peer, pu_peer_id_bytes(&entry->peer));
	while (entry->len > 0)
		drop_address(entry, entry->len - 1);
	pu_free(entry->addresses);
	pu_free(entry);
}

void naming_book_fini(struct naming_book *book)
{
	PU_LIST_FOREACH(it, &book->pinned)
		drop_peer(book, PU_LIST_ENTRY(it, struct naming_peer, node));
	PU_LIST_FOREACH(it, &book->learned)
		drop_peer(book, PU_LIST_ENTRY(it, struct naming_peer, node));
	pu_map_fini(&book->by_peer);
}

static struct naming_peer *find(const struct naming_book *book, const struct pu_peer_id *peer)
{
	return pu_map_get(&book->by_peer, pu_peer_id_bytes(peer));
}

const struct naming_peer *naming_book_find(const struct naming_book *book,
                                           const struct pu_peer_id *peer)
{
	return find(book, peer);
}

static struct naming_peer *find_or_add(struct naming_book *book, const struct pu_peer_id *peer)
{
	struct naming_peer *entry = find(book, peer);

	if (entry != NULL)
		return entry;
	entry = PU_NEW(struct naming_peer);
	entry->peer = *peer;
	pu_map_put(&book->by_peer, pu_peer_id_bytes(&entry->peer), entry);
	return entry;
}

/* To the front of those that may be forgotten, whose last ones go when they are too many. */
static void touch(struct naming_book *book, struct naming_peer *entry)
{
	if (entry->pinned)
		return;
	unlink_entry(book, entry);
	pu_list_prepend(&book->learned, &entry->node);
	book->learned_len++;
	while (book->learned_len > NAMING_LEARNED_PEERS_MAX)
		drop_peer(book, PU_LIST_ENTRY(book->learned.head.prev, struct naming_peer, node));
}

void naming_book_pin(struct naming_book *book, const struct pu_peer_id *peer)
{
	struct naming_peer *entry = find_or_add(book, peer);

	if (entry->pinned)
		return;
	unlink_entry(book, entry);
	entry->pinned = true;
	pu_list_append(&book->pinned, &entry->node);
}

static size_t count(const struct naming_peer *entry, bool configured)
{
	size_t found = 0;

	for (size_t i = 0; i < entry->len; i++)
		found += (entry->addresses[i].source == NAMING_CONFIG) == configured;
	return found;
}

static void drop_source(struct naming_peer *entry, enum naming_source source)
{
	for (size_t i = entry->len; i > 0; i--) {
		if (entry->addresses[i - 1].source == source)
			drop_address(entry, i - 1);
	}
}

void naming_book_unpin_all(struct naming_book *book)
{
	PU_LIST_FOREACH(it, &book->pinned) {
		struct naming_peer *entry = PU_LIST_ENTRY(it, struct naming_peer, node);

		drop_source(entry, NAMING_CONFIG);
		unlink_entry(book, entry);
		entry->pinned = false;
		if (entry->len > 0)
			touch(book, entry);
		else
			drop_peer(book, entry);
	}
}

/* The one form in which addresses are compared and shown. */
static enum pu_err normalise(const struct pu_peer_id *peer, const char *address, char *out)
{
	struct pu_multiaddr multiaddr;
	struct pu_peer_id named;

	if (pu_multiaddr_parse(address, &multiaddr) != PU_OK)
		return PU_EINVAL;
	if (pu_multiaddr_peer(&multiaddr, &named) == PU_OK) {
		if (!pu_peer_id_eq(&named, peer))
			return PU_EINVAL;
		pu_multiaddr_strip_peer(&multiaddr);
	}
	if (multiaddr.len == 0)
		return PU_EINVAL;
	pu_multiaddr_print(&multiaddr, out);
	return strlen(out) <= PU_FIELD_ADDRESS_MAX ? PU_OK : PU_ELIMIT;
}

/* Configured ones keep their order; of the others the freshest is the best of its source. */
static bool is_better(const struct naming_address *a, const struct naming_address *b)
{
	if (a->source != b->source)
		return a->source < b->source;
	return a->source != NAMING_CONFIG && a->seen_ns >= b->seen_ns;
}

static void insert(struct naming_peer *entry, struct naming_address address)
{
	size_t i = 0;

	entry->addresses =
	    pu_realloc(entry->addresses, entry->len + 1, sizeof(entry->addresses[0]));
	while (i < entry->len && !is_better(&address, &entry->addresses[i]))
		i++;
	memmove(&entry->addresses[i + 1], &entry->addresses[i],
	        (entry->len - i) * sizeof(entry->addresses[0]));
	entry->addresses[i] = address;
	entry->len++;
}

/* The place of an address; the number of addresses if it has none. */
static size_t place_of(const struct naming_peer *entry, const char *text)
{
	size_t i = 0;

	while (i < entry->len && strcmp(entry->addresses[i].text, text) != 0)
		i++;
	return i;
}

/* The list is ordered: the last one is the worst and the oldest. */
static enum pu_err make_room(struct naming_peer *entry, enum naming_source source)
{
	if (source == NAMING_CONFIG)
		return count(entry, true) < NAMING_CONFIG_ADDRESSES_MAX ? PU_OK : PU_ELIMIT;
	if (count(entry, false) == NAMING_LEARNED_ADDRESSES_MAX)
		drop_address(entry, entry->len - 1);
	return PU_OK;
}

/* An address that is there keeps its best source; a configured one its place, too. */
static enum pu_err put(struct naming_peer *entry, struct naming_address address)
{
	size_t i = place_of(entry, address.text);
	enum pu_err err;

	if (i < entry->len && entry->addresses[i].source == NAMING_CONFIG) {
		entry->addresses[i].seen_ns = address.seen_ns;
		return PU_OK;
	}
	if (i < entry->len) {
		if (entry->addresses[i].source < address.source)
			address.source = entry->addresses[i].source;
		drop_address(entry, i);
	}
	err = make_room(entry, address.source);
	if (err == PU_OK) {
		address.text = pu_strdup(address.text);
		insert(entry, address);
	}
	return err;
}

enum pu_err naming_book_learn(struct naming_book *book, const struct pu_peer_id *peer,
                              const char *address, enum naming_source source, uint64_t now_ns)
{
	char text[PU_MULTIADDR_TEXT_MAX];
	const struct naming_address learned = {.source = source, .seen_ns = now_ns, .text = text};
	enum pu_err err = normalise(peer, address, text);
	struct naming_peer *entry;

	if (err != PU_OK)
		return err;
	if (source == NAMING_CONFIG)
		naming_book_pin(book, peer);
	entry = find_or_add(book, peer);
	err = put(entry, learned);
	touch(book, entry);
	return err;
}

void naming_book_forget_identified(struct naming_book *book, const struct pu_peer_id *peer)
{
	struct naming_peer *entry = find(book, peer);

	if (entry == NULL)
		return;
	drop_source(entry, NAMING_IDENTIFY);
	if (entry->len == 0 && !entry->pinned)
		drop_peer(book, entry);
}
