/* The address book: where peers may be reached, who said so, and how long ago. Addresses of the
 * configuration stay; learned ones are bounded, and the oldest go first. */
#ifndef NAMING_BOOK_H
#define NAMING_BOOK_H

#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "p2p/peer_id.h"

/* In the order of trust: best first. */
enum naming_source {
	NAMING_CONFIG,     /* the operator wrote it */
	NAMING_CONNECTION, /* it led to the peer */
	NAMING_IDENTIFY,   /* the peer said so */
};
/* "config", "connection", "identify". */
const char *naming_source_name(enum naming_source source);

struct naming_address {
	enum naming_source source;
	uint64_t seen_ns; /* when it was last confirmed, in the caller's clock */
	char *text;       /* multiaddr without the final /p2p */
};

struct naming_peer {
	struct pu_list_node node;
	struct pu_peer_id peer;
	bool pinned;                      /* in the configuration: never forgotten */
	struct naming_address *addresses; /* best first */
	size_t len;
};

struct naming_book {
	struct pu_map by_peer;  /* struct naming_peer */
	struct pu_list pinned;  /* in the order of pinning */
	struct pu_list learned; /* the one heard of last is the first */
	size_t learned_len;
};

void naming_book_init(struct naming_book *book);
void naming_book_fini(struct naming_book *book);

/* The configuration names this peer. */
void naming_book_pin(struct naming_book *book, const struct pu_peer_id *peer);
/* Before the configuration is read anew: nobody is pinned, no address is configured. */
void naming_book_unpin_all(struct naming_book *book);

/* An address of the peer, as multiaddr text; a final /p2p must name it. An address that is
 * there keeps its best source and becomes fresh; a configured one keeps its place. PU_EINVAL:
 * not an address, or another peer's. PU_ELIMIT: its text is over PU_FIELD_ADDRESS_MAX, or too
 * many are configured. */
enum pu_err naming_book_learn(struct naming_book *book, const struct pu_peer_id *peer,
                              const char *address, enum naming_source source,
                              uint64_t now_ns) PU_MUST_CHECK;
/* The peer is about to say all of its addresses anew: those that it said before go. */
void naming_book_forget_identified(struct naming_book *book, const struct pu_peer_id *peer);

/* Or NULL. Valid until the book changes. */
const struct naming_peer *naming_book_find(const struct naming_book *book,
                                           const struct pu_peer_id *peer);

#endif
