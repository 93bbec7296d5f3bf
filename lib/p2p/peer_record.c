/* Peer records. This file knows their fields, and that only the peer itself may sign one. */
#include "p2p/peer_record.h"

#include "p2p/envelope.h"
#include "p2p/multiaddr.h"
#include "p2p/pb.h"

enum {
	FIELD_PEER_ID = 1,
	FIELD_SEQ = 2,
	FIELD_ADDRESSES = 3,
	FIELD_ADDRESS_MULTIADDR = 1,
};

void pu_peer_record_encode(const struct pu_peer_record *record, struct pu_writer *out)
{
	pu_pb_put_bytes(out, FIELD_PEER_ID, pu_peer_id_bytes(&record->peer));
	pu_pb_put_varint(out, FIELD_SEQ, record->seq);
	for (size_t i = 0; i < record->addr_count; i++) {
		uint8_t buffer[PU_MULTIADDR_MAX + 8];
		struct pu_writer entry = pu_writer(buffer, sizeof(buffer));

		pu_pb_put_bytes(&entry, FIELD_ADDRESS_MULTIADDR, record->addrs[i]);
		out->overflow = out->overflow || entry.overflow;
		pu_pb_put_bytes(out, FIELD_ADDRESSES, pu_writer_bytes(&entry));
	}
}

static enum pu_err take_address(struct pu_bytes entry, struct pu_peer_record *record)
{
	struct pu_bytes found = {0};
	struct pu_multiaddr addr;
	struct pu_pb_field field;
	enum pu_err err;

	while ((err = pu_pb_next(&entry, &field)) == PU_OK) {
		if (field.number == FIELD_ADDRESS_MULTIADDR && field.wire == PU_PB_LEN)
			found = field.bytes;
	}
	if (err != PU_ENOTFOUND)
		return err;
	if (record->addr_count < PU_PEER_RECORD_ADDRS_MAX &&
	    pu_multiaddr_decode(found, &addr) == PU_OK)
		record->addrs[record->addr_count++] = found;
	return PU_OK;
}

static enum pu_err take_field(const struct pu_pb_field *field, struct pu_peer_record *record)
{
	if (field->number == FIELD_PEER_ID && field->wire == PU_PB_LEN)
		return pu_peer_id_decode(field->bytes, &record->peer);
	if (field->number == FIELD_SEQ && field->wire == PU_PB_VARINT)
		record->seq = field->varint;
	if (field->number == FIELD_ADDRESSES && field->wire == PU_PB_LEN)
		return take_address(field->bytes, record);
	return PU_OK;
}

enum pu_err pu_peer_record_decode(struct pu_bytes payload, struct pu_peer_record *out)
{
	struct pu_peer_record found = {0};
	struct pu_pb_field field;
	enum pu_err err;

	while ((err = pu_pb_next(&payload, &field)) == PU_OK) {
		err = take_field(&field, &found);
		if (err != PU_OK)
			return err;
	}
	if (err != PU_ENOTFOUND)
		return err;
	if (found.peer.len == 0)
		return PU_EMALFORMED;
	*out = found;
	return PU_OK;
}

enum pu_err pu_peer_record_open(struct pu_bytes envelope, struct pu_peer_record *out)
{
	struct pu_peer_record record;
	struct pu_envelope opened;
	struct pu_peer_id signer;
	enum pu_err err = pu_envelope_open(envelope, &pu_envelope_peer_record, &opened, &signer);

	if (err == PU_OK)
		err = pu_peer_record_decode(opened.payload, &record);
	if (err != PU_OK)
		return err;
	if (!pu_peer_id_eq(&record.peer, &signer))
		return PU_ECRYPTO;
	*out = record;
	return PU_OK;
}
