/* Signed envelopes. This file knows their fields, the kinds that are in use, and which bytes
 * a signature covers. */
#include "p2p/envelope.h"

#include "p2p/pb.h"
#include "p2p/uvi.h"

enum {
	FIELD_PUBLIC_KEY = 1,
	FIELD_PAYLOAD_TYPE = 2,
	FIELD_PAYLOAD = 3,
	FIELD_SIGNATURE = 5,
};

/* The domain, the payload type and three lengths. */
#define SIGNED_OVERHEAD 64

static const uint8_t peer_record_type[] = {0x03, 0x01};
static const uint8_t relay_voucher_type[] = {0x03, 0x02};

const struct pu_envelope_kind pu_envelope_peer_record = {
    .domain = "libp2p-peer-record",
    .payload_type = {peer_record_type, sizeof(peer_record_type)},
};
const struct pu_envelope_kind pu_envelope_relay_voucher = {
    .domain = "libp2p-relay-rsvp",
    .payload_type = {relay_voucher_type, sizeof(relay_voucher_type)},
};

void pu_envelope_signed_bytes(const struct pu_envelope_kind *kind, struct pu_bytes payload,
                              struct pu_writer *out)
{
	pu_delimited_put(out, pu_bytes_of_str(kind->domain));
	pu_delimited_put(out, kind->payload_type);
	pu_delimited_put(out, payload);
}

void pu_envelope_encode(const struct pu_envelope *envelope, struct pu_writer *out)
{
	pu_pb_put_bytes(out, FIELD_PUBLIC_KEY, envelope->public_key);
	pu_pb_put_bytes(out, FIELD_PAYLOAD_TYPE, envelope->payload_type);
	pu_pb_put_bytes(out, FIELD_PAYLOAD, envelope->payload);
	pu_pb_put_bytes(out, FIELD_SIGNATURE, envelope->signature);
}

static void take_field(const struct pu_pb_field *field, struct pu_envelope *out)
{
	if (field->wire != PU_PB_LEN)
		return;
	if (field->number == FIELD_PUBLIC_KEY)
		out->public_key = field->bytes;
	else if (field->number == FIELD_PAYLOAD_TYPE)
		out->payload_type = field->bytes;
	else if (field->number == FIELD_PAYLOAD)
		out->payload = field->bytes;
	else if (field->number == FIELD_SIGNATURE)
		out->signature = field->bytes;
}

enum pu_err pu_envelope_decode(struct pu_bytes bytes, struct pu_envelope *out)
{
	struct pu_envelope found = {0};
	struct pu_pb_field field;
	enum pu_err err;

	if (bytes.len > PU_ENVELOPE_MAX)
		return PU_ELIMIT;
	while ((err = pu_pb_next(&bytes, &field)) == PU_OK)
		take_field(&field, &found);
	if (err != PU_ENOTFOUND)
		return err;
	if (found.public_key.len == 0 || found.payload_type.len == 0 || found.payload.len == 0 ||
	    found.signature.len == 0)
		return PU_EMALFORMED;
	*out = found;
	return PU_OK;
}

enum pu_err pu_envelope_open(struct pu_bytes bytes, const struct pu_envelope_kind *kind,
                             struct pu_envelope *out, struct pu_peer_id *signer)
{
	uint8_t buffer[PU_ENVELOPE_MAX + SIGNED_OVERHEAD];
	struct pu_writer signed_bytes = pu_writer(buffer, sizeof(buffer));
	struct pu_envelope found;
	struct pu_public_key key;
	enum pu_err err = pu_envelope_decode(bytes, &found);

	if (err != PU_OK)
		return err;
	if (!pu_bytes_eq(found.payload_type, kind->payload_type))
		return PU_EPROTOCOL;
	err = pu_public_key_decode(found.public_key, &key);
	if (err != PU_OK)
		return err;
	pu_envelope_signed_bytes(kind, found.payload, &signed_bytes);
	err = pu_writer_check(&signed_bytes);
	if (err != PU_OK)
		return err;
	err = pu_public_key_verify(&key, pu_writer_bytes(&signed_bytes), found.signature);
	if (err != PU_OK)
		return err;
	*signer = pu_peer_id_of_key(&key);
	*out = found;
	return PU_OK;
}
