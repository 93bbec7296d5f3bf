/* One message each way on a substream of circuit relay v2: what clients, relays and targets
 * have in common. Nothing behind the other side's message is read: it belongs to the circuit.
 */
#ifndef TRANSPORT_RELAY_TALK_H
#define TRANSPORT_RELAY_TALK_H

#include "p2p/relay_reader.h"
#include "substream.h"

/* Embedded in whoever talks, and the substream's handler. */
struct transport_relay_talk {
	struct transport_substream *substream;
	struct transport *transport;
	struct pu_relay_reader reader;
	struct transport_deadline deadline;
	/* Once: the other side's message, a view; or PU_OK is not what `err` is. The talk must end
	 * in it, with _release() or _close(). */
	void (*heard)(struct transport_relay_talk *talk, enum pu_err err, const char *text,
	              struct pu_bytes message);
};

/* For substreams whose handler is a talk; on_open is the owner's. */
void transport_relay_talk_on_data(struct transport_substream *substream);
void transport_relay_talk_on_failed(struct transport_substream *substream, enum pu_err err,
                                    const char *text);

/* Waits for the message, deadline_ms at most. */
void transport_relay_talk_listen(struct transport_relay_talk *talk,
                                 struct transport_substream *substream, uint64_t deadline_ms);
/* Says ours; PU_ELIMIT: the substream does not take it. */
enum pu_err transport_relay_talk_say(struct transport_relay_talk *talk,
                                     struct pu_bytes message) PU_MUST_CHECK;
/* The talk is over and the substream goes on; its ops and handler are to be set. */
struct transport_substream *transport_relay_talk_release(struct transport_relay_talk *talk);
/* The talk is over, and with it the substream, in order: our half ends, and the other's end is
 * waited for in the background. */
void transport_relay_talk_close(struct transport_relay_talk *talk);
/* The same with a reset. */
void transport_relay_talk_abort(struct transport_relay_talk *talk, uint64_t code);

#endif
