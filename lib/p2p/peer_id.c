/* Peer IDs. This file knows when a key is its own ID and when its hash is, and the texts
 * that name the same peer. */
#include "p2p/peer_id.h"

#include <sodium.h>

#include "base/alloc.h"
#include "p2p/multibase.h"
#include "p2p/multihash.h"
#include "p2p/uvi.h"

#define INLINE_KEY_MAX        42
#define SHA2_256_LEN          32
#define CID_VERSION           1
#define CID_LIBP2P_KEY        0x72
#define MULTICODEC_ED25519_LO 0xed
#define MULTICODEC_ED25519_HI 0x01
/* Version and codec, then the ID. */
#define CID_MAX (2 + PU_PEER_ID_MAX)

_Static_assert(PU_PEER_ID_MAX == INLINE_KEY_MAX + 2, "the longest peer ID holds a key");

struct pu_peer_id pu_peer_id_of_key(const struct pu_public_key *key)
{
	uint8_t pb[PU_PUBLIC_KEY_DATA_MAX + 8];
	struct pu_writer writer = pu_writer(pb, sizeof(pb));
	struct pu_peer_id id = {0};

	pu_public_key_encode(key, &writer);
	if (writer.len <= INLINE_KEY_MAX) {
		id.bytes[0] = PU_MULTIHASH_IDENTITY;
		id.bytes[1] = (uint8_t)writer.len;
		memcpy(id.bytes + 2, pb, writer.len);
		id.len = (uint8_t)(2 + writer.len);
	} else {
		id.bytes[0] = PU_MULTIHASH_SHA2_256;
		id.bytes[1] = SHA2_256_LEN;
		crypto_hash_sha256(id.bytes + 2, pb, writer.len);
		id.len = 2 + SHA2_256_LEN;
	}
	return id;
}

enum pu_err pu_peer_id_decode(struct pu_bytes bytes, struct pu_peer_id *out)
{
	struct pu_bytes rest = bytes;
	struct pu_multihash hash;
	struct pu_public_key key;
	enum pu_err err = pu_multihash_get(&rest, &hash);

	if (err != PU_OK)
		return err;
	if (rest.len != 0 || bytes.len > PU_PEER_ID_MAX)
		return PU_EMALFORMED;
	if (hash.code != PU_MULTIHASH_SHA2_256 &&
	    (hash.code != PU_MULTIHASH_IDENTITY ||
	     pu_public_key_decode(hash.digest, &key) != PU_OK))
		return PU_EMALFORMED;
	*out = (struct pu_peer_id){.len = (uint8_t)bytes.len};
	memcpy(out->bytes, bytes.data, bytes.len);
	return PU_OK;
}

/* Takes version and codec off a binary CID. */
static enum pu_err cid_hash(struct pu_bytes *cid)
{
	uint64_t version, codec;

	if (pu_uvi_get(cid, &version) != PU_OK || version != CID_VERSION)
		return PU_EMALFORMED;
	if (pu_uvi_get(cid, &codec) != PU_OK || codec != CID_LIBP2P_KEY)
		return PU_EMALFORMED;
	return PU_OK;
}

enum pu_err pu_peer_id_parse_bytes(struct pu_bytes text, struct pu_peer_id *out)
{
	uint8_t binary[CID_MAX];
	struct pu_writer writer = pu_writer(binary, sizeof(binary));
	struct pu_bytes bytes;
	enum pu_err err;

	if (text.len >= 2 && (text.data[0] == '1' || memcmp(text.data, "Qm", 2) == 0)) {
		err = pu_base_decode(PU_BASE58BTC, text, &writer);
		bytes = pu_writer_bytes(&writer);
	} else {
		err = pu_multibase_decode(text, &writer);
		bytes = pu_writer_bytes(&writer);
		err = err == PU_OK ? cid_hash(&bytes) : err;
	}
	if (err != PU_OK || pu_peer_id_decode(bytes, out) != PU_OK)
		return PU_EMALFORMED;
	return PU_OK;
}

enum pu_err pu_peer_id_parse(const char *text, struct pu_peer_id *out)
{
	return pu_peer_id_parse_bytes(pu_bytes_of_str(text), out);
}

const char *pu_peer_id_print(const struct pu_peer_id *id, char out[PU_PEER_ID_TEXT_MAX])
{
	struct pu_writer writer = pu_writer(out, PU_PEER_ID_TEXT_MAX - 1);
	enum pu_err err = pu_base_encode(PU_BASE58BTC, pu_peer_id_bytes(id), &writer);

	out[err == PU_OK ? writer.len : 0] = '\0';
	return out;
}

bool pu_peer_id_eq(const struct pu_peer_id *a, const struct pu_peer_id *b)
{
	return pu_bytes_eq(pu_peer_id_bytes(a), pu_peer_id_bytes(b));
}

struct pu_bytes pu_peer_id_bytes(const struct pu_peer_id *id)
{
	return pu_bytes(id->bytes, id->len);
}

enum pu_err pu_peer_id_key(const struct pu_peer_id *id, struct pu_public_key *out)
{
	if (id->len < 2 || id->bytes[0] != PU_MULTIHASH_IDENTITY)
		return PU_ENOTFOUND;
	return pu_public_key_decode(pu_bytes(id->bytes + 2, id->len - 2u), out);
}

enum pu_err pu_peer_id_did(const struct pu_peer_id *id, char out[PU_DID_KEY_TEXT_MAX])
{
	static const char scheme[] = "did:key:";
	uint8_t multicodec[2 + PU_ED25519_PUBLIC_LEN] = {MULTICODEC_ED25519_LO,
	                                                 MULTICODEC_ED25519_HI};
	struct pu_writer writer = pu_writer(out, PU_DID_KEY_TEXT_MAX - 1);
	struct pu_public_key key;
	enum pu_err err = pu_peer_id_key(id, &key);

	if (err != PU_OK || key.type != PU_KEY_ED25519)
		return PU_EUNSUPPORTED;
	memcpy(multicodec + 2, key.bytes.data, key.bytes.len);
	pu_writer_put(&writer, pu_bytes_of_str(scheme));
	err = pu_multibase_encode(PU_BASE58BTC, pu_bytes(multicodec, sizeof(multicodec)), &writer);
	out[err == PU_OK ? writer.len : 0] = '\0';
	return err;
}
