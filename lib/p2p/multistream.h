/* multistream-select 1.0.0 (libp2p specs, connections/README.md): how the two ends of a
 * fresh stream agree on its protocol. Both machines take bytes and give bytes; neither
 * ever takes a byte that belongs to the protocol that comes after.
 *
 * Input is a cursor: _read() moves its front past what was taken. Output is _output(),
 * to be reported with _written(); it may be asked for after every call.
 *
 * Neither machine knows about FIN. A stream that ends before PU_MULTISTREAM_DONE failed. */
#ifndef PU_P2P_MULTISTREAM_H
#define PU_P2P_MULTISTREAM_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/limits.h"

#define PU_MULTISTREAM_HEADER_LEN 20
/* Length field, name and newline. */
#define PU_MULTISTREAM_LINE_MAX (2 + PU_MULTISTREAM_NAME_MAX + 1)

enum pu_multistream_event {
	PU_MULTISTREAM_MORE,     /* all input was taken; more is needed */
	PU_MULTISTREAM_FLUSH,    /* write _output() before giving more input */
	PU_MULTISTREAM_PROPOSAL, /* responder: ask _proposal(), then call _answer() */
	PU_MULTISTREAM_DONE,     /* agreed; what is left in the cursor belongs to the protocol */
	PU_MULTISTREAM_REFUSED,  /* initiator: the peer speaks none of our protocols */
	PU_MULTISTREAM_FAILED,   /* the peer broke the protocol: reset the stream */
};

/* The line being read. */
struct pu_multistream_line {
	uint16_t len, have; /* name and newline: announced, read */
	uint8_t prefix;     /* bytes of the length field read */
	bool is_open;       /* the length field is complete */
};

/* The responder. An over-long or impossible proposal ("ls" too) is answered "na" without
 * asking. After _answer(true) the stream is the protocol's, leftover input included; a
 * failure to write the answer (the peer stopped reading) is no error of the stream. */
struct pu_multistream_responder {
	uint8_t bytes[PU_MULTISTREAM_HEADER_LEN + PU_MULTISTREAM_LINE_MAX];
	uint16_t out_start, out_end; /* unsent output within `bytes` */
	struct pu_multistream_line line;
	uint8_t proposals, state;
};

void pu_multistream_responder_init(struct pu_multistream_responder *responder);
enum pu_multistream_event
pu_multistream_responder_read(struct pu_multistream_responder *responder, struct pu_bytes *in);
/* The name proposed, valid from PU_MULTISTREAM_PROPOSAL to the next _read(); it begins
 * with '/', has no NUL and stays readable after _answer(true). */
struct pu_bytes
pu_multistream_responder_proposal(const struct pu_multistream_responder *responder);
void pu_multistream_responder_answer(struct pu_multistream_responder *responder,
                                     bool supported);
struct pu_bytes
pu_multistream_responder_output(const struct pu_multistream_responder *responder);
void pu_multistream_responder_written(struct pu_multistream_responder *responder, size_t len);

/* The initiator. Its first output is header and first proposal together.
 *
 * Lazy: with one protocol that the peer is known to speak, send application data right
 * behind the output, and give what is received to _read() until PU_MULTISTREAM_DONE;
 * PU_MULTISTREAM_REFUSED then means: reset the stream.
 *
 * Until PU_MULTISTREAM_DONE the reading side must not be closed (STOP_SENDING) even if
 * nothing else is expected: the responder could lose the request. See _may_stop(). */
struct pu_multistream_initiator {
	const char *const *names; /* the caller's, until done */
	uint8_t count, current, state;
	bool is_na, is_name; /* what the line being read can still turn out to be */
	struct pu_multistream_line line;
	uint16_t out_start, out_end;
	uint8_t bytes[PU_MULTISTREAM_HEADER_LEN + PU_MULTISTREAM_LINE_MAX];
};

/* `names`: what to propose, in this order; each begins with '/' and has at most
 * PU_MULTISTREAM_NAME_MAX bytes without a newline. PU_EINVAL otherwise, or with none. */
enum pu_err pu_multistream_initiator_init(struct pu_multistream_initiator *initiator,
                                          const char *const *names, size_t count) PU_MUST_CHECK;
enum pu_multistream_event
pu_multistream_initiator_read(struct pu_multistream_initiator *initiator, struct pu_bytes *in);
struct pu_bytes
pu_multistream_initiator_output(const struct pu_multistream_initiator *initiator);
void pu_multistream_initiator_written(struct pu_multistream_initiator *initiator, size_t len);
/* The protocol agreed on (after PU_MULTISTREAM_DONE), one of `names`. */
const char *pu_multistream_initiator_chosen(const struct pu_multistream_initiator *initiator);
/* Whether the answer has been read, so that reading may stop. */
bool pu_multistream_initiator_may_stop(const struct pu_multistream_initiator *initiator);

#endif
