/* Knows whether our records are TLS: the other end is GnuTLS's own record layer. */
#include <criterion/criterion.h>
#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "p2p/tls_cert.h"
#include "secure/tls_world.h"

enum { FOREIGN_MAX = 1 << 22 };

/* The end that is not ours. */
struct foreign {
	gnutls_session_t session;
	struct secure_end *ours;
	struct pu_buffer in, plain;
	int handshake, last; /* what GnuTLS answered */
};

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t len)
{
	struct foreign *foreign = ptr;

	cr_assert_eq(pu_buffer_append(&foreign->ours->wire, data, len), PU_OK);
	return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t max)
{
	struct foreign *foreign = ptr;
	size_t len = foreign->in.len < max ? foreign->in.len : max;

	if (len == 0) {
		gnutls_transport_set_errno(foreign->session, EAGAIN);
		return -1;
	}
	memcpy(data, foreign->in.data, len);
	pu_buffer_consume(&foreign->in, len);
	return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
	(void)ms;
	return ((struct foreign *)ptr)->in.len > 0;
}

static void foreign_init(struct foreign *foreign, struct secure_end *ours, unsigned flags,
                         gnutls_certificate_credentials_t credentials, const char *priority)
{
	*foreign = (struct foreign){.ours = ours, .handshake = GNUTLS_E_AGAIN};
	pu_buffer_init(&foreign->in, FOREIGN_MAX);
	pu_buffer_init(&foreign->plain, FOREIGN_MAX);
	cr_assert_eq(gnutls_init(&foreign->session, flags | GNUTLS_NONBLOCK), 0);
	cr_assert_eq(gnutls_priority_set_direct(foreign->session, priority, NULL), 0);
	gnutls_credentials_set(foreign->session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_ptr(foreign->session, foreign);
	gnutls_transport_set_push_function(foreign->session, push);
	gnutls_transport_set_pull_function(foreign->session, pull);
	gnutls_transport_set_pull_timeout_function(foreign->session, pull_timeout);
	gnutls_handshake_set_timeout(foreign->session, GNUTLS_INDEFINITE_TIMEOUT);
}

static void foreign_fini(struct foreign *foreign)
{
	gnutls_deinit(foreign->session);
	pu_buffer_fini(&foreign->in);
	pu_buffer_fini(&foreign->plain);
}

static void offer(struct foreign *foreign, const char *const *names, unsigned count)
{
	gnutls_datum_t data[4];

	for (unsigned i = 0; i < count; i++)
		data[i] = (gnutls_datum_t){(unsigned char *)names[i], (unsigned)strlen(names[i])};
	cr_assert_eq(gnutls_alpn_set_protocols(foreign->session, data, count, 0), 0);
}

static void foreign_read(struct foreign *foreign)
{
	uint8_t buf[PU_TLS_FRAGMENT_MAX];
	ssize_t len = 0;

	do {
		len = gnutls_record_recv(foreign->session, buf, sizeof(buf));
		if (len > 0)
			cr_assert_eq(pu_buffer_append(&foreign->plain, buf, (size_t)len), PU_OK);
	} while (len > 0);
	foreign->last = (int)len;
}

/* Both ways until both are silent. */
static void run(struct foreign *foreign, size_t chunk)
{
	struct secure_end *ours = foreign->ours;

	for (size_t i = 0; i < 30; i++) {
		struct pu_bytes output = pu_secure_output(ours->secure);

		cr_assert_eq(pu_buffer_append(&foreign->in, output.data, output.len), PU_OK);
		pu_secure_written(ours->secure, output.len);
		if (foreign->handshake != 0 && !gnutls_error_is_fatal(foreign->handshake)) {
			foreign->handshake = gnutls_handshake(foreign->session);
			if (gnutls_error_is_fatal(foreign->handshake))
				gnutls_alert_send_appropriate(foreign->session, foreign->handshake);
		}
		if (foreign->handshake == 0 && !gnutls_error_is_fatal(foreign->last))
			foreign_read(foreign);
		secure_deliver(ours, chunk);
	}
}

static void say(struct foreign *foreign, const void *data, size_t len)
{
	struct secure_end sink = {0};

	pu_buffer_init(&sink.wire, FOREIGN_MAX);
	cr_assert_gt(secure_send(foreign->ours, &sink, data, len), 0);
	cr_assert_eq(pu_buffer_append(&foreign->in, sink.wire.data, sink.wire.len), PU_OK);
	pu_buffer_fini(&sink.wire);
}

static void expect_talk(struct foreign *foreign, size_t chunk)
{
	struct secure_end *ours = foreign->ours;
	uint8_t *data = pu_zalloc(300000);

	for (size_t i = 0; i < 300000; i++)
		data[i] = (uint8_t)(i * 31 >> 3);
	for (size_t at = 0; at < 300000; at += 10000) {
		say(foreign, data + at, 10000);
		cr_assert_eq(gnutls_record_send(foreign->session, data + at, 10000), 10000);
		if (at % 50000 == 0)
			cr_assert_eq(gnutls_session_key_update(foreign->session, GNUTLS_KU_PEER), 0);
		run(foreign, chunk);
	}
	cr_expect(pu_bytes_eq(pu_buffer_bytes(&ours->plain), pu_bytes(data, 300000)));
	cr_expect(pu_bytes_eq(pu_buffer_bytes(&foreign->plain), pu_bytes(data, 300000)));
	pu_free(data);
}

#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

static gnutls_certificate_credentials_t new_credentials(struct pu_peer_id *id)
{
	struct pu_key key;
	struct pu_public_key public_key;

	pu_key_generate(&key);
	public_key = pu_key_public(&key);
	*id = pu_peer_id_of_key(&public_key);
	return tls_world_credentials(&key);
}

struct meeting {
	struct tls_world world;
	struct foreign foreign;
	gnutls_certificate_credentials_t credentials;
	struct pu_peer_id id; /* the foreign one's */
};

/* Ours is end `i` of the world. */
static void meet(struct meeting *meeting, size_t i, unsigned flags, const char *priority)
{
	struct secure_end *ours = &meeting->world.ends[i];

	tls_world_init(&meeting->world);
	meeting->credentials = new_credentials(&meeting->id);
	secure_end_init(ours, pu_tls_new(meeting->world.contexts[i], &meeting->world.configs[i]));
	foreign_init(&meeting->foreign, ours, (i == 0 ? GNUTLS_SERVER : GNUTLS_CLIENT) | flags,
	             meeting->credentials, priority);
	if (i == 0)
		gnutls_certificate_server_set_request(meeting->foreign.session, GNUTLS_CERT_REQUIRE);
}

static void part(struct meeting *meeting)
{
	secure_end_fini(meeting->foreign.ours);
	foreign_fini(&meeting->foreign);
	gnutls_certificate_free_credentials(meeting->credentials);
	tls_world_fini(&meeting->world);
}

static void expect_met(struct meeting *meeting)
{
	const struct secure_end *ours = meeting->foreign.ours;
	const struct pu_secure_result *result = pu_secure_result(ours->secure);

	cr_assert(ours->established, "%s", result->text);
	cr_assert_eq(meeting->foreign.handshake, 0, "%s",
	             gnutls_strerror(meeting->foreign.handshake));
	cr_expect(pu_peer_id_eq(&result->peer, &meeting->id));
}

static const char *const ciphers[] = {"AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305"};

/* A server of GnuTLS's sends tickets, too. */
Test(tls_interop, is_a_client_of_gnutls)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(ciphers); i++) {
		struct meeting meeting;
		char priority[100];

		snprintf(priority, sizeof(priority), TLS13 ":-CIPHER-ALL:+%s", ciphers[i]);
		meet(&meeting, 0, 0, priority);
		run(&meeting.foreign, 13);
		expect_met(&meeting);
		cr_expect_null(pu_secure_result(meeting.foreign.ours->secure)->muxer, "no ALPN");
		expect_talk(&meeting.foreign, 5000);
		part(&meeting);
	}
}

