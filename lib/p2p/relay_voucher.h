/* Reservation vouchers (libp2p specs, relay/circuit-v2.md): a relay's signed word that a peer
 * may be reached through it. Carried in an envelope of kind pu_envelope_relay_voucher. */
#ifndef PU_P2P_RELAY_VOUCHER_H
#define PU_P2P_RELAY_VOUCHER_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/limits.h"
#include "p2p/peer_id.h"
#include "p2p/writer.h"

struct pu_relay_voucher {
	struct pu_peer_id relay, peer;
	uint64_t expires_s; /* Unix time */
};

/* The payload: at most PU_RELAY_VOUCHER_MAX bytes. PU_ELIMIT in `out`. */
void pu_relay_voucher_encode(const struct pu_relay_voucher *voucher, struct pu_writer *out);
/* PU_EMALFORMED, PU_ETRUNCATED: not a voucher, or one of its peers is none. PU_ELIMIT: over
 * PU_RELAY_VOUCHER_MAX. */
enum pu_err pu_relay_voucher_decode(struct pu_bytes payload,
                                    struct pu_relay_voucher *out) PU_MUST_CHECK;
/* From a whole envelope; the signer must be the relay (PU_ECRYPTO otherwise). Errors of
 * pu_envelope_open() besides. Whether it has expired is not looked at. */
enum pu_err pu_relay_voucher_open(struct pu_bytes envelope,
                                  struct pu_relay_voucher *out) PU_MUST_CHECK;

#endif
