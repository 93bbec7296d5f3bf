/* Knows what a TLS handshake between two of ours must survive. */
#include "secure/tls.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "secure/tls_expect.h"

#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

static const char *const ours[] = {"/a", "/b", "/c"};
static const char *const theirs[] = {"/x", "/c", "/b"};

Test(tls, establishes_whole_and_byte_by_byte)
{
	struct tls_world world;

	tls_world_init(&world);
	for (size_t chunk = 1; chunk < 2000; chunk = chunk * 5 + 1) {
		tls_shake(&world, chunk);
		tls_expect_established(&world);
		cr_expect_str_eq(tls_world_result(&world, 0)->muxer, "/yamux/1.0.0");
		cr_expect_str_eq(tls_world_result(&world, 1)->muxer, "/yamux/1.0.0");
		tls_expect_talk(&world, chunk);
		tls_world_disconnect(&world);
	}
	tls_world_fini(&world);
}

/* With the fast AES-GCM and without, and what only GnuTLS has. */
Test(tls, talks_under_every_cipher)
{
	static const char *const ciphers[] = {"AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305"};

	for (size_t i = 0; i < PU_ARRAY_LEN(ciphers) * 2; i++) {
		struct tls_world world;
		char priority[128];

		snprintf(priority, sizeof(priority), TLS13 ":-CIPHER-ALL:+%s", ciphers[i / 2]);
		tls_world_init(&world);
		tls_world_restrict(&world, priority, i % 2 == 0);
		tls_shake(&world, 7);
		tls_expect_established(&world);
		tls_expect_talk(&world, 7);
		tls_finish(&world);
	}
}