Test(tls_interop, is_a_server_to_gnutls)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(ciphers); i++) {
		struct meeting meeting;
		char priority[100];

		snprintf(priority, sizeof(priority), TLS13 ":-CIPHER-ALL:+%s", ciphers[i]);
		meet(&meeting, 1, GNUTLS_FORCE_CLIENT_CERT, priority);
		run(&meeting.foreign, 13);
		expect_met(&meeting);
		cr_expect_null(pu_secure_result(meeting.foreign.ours->secure)->muxer, "no ALPN");
		expect_talk(&meeting.foreign, 5000);
		part(&meeting);
	}
}

/* Whom middleboxes do not bother, and who asks again for another group. */
Test(tls_interop, survives_other_habits)
{
	static const char *const priorities[] = {
	    TLS13 ":%DISABLE_TLS13_COMPAT_MODE",
	    TLS13 ":-GROUP-ALL:+GROUP-SECP256R1",
	};

	for (size_t i = 0; i < PU_ARRAY_LEN(priorities) * 2; i++) {
		struct meeting meeting;

		meet(&meeting, i % 2, i % 2 ? GNUTLS_FORCE_CLIENT_CERT : 0, priorities[i / 2]);
		run(&meeting.foreign, 1);
		expect_met(&meeting);
		expect_talk(&meeting.foreign, 5000);
		part(&meeting);
	}
}

