/* Knows what a Noise channel must survive. */
#include "secure/noise.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <sodium.h>
#include <string.h>

#include "base/alloc.h"
#include "p2p/pb.h"
#include "secure/secure_sim.h"

static const char *const yamux[] = {"/yamux/1.0.0"};
static const char *const ours[] = {"/a", "/b", "/c"};
static const char *const theirs[] = {"/x", "/c", "/b"};

struct world {
	struct pu_key keys[2];
	struct pu_noise_identity identities[2];
	struct pu_peer_id ids[2];
	struct pu_secure_config configs[2]; /* the dialler's, the listener's */
	struct secure_end ends[2];
};

static void setup(struct world *world)
{
	for (size_t i = 0; i < 2; i++) {
		struct pu_public_key key;

		pu_key_generate(&world->keys[i]);
		key = pu_key_public(&world->keys[i]);
		world->ids[i] = pu_peer_id_of_key(&key);
		cr_assert_eq(pu_noise_identity_make(&world->identities[i], &world->keys[i]), PU_OK);
		world->configs[i] =
		    (struct pu_secure_config){.initiator = i == 0, .muxers = yamux, .muxers_len = 1};
	}
}

static void connect(struct world *world)
{
	for (size_t i = 0; i < 2; i++)
		secure_end_init(&world->ends[i],
		                pu_noise_new(&world->identities[i], &world->configs[i]));
}

static void disconnect(struct world *world)
{
	secure_end_fini(&world->ends[0]);
	secure_end_fini(&world->ends[1]);
}

static const struct pu_secure_result *result(const struct world *world, size_t i)
{
	return pu_secure_result(world->ends[i].secure);
}

static void expect_established(const struct world *world)
{
	for (size_t i = 0; i < 2; i++) {
		cr_assert(world->ends[i].established);
		cr_assert(!world->ends[i].failed);
		cr_expect(pu_peer_id_eq(&result(world, i)->peer, &world->ids[1 - i]));
	}
}

/* A fresh pair behind its handshake. */
static void establish(struct world *world)
{
	setup(world);
	connect(world);
	secure_pump(&world->ends[0], &world->ends[1], SIZE_MAX);
	expect_established(world);
}

Test(noise, establishes_whole_and_byte_by_byte)
{
	struct world world;

	setup(&world);
	for (size_t chunk = 1; chunk < 400; chunk = chunk * 2 + 1) {
		connect(&world);
		secure_pump(&world.ends[0], &world.ends[1], chunk);
		expect_established(&world);
		cr_expect_str_eq(result(&world, 0)->muxer, "/yamux/1.0.0");
		cr_expect_str_eq(result(&world, 1)->muxer, "/yamux/1.0.0");
		cr_assert_gt(secure_send(&world.ends[0], &world.ends[1], "hello", 5), 0);
		cr_assert_gt(secure_send(&world.ends[1], &world.ends[0], "there", 5), 0);
		secure_pump(&world.ends[0], &world.ends[1], chunk);
		cr_expect(pu_bytes_eq(pu_buffer_bytes(&world.ends[1].plain), pu_bytes("hello", 5)));
		cr_expect(pu_bytes_eq(pu_buffer_bytes(&world.ends[0].plain), pu_bytes("there", 5)));
		disconnect(&world);
	}
}

Test(noise, identity_is_made_in_two_steps)
{
	struct pu_noise_identity identity;
	struct pu_key key;
	struct pu_public_key public_key;
	uint8_t signature[PU_ED25519_SIGNATURE_LEN];

	pu_key_generate(&key);
	public_key = pu_key_public(&key);
	pu_noise_identity_init(&identity);
	cr_assert_eq(
	    memcmp(pu_noise_identity_to_sign(&identity).data, "noise-libp2p-static-key:", 24), 0);
	pu_key_sign(&key, pu_noise_identity_to_sign(&identity), signature);
	cr_expect_eq(pu_noise_identity_finish(&identity, &public_key,
	                                      pu_bytes(signature, sizeof(signature))),
	             PU_OK);
	signature[5] ^= 1;
	cr_expect_eq(pu_noise_identity_finish(&identity, &public_key,
	                                      pu_bytes(signature, sizeof(signature))),
	             PU_ECRYPTO);
}

