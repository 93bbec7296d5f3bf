/* The frame header of yamux: 12 bytes, big-endian (libp2p specs, yamux/README.md). */
#ifndef PU_MUX_YAMUX_FRAME_H
#define PU_MUX_YAMUX_FRAME_H

#include "base/bytes.h"
#include "base/error.h"

#define PU_YAMUX_HEADER_LEN 12

enum pu_yamux_type {
	PU_YAMUX_DATA,   /* `len` bytes follow */
	PU_YAMUX_WINDOW, /* `len` more may be sent; with RST an error code */
	PU_YAMUX_PING,   /* `len` is a value to be sent back */
	PU_YAMUX_GOAWAY, /* `len` is a code */
};

enum pu_yamux_flag {
	PU_YAMUX_SYN = 1,
	PU_YAMUX_ACK = 2,
	PU_YAMUX_FIN = 4,
	PU_YAMUX_RST = 8,
};

enum pu_yamux_goaway_code {
	PU_YAMUX_NORMAL = 0,
	PU_YAMUX_PROTOCOL_ERROR = 1,
	PU_YAMUX_INTERNAL_ERROR = 2,
};

struct pu_yamux_header {
	enum pu_yamux_type type;
	uint16_t flags; /* enum pu_yamux_flag */
	uint32_t id;    /* 0 = the session */
	uint32_t len;
};

void pu_yamux_header_write(const struct pu_yamux_header *header,
                           uint8_t out[PU_YAMUX_HEADER_LEN]);
/* Reads the front of `in`. PU_ETRUNCATED: fewer than PU_YAMUX_HEADER_LEN bytes; PU_EMALFORMED:
 * a version, type, flag or stream ID that cannot be. */
enum pu_err pu_yamux_header_read(struct pu_bytes in, struct pu_yamux_header *out) PU_MUST_CHECK;

#endif