static void expect_alpn(size_t i, const char *const *names, unsigned count,
                        const char *foreign_name, const char *muxer)
{
	struct meeting meeting;
	gnutls_datum_t chosen;

	meet(&meeting, i, GNUTLS_FORCE_CLIENT_CERT, TLS13);
	offer(&meeting.foreign, names, count);
	run(&meeting.foreign, SIZE_MAX);
	expect_met(&meeting);
	cr_assert_eq(gnutls_alpn_get_selected_protocol(meeting.foreign.session, &chosen), 0);
	cr_expect(pu_bytes_eq(pu_bytes(chosen.data, chosen.size), pu_bytes_of_str(foreign_name)));
	if (muxer == NULL)
		cr_expect_null(pu_secure_result(meeting.foreign.ours->secure)->muxer);
	else
		cr_expect_str_eq(pu_secure_result(meeting.foreign.ours->secure)->muxer, muxer);
	part(&meeting);
}

Test(tls_interop, agrees_through_alpn)
{
	static const char *const both[] = {"/other", "libp2p", "/yamux/1.0.0"};
	static const char *const plain[] = {"libp2p"};

	expect_alpn(0, both, 3, "/yamux/1.0.0", "/yamux/1.0.0");
	expect_alpn(0, plain, 1, "libp2p", NULL);
	expect_alpn(1, both, 3, "libp2p", NULL);
	expect_alpn(1, plain, 1, "libp2p", NULL);
	expect_alpn(1, both + 2, 1, "/yamux/1.0.0", "/yamux/1.0.0");
}

Test(tls_interop, refuses_a_client_of_other_protocols)
{
	static const char *const http[] = {"h2"};
	struct meeting meeting;

	meet(&meeting, 1, GNUTLS_FORCE_CLIENT_CERT, TLS13);
	offer(&meeting.foreign, http, 1);
	run(&meeting.foreign, SIZE_MAX);
	cr_expect(meeting.foreign.ours->failed);
	cr_expect_eq(pu_secure_result(meeting.foreign.ours->secure)->err, PU_EUNSUPPORTED);
	cr_expect_eq(meeting.foreign.handshake, GNUTLS_E_FATAL_ALERT_RECEIVED);
	cr_expect_eq(gnutls_alert_get(meeting.foreign.session), GNUTLS_A_NO_APPLICATION_PROTOCOL);
	part(&meeting);
}

