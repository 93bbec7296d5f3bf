/* A circuit at its relay: two substreams whose bytes are moved from one to the other, unseen.
 * What the outgoing one does not take stays in the incoming one, where flow control holds it:
 * there is no queue in between. Each circuit has its turn, then the next. */
#ifndef TRANSPORT_RELAY_SPLICE_H
#define TRANSPORT_RELAY_SPLICE_H

#include <stdint.h>

#include "base/list.h"

struct transport;
struct transport_splice;
struct transport_substream;

enum transport_splice_way {
	SPLICE_FORTH, /* from the source to the target */
	SPLICE_BACK,
	SPLICE_WAYS,
};

#define TRANSPORT_SPLICE_CUT SIZE_MAX

/* What the relay's books say; all of them get `user`. */
struct transport_splice_ops {
	/* How many of `want` bytes may move now; 0: none before transport_splice_resume();
	 * TRANSPORT_SPLICE_CUT: the circuit has carried all that it may. */
	size_t (*allow)(void *user, enum transport_splice_way way, size_t want);
	/* They have moved: at most what was allowed. */
	void (*carried)(void *user, enum transport_splice_way way, size_t len);
	/* Both ways have ended, or the circuit was cut; it is gone. */
	void (*done)(void *user);
};

/* The circuits that have not had all they want in this turn; in struct transport. */
struct transport_splices {
	struct pu_list ready;
	size_t len; /* of all circuits */
};

void transport_splices_init(struct transport_splices *splices);
/* Gives each circuit that waits for it a turn. */
void transport_splices_run(struct transport_splices *splices);
/* Some wait. */
bool transport_splices_wait(const struct transport_splices *splices);

/* Takes both substreams over. */
struct transport_splice *transport_splice_new(struct transport *transport,
                                              struct transport_substream *source,
                                              struct transport_substream *target,
                                              const struct transport_splice_ops *ops,
                                              void *user);
/* Resets both with the code; `done` runs. */
void transport_splice_cut(struct transport_splice *splice, uint64_t code);
/* What was not allowed may be now. */
void transport_splice_resume(struct transport_splice *splice);
/* Bytes that are under way in it, and itself. */
size_t transport_splice_memory(const struct transport_splice *splice);

#endif