Test(tls, survives_a_hello_retry_request)
{
	struct tls_world world;

	tls_world_init(&world);
	tls_world_restrict(&world, TLS13 ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1", true);
	gnutls_priority_deinit(world.contexts[1]->priority);
	cr_assert_eq(gnutls_priority_init(&world.contexts[1]->priority,
	                                  TLS13 ":-GROUP-ALL:+GROUP-SECP256R1", NULL),
	             0);
	tls_shake(&world, 11);
	tls_expect_established(&world);
	tls_expect_talk(&world, 11);
	tls_finish(&world);
}

Test(tls, has_nothing_in_common_with_another_cipher)
{
	struct tls_world world;

	tls_world_init(&world);
	tls_world_restrict(&world, TLS13 ":-CIPHER-ALL:+AES-256-GCM", true);
	gnutls_priority_deinit(world.contexts[1]->priority);
	cr_assert_eq(gnutls_priority_init(&world.contexts[1]->priority,
	                                  TLS13 ":-CIPHER-ALL:+AES-128-GCM", NULL),
	             0);
	tls_shake(&world, SIZE_MAX);
	cr_expect_eq(tls_world_result(&world, 1)->err, PU_EUNSUPPORTED);
	cr_expect_eq(tls_world_result(&world, 0)->err, PU_EREFUSED);
	tls_finish(&world);
}

Test(tls, agrees_on_the_first_muxer_of_the_client_that_the_server_has)
{
	struct tls_world world;

	tls_world_init(&world);
	world.configs[0] = (struct pu_secure_config){true, NULL, ours, 3};
	world.configs[1] = (struct pu_secure_config){false, NULL, theirs, 3};
	tls_shake(&world, SIZE_MAX);
	tls_expect_established(&world);
	cr_expect_str_eq(tls_world_result(&world, 0)->muxer, "/b");
	cr_expect_str_eq(tls_world_result(&world, 1)->muxer, "/b");
	tls_finish(&world);
}

Test(tls, leaves_the_muxer_open_without_a_common_one)
{
	struct tls_world world;

	tls_world_init(&world);
	world.configs[1] = (struct pu_secure_config){false, NULL, theirs, 3};
	tls_shake(&world, SIZE_MAX);
	tls_expect_established(&world);
	cr_expect_null(tls_world_result(&world, 0)->muxer);
	cr_expect_null(tls_world_result(&world, 1)->muxer);
	tls_world_disconnect(&world);
	world.configs[0].muxers_len = 0;
	tls_shake(&world, SIZE_MAX);
	tls_expect_established(&world);
	cr_expect_null(tls_world_result(&world, 0)->muxer);
	tls_finish(&world);
}

Test(tls, client_refuses_another_peer_than_expected)
{
	struct tls_world world;

	tls_world_init(&world);
	world.configs[0].expected = &world.ids[0];
	tls_shake(&world, SIZE_MAX);
	cr_expect(world.ends[0].failed);
	cr_expect_eq(tls_world_result(&world, 0)->err, PU_ECRYPTO);
	cr_expect(tls_world_result(&world, 0)->wrong_peer);
	cr_expect(!world.ends[1].established);
	cr_expect_eq(tls_world_result(&world, 1)->err, PU_EREFUSED);
	tls_finish(&world);
}

/* The client is established by then. */
Test(tls, server_refuses_another_peer_than_expected)
{
	struct tls_world world;

	tls_world_init(&world);
	world.configs[1].expected = &world.ids[1];
	tls_shake(&world, SIZE_MAX);
	cr_expect(world.ends[0].established);
	cr_expect(world.ends[0].failed);
	cr_expect_eq(tls_world_result(&world, 0)->err, PU_EREFUSED);
	cr_expect(!world.ends[1].established);
	cr_expect_eq(tls_world_result(&world, 1)->err, PU_ECRYPTO);
	cr_expect(tls_world_result(&world, 1)->wrong_peer);
	tls_finish(&world);
}

/* The version in the header of an unprotected record, which counts for nothing. */
static bool is_idle_byte(struct pu_bytes flight, size_t at)
{
	for (size_t start = 0; start + 5 <= flight.len;) {
		size_t len = (size_t)flight.data[start + 3] << 8 | flight.data[start + 4];

		if (at == start + 2 && flight.data[start] != PU_TLS_DATA)
			return true;
		start += 5 + len;
	}
	return false;
}

static void flip(struct tls_world *world, size_t n, size_t at)
{
	struct secure_end *to = tls_run_until(world, n);

	if (at < to->wire.len && !is_idle_byte(pu_buffer_bytes(&to->wire), at)) {
		to->wire.data[at] ^= (uint8_t)(1 << at % 8);
		secure_pump(&world->ends[0], &world->ends[1], SIZE_MAX);
		cr_assert(!world->ends[1].established, "flight %zu byte %zu", n, at);
		if (n < 2)
			cr_assert(!world->ends[0].established, "flight %zu byte %zu", n, at);
	}
	tls_world_disconnect(world);
}

Test(tls, no_changed_byte_of_the_handshake_is_overlooked, .timeout = 110)
{
	struct tls_world world;

	tls_world_init(&world);
	for (size_t n = 0; n < 3; n++) {
		size_t len = tls_run_until(&world, n)->wire.len;

		tls_world_disconnect(&world);
		for (size_t at = 0; at < len; at++)
			flip(&world, n, at);
	}
	tls_world_fini(&world);
}

Test(tls, waits_for_a_flight_that_is_cut_anywhere, .timeout = 110)
{
	struct tls_world world;

	tls_world_init(&world);
	for (size_t n = 0; n < 3; n++) {
		size_t len = tls_run_until(&world, n)->wire.len;

		tls_world_disconnect(&world);
		for (size_t cut = 0; cut < len; cut += 3) {
			struct secure_end *to = tls_run_until(&world, n);

			if (cut >= to->wire.len) { /* signatures differ in length */
				tls_world_disconnect(&world);
				continue;
			}
			to->wire.len = cut;
			secure_deliver(to, SIZE_MAX);
			cr_assert(!to->failed && !to->established, "flight %zu at %zu", n, cut);
			tls_world_disconnect(&world);
		}
	}
	tls_world_fini(&world);
}

Test(tls, ignores_change_cipher_spec_while_shaking_hands_but_not_for_ever)
{
	struct tls_world world;
	const uint8_t ccs[] = {PU_TLS_CCS, 3, 3, 0, 1, 1};

	tls_world_init(&world);
	tls_world_connect(&world);
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(pu_buffer_append(&world.ends[1].wire, ccs, sizeof(ccs)), PU_OK);
	secure_pump(&world.ends[0], &world.ends[1], SIZE_MAX);
	tls_expect_established(&world);
	tls_world_disconnect(&world);
	tls_world_connect(&world);
	for (size_t i = 0; i <= PU_TLS_CCS_MAX; i++)
		cr_assert_eq(pu_buffer_append(&world.ends[1].wire, ccs, sizeof(ccs)), PU_OK);
	secure_pump(&world.ends[0], &world.ends[1], SIZE_MAX);
	cr_expect(world.ends[1].failed);
	tls_finish(&world);
}

Test(tls, takes_an_unprotected_alert_while_shaking_hands)
{
	struct tls_world world;
	const uint8_t alert[] = {PU_TLS_ALERT, 3, 3, 0, 2, 2, 47};

	tls_world_init(&world);
	tls_run_until(&world, 1);
	cr_assert_eq(pu_buffer_append(&world.ends[1].wire, alert, sizeof(alert)), PU_OK);
	tls_expect_failure(&world, PU_EREFUSED);
	tls_finish(&world);
}

Test(tls, refuses_a_message_that_is_announced_too_long)
{
	struct tls_world world;
	const uint8_t record[] = {PU_TLS_HANDSHAKE, 3, 1, 0, 4, 1, 0, 0x40, 1};

	tls_world_init(&world);
	tls_world_connect(&world);
	cr_assert_eq(pu_buffer_append(&world.ends[1].wire, record, sizeof(record)), PU_OK);
	tls_expect_failure(&world, PU_ELIMIT);
	tls_finish(&world);
}

/* Cuts the first flight into records of one byte each. */
Test(tls, takes_messages_in_fragments)
{
	struct tls_world world;
	struct pu_bytes hello;

	tls_world_init(&world);
	tls_world_connect(&world);
	hello = pu_secure_output(world.ends[0].secure);
	for (size_t i = PU_TLS_HEADER_LEN; i < hello.len; i++) {
		const uint8_t record[] = {PU_TLS_HANDSHAKE, 3, 3, 0, 1, hello.data[i]};

		cr_assert_eq(pu_buffer_append(&world.ends[1].wire, record, sizeof(record)), PU_OK);
	}
	pu_secure_written(world.ends[0].secure, hello.len);
	secure_pump(&world.ends[0], &world.ends[1], SIZE_MAX);
	tls_expect_established(&world);
	tls_finish(&world);
}
