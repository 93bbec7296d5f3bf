/* Identity keys and their protobuf forms (libp2p specs, peer-ids/peer-ids.md). Ours are
 * Ed25519; other peers' may also be RSA or ECDSA. secp256k1 is named but not verified. */
#ifndef PU_P2P_KEY_H
#define PU_P2P_KEY_H

#include "base/bytes.h"
#include "base/error.h"
#include "p2p/limits.h"
#include "p2p/writer.h"

#define PU_ED25519_SEED_LEN      32
#define PU_ED25519_PUBLIC_LEN    32
#define PU_ED25519_SECRET_LEN    64
#define PU_ED25519_SIGNATURE_LEN 64
/* PublicKey and PrivateKey messages of an Ed25519 key. */
#define PU_ED25519_PUBLIC_PB_LEN  36
#define PU_ED25519_PRIVATE_PB_LEN 68

enum pu_key_type {
	PU_KEY_RSA = 0,
	PU_KEY_ED25519 = 1,
	PU_KEY_SECP256K1 = 2,
	PU_KEY_ECDSA = 3,
};

/* Our private key: seed and public half. Never copied; wiped by _fini. */
struct pu_key {
	uint8_t secret[PU_ED25519_SECRET_LEN];
};

/* Someone's public key: a view into the message that it was read from. Ed25519: 32 raw
 * bytes; secp256k1: 33 bytes, compressed; RSA and ECDSA: SubjectPublicKeyInfo in DER. */
struct pu_public_key {
	enum pu_key_type type;
	struct pu_bytes bytes;
};

void pu_key_generate(struct pu_key *key);
void pu_key_from_seed(struct pu_key *key, const uint8_t seed[PU_ED25519_SEED_LEN]);
/* Reads a PrivateKey message: 64 bytes of key, or the legacy 96 whose two public halves
 * agree. PU_EUNSUPPORTED: another type than Ed25519. PU_EMALFORMED, PU_ETRUNCATED: not
 * such a message. PU_ECRYPTO: the public half does not belong to the seed. */
enum pu_err pu_key_decode(struct pu_key *key, struct pu_bytes pb) PU_MUST_CHECK;
/* The PrivateKey message: a secret, which the caller wipes. */
void pu_key_encode(const struct pu_key *key, uint8_t out[PU_ED25519_PRIVATE_PB_LEN]);
/* A view into `key`. */
struct pu_public_key pu_key_public(const struct pu_key *key);
void pu_key_sign(const struct pu_key *key, struct pu_bytes message,
                 uint8_t out[PU_ED25519_SIGNATURE_LEN]);
void pu_key_fini(struct pu_key *key);

/* Reads a PublicKey message. Only its one deterministic form is accepted, because its
 * hash is the peer ID: type, then data, minimal varints, nothing else. The size of
 * Ed25519 and secp256k1 data is checked, DER is not looked into. PU_ELIMIT: data over
 * PU_PUBLIC_KEY_DATA_MAX. PU_EUNSUPPORTED: no such type. */
enum pu_err pu_public_key_decode(struct pu_bytes pb, struct pu_public_key *out) PU_MUST_CHECK;
void pu_public_key_encode(const struct pu_public_key *key, struct pu_writer *out);
/* Ed25519 (RFC 8032), RSA PKCS #1 v1.5 and ECDSA with SHA-256. PU_OK: the key signed the
 * message. PU_ECRYPTO: it did not, or the key is unusable (RSA outside 2048 to 8192 bits).
 * PU_EUNSUPPORTED: secp256k1. */
enum pu_err pu_public_key_verify(const struct pu_public_key *key, struct pu_bytes message,
                                 struct pu_bytes signature) PU_MUST_CHECK;

#endif
