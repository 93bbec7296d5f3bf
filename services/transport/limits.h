/* Bounds of the host that are not the operator's to set (those are the `limits` section
 * of the configuration). */
#ifndef TRANSPORT_LIMITS_H
#define TRANSPORT_LIMITS_H

#define TRANSPORT_SOCKETS_MAX       16    /* UDP listen addresses */
#define TRANSPORT_PEERS_MAX         65536 /* peers that we know something of */
#define TRANSPORT_CONNS_PER_PEER    8
#define TRANSPORT_WAITERS_PER_PEER  4096 /* streams waiting for a connection */
#define TRANSPORT_DIAL_ADDRS_MAX    24   /* addresses tried for one peer */
#define TRANSPORT_TURNED_AWAY_MAX   3    /* times by ICMP: nobody is there */
#define TRANSPORT_CHANNELS_MAX      64   /* processes on stream.sock */
#define TRANSPORT_REGISTRATIONS_MAX 64
#define TRANSPORT_HANDED_MAX        65536 /* streams of one process on stream.sock */
#define TRANSPORT_SPLICE_TURN                                                                  \
	((size_t)128 << 10) /* bytes each way before others have their turn */
#define TRANSPORT_SPLICE_UNSENT_MAX                                                            \
	((size_t)256 << 10) /* bytes of a circuit taken in and never sent, each way */
#define TRANSPORT_PEER_PROTOCOLS_BYTES 8192 /* of a peer's protocol names, per connection */
#define TRANSPORT_IDENTIFY_PER_CONN    4    /* identify streams at once, each direction */
#define TRANSPORT_OWN_ADDRS_MAX        32
#define TRANSPORT_OBSERVED_MAX         8
#define TRANSPORT_KNOCKS_MAX           16384 /* sources whose connections are counted per minute */
#define TRANSPORT_KNOCK_BURST          64    /* TCP connections of one source at once */
#define TRANSPORT_KNOCKS_BURST         1024 /* of all */
#define TRANSPORT_LISTENERS_MAX        16   /* TCP listen addresses */
#define TRANSPORT_RELAYS_MAX           8    /* that we use */
#define TRANSPORT_RELAY_ADDRS_MAX      8    /* of each */
#define TRANSPORT_RELAYED_ADDRS_TOLD   8    /* of ours through them, in identify */

#define TRANSPORT_DIAL_DEADLINE_MS    15000 /* all addresses of a peer together */
#define TRANSPORT_IDENTIFY_MS         5000
#define TRANSPORT_IDENTIFY_TRIES      5
#define TRANSPORT_IDENTIFY_AGAIN_MS   10000 /* after the first; then twice as long each time */
#define TRANSPORT_PROBE_MS            10000
#define TRANSPORT_PING_MS             10000
#define TRANSPORT_INBOUND_ANSWER_MS   10000 /* for the service that registered the protocol */
#define TRANSPORT_PUSH_DEBOUNCE_MS    1000
#define TRANSPORT_PUSHES              60 /* that a peer may send on a connection, per minute */
#define TRANSPORT_PUSHES_BURST        10 /* at once */
#define TRANSPORT_RECONNECT_BASE_MS   1000
#define TRANSPORT_RECONNECT_MAX_MS    60000
#define TRANSPORT_RECONNECT_HEALTH_MS 30000 /* up this long: the next backoff starts anew */
#define TRANSPORT_TRIM_GRACE_MS       60000 /* a younger connection is not trimmed */
#define TRANSPORT_TRIM_INTERVAL_MS    10000
#define TRANSPORT_RECHECK_MS          1000 /* auth did not answer about a connection that is up */
#define TRANSPORT_ASK_AGAIN_MS        1000  /* auth could not sign */
#define TRANSPORT_TCP_LINGER_MS       1000  /* for our last words to be read */
#define TRANSPORT_READDRESS_MS        200   /* interfaces change in bursts */
#define TRANSPORT_WATCH_MS            4000  /* silence that makes us ask */
#define TRANSPORT_WATCH_REFUSED_MS    400   /* the same, when there is bad news */
#define TRANSPORT_WATCH_RTTS          3     /* round trips on top of these */
#define TRANSPORT_WATCH_ANSWER_MS     1500  /* for an answer, or anything else to come */
#define TRANSPORT_RECONNECT_FIRST_MS  200   /* at most, before the first attempt after a loss */
#define TRANSPORT_DIRECT_RETRY_MS     60000 /* connected through a relay only: dial again */
#define TRANSPORT_RELAYS_AGAIN_MS     500 /* after one failed, while direct addresses are tried */
#define TRANSPORT_RELAY_ASK_MS        10000 /* for an answer of a relay or a target */
#define TRANSPORT_RELAY_HEAR_MS       10000 /* for the message of somebody who asks us */
#define TRANSPORT_RELAY_FAREWELL_MS   10000 /* for the end of what was answered */
#define TRANSPORT_RELAY_AGAIN_MS      200 /* at most, when the connection to a relay is lost */
#define TRANSPORT_RELAY_HEALTHY_MS                                                             \
	30000 /* of a reservation; lost earlier, it is asked for later */
#define TRANSPORT_RELAY_PAUSE_SHARE     8       /* of the time that a relay has been away */
#define TRANSPORT_RELAY_RENEW_BEFORE_MS 300000  /* the end of a reservation, if it lasts */
#define TRANSPORT_RELAY_TTL_UNSURE_MS   60000   /* believed of a relay whose clock is behind */
#define TRANSPORT_RELAY_TTL_MIN_MS      10000   /* of a reservation, whatever the relay says */
#define TRANSPORT_RELAY_TTL_MAX_MS      3600000 /* the same: our clock may be behind */

#endif
