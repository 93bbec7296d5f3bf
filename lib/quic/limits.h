/* Every bound of the QUIC layer, and the defaults of those that can be configured. */
#ifndef PU_QUIC_LIMITS_H
#define PU_QUIC_LIMITS_H

#include "base/clock.h"

/* Fixed. */
#define PU_QUIC_CID_LEN       8  /* of the connection IDs that we choose */
#define PU_QUIC_CIDS_MAX      12 /* per connection, the client's first one included */
#define PU_QUIC_PEER_CIDS_MAX 4  /* of the peer's, at once */
#define PU_QUIC_INITIAL_RTT   (100 * PU_NS_PER_MS) /* before the first measurement */
#define PU_QUIC_RESET_TOKENS_MAX                                                               \
	4 /* stateless reset tokens remembered per connection: of paths in use */
#define PU_QUIC_RUN_MAX             65507 /* bytes handed to one send() */
#define PU_QUIC_RUN_SEGMENTS_MAX    64 /* datagrams handed to one send() (UDP_MAX_SEGMENTS) */
#define PU_QUIC_STREAM_TURN         16384 /* bytes a stream sends before the next has its turn */
#define PU_QUIC_UNSENT_MIN          ((size_t)256 << 10) /* a stream may always have so much waiting */
#define PU_QUIC_ROOM_WORTH_TELLING  ((size_t)64 << 10) /* on_stream_writable */
#define PU_QUIC_FLUSH_BUDGET        ((size_t)1 << 20)  /* bytes sent by one flush() */
#define PU_QUIC_CLOSE_PACKET_MAX    1200
#define PU_QUIC_RESET_PACKET_MAX    60 /* a stateless reset looks like a small packet */
#define PU_QUIC_RESET_PACKET_MIN    43 /* nothing shorter is answered by one */
#define PU_QUIC_TRIM_INTERVAL       (10 * PU_NS_PER_S) /* spare memory is given back that old */
#define PU_QUIC_ACCEPT_MEMORY_SHARE 8   /* of memory_max: less left, nobody new gets in */
#define PU_QUIC_CERT_CACHE_MAX      256 /* verified certificates remembered */
#define PU_QUIC_CERT_CACHE_LIFE     (3600 * PU_NS_PER_S)
#define PU_QUIC_CERT_DER_MAX        4096  /* a longer certificate is refused unparsed */
#define PU_QUIC_CRYPTO_DATA_MAX     16384 /* CRYPTO bytes taken from a peer in its handshake */
#define PU_QUIC_TOMBS_MAX           1024  /* closed connections that still answer */
#define PU_QUIC_RETRY_TOKEN_LIFE    (10 * PU_NS_PER_S)
#define PU_QUIC_STATELESS_PER_S     500 /* version negotiation, stateless reset, refusal: each */
#define PU_QUIC_RETRY_PACKET_MAX    128 /* 7 + 20 + 8 bytes of header, 41 of token, 16 of tag */
#define PU_QUIC_FIRST_DATAGRAM_MIN                                                             \
	1200                            /* a shorter one begins no connection (RFC 9000, 14.1) */
#define PU_QUIC_FAILURE_COST    10  /* a handshake that fails counts as so many that do not */
#define PU_QUIC_HANDSHAKE_SHARE 4   /* one address may hold this part of the free handshakes */
#define PU_QUIC_SOURCES_MAX     512 /* addresses whose handshakes are counted: a power of two */
#define PU_QUIC_KNOWN_VERSION                                                                  \
	0x010b00                        /* of ngtcp2, whose memory is used better: see memory.c */
#define PU_QUIC_SHARED_MIN     2048 /* the smallest buffer that connections share */
#define PU_QUIC_SHARED_CLASSES 6    /* each twice the one before */
#define PU_QUIC_KEEP_ALIVE_MIN                                                                 \
	(500 * PU_NS_PER_MS) /* however short the peer's idle timeout is */

/* Defaults of struct pu_quic_config. */
#define PU_QUIC_CONNS_MAX             1024
#define PU_QUIC_HANDSHAKES_MAX        256
#define PU_QUIC_UNVERIFIED_MAX        64
#define PU_QUIC_UNVERIFIED_PER_IP_MAX 8
#define PU_QUIC_UNVERIFIED_PER_S      250
#define PU_QUIC_SOURCE_PER_S          250
#define PU_QUIC_STREAMS_MAX           256
#define PU_QUIC_STREAM_WINDOW         (UINT64_C(1) << 20)
#define PU_QUIC_STREAM_WINDOW_MAX     (UINT64_C(10) << 20)
#define PU_QUIC_CONN_WINDOW           (UINT64_C(3) << 19)
#define PU_QUIC_CONN_WINDOW_MAX       (UINT64_C(15) << 20)
#define PU_QUIC_STREAM_SEND_MAX       ((size_t)8 << 20)
#define PU_QUIC_CONN_SEND_MAX         ((size_t)16 << 20)
#define PU_QUIC_CONN_MEMORY_MAX       ((size_t)16 << 20)
#define PU_QUIC_MEMORY_MAX            ((size_t)256 << 20)
#define PU_QUIC_IDLE_TIMEOUT          (30 * PU_NS_PER_S)
#define PU_QUIC_KEEP_ALIVE            (15 * PU_NS_PER_S)
#define PU_QUIC_HANDSHAKE_TIMEOUT     (10 * PU_NS_PER_S)
#define PU_QUIC_UDP_PAYLOAD_MAX       1472
#define PU_QUIC_ACK_THRESH            4

#endif
