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

/* Purposes:
 *   "tls"     payload: DER SubjectPublicKeyInfo of a certificate's key (libp2p specs,
 * tls/tls.md) "record"  payload: PeerRecord about ourselves (libp2p RFC 0003), numbered by the
 * time in Unix milliseconds or less PU_EUNSUPPORTED: another purpose. PU_EINVAL: the payload is
 * not what the purpose is for; a record about another peer or from the future is that too. */
enum pu_err auth_sign_make(const struct pu_key *key, const char *purpose,
                           struct pu_bytes payload, uint64_t now_unix_ms,
                           uint8_t out[PU_ED25519_SIGNATURE_LEN]) PU_MUST_CHECK;

#endif
