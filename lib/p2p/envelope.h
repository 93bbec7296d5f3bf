/* Signed envelopes (libp2p RFC 0002). Making one takes two steps, because the key may
 * live in another process: pu_envelope_signed_bytes() gives what to sign, then
 * pu_envelope_encode() puts it together. */
#ifndef PU_P2P_ENVELOPE_H
#define PU_P2P_ENVELOPE_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/key.h"
#include "p2p/limits.h"
#include "p2p/peer_id.h"
#include "p2p/writer.h"

/* What is signed, and how: one constant per kind. */
struct pu_envelope_kind {
	const char *domain;
	struct pu_bytes payload_type;
};
extern const struct pu_envelope_kind pu_envelope_peer_record;
extern const struct pu_envelope_kind pu_envelope_relay_voucher;

/* Views, of what was decoded or into the caller's memory. */
struct pu_envelope {
	struct pu_bytes public_key; /* a PublicKey message */
	struct pu_bytes payload_type;
	struct pu_bytes payload;
	struct pu_bytes signature;
};

/* The bytes to sign for a payload of this kind. PU_ELIMIT in `out`. */
void pu_envelope_signed_bytes(const struct pu_envelope_kind *kind, struct pu_bytes payload,
                              struct pu_writer *out);
/* `public_key` is the signer's PublicKey message. */
void pu_envelope_encode(const struct pu_envelope *envelope, struct pu_writer *out);
/* Reads without verifying. PU_ELIMIT: over PU_ENVELOPE_MAX. PU_EMALFORMED: a field is
 * missing. */
enum pu_err pu_envelope_decode(struct pu_bytes bytes, struct pu_envelope *out) PU_MUST_CHECK;
/* Reads and verifies; `signer` is the peer whose key signed. PU_EPROTOCOL: another kind.
 * PU_ECRYPTO: the signature is wrong. PU_EUNSUPPORTED: a key that we cannot verify. */
enum pu_err pu_envelope_open(struct pu_bytes bytes, const struct pu_envelope_kind *kind,
                             struct pu_envelope *out, struct pu_peer_id *signer) PU_MUST_CHECK;

#endif
