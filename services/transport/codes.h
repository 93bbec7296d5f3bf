/* Application error codes on the wire (libp2p specs, error-codes; ours from 0x7001 on, see
 * docs/PROTOCOLS.md) and what they mean to us. */
#ifndef TRANSPORT_CODES_H
#define TRANSPORT_CODES_H

#include <stdint.h>

#include "base/error.h"

/* Of a connection. */
#define CONN_CODE_NONE     UINT64_C(0)
#define CONN_CODE_LIMIT    UINT64_C(0x1001)
#define CONN_CODE_SHUTDOWN UINT64_C(0x1006)
#define CONN_CODE_TRIMMED  UINT64_C(0x1005)
#define CONN_CODE_GATED    UINT64_C(0x1007)

/* Of a stream. */
#define STREAM_CODE_NONE           UINT64_C(0)
#define STREAM_CODE_NEGOTIATION    UINT64_C(0x1001)
#define STREAM_CODE_LIMIT          UINT64_C(0x1002)
#define STREAM_CODE_VIOLATION      UINT64_C(0x1004)
#define STREAM_CODE_SHUTDOWN       UINT64_C(0x1007)
#define STREAM_CODE_GATED          UINT64_C(0x1008)
#define STREAM_CODE_TARGET_DOWN    UINT64_C(0x7001) /* the service's target refused or is gone */
#define STREAM_CODE_TARGET_TIMEOUT UINT64_C(0x7002) /* the service's target did not answer */
#define STREAM_CODE_TARGET_RESET   UINT64_C(0x7003) /* the local connection was reset */
#define STREAM_CODE_UNAVAILABLE    UINT64_C(0x7004) /* nobody serves it just now */

/* The stream code that tells a peer why we refuse. */
uint64_t transport_stream_code(enum pu_err err);
/* What a peer's stream code says; a code unknown to us is PU_ECLOSED. */
enum pu_err transport_stream_code_err(uint64_t code);
const char *transport_stream_code_text(uint64_t code);

/* What a peer's connection code says. */
enum pu_err transport_conn_code_err(uint64_t code);

#endif
