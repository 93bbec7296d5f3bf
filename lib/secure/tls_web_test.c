/* Knows that the web's TLS proves the name of a server and asks nothing of a client. */
#include <criterion/criterion.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#include "secure/secure_sim.h"
#include "secure/tls_state.h"

struct web {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	struct pu_tls_context *server, *client;
	struct secure_end ends[2]; /* client, server */
};

/* Self-signed, for a name and an address; valid from 1970 to 2096. */
static void make_cert(struct web *web)
{
	const uint8_t addr[4] = {192, 0, 2, 7};

	cr_assert_eq(gnutls_x509_privkey_init(&web->key), 0);
	cr_assert_eq(gnutls_x509_privkey_generate(web->key, GNUTLS_PK_ECDSA,
	                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
	                                          0),
	             0);
	cr_assert_eq(gnutls_x509_crt_init(&web->crt), 0);
	gnutls_x509_crt_set_version(web->crt, 3);
	gnutls_x509_crt_set_key(web->crt, web->key);
	gnutls_x509_crt_set_serial(web->crt, "\x01", 1);
	gnutls_x509_crt_set_activation_time(web->crt, 0);
	gnutls_x509_crt_set_expiration_time(web->crt, 4000000000);
	gnutls_x509_crt_set_dn_by_oid(web->crt, GNUTLS_OID_X520_COMMON_NAME, 0, "web", 3);
	gnutls_x509_crt_set_subject_alt_name(web->crt, GNUTLS_SAN_DNSNAME, "node.example", 12,
	                                     GNUTLS_FSAN_SET);
	gnutls_x509_crt_set_subject_alt_name(web->crt, GNUTLS_SAN_IPADDRESS, addr, sizeof(addr),
	                                     GNUTLS_FSAN_APPEND);
	gnutls_x509_crt_set_basic_constraints(web->crt, 1, -1);
	cr_assert_eq(gnutls_x509_crt_sign2(web->crt, web->crt, web->key, GNUTLS_DIG_SHA256, 0), 0);
}

static void setup(struct web *web, bool trusting)
{
	gnutls_certificate_credentials_t server, client;

	*web = (struct web){0};
	make_cert(web);
	cr_assert_eq(gnutls_certificate_allocate_credentials(&server), 0);
	cr_assert_eq(gnutls_certificate_set_x509_key(server, &web->crt, 1, web->key), 0);
	cr_assert_eq(gnutls_certificate_allocate_credentials(&client), 0);
	if (trusting)
		cr_assert_gt(gnutls_certificate_set_x509_trust(client, &web->crt, 1), 0);
	web->server = pu_tls_context_new_web_server(server);
	web->client = pu_tls_context_new_web_client(client);
}

static void shake(struct web *web, const char *host)
{
	secure_end_init(&web->ends[0], pu_tls_new_web(web->client, host));
	secure_end_init(&web->ends[1], pu_tls_new_web(web->server, NULL));
	secure_pump(&web->ends[0], &web->ends[1], 17);
}

static void part(struct web *web)
{
	secure_end_fini(&web->ends[0]);
	secure_end_fini(&web->ends[1]);
}

static void finish(struct web *web)
{
	pu_tls_context_rele(web->server);
	pu_tls_context_rele(web->client);
	gnutls_x509_crt_deinit(web->crt);
	gnutls_x509_privkey_deinit(web->key);
}

static void expect_served(struct web *web, const char *host)
{
	shake(web, host);
	cr_assert(web->ends[0].established, "%s: %s", host,
	          pu_secure_result(web->ends[0].secure)->text);
	cr_assert(web->ends[1].established);
	cr_expect_eq(pu_secure_result(web->ends[0].secure)->peer.len, 0);
	cr_expect_null(pu_secure_result(web->ends[0].secure)->muxer);
	cr_assert_gt(secure_send(&web->ends[0], &web->ends[1], "GET /", 5), 0);
	secure_deliver(&web->ends[1], 1);
	cr_expect_eq(web->ends[1].plain.len, 5);
	part(web);
}

static void expect_refused(struct web *web, const char *host, enum pu_err err)
{
	shake(web, host);
	cr_expect(!web->ends[0].established);
	cr_expect(web->ends[0].failed);
	cr_expect_eq(pu_secure_result(web->ends[0].secure)->err, err, "%s",
	             pu_secure_result(web->ends[0].secure)->text);
	cr_expect(!web->ends[1].established);
	part(web);
}

Test(tls_web, serves_under_its_name_and_address)
{
	struct web web;

	setup(&web, true);
	expect_served(&web, "node.example");
	expect_served(&web, "192.0.2.7");
	finish(&web);
}

Test(tls_web, client_refuses_another_name)
{
	struct web web;

	setup(&web, true);
	expect_refused(&web, "other.example", PU_ECRYPTO);
	expect_refused(&web, "192.0.2.8", PU_ECRYPTO);
	finish(&web);
}

Test(tls_web, client_refuses_an_unknown_authority)
{
	struct web web;

	setup(&web, false);
	expect_refused(&web, "node.example", PU_ECRYPTO);
	finish(&web);
}

static void expect_unable(struct web *web, const char *host)
{
	struct pu_secure *secure = pu_tls_new_web(web->client, host);
	struct pu_bytes nothing = {0};
	size_t len;

	cr_expect_eq(pu_secure_read(secure, &nothing, NULL, &len), PU_SECURE_FAILED);
	cr_expect_eq(pu_secure_result(secure)->err, PU_EINTERNAL);
	pu_secure_free(secure);
}

/* A client without a name to check must not connect at all. */
Test(tls_web, client_needs_a_name)
{
	static char endless[PU_TLS_HOST_MAX + 2];
	struct web web;

	setup(&web, true);
	memset(endless, 'a', sizeof(endless) - 1);
	expect_unable(&web, NULL);
	expect_unable(&web, "");
	expect_unable(&web, endless);
	finish(&web);
}

Test(tls_web, trusts_the_system_by_default)
{
	struct pu_tls_context *context = pu_tls_context_new_web_client(NULL);

	if (context == NULL)
		cr_skip_test("this system trusts nobody");
	pu_tls_context_rele(context);
}
