/* Identify messages, "/ipfs/id/1.0.0" and "/ipfs/id/push/1.0.0" (libp2p specs, identify). */
#ifndef PU_P2P_IDENTIFY_H
#define PU_P2P_IDENTIFY_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/limits.h"
#include "p2p/writer.h"

#define PU_IDENTIFY_PROTOCOL      "/ipfs/id/1.0.0"
#define PU_IDENTIFY_PUSH_PROTOCOL "/ipfs/id/push/1.0.0"

/* All members are views: of the caller's memory when encoding, into the stream's bytes
 * when decoded. An absent member is the empty view. About 6 KiB: not for deep stacks. */
struct pu_identify {
	struct pu_bytes public_key; /* a PublicKey message; compare with the connection's peer */
	struct pu_bytes protocol_version;
	struct pu_bytes agent_version;
	struct pu_bytes observed_addr; /* a binary multiaddr, which may end with our own /p2p */
	struct pu_bytes signed_peer_record; /* an envelope, not verified here */
	size_t addr_count, protocol_count;
	struct pu_bytes addrs[PU_IDENTIFY_ADDRS_MAX]; /* binary multiaddrs */
	struct pu_bytes protocols[PU_IDENTIFY_PROTOCOLS_MAX];
};

/* One message with its length prefix, which together take at most PU_IDENTIFY_SEND_MAX
 * bytes: addresses that do not fit are left out, the least useful first (see
 * pu_multiaddr_rank). PU_ELIMIT: what remains does not fit, or `out` is too small. */
enum pu_err pu_identify_encode(const struct pu_identify *message,
                               struct pu_writer *out) PU_MUST_CHECK;

/* Everything that a peer sent before its FIN: one to PU_IDENTIFY_MESSAGES_MAX messages,
 * merged (lists grow, of the others the last counts). Entries that break their own format
 * or length and those beyond a list's bound are left out; the strings kept are printable
 * ASCII or UTF-8 without control characters. PU_ETRUNCATED: the last message is not whole.
 * PU_ELIMIT: a message or the stream is too long, or too many messages. PU_EMALFORMED. */
enum pu_err pu_identify_decode(struct pu_bytes stream, struct pu_identify *out) PU_MUST_CHECK;

#endif
