/* Bounds of what messages and links may hold: everything that another process can make grow. */
#ifndef PU_PROTO_LIMITS_H
#define PU_PROTO_LIMITS_H

/* Bytes of one string. */
#define PU_FIELD_PEER_MAX     128  /* a peer ID in any text form, or a name */
#define PU_FIELD_ADDRESS_MAX  512  /* a multiaddr */
#define PU_FIELD_NAME_MAX     64   /* a service, a node, a kept descriptor, a forward's id */
#define PU_FIELD_PROTOCOL_MAX 256  /* a libp2p protocol ID */
#define PU_FIELD_WORD_MAX     32   /* one of a few words: a state, a direction, an error code */
#define PU_FIELD_TEXT_MAX     1024 /* a sentence for people */
#define PU_FIELD_AGENT_MAX    128  /* a peer's agent version */
#define PU_FIELD_LISTEN_MAX   256  /* host:port or unix:/path */
#define PU_FIELD_PATH_MAX     4096 /* a file */
#define PU_FIELD_KEY_MAX      256  /* an encoded public key, a signature */
#define PU_FIELD_PAYLOAD_MAX  16384 /* what is to be signed */

/* Entries of one list. */
#define PU_FIELD_SERVICES_MAX    256
#define PU_FIELD_PEERS_MAX       4096
#define PU_FIELD_ADDRESSES_MAX   64
#define PU_FIELD_PROTOCOLS_MAX   128
#define PU_FIELD_TAGS_MAX        32
#define PU_FIELD_ATTRIBUTES_MAX  32
#define PU_FIELD_CONNECTIONS_MAX 4096
#define PU_FIELD_RELAYS_MAX      16
#define PU_FIELD_USAGE_MAX       4096
#define PU_FIELD_STATES_MAX      16 /* processes of one daemon */

/* Decoding. */
#define PU_DECODE_DEPTH_MAX  16 /* nested lists and maps, unknown fields included */
#define PU_DECODE_MEMORY_MAX (4 * 1024 * 1024) /* bytes of one decoded message */

/* Links. */
#define PU_LINK_REQUESTS_MAX 1024  /* open requests of one server */
#define PU_LINK_ASKS_MAX     65536 /* open questions of one client: one for each connection */
#define PU_LINK_WINDOW       32    /* of these, sent and not answered yet */
#define PU_LINK_PIPES_MAX    256   /* connections to one socket */
#define PU_LINK_GREETING_MS  2000  /* for what an honest end does at once */
#define PU_LINK_TOPIC_MAX    128   /* bytes before a message: the number or the topic */
#define PU_LINK_QUEUE_MAX    (9 * 1024 * 1024) /* bytes that wait: a window of the longest */
#define PU_LINK_EVENTS_MAX   (1024 * 1024)     /* bytes that wait for one subscriber */

/* Channels. */
#define PU_CHANNEL_PACKET_MAX 16384 /* bytes of one packet */
/* Bytes that wait for room in the socket: as much as the end of PU_STREAMS_MAX streams, all
 * told in one turn of the loop, with their reasons. */
#define PU_CHANNEL_QUEUE_MAX (16 * 1024 * 1024)

/* Streams. */
#define PU_STREAMS_MAX 65536 /* of one client stub */

#endif
