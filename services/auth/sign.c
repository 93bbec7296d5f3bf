/* Knows what the identity key may sign: which purposes there are, the domain of each, and what
 * a payload of it looks like. */
#include "sign.h"

#include "base/alloc.h"
#include "p2p/envelope.h"
#include "p2p/peer_record.h"
#include "p2p/relay_voucher.h"
#include "p2p/writer.h"

/* SubjectPublicKeyInfo in DER (RFC 5280, section 4.1): an Ed25519 key takes 44 bytes, RSA of
 * 8192 bits about 1,050. */
enum {
	SPKI_MIN = 44,
	SPKI_MAX = 1152,
	DER_SEQUENCE = 0x30,
	DER_BIT_STRING = 0x03,
	DER_OID = 0x06,
	NOISE_STATIC_LEN = 32, /* X25519 */
	SIGNED_MAX = PU_ENVELOPE_MAX,
};

static const char tls_domain[] = "libp2p-tls-handshake:";
static const char noise_domain[] = "noise-libp2p-static-key:";

/* Takes one element with this tag off `in`; lengths up to 65,535 in their shortest form. */
static bool take_der(struct pu_bytes *in, uint8_t tag, struct pu_bytes *content)
{
	size_t header = 2, len;

	if (in->len < header || in->data[0] != tag)
		return false;
	len = in->data[1];
	if (len == 0x81 && in->len > 2 && in->data[2] >= 0x80) {
		len = in->data[2];
		header = 3;
	} else if (len == 0x82 && in->len > 3 && in->data[2] != 0) {
		len = (size_t)in->data[2] << 8 | in->data[3];
		header = 4;
	} else if (len >= 0x80) {
		return false;
	}
	if (in->len - header < len)
		return false;
	*content = pu_bytes(in->data + header, len);
	*in = pu_bytes(in->data + header + len, in->len - header - len);
	return true;
}

/* SEQUENCE { SEQUENCE { OID, ... }, BIT STRING } and not a byte more. */
static bool is_spki(struct pu_bytes payload)
{
	struct pu_bytes outer, algorithm, oid, bits;

	if (payload.len < SPKI_MIN || payload.len > SPKI_MAX)
		return false;
	return take_der(&payload, DER_SEQUENCE, &outer) && payload.len == 0 &&
	       take_der(&outer, DER_SEQUENCE, &algorithm) &&
	       take_der(&outer, DER_BIT_STRING, &bits) && outer.len == 0 && bits.len > 1 &&
	       bits.data[0] == 0 && take_der(&algorithm, DER_OID, &oid) && oid.len > 0;
}

static enum pu_err prepare_tls(const struct auth_signer *signer, struct pu_bytes payload,
                               uint64_t now_unix_ms, struct pu_writer *out)
{
	(void)signer, (void)now_unix_ms;
	if (!is_spki(payload))
		return PU_EINVAL;
	pu_writer_put(out, pu_bytes_of_str(tls_domain));
	pu_writer_put(out, payload);
	return PU_OK;
}

static enum pu_err prepare_noise(const struct auth_signer *signer, struct pu_bytes payload,
                                 uint64_t now_unix_ms, struct pu_writer *out)
{
	(void)signer, (void)now_unix_ms;
	if (payload.len != NOISE_STATIC_LEN)
		return PU_EINVAL;
	pu_writer_put(out, pu_bytes_of_str(noise_domain));
	pu_writer_put(out, payload);
	return PU_OK;
}

static struct pu_peer_id self_of(const struct auth_signer *signer)
{
	struct pu_public_key public_key = pu_key_public(signer->key);

	return pu_peer_id_of_key(&public_key);
}

static enum pu_err prepare_record(const struct auth_signer *signer, struct pu_bytes payload,
                                  uint64_t now_unix_ms, struct pu_writer *out)
{
	struct pu_peer_id self = self_of(signer);
	struct pu_peer_record record;

	if (pu_peer_record_decode(payload, &record) != PU_OK ||
	    !pu_peer_id_eq(&record.peer, &self) || record.seq > now_unix_ms + AUTH_RECORD_AHEAD_MS)
		return PU_EINVAL;
	pu_envelope_signed_bytes(&pu_envelope_peer_record, payload, out);
	return PU_OK;
}

static enum pu_err prepare_voucher(const struct auth_signer *signer, struct pu_bytes payload,
                                   uint64_t now_unix_ms, struct pu_writer *out)
{
	struct pu_peer_id self = self_of(signer);
	struct pu_relay_voucher voucher;

	if (!signer->is_relay)
		return PU_EUNSUPPORTED;
	if (pu_relay_voucher_decode(payload, &voucher) != PU_OK ||
	    !pu_peer_id_eq(&voucher.relay, &self) ||
	    voucher.expires_s > (now_unix_ms + AUTH_VOUCHER_AHEAD_MS) / 1000)
		return PU_EINVAL;
	pu_envelope_signed_bytes(&pu_envelope_relay_voucher, payload, out);
	return PU_OK;
}

/* Each writes the bytes to be signed. */
static const struct {
	const char *purpose;
	enum pu_err (*prepare)(const struct auth_signer *signer, struct pu_bytes payload,
	                       uint64_t now_unix_ms, struct pu_writer *out);
} purposes[] = {
    {"tls", prepare_tls},
    {"noise", prepare_noise},
    {"record", prepare_record},
    {"voucher", prepare_voucher},
};

enum pu_err auth_sign_make(const struct auth_signer *signer, const char *purpose,
                           struct pu_bytes payload, uint64_t now_unix_ms,
                           uint8_t out[PU_ED25519_SIGNATURE_LEN])
{
	uint8_t bytes[SIGNED_MAX];
	struct pu_writer writer = pu_writer(bytes, sizeof(bytes));
	size_t i = 0;
	enum pu_err err;

	while (i < PU_ARRAY_LEN(purposes) && strcmp(purposes[i].purpose, purpose) != 0)
		i++;
	if (i == PU_ARRAY_LEN(purposes))
		return PU_EUNSUPPORTED;
	err = purposes[i].prepare(signer, payload, now_unix_ms, &writer);
	if (err != PU_OK)
		return err;
	if (pu_writer_check(&writer) != PU_OK)
		return PU_EINVAL;
	pu_key_sign(signer->key, pu_writer_bytes(&writer), out);
	return PU_OK;
}
