/* Bounds of the host that are not the operator's to set (those are the `limits` section
 * of the configuration). */
#ifndef TRANSPORT_LIMITS_H
#define TRANSPORT_LIMITS_H

#define TRANSPORT_SOCKETS_MAX          16    /* UDP listen addresses */
#define TRANSPORT_PEERS_MAX            65536 /* peers that we know something of */
#define TRANSPORT_CONNS_PER_PEER       8
#define TRANSPORT_WAITERS_PER_PEER     4096 /* streams waiting for a connection */
#define TRANSPORT_DIAL_ADDRS_MAX       24   /* addresses tried for one peer */
#define TRANSPORT_CHANNELS_MAX         64   /* processes on stream.sock */
#define TRANSPORT_REGISTRATIONS_MAX    64
#define TRANSPORT_HANDED_MAX           65536 /* streams of one process on stream.sock */
#define TRANSPORT_PEER_PROTOCOLS_BYTES 8192  /* of a peer's protocol names, per connection */
#define TRANSPORT_IDENTIFY_PER_CONN    4     /* identify streams at once, each direction */
#define TRANSPORT_OWN_ADDRS_MAX        32
#define TRANSPORT_OBSERVED_MAX         8

#define TRANSPORT_DIAL_DEADLINE_MS    15000 /* all addresses of a peer together */
#define TRANSPORT_IDENTIFY_MS         5000
#define TRANSPORT_PING_MS             10000
#define TRANSPORT_INBOUND_ANSWER_MS   10000 /* for the service that registered the protocol */
#define TRANSPORT_PUSH_DEBOUNCE_MS    1000
#define TRANSPORT_RECONNECT_BASE_MS   1000
#define TRANSPORT_RECONNECT_MAX_MS    60000
#define TRANSPORT_RECONNECT_HEALTH_MS 30000 /* up this long: the next backoff starts anew */
#define TRANSPORT_TRIM_GRACE_MS       60000 /* a younger connection is not trimmed */
#define TRANSPORT_TRIM_INTERVAL_MS    10000
#define TRANSPORT_RECHECK_MS          1000 /* auth did not answer about a connection that is up */
#define TRANSPORT_ASK_AGAIN_MS        1000 /* auth could not sign */
#define TRANSPORT_READDRESS_MS        500  /* interfaces change in bursts */

#endif
