/* The bytes of /peerup/discovery/1.0.0 (docs/PROTOCOLS.md): one message, uvi-delimited, that
 * lists what a node offers to the peer that asks. */
#ifndef NAMING_DISCOVERY_H
#define NAMING_DISCOVERY_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "limits.h"
#include "proto/messages.h"

#define NAMING_DISCOVERY_PROTOCOL "/peerup/discovery/1.0.0"

/* Appends the delimited message. PU_ELIMIT: over NAMING_OFFERS_BYTES_MAX. */
enum pu_err naming_offers_encode(const struct pu_offer *offers, size_t len,
                                 struct pu_buffer *out) PU_MUST_CHECK;

/* What a peer offers; owns its strings. */
struct naming_offers {
	struct pu_offer *items;
	size_t len;
};

/* Reads what has come of a stream so far. PU_ETRUNCATED: more must come. PU_EMALFORMED: not
 * such a message, or a text that is empty, over-long or not printable UTF-8. PU_ELIMIT: more
 * than NAMING_OFFERS_BYTES_MAX, PU_FIELD_SERVICES_MAX services or PU_FIELD_TAGS_MAX tags. What
 * comes after the message is not looked at. */
enum pu_err naming_offers_decode(struct pu_bytes stream,
                                 struct naming_offers *out) PU_MUST_CHECK;
void naming_offers_fini(struct naming_offers *offers);

#endif
