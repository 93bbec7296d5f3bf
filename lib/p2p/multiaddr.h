/* Multiaddrs: self-describing addresses, binary and text (libp2p specs, addressing;
 * github.com/multiformats/multiaddr). */
#ifndef PU_P2P_MULTIADDR_H
#define PU_P2P_MULTIADDR_H

#include <sys/socket.h>

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/limits.h"
#include "p2p/peer_id.h"

enum pu_multiaddr_code {
	PU_MA_IP4 = 4,
	PU_MA_TCP = 6,
	PU_MA_IP6 = 41,
	PU_MA_IP6ZONE = 42,
	PU_MA_IPCIDR = 43,
	PU_MA_DNS = 53,
	PU_MA_DNS4 = 54,
	PU_MA_DNS6 = 55,
	PU_MA_DNSADDR = 56,
	PU_MA_UDP = 273,
	PU_MA_WEBRTC_DIRECT = 280,
	PU_MA_WEBRTC = 281,
	PU_MA_P2P_CIRCUIT = 290,
	PU_MA_UNIX = 400,
	PU_MA_P2P = 421,
	PU_MA_HTTPS = 443,
	PU_MA_ONION3 = 445,
	PU_MA_TLS = 448,
	PU_MA_SNI = 449,
	PU_MA_NOISE = 454,
	PU_MA_QUIC = 460,
	PU_MA_QUIC_V1 = 461,
	PU_MA_WEBTRANSPORT = 465,
	PU_MA_CERTHASH = 466,
	PU_MA_WS = 477,
	PU_MA_WSS = 478,
	PU_MA_HTTP = 480,
	PU_MA_HTTP_PATH = 481,
	PU_MA_MEMORY = 777,
};

/* A value, copied by assignment; valid by construction: only the functions below fill
 * it. { 0 } is the empty address. */
struct pu_multiaddr {
	uint16_t len;
	uint8_t bytes[PU_MULTIADDR_MAX];
};

/* From binary. Every component must be known (its length is not, otherwise) and valid.
 * PU_EMALFORMED (also when empty), PU_ETRUNCATED, PU_ELIMIT (over PU_MULTIADDR_MAX),
 * PU_EUNSUPPORTED (an unknown protocol: drop this address, keep its siblings). */
enum pu_err pu_multiaddr_decode(struct pu_bytes bytes, struct pu_multiaddr *out) PU_MUST_CHECK;
/* From text. Trailing slashes are dropped, "ipfs" is read as "p2p". Same errors. */
enum pu_err pu_multiaddr_parse(const char *text, struct pu_multiaddr *out) PU_MUST_CHECK;
/* NUL-terminated text; returns `out`. A path (unix, http-path) and any byte that would
 * break the text or a terminal is percent-encoded. */
const char *pu_multiaddr_print(const struct pu_multiaddr *addr,
                               char out[PU_MULTIADDR_TEXT_MAX]);

bool pu_multiaddr_eq(const struct pu_multiaddr *a, const struct pu_multiaddr *b);
struct pu_bytes pu_multiaddr_bytes(const struct pu_multiaddr *addr);

struct pu_multiaddr_part {
	enum pu_multiaddr_code code;
	struct pu_bytes value; /* without its length prefix; empty if the protocol has none */
};
/* Takes the next component off `cursor`, which began as pu_multiaddr_bytes(). False at
 * the end. */
bool pu_multiaddr_next(struct pu_bytes *cursor, struct pu_multiaddr_part *part);
/* The first component with this code. */
bool pu_multiaddr_find(const struct pu_multiaddr *addr, enum pu_multiaddr_code code,
                       struct pu_multiaddr_part *part);
bool pu_multiaddr_has(const struct pu_multiaddr *addr, enum pu_multiaddr_code code);

/* Adds one component, whose value is checked as in decoding. PU_ELIMIT; the address is
 * unchanged on an error. */
