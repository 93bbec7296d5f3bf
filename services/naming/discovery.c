/* Knows the bytes of service discovery, both ways, and distrusts those that come in. */
#include "discovery.h"

#include "base/alloc.h"
#include "p2p/pb.h"
#include "p2p/text.h"
#include "p2p/uvi.h"
#include "p2p/writer.h"
#include "proto/limits.h"

/* Field numbers: message Offers, message Service. */
enum { OFFERS_SERVICE = 1 };
enum { SERVICE_NAME = 1, SERVICE_PROTOCOL = 2, SERVICE_TAG = 3 };

/* ---- writing ---- */

static void put_service(const struct pu_offer *offer, struct pu_writer *out)
{
	pu_pb_put_bytes(out, SERVICE_NAME, pu_bytes_of_str(offer->name));
	pu_pb_put_bytes(out, SERVICE_PROTOCOL, pu_bytes_of_str(offer->protocol));
	for (size_t i = 0; i < offer->tags.len; i++)
		pu_pb_put_bytes(out, SERVICE_TAG, pu_bytes_of_str(offer->tags.items[i]));
}

/* Writes all services as one message; `scratch` holds one of them at a time. */
static enum pu_err put_all(const struct pu_offer *offers, size_t len, uint8_t *scratch,
                           struct pu_writer *out)
{
	for (size_t i = 0; i < len; i++) {
		struct pu_writer service = pu_writer(scratch, NAMING_OFFERS_BYTES_MAX);

		put_service(&offers[i], &service);
		if (pu_writer_check(&service) != PU_OK)
			return PU_ELIMIT;
		pu_pb_put_bytes(out, OFFERS_SERVICE, pu_writer_bytes(&service));
	}
	return pu_writer_check(out);
}

enum pu_err naming_offers_encode(const struct pu_offer *offers, size_t len,
                                 struct pu_buffer *out)
{
	uint8_t *memory = pu_alloc(NAMING_OFFERS_BYTES_MAX);
	uint8_t *scratch = pu_alloc(NAMING_OFFERS_BYTES_MAX);
	struct pu_writer message = pu_writer(memory, NAMING_OFFERS_BYTES_MAX);
	uint8_t length[PU_UVI_LEN_MAX];
	enum pu_err err = put_all(offers, len, scratch, &message);

	if (err == PU_OK)
		err = pu_buffer_reserve(out, sizeof(length) + message.len);
	if (err == PU_OK)
		err = pu_buffer_append(out, length, pu_uvi_encode(length, message.len));
	if (err == PU_OK)
		err = pu_buffer_append(out, memory, message.len);
	pu_free(scratch);
	pu_free(memory);
	return err;
}

/* ---- reading ---- */

static bool is_text(struct pu_bytes text, size_t max)
{
	return text.len > 0 && text.len <= max && pu_text_is_printable(text);
}

static void set_text(const char **field, struct pu_bytes text)
{
	pu_free((void *)*field);
	*field = pu_strndup((const char *)text.data, text.len);
}

static enum pu_err add_tag(struct pu_offer *offer, struct pu_bytes text)
{
	const char **items;

	if (!is_text(text, PU_FIELD_NAME_MAX))
		return PU_EMALFORMED;
	if (offer->tags.len == PU_FIELD_TAGS_MAX)
		return PU_ELIMIT;
	items = pu_realloc((void *)offer->tags.items, offer->tags.len + 1, sizeof(*items));
	items[offer->tags.len] = NULL;
	set_text(&items[offer->tags.len++], text);
	offer->tags.items = items;
	return PU_OK;
}

static enum pu_err set_field(struct pu_offer *offer, const struct pu_pb_field *field)
{
	bool is_name = field->number == SERVICE_NAME;

	if (field->wire != PU_PB_LEN)
		return PU_OK;
	if (field->number == SERVICE_TAG)
		return add_tag(offer, field->bytes);
	if (!is_name && field->number != SERVICE_PROTOCOL)
		return PU_OK;
	if (!is_text(field->bytes, is_name ? PU_FIELD_NAME_MAX : PU_FIELD_PROTOCOL_MAX))
		return PU_EMALFORMED;
	set_text(is_name ? &offer->name : &offer->protocol, field->bytes);
	return PU_OK;
}

static enum pu_err read_service(struct pu_bytes message, struct pu_offer *offer)
{
	struct pu_pb_field field;
	enum pu_err err;

	while ((err = pu_pb_next(&message, &field)) == PU_OK) {
		err = set_field(offer, &field);
		if (err != PU_OK)
			return err;
	}
	if (err != PU_ENOTFOUND || offer->name == NULL || offer->protocol == NULL)
		return PU_EMALFORMED;
	return PU_OK;
}

static enum pu_err add_service(struct naming_offers *offers, struct pu_bytes message)
{
	if (offers->len == PU_FIELD_SERVICES_MAX)
		return PU_ELIMIT;
	offers->items = pu_realloc(offers->items, offers->len + 1, sizeof(offers->items[0]));
	offers->items[offers->len] = (struct pu_offer){0};
	return read_service(message, &offers->items[offers->len++]);
}

static enum pu_err read_offers(struct pu_bytes message, struct naming_offers *offers)
{
	struct pu_pb_field field;
	enum pu_err err;

	while ((err = pu_pb_next(&message, &field)) == PU_OK) {
		if (field.number != OFFERS_SERVICE || field.wire != PU_PB_LEN)
			continue;
		err = add_service(offers, field.bytes);
		if (err != PU_OK)
			return err;
	}
	return err == PU_ENOTFOUND ? PU_OK : PU_EMALFORMED;
}

enum pu_err naming_offers_decode(struct pu_bytes stream, struct naming_offers *out)
{
	struct naming_offers offers = {0};
	struct pu_bytes message;
	enum pu_err err = pu_delimited_get(&stream, NAMING_OFFERS_BYTES_MAX, &message);

	if (err != PU_OK)
		return err;
	err = read_offers(message, &offers);
	if (err == PU_OK)
		*out = offers;
	else
		naming_offers_fini(&offers);
	return err;
}

void naming_offers_fini(struct naming_offers *offers)
{
	for (size_t i = 0; i < offers->len; i++) {
		struct pu_offer *offer = &offers->items[i];

		for (size_t k = 0; k < offer->tags.len; k++)
			pu_free((void *)offer->tags.items[k]);
		pu_free((void *)offer->tags.items);
		pu_free((void *)offer->name);
		pu_free((void *)offer->protocol);
	}
	pu_free(offers->items);
	*offers = (struct naming_offers){0};
}
