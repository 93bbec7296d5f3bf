/* Peer records (libp2p RFC 0003): the addresses that a peer says it has. Carried in an
 * envelope of kind pu_envelope_peer_record. */
#ifndef PU_P2P_PEER_RECORD_H
#define PU_P2P_PEER_RECORD_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/limits.h"
#include "p2p/peer_id.h"
#include "p2p/writer.h"

struct pu_peer_record {
	struct pu_peer_id peer;
	uint64_t seq; /* grows with every record; receivers keep the highest */
	size_t addr_count;
	struct pu_bytes addrs[PU_PEER_RECORD_ADDRS_MAX]; /* binary multiaddrs, views */
};

/* The payload. PU_ELIMIT in `out`. */
void pu_peer_record_encode(const struct pu_peer_record *record, struct pu_writer *out);
/* Addresses that are no multiaddr are left out; beyond PU_PEER_RECORD_ADDRS_MAX the rest
 * is dropped. PU_EMALFORMED, PU_ETRUNCATED: not a record, or no valid peer ID. */
enum pu_err pu_peer_record_decode(struct pu_bytes payload,
                                  struct pu_peer_record *out) PU_MUST_CHECK;
/* From a whole envelope; the signer must be the peer itself (PU_ECRYPTO otherwise).
 * The views point into `envelope`. */
enum pu_err pu_peer_record_open(struct pu_bytes envelope,
                                struct pu_peer_record *out) PU_MUST_CHECK;

#endif
