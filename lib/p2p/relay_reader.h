/* Takes exactly one delimited message of circuit relay v2 off a stream that may be a circuit
 * from the next byte on: what stands behind the message is never touched. */
#ifndef PU_P2P_RELAY_READER_H
#define PU_P2P_RELAY_READER_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/limits.h"

/* Small while nothing came: the message's memory is made when its length is known, of that
 * length. { 0 } is ready to use. */
struct pu_relay_reader {
	uint8_t prefix[2], prefix_len; /* PU_RELAY_MESSAGE_MAX takes two bytes */
	uint16_t len, have;
	uint8_t *data;
};

/* Moves the front of `in` past the bytes that belong to the message. PU_OK: it is whole, and a
 * view into the reader until _fini. PU_EAGAIN: all of `in` was taken, and more is needed.
 * PU_ELIMIT: longer than PU_RELAY_MESSAGE_MAX. PU_EMALFORMED: the length is not minimal. After
 * anything but PU_EAGAIN there is nothing more to read here. */
enum pu_err pu_relay_reader_read(struct pu_relay_reader *reader, struct pu_bytes *in,
                                 struct pu_bytes *message) PU_MUST_CHECK;
/* Frees its memory; ready to use again. */
void pu_relay_reader_fini(struct pu_relay_reader *reader);

#endif