/* The first of the initiator's that the responder has. */
Test(noise, agrees_on_a_muxer)
{
	struct world world;

	setup(&world);
	world.configs[0] = (struct pu_secure_config){true, NULL, ours, 3};
	world.configs[1] = (struct pu_secure_config){false, NULL, theirs, 3};
	connect(&world);
	secure_pump(&world.ends[0], &world.ends[1], SIZE_MAX);
	expect_established(&world);
	cr_expect_str_eq(result(&world, 0)->muxer, "/b");
	cr_expect_str_eq(result(&world, 1)->muxer, "/b");
	disconnect(&world);
}

static void expect_no_muxer(struct world *world)
{
	connect(world);
	secure_pump(&world->ends[0], &world->ends[1], SIZE_MAX);
	expect_established(world);
	cr_expect_null(result(world, 0)->muxer);
	cr_expect_null(result(world, 1)->muxer);
	disconnect(world);
}

Test(noise, leaves_the_muxer_open_when_lists_are_missing_or_disjoint)
{
	struct world world;

	setup(&world);
	world.configs[0].muxers_len = 0;
	expect_no_muxer(&world);
	world.configs[0].muxers_len = 1;
	world.configs[1].muxers_len = 0;
	expect_no_muxer(&world);
	world.configs[1] = (struct pu_secure_config){false, NULL, theirs, 3};
	expect_no_muxer(&world);
}

Test(noise, initiator_says_nothing_to_another_peer_than_expected)
{
	struct world world;
	const struct pu_secure_result *failed;

	setup(&world);
	world.configs[0].expected = &world.ids[0];
	connect(&world);
	secure_pump(&world.ends[0], &world.ends[1], SIZE_MAX);
	failed = result(&world, 0);
	cr_expect(world.ends[0].failed);
	cr_expect_eq(failed->err, PU_ECRYPTO);
	cr_expect(failed->wrong_peer);
	cr_expect(!world.ends[1].established, "message 3 was not sent");
	cr_expect_eq(pu_secure_output(world.ends[0].secure).len, 0);
	disconnect(&world);
}

Test(noise, both_ends_can_expect_somebody)
{
	struct world world;

	setup(&world);
	world.configs[0].expected = &world.ids[1];
	world.configs[1].expected = &world.ids[0];
	connect(&world);
	secure_pump(&world.ends[0], &world.ends[1], SIZE_MAX);
	expect_established(&world);
	disconnect(&world);
}

/* The handshake up to its message `n` to end `to`, which stays on the wire. */
static struct secure_end *run_until(struct world *world, size_t n)
{
	connect(world);
	return secure_run_until(world->ends, n);
}

/* A key that was changed in message 1 is found out with message 2. */
Test(noise, no_changed_bit_of_the_handshake_is_overlooked)
{
	struct world world;

	setup(&world);
	for (size_t n = 0; n < 3; n++) {
		size_t len = run_until(&world, n)->wire.len;

		disconnect(&world);
		for (size_t bit = 0; bit < len * 8; bit += 3) {
			struct secure_end *to = run_until(&world, n);

			to->wire.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			secure_pump(&world.ends[0], &world.ends[1], SIZE_MAX);
			cr_assert(!world.ends[1].established, "message %zu bit %zu", n, bit);
			if (n < 2)
				cr_assert(!world.ends[0].established, "message %zu bit %zu", n, bit);
			disconnect(&world);
		}
	}
}

Test(noise, waits_for_a_handshake_that_is_cut_anywhere)
{
	struct world world;

	setup(&world);
	for (size_t n = 0; n < 3; n++) {
		size_t len = run_until(&world, n)->wire.len;

		disconnect(&world);
		for (size_t cut = 0; cut < len; cut++) {
			struct secure_end *to = run_until(&world, n);

			to->wire.len = cut;
			secure_deliver(to, SIZE_MAX);
			cr_assert(!to->failed && !to->established, "message %zu at %zu", n, cut);
			disconnect(&world);
		}
	}
}

