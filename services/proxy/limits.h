/* Every bound of proxy, by name. What a peer, a client or a user can make grow is checked
 * against one of these before it is stored. */
#ifndef PROXY_LIMITS_H
#define PROXY_LIMITS_H

#define PROXY_SERVICES_MAX 256 /* exposed services */
#define PROXY_FORWARDS_MAX 256 /* permanent and ephemeral ones together */
#define PROXY_ALLOWED_MAX  64  /* entries of one service's allowed_peers */
#define PROXY_TAGS_MAX     16  /* tags of one service */

#define PROXY_STREAMS_MAX 4096 /* proxied connections, both directions, opening ones too */
/* One peer gets a quarter of these: as many streams as its connection has by default. */
#define PROXY_INBOUND_MAX       1024 /* inbound streams that wait for a verdict or a target */
#define PROXY_INBOUND_PEER_MAX  (PROXY_INBOUND_MAX / 4)
#define PROXY_CONNECTS_MAX      512 /* of these: connects to targets under way */
#define PROXY_CONNECTS_PEER_MAX (PROXY_CONNECTS_MAX / 4)

#define PROXY_OPENING_MAX    256 /* per forward: accepted clients whose stream is not open yet */
#define PROXY_HELD_MAX       1024 /* clients that wait for transport to come back */
#define PROXY_VERDICTS_MAX   4096 /* cached answers of auth, least recently used out */
#define PROXY_USAGE_MAX      4096 /* accounts, the one idle for longest out */
#define PROXY_HOSTS_MAX      256  /* target host names with their addresses */
#define PROXY_HOST_ADDRESSES 8    /* addresses kept per host name */
#define PROXY_KEPT_MAX       512  /* descriptors adopted from the supervisor */
#define PROXY_ACCEPT_BATCH   64   /* connections accepted per wakeup and listener */
#define PROXY_BACKLOG        4096 /* the kernel cuts it to net.core.somaxconn */
#define PROXY_STATUS_BYTES_MAX                                                                 \
	(200 * 1024) /* of proxy.state, as estimated; below PU_MESSAGE_MAX */

#define PROXY_CONNECT_MS     5000  /* one target, all its addresses together */
#define PROXY_OPEN_MS        15000 /* a stream to a peer, the connection to it included */
#define PROXY_HOLD_MS        2000  /* while transport is away; then they are reset */
#define PROXY_ASK_MS         5000  /* questions to auth and naming */
#define PROXY_VERDICT_TTL_MS 30000 /* an event may be lost: no verdict is older than this */
#define PROXY_HOST_TTL_MS    30000 /* addresses of a host name */
#define PROXY_READY_MS       2000  /* ready without transport, if it takes longer than this */
#define PROXY_KEPT_CLAIM_MS                                                                    \
	10000                          /* adopted descriptors that nobody claimed are closed then  \
	                                */
#define PROXY_RETRY_MS        1000 /* failed forwards: first retry, doubling */
#define PROXY_RETRY_MAX_MS    30000
#define PROXY_ACCEPT_PAUSE_MS 100  /* after running out of descriptors */
#define PROXY_LOG_BURST_MS    1000 /* one line per forward and reason in this time */

#endif