enum pu_err pu_multiaddr_append(struct pu_multiaddr *addr, enum pu_multiaddr_code code,
                                struct pu_bytes value) PU_MUST_CHECK;
/* The peer that the address ends with: its last component is /p2p. PU_ENOTFOUND. */
enum pu_err pu_multiaddr_peer(const struct pu_multiaddr *addr,
                              struct pu_peer_id *out) PU_MUST_CHECK;
/* Appends /p2p/ID unless the address ends with exactly that. PU_EINVAL: it ends with
 * another peer. PU_ELIMIT. */
enum pu_err pu_multiaddr_add_peer(struct pu_multiaddr *addr,
                                  const struct pu_peer_id *id) PU_MUST_CHECK;
/* Removes a final /p2p/ID, if any. */
void pu_multiaddr_strip_peer(struct pu_multiaddr *addr);

/* What carries a direct connection to such an address. */
enum pu_carrier {
	PU_CARRIER_NONE, /* none that we speak, or a relayed address */
	PU_CARRIER_QUIC, /* /udp/P/quic-v1 */
	PU_CARRIER_TCP,  /* /tcp/P */
	PU_CARRIER_WS,   /* /tcp/P/ws */
	PU_CARRIER_WSS,  /* /tcp/P/tls/ws, /tcp/P/tls/sni/NAME/ws, /tcp/P/wss */
	PU_CARRIERS,
};
/* By everything behind the host, a final /p2p/ID aside. */
enum pu_carrier pu_multiaddr_carrier(const struct pu_multiaddr *addr);

/* /ip4|ip6/A/udp/P/quic-v1, or what `carrier` wants behind the address. An IPv4-mapped IPv6
 * address becomes ip4; a link-local one with a scope becomes /ip6zone/<number>/ip6/...
 * PU_EUNSUPPORTED: another family; PU_CARRIER_NONE. */
enum pu_err pu_multiaddr_from_sockaddr(const struct sockaddr *addr, enum pu_carrier carrier,
                                       struct pu_multiaddr *out) PU_MUST_CHECK;
/* The IP address and port of an address that has a carrier. A zone must be a number.
 * PU_EUNSUPPORTED: no carrier, or its host is a name. */
enum pu_err pu_multiaddr_to_sockaddr(const struct pu_multiaddr *addr,
                                     struct sockaddr_storage *out,
                                     socklen_t *out_len) PU_MUST_CHECK;
/* The port of an address that has a carrier; 0: it has none. */
uint16_t pu_multiaddr_port(const struct pu_multiaddr *addr);

/* A relayed address: takes `<relay>/p2p-circuit[/p2p/TARGET]` apart. *relay is what stands in
 * front of /p2p-circuit, its /p2p/RELAY included, and may be nothing but that. PU_ENOTFOUND: it
 * is not relayed. PU_EINVAL: twice relayed, no relay's peer ID, or more behind it. */
enum pu_err pu_multiaddr_split_circuit(const struct pu_multiaddr *addr,
                                       struct pu_multiaddr *relay) PU_MUST_CHECK;

/* Whether it can be dialed at all: it has a carrier, or it is relayed. */
bool pu_multiaddr_is_dialable(const struct pu_multiaddr *addr);

/* The name to resolve when the address begins with dns, dns4, dns6 or dnsaddr: a view
 * into `addr` (no NUL), and which of them. False: it begins with something else. */
bool pu_multiaddr_dns_host(const struct pu_multiaddr *addr, struct pu_multiaddr_part *out);
/* `addr` with its leading dns, dns4 or dns6 replaced by the IP address of `ip` (whose
 * port is not used). PU_EINVAL: no such name, or a family that dns4 or dns6 excludes. */
enum pu_err pu_multiaddr_resolved(const struct pu_multiaddr *addr, const struct sockaddr *ip,
                                  struct pu_multiaddr *out) PU_MUST_CHECK;

#endif
