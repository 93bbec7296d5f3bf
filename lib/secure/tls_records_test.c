/* Knows what a TLS channel between two of ours must survive once it is there. */
#include "secure/tls_record.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <string.h>

#include "base/alloc.h"
#include "secure/tls_expect.h"

Test(tls_records, no_changed_bit_of_a_record_is_overlooked)
{
	struct tls_world world;

	tls_world_init(&world);
	for (size_t at = 0; at < 42; at++) {
		tls_shake(&world, SIZE_MAX);
		cr_assert_eq(secure_send(&world.ends[0], &world.ends[1], "twenty bytes of text", 20),
		             42);
		cr_assert_gt(secure_send(&world.ends[0], &world.ends[1], "more", 4), 0);
		world.ends[1].wire.data[at] ^= (uint8_t)(1 << at % 8);
		secure_deliver(&world.ends[1], SIZE_MAX);
		cr_assert_eq(world.ends[1].plain.len, 0);
		if (at >= PU_TLS_HEADER_LEN)
			cr_assert_eq(tls_world_result(&world, 1)->err, PU_ECRYPTO);
		tls_world_disconnect(&world);
	}
	tls_world_fini(&world);
}

/* What the dialler's keys would protect, whatever it is. */
static void inject(struct tls_world *world, enum pu_tls_content type, const void *text,
                   size_t len)
{
	const struct iovec piece = {(void *)text, len};
	uint8_t *out = pu_alloc(len + PU_TLS_RECORD_OVERHEAD);
	size_t sealed = pu_tls_record_seal(&tls_world_tls(world, 0)->tx, type, &piece, 1, out);

	cr_assert_eq(sealed, len + PU_TLS_RECORD_OVERHEAD);
	cr_assert_eq(pu_buffer_append(&world->ends[1].wire, out, sealed), PU_OK);
	pu_free(out);
}

/* The true type stands before the padding: here it is the last byte but two. */
Test(tls_records, takes_padding_off)
{
	struct tls_world world;
	uint8_t padded[] = {'h', 'i', 0, PU_TLS_DATA, 0, 0};

	tls_establish(&world);
	inject(&world, (enum pu_tls_content)0, padded, sizeof(padded));
	inject(&world, PU_TLS_DATA, "", 0);
	secure_deliver(&world.ends[1], 1);
	cr_expect(pu_bytes_eq(pu_buffer_bytes(&world.ends[1].plain), pu_bytes("hi\0", 3)));
	cr_expect_eq(world.ends[1].records, 1, "an empty record is no data");
	memset(padded, 0, sizeof(padded));
	pu_buffer_clear(&world.ends[1].plain);
	inject(&world, (enum pu_tls_content)0, padded, sizeof(padded));
	tls_expect_failure(&world, PU_EMALFORMED);
	tls_finish(&world);
}

Test(tls_records, bounds_records)
{
	struct tls_world world;
	uint8_t *text = pu_zalloc(PU_TLS_FRAGMENT_MAX + 1);
	const uint8_t header[] = {PU_TLS_DATA, 3, 3, 0x41, 0x01};

	tls_establish(&world);
	inject(&world, PU_TLS_DATA, text, PU_TLS_FRAGMENT_MAX);
	secure_deliver(&world.ends[1], SIZE_MAX);
	cr_expect_eq(world.ends[1].plain.len, PU_TLS_FRAGMENT_MAX);
	pu_buffer_clear(&world.ends[1].plain);
	inject(&world, PU_TLS_DATA, text, PU_TLS_FRAGMENT_MAX + 1);
	tls_expect_failure(&world, PU_ELIMIT);
	tls_finish(&world);
	tls_establish(&world);
	cr_assert_eq(pu_buffer_append(&world.ends[1].wire, header, sizeof(header)), PU_OK);
	tls_expect_failure(&world, PU_ELIMIT);
	pu_free(text);
	tls_finish(&world);
}

/* Each in its place does no harm, or none at all; after the handshake it ends the channel. */
Test(tls_records, refuses_records_out_of_place)
{
	static const struct {
		uint8_t bytes[12];
		size_t len;
	} plain[] = {
	    {{PU_TLS_CCS, 3, 3, 0, 1, 1}, 6},
	    {{PU_TLS_ALERT, 3, 3, 0, 2, 1, 0}, 7},
	    {{PU_TLS_HANDSHAKE, 3, 3, 0, 5, 24, 0, 0, 1, 0}, 10},
	    {{24, 3, 3, 0, 1, 1}, 6},
	    {{PU_TLS_DATA, 2, 0, 0, 1, 1}, 6},
	    {"GET / HTTP", 10},
	};
	static const struct {
		enum pu_tls_content type;
		uint8_t bytes[8];
		size_t len;
	} sealed[] = {
	    {PU_TLS_CCS, {1}, 1},
	    {PU_TLS_HANDSHAKE, {0}, 0},
	    {PU_TLS_ALERT, {1}, 1},
	    {PU_TLS_HANDSHAKE, {4, 0, 0, 0}, 4},
	    {PU_TLS_HANDSHAKE, {1, 0, 0, 0}, 4},
	    {PU_TLS_HANDSHAKE, {24, 0, 0, 1, 2}, 5},
	    {PU_TLS_HANDSHAKE, {24, 0, 0, 2, 0, 0}, 6},
	    {PU_TLS_HANDSHAKE, {24, 0, 0, 1, 0, 24}, 6},
	    {(enum pu_tls_content)25, {1}, 1},
	};

	for (size_t i = 0; i < PU_ARRAY_LEN(plain); i++) {
		struct tls_world world;

		tls_establish(&world);
		cr_assert_eq(pu_buffer_append(&world.ends[1].wire, plain[i].bytes, plain[i].len), 0);
		tls_expect_failure(&world, PU_EMALFORMED);
		tls_finish(&world);
	}
	for (size_t i = 0; i < PU_ARRAY_LEN(sealed); i++) {
		struct tls_world world;

		tls_establish(&world);
		inject(&world, sealed[i].type, sealed[i].bytes, sealed[i].len);
		tls_expect_failure(&world, PU_EMALFORMED);
		tls_finish(&world);
	}
}

