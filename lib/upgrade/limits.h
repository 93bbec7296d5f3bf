/* Every fixed bound of the upgrade. */
#ifndef PU_UPGRADE_LIMITS_H
#define PU_UPGRADE_LIMITS_H

#include "secure/secure.h"

#define PU_UPGRADE_LAYERS_MAX 3 /* web TLS, WebSocket, Noise or TLS */
/* Sealed bytes handed to one write(). */
#define PU_UPGRADE_RUN_MAX ((size_t)256 << 10)
/* One sealed record; a WebSocket's frame is longer than the longest that Noise can read. */
#define PU_UPGRADE_SEALED_MAX (PU_SECURE_RECORD_MAX + PU_SECURE_OVERHEAD_MAX)
/* Room for what one push adds to a run before it looks at its length again: a sealed record of
 * the layer above in records of the lowest, or the handshake bytes of one layer (TLS: 128 KiB).
 */
#define PU_UPGRADE_RUN_ROOM ((size_t)4 * PU_UPGRADE_SEALED_MAX)
/* The beginning of a record is completed with so much at a time: enough for the rest of most.
 */
#define PU_UPGRADE_PARTIAL_STEP ((size_t)17 << 10)
#define PU_UPGRADE_PARTIAL_MAX  (PU_SECURE_RECORD_MAX + PU_UPGRADE_PARTIAL_STEP)
/* Handshake bytes and control frames that wait for a carrier that takes nothing: more than
 * that, and the peer does not read while it makes us answer. */
#define PU_UPGRADE_WAITING_MAX ((size_t)1 << 20)
#define PU_UPGRADE_BUDGET      ((size_t)1 << 20) /* bytes of one connection in one flush */
#define PU_UPGRADE_PIECES_MAX  16                /* of plain bytes in one record */

#endif
