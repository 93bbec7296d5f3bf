/* Lines of multistream-select, for multistream_*.c only. */
#ifndef PU_P2P_MULTISTREAM_LINE_H
#define PU_P2P_MULTISTREAM_LINE_H

#include "p2p/multistream.h"

/* Name and newline of the header; with its length field it is PU_MULTISTREAM_HEADER_LEN. */
#define PU_MULTISTREAM_VERSION "/multistream/1.0.0"

enum pu_ms_line_state {
	PU_MS_LINE_MORE,
	PU_MS_LINE_OPEN, /* the length is known: `have` of `len` bytes were read */
	PU_MS_LINE_BAD,
};

/* Reads the length field, if it has not been read yet. */
enum pu_ms_line_state pu_ms_line_open(struct pu_multistream_line *line, struct pu_bytes *in);
/* Takes the bytes of the line that are there (a view), counting them. */
struct pu_bytes pu_ms_line_take(struct pu_multistream_line *line, struct pu_bytes *in);
/* Writes length field, name and newline; returns how many bytes that is. `out` has room. */
size_t pu_ms_line_write(uint8_t *out, struct pu_bytes name);

#endif