/* Data between two halves of a message, and a message of 16 MiB. */
Test(tls_records, bounds_messages_behind_the_handshake)
{
	struct tls_world world;

	tls_establish(&world);
	inject(&world, PU_TLS_HANDSHAKE, "\x18\0\0", 3);
	inject(&world, PU_TLS_DATA, "x", 1);
	tls_expect_failure(&world, PU_EMALFORMED);
	tls_finish(&world);
	tls_establish(&world);
	inject(&world, PU_TLS_HANDSHAKE, "\x18\xff\xff\xff", 4);
	tls_expect_failure(&world, PU_ELIMIT);
	tls_finish(&world);
}

Test(tls_records, says_goodbye)
{
	struct tls_world world;

	tls_establish(&world);
	cr_assert_gt(secure_send(&world.ends[0], &world.ends[1], "last", 4), 0);
	pu_secure_end(world.ends[0].secure);
	pu_secure_end(world.ends[0].secure);
	cr_expect_eq(secure_send(&world.ends[0], &world.ends[1], "late", 4), 0);
	secure_pump(&world.ends[0], &world.ends[1], SIZE_MAX);
	cr_expect_eq(world.ends[1].plain.len, 4);
	cr_expect(world.ends[1].ended);
	cr_expect(!world.ends[1].failed);
	cr_assert_gt(secure_send(&world.ends[1], &world.ends[0], "answer", 6), 0);
	secure_deliver(&world.ends[0], SIZE_MAX);
	cr_expect_eq(world.ends[0].plain.len, 6);
	tls_finish(&world);
}

Test(tls_records, updates_its_keys_before_they_are_worn_out)
{
	struct tls_world world;

	tls_establish(&world);
	tls_world_tls(&world, 0)->records_max = 3;
	for (size_t i = 0; i < 20; i++) {
		cr_assert_gt(secure_send(&world.ends[0], &world.ends[1], "0123456789", 10), 0);
		cr_assert_leq(tls_world_tls(&world, 0)->tx.records, 3);
		cr_assert_gt(secure_send(&world.ends[1], &world.ends[0], "abc", 3), 0);
		secure_pump(&world.ends[0], &world.ends[1], 1 + i);
	}
	cr_expect_eq(world.ends[1].plain.len, 200);
	cr_expect_eq(world.ends[0].plain.len, 60);
	tls_finish(&world);
}

/* The dialler's keys are changed by hand, as its own update would. */
static void request_update(struct tls_world *world, bool answer)
{
	struct pu_tls *tls = tls_world_tls(world, 0);
	const uint8_t update[] = {24, 0, 0, 1, answer};

	inject(world, PU_TLS_HANDSHAKE, update, sizeof(update));
	cr_assert_eq(pu_tls_keys_update(&tls->tx, pu_tls_gcm(tls)), PU_OK);
}

Test(tls_records, answers_a_key_update_with_its_next_record)
{
	struct tls_world world;
	size_t len;

	tls_establish(&world);
	request_update(&world, true);
	request_update(&world, true);
	cr_assert_gt(secure_send(&world.ends[0], &world.ends[1], "new", 3), 0);
	secure_deliver(&world.ends[1], 1);
	cr_expect_eq(world.ends[1].plain.len, 3);
	len = secure_send(&world.ends[1], &world.ends[0], "reply", 5);
	cr_expect_eq(len, 5 + 2 * PU_TLS_RECORD_OVERHEAD + PU_TLS_KEY_UPDATE_LEN);
	cr_expect_leq(len, 5 + world.ends[1].secure->ops->overhead);
	len = secure_send(&world.ends[1], &world.ends[0], "again", 5);
	cr_expect_eq(len, 5 + PU_TLS_RECORD_OVERHEAD, "once is enough");
	secure_deliver(&world.ends[0], 1);
	cr_expect_eq(world.ends[0].plain.len, 10);
	cr_expect(!world.ends[0].failed);
	tls_finish(&world);
}

Test(tls_records, bounds_key_updates_without_data)
{
	struct tls_world world;

	tls_establish(&world);
	for (size_t i = 0; i < PU_TLS_KEY_UPDATES_MAX; i++)
		request_update(&world, false);
	secure_deliver(&world.ends[1], SIZE_MAX);
	cr_expect(!world.ends[1].failed);
	request_update(&world, false);
	tls_expect_failure(&world, PU_ELIMIT);
	tls_finish(&world);
}

Test(tls_records, carries_much_both_ways)
{
	struct tls_world world;

	tls_establish(&world);
	cr_expect(secure_exchange(&world.ends[0], &world.ends[1], 600, PU_TLS_FRAGMENT_MAX));
	tls_finish(&world);
}

Test(tls_records, an_idle_channel_costs_two_keys_and_little_more)
{
	struct tls_world world;
	const struct pu_tls *tls;

	tls_establish(&world);
	tls = tls_world_tls(&world, 0);
	cr_expect_leq(malloc_usable_size(world.ends[0].secure), 512);
	cr_expect_null(tls->handshake);
	cr_expect_null(tls->output.data);
	cr_expect_null(tls->messages.data);
	tls_finish(&world);
}
