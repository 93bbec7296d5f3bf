/* The protobuf wire format, as far as libp2p's messages need it. Never allocates: what is
 * read are views into the input. */
#ifndef PU_P2P_PB_H
#define PU_P2P_PB_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/writer.h"

enum pu_pb_wire {
	PU_PB_VARINT = 0,
	PU_PB_I64 = 1,
	PU_PB_LEN = 2,
	PU_PB_I32 = 5,
};

struct pu_pb_field {
	uint32_t number;
	enum pu_pb_wire wire;
	uint64_t varint;       /* PU_PB_VARINT */
	struct pu_bytes bytes; /* PU_PB_LEN; the raw bytes of PU_PB_I64 and PU_PB_I32 */
};

/* Takes the next field off `in`. PU_ENOTFOUND at the end of the message; PU_ETRUNCATED
 * and PU_EMALFORMED (a group, field number 0, a varint over 64 bits) as everywhere.
 * Callers skip the fields that they do not know, and those of another wire type. */
enum pu_err pu_pb_next(struct pu_bytes *in, struct pu_pb_field *field) PU_MUST_CHECK;

void pu_pb_put_varint(struct pu_writer *writer, uint32_t number, uint64_t value);
void pu_pb_put_bytes(struct pu_writer *writer, uint32_t number, struct pu_bytes value);
/* Bytes that pu_pb_put_bytes() writes for a value of `len` bytes. */
size_t pu_pb_bytes_len(uint32_t number, size_t len);

#endif
