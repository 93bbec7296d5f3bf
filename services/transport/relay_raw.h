/* Requests to a relay that no client of ours would make, from the source of relay_world.h. */
#ifndef TRANSPORT_RELAY_RAW_H
#define TRANSPORT_RELAY_RAW_H

#include "p2p/relay_message.h"
#include "p2p/relay_reader.h"
#include "substream.h"

struct raw {
	struct transport_substream *substream;
	struct pu_relay_reader reader;
	struct pu_relay_hop answer;
	uint8_t bytes[PU_RELAY_MESSAGE_MAX];
	bool done, failed;
	enum pu_recv state;
};

extern const struct transport_substream_ops raw_ops;

/* Sends these bytes on a new stream of the source; the answer is read as it comes. */
void raw_begin(struct raw *raw, const void *request, size_t len);
void raw_end(struct raw *raw);
/* The status that the relay answers to such a request. */
uint32_t raw_status_of(const void *request, size_t len);

#endif