/* The frame says so itself. */
Test(noise, refuses_a_handshake_message_that_ends_too_early)
{
	struct world world;

	setup(&world);
	for (size_t n = 0; n < 3; n++) {
		size_t len = run_until(&world, n)->wire.len - 2;

		disconnect(&world);
		for (size_t cut = 0; cut < len; cut++) {
			struct secure_end *to = run_until(&world, n);

			to->wire.data[0] = (uint8_t)(cut >> 8);
			to->wire.data[1] = (uint8_t)cut;
			to->wire.len = cut + 2;
			secure_pump(&world.ends[0], &world.ends[1], SIZE_MAX);
			cr_assert(!world.ends[1].established, "message %zu at %zu", n, cut);
			cr_assert(world.ends[0].failed || world.ends[1].failed);
			disconnect(&world);
		}
	}
}

Test(noise, bounds_the_handshake_before_it_has_arrived)
{
	struct world world;
	const uint8_t prefix[2] = {0x10, 0x01};

	setup(&world);
	connect(&world);
	cr_assert_eq(pu_buffer_append(&world.ends[1].wire, prefix, 2), PU_OK);
	secure_deliver(&world.ends[1], 1);
	cr_expect(world.ends[1].failed);
	cr_expect_eq(result(&world, 1)->err, PU_ELIMIT);
	disconnect(&world);
}

/* A responder of the test's own, whose payload is what the test wants. */
static struct secure_end answer_with(struct world *world, struct pu_bytes payload)
{
	struct pu_noise_xx xx;
	struct pu_noise_pair e;
	struct secure_end end;
	struct pu_bytes first;
	uint8_t buf[2048];
	struct pu_writer out = pu_writer(buf + 2, sizeof(buf) - 2);
	size_t len;

	secure_end_init(&end, pu_noise_new(&world->identities[0], &world->configs[0]));
	first = pu_secure_output(end.secure);
	pu_noise_pair_generate(&e);
	pu_noise_xx_init(&xx, false, (struct pu_bytes){0}, &world->identities[1].pair, &e);
	cr_assert_eq(pu_noise_xx_read(&xx, pu_bytes(first.data + 2, first.len - 2), buf, &len),
	             PU_OK);
	cr_assert_eq(pu_noise_xx_write(&xx, payload, &out), PU_OK);
	buf[0] = (uint8_t)(out.len >> 8);
	buf[1] = (uint8_t)out.len;
	cr_assert_eq(pu_buffer_append(&end.wire, buf, out.len + 2), PU_OK);
	secure_deliver(&end, SIZE_MAX);
	return end;
}

static struct pu_writer payload_of(const struct pu_noise_identity *identity, uint8_t *buf,
                                   size_t max)
{
	struct pu_writer out = pu_writer(buf, max);

	pu_pb_put_bytes(&out, 1, pu_bytes(identity->key_pb, sizeof(identity->key_pb)));
	pu_pb_put_bytes(&out, 2, pu_bytes(identity->signature, sizeof(identity->signature)));
	return out;
}

/* Retired data, certificate hashes, a number and a muxer of another wire type. */
Test(noise, ignores_fields_that_it_does_not_know)
{
	struct world world;
	uint8_t buf[512], sub[64];
	struct pu_writer out, extensions = pu_writer(sub, sizeof(sub));
	struct secure_end end;

	setup(&world);
	out = payload_of(&world.identities[1], buf, sizeof(buf));
	pu_pb_put_bytes(&out, 3, pu_bytes("data", 4));
	pu_pb_put_varint(&out, 99, 5);
	pu_pb_put_varint(&out, 4, 5);
	pu_pb_put_bytes(&extensions, 1, pu_bytes("hash", 4));
	pu_pb_put_varint(&extensions, 2, 7);
	pu_pb_put_bytes(&extensions, 2, pu_bytes_of_str("/mplex/6.7.0"));
	pu_pb_put_bytes(&extensions, 2, pu_bytes_of_str("/yamux/1.0.0"));
	pu_pb_put_bytes(&out, 4, pu_writer_bytes(&extensions));
	end = answer_with(&world, pu_writer_bytes(&out));
	cr_expect(end.established);
	cr_expect_str_eq(pu_secure_result(end.secure)->muxer, "/yamux/1.0.0");
	secure_end_fini(&end);
}

