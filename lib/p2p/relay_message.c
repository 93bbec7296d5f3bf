/* Messages of circuit relay v2. This file knows the fields of hop and stop, which are the same
 * four things under different numbers, and that a type of 0 must be written. */
#include "p2p/relay_message.h"

#include "p2p/pb.h"
#include "p2p/uvi.h"

enum {
	FIELD_TYPE = 1,
	FIELD_PEER = 2,
	FIELD_HOP_RESERVATION = 3,
	FIELD_HOP_LIMIT = 4,
	FIELD_HOP_STATUS = 5,
	FIELD_STOP_LIMIT = 3,
	FIELD_STOP_STATUS = 4,
	FIELD_PEER_ID = 1,
	FIELD_RESERVATION_EXPIRE = 1,
	FIELD_RESERVATION_ADDRS = 2,
	FIELD_RESERVATION_VOUCHER = 3,
	FIELD_LIMIT_DURATION = 1,
	FIELD_LIMIT_DATA = 2,
};

/* Both members of a limit, or a peer ID, and what stands around them. */
#define SMALL_MAX 64

static uint32_t clamp(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* ---- writing ---- */

static void put_peer(struct pu_writer *out, const struct pu_peer_id *peer)
{
	uint8_t bytes[SMALL_MAX];
	struct pu_writer inner = pu_writer(bytes, sizeof(bytes));

	if (peer->len == 0)
		return;
	pu_pb_put_bytes(&inner, FIELD_PEER_ID, pu_peer_id_bytes(peer));
	pu_pb_put_bytes(out, FIELD_PEER, pu_writer_bytes(&inner));
}

static void put_limit(struct pu_writer *out, uint32_t number,
                      const struct pu_relay_limit *limit)
{
	uint8_t bytes[SMALL_MAX];
	struct pu_writer inner = pu_writer(bytes, sizeof(bytes));

	if (limit->duration_s > 0)
		pu_pb_put_varint(&inner, FIELD_LIMIT_DURATION, limit->duration_s);
	if (limit->data > 0)
		pu_pb_put_varint(&inner, FIELD_LIMIT_DATA, limit->data);
	pu_pb_put_bytes(out, number, pu_writer_bytes(&inner));
}

static void put_reservation(struct pu_writer *out,
                            const struct pu_relay_reservation *reservation)
{
	uint8_t bytes[PU_RELAY_MESSAGE_MAX];
	struct pu_writer inner = pu_writer(bytes, sizeof(bytes));

	pu_pb_put_varint(&inner, FIELD_RESERVATION_EXPIRE, reservation->expires_s);
	for (size_t i = 0; i < reservation->addr_count; i++)
		pu_pb_put_bytes(&inner, FIELD_RESERVATION_ADDRS, reservation->addrs[i]);
	if (reservation->voucher.len > 0)
		pu_pb_put_bytes(&inner, FIELD_RESERVATION_VOUCHER, reservation->voucher);
	out->overflow = out->overflow || inner.overflow;
	pu_pb_put_bytes(out, FIELD_HOP_RESERVATION, pu_writer_bytes(&inner));
}

static enum pu_err put_whole(const struct pu_writer *body, struct pu_writer *out)
{
	struct pu_writer whole = *out;

	pu_delimited_put(&whole, pu_writer_bytes(body));
	if (body->overflow || whole.overflow)
		return PU_ELIMIT;
	*out = whole;
	return PU_OK;
}

enum pu_err pu_relay_hop_encode(const struct pu_relay_hop *message, struct pu_writer *out)
{
	uint8_t bytes[PU_RELAY_MESSAGE_MAX];
	struct pu_writer body = pu_writer(bytes, sizeof(bytes));

	pu_pb_put_varint(&body, FIELD_TYPE, message->type);
	put_peer(&body, &message->peer);
	if (message->has_reservation)
		put_reservation(&body, &message->reservation);
	if (message->has_limit)
		put_limit(&body, FIELD_HOP_LIMIT, &message->limit);
	if (message->status != PU_RELAY_UNUSED)
		pu_pb_put_varint(&body, FIELD_HOP_STATUS, message->status);
	return put_whole(&body, out);
}

enum pu_err pu_relay_stop_encode(const struct pu_relay_stop *message, struct pu_writer *out)
{
	uint8_t bytes[3 * SMALL_MAX];
	struct pu_writer body = pu_writer(bytes, sizeof(bytes));

	pu_pb_put_varint(&body, FIELD_TYPE, message->type);
	put_peer(&body, &message->peer);
	if (message->has_limit)
		put_limit(&body, FIELD_STOP_LIMIT, &message->limit);
	if (message->status != PU_RELAY_UNUSED)
		pu_pb_put_varint(&body, FIELD_STOP_STATUS, message->status);
	return put_whole(&body, out);
}

/* ---- reading: whatever goes wrong within a whole message is PU_EMALFORMED ---- */

static enum pu_err ended(enum pu_err err)
{
	return err == PU_ENOTFOUND ? PU_OK : PU_EMALFORMED;
}

static enum pu_err get_peer(struct pu_bytes in, struct pu_peer_id *peer)
{
	struct pu_pb_field field;
	struct pu_bytes id = {0};
	enum pu_err err;

	while ((err = pu_pb_next(&in, &field)) == PU_OK) {
		if (field.number == FIELD_PEER_ID && field.wire == PU_PB_LEN)
			id = field.bytes;
	}
	if (ended(err) != PU_OK || pu_peer_id_decode(id, peer) != PU_OK)
		return PU_EMALFORMED;
	return PU_OK;
}

static enum pu_err get_limit(struct pu_bytes in, struct pu_relay_limit *limit)
{
	struct pu_pb_field field;
	enum pu_err err;

	while ((err = pu_pb_next(&in, &field)) == PU_OK) {
		if (field.wire != PU_PB_VARINT)
			continue;
		if (field.number == FIELD_LIMIT_DURATION)
			limit->duration_s = clamp(field.varint);
		else if (field.number == FIELD_LIMIT_DATA)
			limit->data = field.varint;
	}
	return ended(err);
}

static void take_reservation_field(const struct pu_pb_field *field,
                                   struct pu_relay_reservation *reservation)
{
	if (field->number == FIELD_RESERVATION_EXPIRE && field->wire == PU_PB_VARINT)
		reservation->expires_s = field->varint;
	if (field->number == FIELD_RESERVATION_VOUCHER && field->wire == PU_PB_LEN)
		reservation->voucher = field->bytes;
	if (field->number == FIELD_RESERVATION_ADDRS && field->wire == PU_PB_LEN &&
	    reservation->addr_count < PU_RELAY_ADDRS_MAX)
		reservation->addrs[reservation->addr_count++] = field->bytes;
}

static enum pu_err get_reservation(struct pu_bytes in, struct pu_relay_reservation *reservation)
{
	struct pu_pb_field field;
	enum pu_err err;

	*reservation = (struct pu_relay_reservation){0};
	while ((err = pu_pb_next(&in, &field)) == PU_OK)
		take_reservation_field(&field, reservation);
	return ended(err);
}

/* The members of both messages, and what only hop has. */
struct slots {
	uint32_t limit_field, status_field;
	bool has_type;
	uint32_t *type, *status;
	bool *has_limit;
	struct pu_peer_id *peer;
	struct pu_relay_limit *limit;
	bool *has_reservation; /* NULL: stop */
	struct pu_relay_reservation *reservation;
};

static enum pu_err take_field(const struct pu_pb_field *field, struct slots *slots)
{
	if (field->wire == PU_PB_VARINT && field->number == FIELD_TYPE) {
		*slots->type = clamp(field->varint);
		slots->has_type = true;
	} else if (field->wire == PU_PB_VARINT && field->number == slots->status_field) {
		*slots->status = clamp(field->varint);
	} else if (field->wire == PU_PB_LEN && field->number == FIELD_PEER) {
		return get_peer(field->bytes, slots->peer);
	} else if (field->wire == PU_PB_LEN && field->number == slots->limit_field) {
		*slots->has_limit = true;
		return get_limit(field->bytes, slots->limit);
	} else if (field->wire == PU_PB_LEN && field->number == FIELD_HOP_RESERVATION &&
	           slots->has_reservation != NULL) {
		*slots->has_reservation = true;
		return get_reservation(field->bytes, slots->reservation);
	}
	return PU_OK;
}

static enum pu_err take_message(struct pu_bytes message, struct slots *slots)
{
	struct pu_pb_field field;
	enum pu_err err;

	while ((err = pu_pb_next(&message, &field)) == PU_OK) {
		err = take_field(&field, slots);
		if (err != PU_OK)
			return err;
	}
	return ended(err) != PU_OK || !slots->has_type ? PU_EMALFORMED : PU_OK;
}

enum pu_err pu_relay_hop_decode(struct pu_bytes message, struct pu_relay_hop *out)
{
	struct pu_relay_hop found = {0};
	struct slots slots = {.limit_field = FIELD_HOP_LIMIT,
	                      .status_field = FIELD_HOP_STATUS,
	                      .type = &found.type,
	                      .status = &found.status,
	                      .has_limit = &found.has_limit,
	                      .peer = &found.peer,
	                      .limit = &found.limit,
	                      .has_reservation = &found.has_reservation,
	                      .reservation = &found.reservation};
	enum pu_err err = take_message(message, &slots);

	if (err == PU_OK)
		*out = found;
	return err;
}

enum pu_err pu_relay_stop_decode(struct pu_bytes message, struct pu_relay_stop *out)
{
	struct pu_relay_stop found = {0};
	struct slots slots = {.limit_field = FIELD_STOP_LIMIT,
	                      .status_field = FIELD_STOP_STATUS,
	                      .type = &found.type,
	                      .status = &found.status,
	                      .has_limit = &found.has_limit,
	                      .peer = &found.peer,
	                      .limit = &found.limit};
	enum pu_err err = take_message(message, &slots);

	if (err == PU_OK)
		*out = found;
	return err;
}
