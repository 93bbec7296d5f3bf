/* Every bound that naming keeps on what peers may make it remember or hold open. */
#ifndef NAMING_LIMITS_H
#define NAMING_LIMITS_H

/* Learned addresses: of one peer, and peers that are not in the configuration. */
#define NAMING_LEARNED_ADDRESSES_MAX 32
#define NAMING_LEARNED_PEERS_MAX     1024
/* Configured addresses of one peer; with the learned ones they fit in a message. */
#define NAMING_CONFIG_ADDRESSES_MAX 32

/* Service discovery: one answer on the wire with its length, and streams at once. */
#define NAMING_OFFERS_BYTES_MAX (64 * 1024)
#define NAMING_ASKS_MAX         64
#define NAMING_ANSWERS_MAX      64

/* Time for a peer to answer, and for us to answer a peer. */
#define NAMING_CONNECT_MS 15000
#define NAMING_ASK_MS     20000
#define NAMING_ANSWER_MS  10000
#define NAMING_READY_MS   2000 /* ready without transport, if it takes longer than this */

#endif
