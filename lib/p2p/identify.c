/* Identify messages. This file knows their fields, which addresses matter most when a
 * message must stay small, and how several messages become one. */
#include "p2p/identify.h"

#include "p2p/multiaddr.h"
#include "p2p/multiaddr_class.h"
#include "p2p/pb.h"
#include "p2p/text.h"
#include "p2p/uvi.h"

enum {
	FIELD_PUBLIC_KEY = 1,
	FIELD_LISTEN_ADDRS = 2,
	FIELD_PROTOCOLS = 3,
	FIELD_OBSERVED_ADDR = 4,
	FIELD_PROTOCOL_VERSION = 5,
	FIELD_AGENT_VERSION = 6,
	FIELD_SIGNED_PEER_RECORD = 8,
};

/* The length prefix of a message of PU_IDENTIFY_SEND_MAX bytes. */
#define PREFIX_LEN 2

/* Addresses in the order in which they are kept. */
struct ranking {
	size_t count;
	unsigned ranks[PU_IDENTIFY_ADDRS_MAX];
	uint8_t order[PU_IDENTIFY_ADDRS_MAX]; /* indexes of the message's addresses */
};

static void rank_addrs(const struct pu_identify *message, struct ranking *ranking)
{
	ranking->count = 0;
	for (size_t i = 0; i < message->addr_count && i < PU_IDENTIFY_ADDRS_MAX; i++) {
		struct pu_multiaddr addr;
		size_t at = ranking->count;

		if (pu_multiaddr_decode(message->addrs[i], &addr) != PU_OK)
			continue;
		ranking->ranks[i] = pu_multiaddr_rank(&addr);
		while (at > 0 && ranking->ranks[ranking->order[at - 1]] > ranking->ranks[i]) {
			ranking->order[at] = ranking->order[at - 1];
			at--;
		}
		ranking->order[at] = (uint8_t)i;
		ranking->count++;
	}
}

static void put_present(struct pu_writer *out, uint32_t number, struct pu_bytes value)
{
	if (value.len > 0)
		pu_pb_put_bytes(out, number, value);
}

/* Everything but the addresses. */
static void put_rest(const struct pu_identify *message, struct pu_writer *out)
{
	put_present(out, FIELD_PUBLIC_KEY, message->public_key);
	for (size_t i = 0; i < message->protocol_count; i++)
		pu_pb_put_bytes(out, FIELD_PROTOCOLS, message->protocols[i]);
	put_present(out, FIELD_OBSERVED_ADDR, message->observed_addr);
	put_present(out, FIELD_PROTOCOL_VERSION, message->protocol_version);
	put_present(out, FIELD_AGENT_VERSION, message->agent_version);
	put_present(out, FIELD_SIGNED_PEER_RECORD, message->signed_peer_record);
}

enum pu_err pu_identify_encode(const struct pu_identify *message, struct pu_writer *out)
{
	uint8_t body[PU_IDENTIFY_SEND_MAX - PREFIX_LEN];
	struct pu_writer writer = pu_writer(body, sizeof(body));
	struct pu_writer whole = *out;
	struct ranking ranking;

	put_rest(message, &writer);
	if (writer.overflow)
		return PU_ELIMIT;
	rank_addrs(message, &ranking);
	for (size_t i = 0; i < ranking.count; i++) {
		struct pu_bytes addr = message->addrs[ranking.order[i]];

		if (pu_pb_bytes_len(FIELD_LISTEN_ADDRS, addr.len) <= writer.max - writer.len)
			pu_pb_put_bytes(&writer, FIELD_LISTEN_ADDRS, addr);
	}
	pu_delimited_put(&whole, pu_writer_bytes(&writer));
	if (whole.overflow)
		return PU_ELIMIT;
	*out = whole;
	return PU_OK;
}

static bool is_addr(struct pu_bytes bytes)
{
	struct pu_multiaddr addr;

	return pu_multiaddr_decode(bytes, &addr) == PU_OK;
}

static bool is_text(struct pu_bytes text, size_t max)
{
	return text.len > 0 && text.len <= max && pu_text_is_printable(text);
}

static void take_list_field(const struct pu_pb_field *field, struct pu_identify *out)
{
	if (field->number == FIELD_LISTEN_ADDRS && out->addr_count < PU_IDENTIFY_ADDRS_MAX &&
	    is_addr(field->bytes))
		out->addrs[out->addr_count++] = field->bytes;
	if (field->number == FIELD_PROTOCOLS && out->protocol_count < PU_IDENTIFY_PROTOCOLS_MAX &&
	    is_text(field->bytes, PU_IDENTIFY_PROTOCOL_LEN_MAX))
		out->protocols[out->protocol_count++] = field->bytes;
}

static void take_field(const struct pu_pb_field *field, struct pu_identify *out)
{
	if (field->wire != PU_PB_LEN)
		return;
	switch (field->number) {
	case FIELD_PUBLIC_KEY:
		out->public_key = field->bytes;
		break;
	case FIELD_LISTEN_ADDRS:
	case FIELD_PROTOCOLS:
		take_list_field(field, out);
		break;
	case FIELD_OBSERVED_ADDR:
		if (is_addr(field->bytes))
			out->observed_addr = field->bytes;
		break;
	case FIELD_PROTOCOL_VERSION:
		if (is_text(field->bytes, PU_IDENTIFY_VERSION_LEN_MAX))
			out->protocol_version = field->bytes;
		break;
	case FIELD_AGENT_VERSION:
		if (is_text(field->bytes, PU_IDENTIFY_VERSION_LEN_MAX))
			out->agent_version = field->bytes;
		break;
	case FIELD_SIGNED_PEER_RECORD:
		out->signed_peer_record = field->bytes;
		break;
	default: /* fields that came after us */
		break;
	}
}

static enum pu_err take_message(struct pu_bytes message, struct pu_identify *out)
{
	struct pu_pb_field field;
	enum pu_err err;

	while ((err = pu_pb_next(&message, &field)) == PU_OK)
		take_field(&field, out);
	if (err == PU_ENOTFOUND)
		return PU_OK;
	/* The message is whole: what ends too early within it is wrong, not late. */
	return PU_EMALFORMED;
}

static enum pu_err take_messages(struct pu_bytes stream, struct pu_identify *out)
{
	size_t messages = 0;

	do {
		struct pu_bytes message;
		enum pu_err err = pu_delimited_get(&stream, PU_IDENTIFY_MESSAGE_MAX, &message);

		if (err == PU_OK)
			err = take_message(message, out);
		if (err != PU_OK)
			return err;
		messages++;
	} while (stream.len > 0 && messages < PU_IDENTIFY_MESSAGES_MAX);
	return stream.len == 0 ? PU_OK : PU_ELIMIT;
}

enum pu_err pu_identify_decode(struct pu_bytes stream, struct pu_identify *out)
{
	struct pu_identify found = {0};
	enum pu_err err;

	if (stream.len > PU_IDENTIFY_STREAM_MAX)
		return PU_ELIMIT;
	err = take_messages(stream, &found);
	if (err == PU_OK)
		*out = found;
	return err;
}