Test(tls_interop, refuses_tls_1_2)
{
	for (size_t i = 0; i < 2; i++) {
		struct meeting meeting;

		meet(&meeting, i, 0, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
		run(&meeting.foreign, SIZE_MAX);
		cr_expect(meeting.foreign.ours->failed);
		cr_expect(!meeting.foreign.ours->established);
		cr_expect(gnutls_error_is_fatal(meeting.foreign.handshake));
		part(&meeting);
	}
}

/* Sealed, where the peer can read it: GnuTLS understands which one it was. */
Test(tls_interop, sends_alerts_that_are_understood)
{
	struct meeting meeting;

	meet(&meeting, 1, 0, TLS13);
	gnutls_certificate_free_credentials(meeting.credentials);
	cr_assert_eq(gnutls_certificate_allocate_credentials(&meeting.credentials), 0);
	gnutls_credentials_set(meeting.foreign.session, GNUTLS_CRD_CERTIFICATE,
	                       meeting.credentials);
	run(&meeting.foreign, SIZE_MAX);
	cr_expect(meeting.foreign.ours->failed, "the client has no certificate");
	cr_expect_eq(pu_secure_result(meeting.foreign.ours->secure)->err, PU_ECRYPTO);
	cr_expect_eq(meeting.foreign.last, GNUTLS_E_FATAL_ALERT_RECEIVED);
	cr_expect_eq(gnutls_alert_get(meeting.foreign.session), GNUTLS_A_CERTIFICATE_REQUIRED);
	part(&meeting);
	meet(&meeting, 0, 0, TLS13);
	meeting.world.configs[0].expected = &meeting.world.ids[0];
	secure_end_fini(meeting.foreign.ours);
	secure_end_init(meeting.foreign.ours,
	                pu_tls_new(meeting.world.contexts[0], &meeting.world.configs[0]));
	run(&meeting.foreign, SIZE_MAX);
	cr_expect(pu_secure_result(meeting.foreign.ours->secure)->wrong_peer);
	cr_expect_eq(meeting.foreign.handshake, GNUTLS_E_FATAL_ALERT_RECEIVED);
	cr_expect_eq(gnutls_alert_get(meeting.foreign.session), GNUTLS_A_BAD_CERTIFICATE);
	part(&meeting);
}

Test(tls_interop, tells_the_peer_of_a_forged_record)
{
	struct meeting meeting;
	const uint8_t forged[22] = {PU_TLS_DATA, 3, 3, 0, 17};

	meet(&meeting, 0, 0, TLS13);
	run(&meeting.foreign, SIZE_MAX);
	expect_met(&meeting);
	cr_assert_eq(pu_buffer_append(&meeting.foreign.ours->wire, forged, sizeof(forged)), PU_OK);
	run(&meeting.foreign, SIZE_MAX);
	cr_expect_eq(meeting.foreign.last, GNUTLS_E_FATAL_ALERT_RECEIVED);
	cr_expect_eq(gnutls_alert_get(meeting.foreign.session), GNUTLS_A_BAD_RECORD_MAC);
	part(&meeting);
}

Test(tls_interop, says_goodbye_both_ways)
{
	struct meeting meeting;

	meet(&meeting, 1, GNUTLS_FORCE_CLIENT_CERT, TLS13);
	run(&meeting.foreign, SIZE_MAX);
	expect_met(&meeting);
	pu_secure_end(meeting.foreign.ours->secure);
	run(&meeting.foreign, SIZE_MAX);
	cr_expect_eq(meeting.foreign.last, 0, "close_notify");
	cr_assert_eq(gnutls_bye(meeting.foreign.session, GNUTLS_SHUT_WR), 0);
	run(&meeting.foreign, SIZE_MAX);
	cr_expect(meeting.foreign.ours->ended);
	part(&meeting);
}
