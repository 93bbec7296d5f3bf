/* What the identity key signs for others, and nothing else: each purpose has its own domain,
 * and its payload is checked before it is signed. */
#ifndef AUTH_SIGN_H
#define AUTH_SIGN_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/key.h"

/* A record may be that much ahead of our clock, and no more: receivers keep the highest number,
 * so a transport gone bad could otherwise outlast every honest record to come. */
#define AUTH_RECORD_AHEAD_MS (UINT64_C(24) * 60 * 60 * 1000)

/* A voucher may promise the longest reservation that can be configured, by a clock that is a
 * little ahead of ours. */
#define AUTH_VOUCHER_AHEAD_MS (UINT64_C(24) * 60 * 60 * 1000 + UINT64_C(60) * 1000)

struct auth_signer {
	const struct pu_key *key;
	bool is_relay; /* vouchers are signed */
};

/* Purposes and their payloads:
 *   "tls"      DER SubjectPublicKeyInfo of a certificate's key (libp2p specs, tls/tls.md)
 *   "noise"    the X25519 static public key, 32 bytes (libp2p specs, noise/README.md)
 *   "record"   PeerRecord about ourselves (libp2p RFC 0003), numbered by the time in Unix
 *              milliseconds or less
 *   "voucher"  ReservationVoucher by ourselves (libp2p specs, relay/circuit-v2.md) that ends
 *              within AUTH_VOUCHER_AHEAD_MS
 * PU_EUNSUPPORTED: another purpose, or a voucher when we are no relay. PU_EINVAL: the payload
 * is not what the purpose is for; a record about another peer or from the future is that too,
 * and so is a voucher of another relay. */
enum pu_err auth_sign_make(const struct auth_signer *signer, const char *purpose,
                           struct pu_bytes payload, uint64_t now_unix_ms,
                           uint8_t out[PU_ED25519_SIGNATURE_LEN]) PU_MUST_CHECK;

#endif
