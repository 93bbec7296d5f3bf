/* Every bound that lib/p2p keeps on what a peer may send. */
#ifndef PU_P2P_LIMITS_H
#define PU_P2P_LIMITS_H

/* One multiaddr, in binary. The longest ones seen in practice stay under 300 bytes. */
#define PU_MULTIADDR_MAX 512
/* Its text with the final NUL. Two bytes of binary can become "/webrtc-direct". */
#define PU_MULTIADDR_TEXT_MAX (PU_MULTIADDR_MAX * 7 + 1)

/* Bytes that base58 and base36 take or give: they cost the square of this. */
#define PU_BASE_QUADRATIC_MAX 128

/* The Data field of a public key: the SPKI of an RSA key of 8192 bits fits. */
#define PU_PUBLIC_KEY_DATA_MAX 1152
#define PU_RSA_BITS_MIN        2048
#define PU_RSA_BITS_MAX        8192
/* A signature: RSA of 8192 bits. */
#define PU_SIGNATURE_MAX 1024

/* multistream-select: the length field of a message, a name that we know or answer,
 * and how many proposals a stream may see. */
#define PU_MULTISTREAM_MESSAGE_MAX   1024
#define PU_MULTISTREAM_NAME_MAX      255
#define PU_MULTISTREAM_PROPOSALS_MAX 64

/* A signed envelope, whole; and the addresses in one peer record. */
#define PU_ENVELOPE_MAX          8192
#define PU_PEER_RECORD_ADDRS_MAX 64

/* identify: messages on one stream, one message received, the whole stream, one
 * message sent (rust reads no more), and what is kept of it. */
#define PU_IDENTIFY_MESSAGES_MAX     10
#define PU_IDENTIFY_MESSAGE_MAX      8192
#define PU_IDENTIFY_STREAM_MAX       (PU_IDENTIFY_MESSAGES_MAX * (PU_IDENTIFY_MESSAGE_MAX + 2))
#define PU_IDENTIFY_SEND_MAX         4096
#define PU_IDENTIFY_ADDRS_MAX        128
#define PU_IDENTIFY_PROTOCOLS_MAX    256
#define PU_IDENTIFY_PROTOCOL_LEN_MAX 255
#define PU_IDENTIFY_VERSION_LEN_MAX  128

/* Circuit relay: one message (the specification's bound), the addresses kept of a reservation,
 * and a voucher: two peer IDs and a time. */
#define PU_RELAY_MESSAGE_MAX 4096
#define PU_RELAY_ADDRS_MAX   16
#define PU_RELAY_VOUCHER_MAX 128

/* A peer's X.509 certificate in DER. */
#define PU_TLS_CERT_MAX 8192

#endif
