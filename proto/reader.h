/* A cursor over msgpack bytes that takes nothing on trust: no length is believed before that
 * many bytes are there. (msgpack-c's own unpacker allocates what a header announces.) */
#ifndef PU_PROTO_READER_H
#define PU_PROTO_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct pu_reader {
	const uint8_t *at, *end;
};

enum pu_token_kind {
	PU_TOKEN_NIL,
	PU_TOKEN_BOOL,
	PU_TOKEN_UINT, /* not negative, whatever its encoding */
	PU_TOKEN_INT,  /* negative */
	PU_TOKEN_STR,
	PU_TOKEN_BIN,
	PU_TOKEN_ARRAY,
	PU_TOKEN_MAP,
	PU_TOKEN_OTHER, /* a float or an extension: skipped as one value */
};

struct pu_token {
	enum pu_token_kind kind;
	bool truth;
	uint64_t number;       /* of UINT */
	int64_t negative;      /* of INT */
	struct pu_bytes bytes; /* of STR and BIN */
	uint32_t count;        /* entries of ARRAY, pairs of MAP; at most the bytes that are left */
};

/* The next value, or the head of the next list or map. PU_ETRUNCATED, PU_EMALFORMED (0xc1). */
enum pu_err pu_reader_next(struct pu_reader *reader, struct pu_token *token) PU_MUST_CHECK;
/* Passes over one whole value. PU_ELIMIT when it is nested deeper than `depth`. */
enum pu_err pu_reader_skip(struct pu_reader *reader, unsigned depth) PU_MUST_CHECK;

#endif
