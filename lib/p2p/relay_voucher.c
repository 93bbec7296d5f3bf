/* Reservation vouchers. This file knows their fields, and that only the relay itself may sign
 * one. */
#include "p2p/relay_voucher.h"

#include "p2p/envelope.h"
#include "p2p/pb.h"

enum {
	FIELD_RELAY = 1,
	FIELD_PEER = 2,
	FIELD_EXPIRATION = 3,
};

void pu_relay_voucher_encode(const struct pu_relay_voucher *voucher, struct pu_writer *out)
{
	pu_pb_put_bytes(out, FIELD_RELAY, pu_peer_id_bytes(&voucher->relay));
	pu_pb_put_bytes(out, FIELD_PEER, pu_peer_id_bytes(&voucher->peer));
	pu_pb_put_varint(out, FIELD_EXPIRATION, voucher->expires_s);
}

static enum pu_err take_field(const struct pu_pb_field *field, struct pu_relay_voucher *out)
{
	if (field->number == FIELD_RELAY && field->wire == PU_PB_LEN)
		return pu_peer_id_decode(field->bytes, &out->relay);
	if (field->number == FIELD_PEER && field->wire == PU_PB_LEN)
		return pu_peer_id_decode(field->bytes, &out->peer);
	if (field->number == FIELD_EXPIRATION && field->wire == PU_PB_VARINT)
		out->expires_s = field->varint;
	return PU_OK;
}

enum pu_err pu_relay_voucher_decode(struct pu_bytes payload, struct pu_relay_voucher *out)
{
	struct pu_relay_voucher found = {0};
	struct pu_pb_field field;
	enum pu_err err;

	if (payload.len > PU_RELAY_VOUCHER_MAX)
		return PU_ELIMIT;
	while ((err = pu_pb_next(&payload, &field)) == PU_OK) {
		err = take_field(&field, &found);
		if (err != PU_OK)
			return err;
	}
	if (err != PU_ENOTFOUND)
		return err;
	if (found.relay.len == 0 || found.peer.len == 0)
		return PU_EMALFORMED;
	*out = found;
	return PU_OK;
}

enum pu_err pu_relay_voucher_open(struct pu_bytes envelope, struct pu_relay_voucher *out)
{
	struct pu_relay_voucher voucher;
	struct pu_envelope opened;
	struct pu_peer_id signer;
	enum pu_err err = pu_envelope_open(envelope, &pu_envelope_relay_voucher, &opened, &signer);

	if (err == PU_OK)
		err = pu_relay_voucher_decode(opened.payload, &voucher);
	if (err != PU_OK)
		return err;
	if (!pu_peer_id_eq(&voucher.relay, &signer))
		return PU_ECRYPTO;
	*out = voucher;
	return PU_OK;
}
