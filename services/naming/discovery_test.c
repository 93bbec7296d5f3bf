#include "discovery.h"

#include <criterion/criterion.h>

#include "base/alloc.h"
#include "proto/limits.h"

static const char *const tags[] = {"http", "public"};
static const struct pu_offer two[] = {
    {"web", "/peerup/web/1.0.0", {tags, 2}},
    {"ssh", "/peerup/ssh/1.0.0", {NULL, 0}},
};

/* The vector of docs/PROTOCOLS.md. */
static const uint8_t two_bytes[] = {
    0x42,                      /* 66 bytes follow */
    0x0a, 0x26,                /* services: 38 */
    0x0a, 0x03, 'w', 'e', 'b', /* name */
    0x12, 0x11, '/', 'p', 'e', 'e', 'r', 'u', 'p', '/', 'w', 'e', 'b', '/', /* protocol */
    '1',  '.',  '0', '.', '0',                                              /* */
    0x1a, 0x04, 'h', 't', 't', 'p',                                         /* tags */
    0x1a, 0x06, 'p', 'u', 'b', 'l', 'i', 'c',                               /* */
    0x0a, 0x18,                                                             /* services: 24 */
    0x0a, 0x03, 's', 's', 'h',                                              /* name */
    0x12, 0x11, '/', 'p', 'e', 'e', 'r', 'u', 'p', '/', 's', 's', 'h', '/', /* protocol */
    '1',  '.',  '0', '.', '0',
};

static struct naming_offers offers;

static enum pu_err decode(const void *data, size_t len)
{
	return naming_offers_decode(pu_bytes(data, len), &offers);
}

/* A delimited message from the bytes of Offers. */
static enum pu_err decode_body(const void *body, size_t len)
{
	uint8_t stream[256];

	cr_assert_lt(len, 128);
	stream[0] = (uint8_t)len;
	memcpy(stream + 1, body, len);
	return decode(stream, len + 1);
}

#define DECODE_BODY(text) decode_body((text), sizeof(text) - 1)

Test(naming_discovery, writes_the_vector)
{
	struct pu_buffer out;

	pu_buffer_init(&out, NAMING_OFFERS_BYTES_MAX);
	cr_assert_eq(naming_offers_encode(two, PU_ARRAY_LEN(two), &out), PU_OK);
	cr_assert_eq(out.len, sizeof(two_bytes));
	cr_assert_arr_eq(out.data, two_bytes, sizeof(two_bytes));
	pu_buffer_fini(&out);
}

Test(naming_discovery, reads_the_vector)
{
	cr_assert_eq(decode(two_bytes, sizeof(two_bytes)), PU_OK);
	cr_assert_eq(offers.len, 2);
	cr_assert_str_eq(offers.items[0].name, "web");
	cr_assert_str_eq(offers.items[0].protocol, "/peerup/web/1.0.0");
	cr_assert_eq(offers.items[0].tags.len, 2);
	cr_assert_str_eq(offers.items[0].tags.items[1], "public");
	cr_assert_str_eq(offers.items[1].name, "ssh");
	cr_assert_eq(offers.items[1].tags.len, 0);
	naming_offers_fini(&offers);
}

Test(naming_discovery, may_offer_nothing)
{
	struct pu_buffer out;

	pu_buffer_init(&out, NAMING_OFFERS_BYTES_MAX);
	cr_assert_eq(naming_offers_encode(NULL, 0, &out), PU_OK);
	cr_assert_eq(out.len, 1);
	cr_assert_eq(decode(out.data, out.len), PU_OK);
	cr_assert_eq(offers.len, 0);
	naming_offers_fini(&offers);
	pu_buffer_fini(&out);
}

Test(naming_discovery, waits_for_more_when_cut_at_any_byte)
{
	for (size_t len = 0; len < sizeof(two_bytes); len++)
		cr_assert_eq(decode(two_bytes, len), PU_ETRUNCATED, "%zu", len);
}

/* Every cut within the message, with a length that agrees. */
Test(naming_discovery, never_reads_beyond_a_message_that_ends_early)
{
	for (size_t len = 0; len + 1 < sizeof(two_bytes); len++) {
		enum pu_err err = decode_body(two_bytes + 1, len);

		cr_assert(err == PU_EMALFORMED || (err == PU_OK && (len == 0 || len == 40)), "%zu",
		          len);
		if (err == PU_OK)
			naming_offers_fini(&offers);
	}
}

Test(naming_discovery, does_not_look_behind_the_message)
{
	uint8_t stream[sizeof(two_bytes) + 1];

	memcpy(stream, two_bytes, sizeof(two_bytes));
	stream[sizeof(two_bytes)] = 0xff;
	cr_assert_eq(decode(stream, sizeof(stream)), PU_OK);
	naming_offers_fini(&offers);
}