Test(noise, refuses_a_payload_that_is_cut_or_signed_by_another)
{
	struct world world;
	uint8_t buf[512];
	struct pu_writer out;

	setup(&world);
	out = payload_of(&world.identities[1], buf, sizeof(buf));
	for (size_t cut = 0; cut <= out.len; cut++) {
		struct secure_end end = answer_with(&world, pu_bytes(buf, cut));

		cr_assert_eq(end.established, cut == out.len, "cut at %zu", cut);
		cr_assert_eq(end.failed, cut < out.len, "cut at %zu", cut);
		secure_end_fini(&end);
	}
	memcpy(world.identities[1].signature, world.identities[0].signature,
	       sizeof(world.identities[1].signature));
	out = payload_of(&world.identities[1], buf, sizeof(buf));
	{
		struct secure_end end = answer_with(&world, pu_bytes(buf, out.len));

		cr_expect(end.failed);
		cr_expect_eq(pu_secure_result(end.secure)->err, PU_ECRYPTO);
		cr_expect(!pu_secure_result(end.secure)->wrong_peer);
		secure_end_fini(&end);
	}
}

Test(noise, no_changed_bit_of_a_frame_is_overlooked)
{
	struct world world;
	size_t len = 2 + 20 + 16;

	for (size_t bit = 0; bit < len * 8; bit += 3) {
		establish(&world);
		cr_assert_eq(secure_send(&world.ends[0], &world.ends[1], "twenty bytes of text", 20),
		             len);
		cr_assert_gt(secure_send(&world.ends[0], &world.ends[1], "more", 4), 0);
		world.ends[1].wire.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		secure_deliver(&world.ends[1], SIZE_MAX);
		cr_assert_eq(world.ends[1].plain.len, 0);
		if (bit >= 16) {
			cr_assert(world.ends[1].failed);
			cr_assert_eq(result(&world, 1)->err, PU_ECRYPTO);
		}
		disconnect(&world);
	}
}

Test(noise, takes_frames_of_every_size_and_empty_ones)
{
	struct world world;
	static const size_t sizes[] = {1, 2, 1000, 16384, PU_SECURE_PLAIN_MAX};
	uint8_t *data = pu_zalloc(PU_SECURE_PLAIN_MAX);
	const struct iovec nothing = {data, 0};
	uint8_t empty[18];

	establish(&world);
	for (size_t i = 0; i < PU_ARRAY_LEN(sizes); i++) {
		data[0] = (uint8_t)i;
		cr_assert_eq(pu_secure_seal(world.ends[0].secure, &nothing, 1, empty), sizeof(empty));
		cr_assert_eq(pu_buffer_append(&world.ends[1].wire, empty, sizeof(empty)), PU_OK);
		cr_assert_eq(secure_send(&world.ends[0], &world.ends[1], data, sizes[i]),
		             sizes[i] + 18);
		secure_deliver(&world.ends[1], 10000);
		cr_expect_eq(world.ends[1].plain.len, sizes[i]);
		cr_expect_eq(memcmp(world.ends[1].plain.data, data, sizes[i]), 0);
		pu_buffer_clear(&world.ends[1].plain);
	}
	cr_expect_eq(world.ends[1].records, PU_ARRAY_LEN(sizes));
	pu_free(data);
	disconnect(&world);
}

Test(noise, carries_much_both_ways)
{
	struct world world;

	establish(&world);
	cr_expect(secure_exchange(&world.ends[0], &world.ends[1], 300, PU_SECURE_PLAIN_MAX));
	disconnect(&world);
}

Test(noise, seals_nothing_before_it_is_established_or_after_its_end)
{
	struct world world;

	setup(&world);
	connect(&world);
	cr_expect_eq(secure_send(&world.ends[0], &world.ends[1], "early", 5), 0);
	secure_pump(&world.ends[0], &world.ends[1], SIZE_MAX);
	expect_established(&world);
	pu_secure_end(world.ends[0].secure);
	cr_expect_eq(secure_send(&world.ends[0], &world.ends[1], "late", 4), 0);
	disconnect(&world);
}

Test(noise, an_idle_channel_costs_little)
{
	struct world world;

	establish(&world);
	cr_expect_leq(malloc_usable_size(world.ends[0].secure), 512);
	cr_expect_eq(pu_secure_output(world.ends[0].secure).data, NULL, "nothing is kept");
	disconnect(&world);
}
