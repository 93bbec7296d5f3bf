/* SP, the wire of NNG and nanomsg over Unix sockets (nanomsg's sp-ipc-mapping): each end sends
 * a greeting of eight bytes that names its protocol, then messages, each after a head of nine
 * bytes. A question and its answer begin with the asker's number, highest bit set (reqrep v0);
 * events have nothing before them (pubsub v0). No socket, no clock. */
#ifndef PU_PROTO_SP_H
#define PU_PROTO_SP_H

#include "base/bytes.h"
#include "base/error.h"

/* What one end is. The other must be its counterpart: PUB to SUB, REQ to REP. */
enum pu_sp {
	PU_SP_PUB = 0x20,
	PU_SP_SUB = 0x21,
	PU_SP_REQ = 0x30,
	PU_SP_REP = 0x31,
};

#define PU_SP_GREETING_LEN 8
#define PU_SP_HEAD_LEN     9
#define PU_SP_NUMBER_LEN   4
#define PU_SP_NUMBER_MASK  0x7fffffffu

void pu_sp_greeting(uint8_t greeting[PU_SP_GREETING_LEN], enum pu_sp own);
/* PU_EPROTOCOL when it is no greeting, or not one of our counterpart. */
enum pu_err pu_sp_check_greeting(const uint8_t greeting[PU_SP_GREETING_LEN],
                                 enum pu_sp own) PU_MUST_CHECK;

/* What stands before a message of `len` bytes. */
void pu_sp_head(uint8_t head[PU_SP_HEAD_LEN], size_t len);
/* Takes the first message off `bytes`: both views lead into what `bytes` was. PU_EAGAIN: it is
 * not all there yet; PU_EPROTOCOL: it is none; PU_ELIMIT: it has, or announces, more than `max`
 * bytes. */
enum pu_err pu_sp_next(struct pu_bytes *bytes, size_t max,
                       struct pu_bytes *message) PU_MUST_CHECK;

/* The number before a question or answer; `number` has the low 31 bits. */
void pu_sp_put_number(uint8_t out[PU_SP_NUMBER_LEN], uint32_t number);
/* Takes it off. PU_EPROTOCOL when there is none, or when the question came through a device. */
enum pu_err pu_sp_take_number(struct pu_bytes *message, uint32_t *number) PU_MUST_CHECK;

#endif