Test(naming_discovery, ignores_fields_that_it_does_not_know)
{
	cr_assert_eq(DECODE_BODY("\x10\x07\x0a\x0e\x0a\x01"
	                         "a\x12\x02/a\x20\x01\x2a\x01x\x08\x01"
	                         "\x1a\x01x"),
	             PU_OK);
	cr_assert_eq(offers.len, 1);
	cr_assert_str_eq(offers.items[0].name, "a");
	naming_offers_fini(&offers);
}

Test(naming_discovery, takes_the_last_of_repeated_fields)
{
	cr_assert_eq(DECODE_BODY("\x0a\x0a\x0a\x01"
	                         "a\x12\x02/a\x0a\x01"
	                         "b"),
	             PU_OK);
	cr_assert_str_eq(offers.items[0].name, "b");
	naming_offers_fini(&offers);
}

Test(naming_discovery, refuses_texts_that_cannot_be_shown)
{
	cr_assert_eq(DECODE_BODY("\x0a\x07\x0a\x01\n\x12\x02/a"), PU_EMALFORMED);
	cr_assert_eq(DECODE_BODY("\x0a\x07\x0a\x01\xff\x12\x02/a"), PU_EMALFORMED);
	cr_assert_eq(DECODE_BODY("\x0a\x06\x0a\x00\x12\x02/a"), PU_EMALFORMED);
	cr_assert_eq(DECODE_BODY("\x0a\x0a\x0a\x01"
	                         "a\x12\x02/a\x1a\x01\x1b"),
	             PU_EMALFORMED);
}

Test(naming_discovery, refuses_services_without_name_or_protocol)
{
	cr_assert_eq(DECODE_BODY("\x0a\x00"), PU_EMALFORMED);
	cr_assert_eq(DECODE_BODY("\x0a\x03\x0a\x01"
	                         "a"),
	             PU_EMALFORMED);
	cr_assert_eq(DECODE_BODY("\x0a\x04\x12\x02/a"), PU_EMALFORMED);
}

Test(naming_discovery, refuses_a_length_over_its_bound_at_once)
{
	/* 65,537 */
	cr_assert_eq(decode("\x81\x80\x04", 3), PU_ELIMIT);
	/* 65,536, and nothing of it yet */
	cr_assert_eq(decode("\x80\x80\x04", 3), PU_ETRUNCATED);
}

static struct pu_offer *many(size_t len, struct pu_strings of_each)
{
	struct pu_offer *items = pu_calloc(len, sizeof(*items));

	for (size_t i = 0; i < len; i++)
		items[i] = (struct pu_offer){"a", "/a", of_each};
	return items;
}

static enum pu_err round_trip(size_t len, struct pu_strings of_each)
{
	struct pu_offer *items = many(len, of_each);
	struct pu_buffer out;
	enum pu_err err;

	pu_buffer_init(&out, NAMING_OFFERS_BYTES_MAX + 16);
	cr_assert_eq(naming_offers_encode(items, len, &out), PU_OK);
	err = decode(out.data, out.len);
	if (err == PU_OK)
		naming_offers_fini(&offers);
	pu_buffer_fini(&out);
	pu_free(items);
	return err;
}

Test(naming_discovery, has_a_bound_on_services_and_tags)
{
	const char *full[PU_FIELD_TAGS_MAX + 1];

	for (size_t i = 0; i < PU_ARRAY_LEN(full); i++)
		full[i] = "t";
	cr_assert_eq(round_trip(PU_FIELD_SERVICES_MAX, (struct pu_strings){0}), PU_OK);
	cr_assert_eq(round_trip(PU_FIELD_SERVICES_MAX + 1, (struct pu_strings){0}), PU_ELIMIT);
	cr_assert_eq(round_trip(1, (struct pu_strings){full, PU_FIELD_TAGS_MAX}), PU_OK);
	cr_assert_eq(round_trip(1, (struct pu_strings){full, PU_FIELD_TAGS_MAX + 1}), PU_ELIMIT);
}

Test(naming_discovery, writes_no_more_than_its_bound)
{
	const char *full[PU_FIELD_TAGS_MAX];
	struct pu_offer *items;
	struct pu_buffer out;

	for (size_t i = 0; i < PU_ARRAY_LEN(full); i++)
		full[i] = "0123456789012345678901234567890123456789012345678901234567890123";
	items = many(40, (struct pu_strings){full, PU_ARRAY_LEN(full)});
	pu_buffer_init(&out, 2 * NAMING_OFFERS_BYTES_MAX);
	cr_assert_eq(naming_offers_encode(items, 40, &out), PU_ELIMIT);
	cr_assert_eq(out.len, 0);
	cr_assert_eq(naming_offers_encode(items, 30, &out), PU_OK);
	pu_buffer_fini(&out);
	pu_buffer_init(&out, 100);
	cr_assert_eq(naming_offers_encode(items, 1, &out), PU_ELIMIT);
	pu_buffer_fini(&out);
	pu_free(items);
}
