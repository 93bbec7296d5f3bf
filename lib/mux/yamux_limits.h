/* Every bound of yamux, and the defaults of those that can be configured. */
#ifndef PU_MUX_YAMUX_LIMITS_H
#define PU_MUX_YAMUX_LIMITS_H

#include "base/clock.h"

/* Fixed. */
#define PU_YAMUX_WINDOW_INITIAL     UINT32_C(262144)    /* by the specification, both ways */
#define PU_YAMUX_WINDOW_LIMIT       (UINT64_C(1) << 30) /* whatever is configured */
#define PU_YAMUX_PAYLOAD_MAX        16372 /* of frames sent: with its header 16 KiB, a TLS record */
#define PU_YAMUX_PAYLOAD_WORTH      1024 /* no shorter frame just to fill up a record */
#define PU_YAMUX_FRAME_MAX          (UINT32_C(16) << 20) /* payload of a frame received */
#define PU_YAMUX_PLAN_MAX           12                   /* frames of one output() */
#define PU_YAMUX_UNACKED_MAX        200  /* streams opened and not acknowledged */
#define PU_YAMUX_REFUSED_MAX        256  /* refusals waiting to be sent; more end the session */
#define PU_YAMUX_REORDER_MAX        2048 /* a new stream's ID may be so far below the newest */
#define PU_YAMUX_DISCARD_MAX        (UINT32_C(1) << 20) /* bytes taken of a stream nobody reads */
#define PU_YAMUX_LARGE_SHARE        16 /* a session that holds more than this part of the pool */
#define PU_YAMUX_KEPT_SHARE         4  /* leaves this part to the others */
#define PU_YAMUX_LINGER             (60 * PU_NS_PER_S) /* until a closed stream is reset */
#define PU_YAMUX_RTT_LIFE           (30 * PU_NS_PER_S) /* until the round trip is measured again */
#define PU_YAMUX_ROOM_WORTH_TELLING ((size_t)64 << 10) /* on_stream_writable */
#define PU_YAMUX_REFUSED_CODE       0x1002 /* libp2p stream error code: resource limit */

/* Defaults of struct pu_yamux_config. */
#define PU_YAMUX_WINDOW_MAX        (UINT64_C(16) << 20)
#define PU_YAMUX_CONN_WINDOW_MAX   (UINT64_C(32) << 20)
#define PU_YAMUX_STREAMS_MAX       256
#define PU_YAMUX_STREAMS_TOTAL_MAX 400 /* rust-libp2p ends a session with more than 512 */
#define PU_YAMUX_STREAM_SEND_MAX   ((size_t)256 << 10)
#define PU_YAMUX_CONN_SEND_MAX     ((size_t)4 << 20)
#define PU_YAMUX_KEEP_ALIVE        (15 * PU_NS_PER_S)
#define PU_YAMUX_PING_TIMEOUT      (10 * PU_NS_PER_S)
#define PU_YAMUX_POOL_MAX          ((size_t)256 << 20)

#endif
