/* Peer IDs: the multihash of a PublicKey message (libp2p specs, peer-ids/peer-ids.md). */
#ifndef PU_P2P_PEER_ID_H
#define PU_P2P_PEER_ID_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/key.h"

/* Identity multihash of the largest key message that is not hashed (42 bytes). */
#define PU_PEER_ID_MAX 44
/* base58 with the final NUL. */
#define PU_PEER_ID_TEXT_MAX 64
/* "did:key:z6Mk..." with the final NUL. */
#define PU_DID_KEY_TEXT_MAX 64

/* A value: copied by assignment. { 0 } is "no peer" (len 0), which equals itself only.
 * Unused bytes are zero, so that a struct may be hashed or compared as memory. */
struct pu_peer_id {
	uint8_t len;
	uint8_t bytes[PU_PEER_ID_MAX];
};

struct pu_peer_id pu_peer_id_of_key(const struct pu_public_key *key);
/* From the binary form: an identity multihash that holds a valid PublicKey message, or
 * sha2-256 with 32 bytes. PU_EMALFORMED, PU_ETRUNCATED otherwise. */
enum pu_err pu_peer_id_decode(struct pu_bytes bytes, struct pu_peer_id *out) PU_MUST_CHECK;
/* From text: base58btc ("12D3Koo...", "Qm..."), or a CIDv1 of codec libp2p-key in base32,
 * base36 or base58btc ("bafz...", "k51...", "z..."). PU_EMALFORMED otherwise. */
enum pu_err pu_peer_id_parse(const char *text, struct pu_peer_id *out) PU_MUST_CHECK;
enum pu_err pu_peer_id_parse_bytes(struct pu_bytes text, struct pu_peer_id *out) PU_MUST_CHECK;
/* base58btc; returns `out`. */
const char *pu_peer_id_print(const struct pu_peer_id *id, char out[PU_PEER_ID_TEXT_MAX]);

bool pu_peer_id_eq(const struct pu_peer_id *a, const struct pu_peer_id *b);
struct pu_bytes pu_peer_id_bytes(const struct pu_peer_id *id);
/* The key within an identity multihash: a view into `id`. PU_ENOTFOUND when the ID is a hash.
 */
enum pu_err pu_peer_id_key(const struct pu_peer_id *id,
                           struct pu_public_key *out) PU_MUST_CHECK;
/* did:key text (W3C did:key, multicodec ed25519-pub). PU_EUNSUPPORTED: not an Ed25519 peer. */
enum pu_err pu_peer_id_did(const struct pu_peer_id *id,
                           char out[PU_DID_KEY_TEXT_MAX]) PU_MUST_CHECK;

#endif
