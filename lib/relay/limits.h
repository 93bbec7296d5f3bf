/* Bounds of the relay that are not the operator's to set, and how its rates are shaped. */
#ifndef PU_RELAY_LIMITS_H
#define PU_RELAY_LIMITS_H

#include "base/clock.h"

/* A place that is held for a reservation while its voucher is signed. */
#define PU_RELAY_CONFIRM_WITHIN (30 * PU_NS_PER_S)

/* Requests (reservations and circuits together) a minute, and how many may come at once. A
 * source is an IPv4 address or an IPv6 /56; loopback is exempt. */
#define PU_RELAY_PEER_REQUESTS         600
#define PU_RELAY_PEER_REQUESTS_BURST   200
#define PU_RELAY_SOURCE_REQUESTS       3000
#define PU_RELAY_SOURCE_REQUESTS_BURST 1500
/* The same for guests. */
#define PU_RELAY_GUEST_REQUESTS              60
#define PU_RELAY_GUEST_REQUESTS_BURST        30
#define PU_RELAY_GUEST_SOURCE_REQUESTS       120
#define PU_RELAY_GUEST_SOURCE_REQUESTS_BURST 60
/* Peers and sources whose requests are remembered; the one nearest to be forgotten goes. */
#define PU_RELAY_RATES_MAX 16384

/* Buckets: what may be carried at once after a pause, and what each circuit in turn waits for
 * and takes. */
#define PU_RELAY_BURST_SHARE 10 /* of what is carried in a second */
#define PU_RELAY_BURST_MIN   (UINT64_C(64) << 10)
#define PU_RELAY_BURST_MAX   (UINT64_C(16) << 20)
#define PU_RELAY_TURN_SHARE  64 /* of what is carried in a second */
#define PU_RELAY_TURN_MIN    (UINT64_C(1) << 10)
#define PU_RELAY_TURN_MAX    (UINT64_C(128) << 10)
#define PU_RELAY_TAKE_MIN    (UINT64_C(16) << 10) /* taken at once, if it is there */

#endif
