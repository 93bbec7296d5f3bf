/* Tests of host:port and unix: addresses. */
#include "endpoint.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static void assert_target(const char *text, const char *host, uint16_t port)
{
	struct proxy_endpoint endpoint;
	char printed[PROXY_ENDPOINT_MAX];

	cr_assert_eq(proxy_endpoint_parse_target(text, &endpoint), PU_OK, "%s", text);
	cr_assert_str_eq(endpoint.host, host);
	cr_assert_eq(endpoint.port, port);
	cr_assert_str_eq(proxy_endpoint_print(&endpoint, printed), text);
}

Test(endpoint, reads_and_prints_targets)
{
	struct proxy_endpoint endpoint;

	assert_target("localhost:8000", "localhost", 8000);
	assert_target("nas.example.org:65535", "nas.example.org", 65535);
	assert_target("127.0.0.1:1", "127.0.0.1", 1);
	assert_target("[::1]:22", "::1", 22);
	cr_assert_eq(proxy_endpoint_parse_target("unix:/run/app.sock", &endpoint), PU_OK);
	cr_assert(proxy_endpoint_is_unix(&endpoint));
	cr_assert_str_eq(endpoint.path, "/run/app.sock");
}

Test(endpoint, refuses_what_is_no_target)
{
	static const char *const bad[] = {
	    "",           "localhost",      ":80",        "localhost:",    "localhost:0",
	    "host:65536", "host:999999999", "host:-1",    "host:8x",       "ho st:80",
	    "::1:80",     "[::1:80",        "[nohex]:80", "unix:relative", "unix:",
	    "[]:80",      "host:80 ",       "a/b:80",     "h:+5",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct proxy_endpoint endpoint = {.port = 7};

		cr_assert_eq(proxy_endpoint_parse_target(bad[i], &endpoint), PU_EINVAL, "\"%s\"",
		             bad[i]);
		cr_assert_eq(endpoint.port, 7, "the output is left untouched");
	}
}

Test(endpoint, refuses_texts_that_do_not_fit)
{
	char text[600] = "unix:/";
	struct proxy_endpoint endpoint;

	memset(text + 6, 'x', 108);
	cr_assert_eq(proxy_endpoint_parse_target(text, &endpoint), PU_ELIMIT);
	memset(text, 'x', 300);
	memcpy(text + 300, ":80", sizeof(":80"));
	cr_assert_eq(proxy_endpoint_parse_target(text, &endpoint), PU_ELIMIT);
}

Test(endpoint, listens_on_localhost_when_only_a_port_is_given)
{
	static const char *const texts[] = {"8080", ":8080", "localhost:8080", "LOCALHOST:8080"};

	for (size_t i = 0; i < 4; i++) {
		struct proxy_endpoint endpoint;
		struct proxy_address addresses[2];
		char text[PROXY_ENDPOINT_MAX];

		cr_assert_eq(proxy_endpoint_parse_listen(texts[i], &endpoint), PU_OK, "%s", texts[i]);
		cr_assert_eq(proxy_endpoint_addresses(&endpoint, addresses), 2);
		cr_assert_str_eq(proxy_address_print(&addresses[0], text), "127.0.0.1:8080");
		cr_assert_str_eq(proxy_address_print(&addresses[1], text), "[::1]:8080");
	}
}

Test(endpoint, listens_on_port_0_and_on_ip_addresses_but_not_on_host_names)
{
	struct proxy_endpoint endpoint;

	cr_assert_eq(proxy_endpoint_parse_listen("0", &endpoint), PU_OK);
	cr_assert_eq(endpoint.port, 0);
	cr_assert_eq(proxy_endpoint_parse_listen("0.0.0.0:80", &endpoint), PU_OK);
	cr_assert_not(proxy_endpoint_is_local(&endpoint));
	cr_assert_eq(proxy_endpoint_parse_listen("[::]:80", &endpoint), PU_OK);
	cr_assert_not(proxy_endpoint_is_local(&endpoint));
	cr_assert_eq(proxy_endpoint_parse_listen("unix:/tmp/s", &endpoint), PU_OK);
	cr_assert_eq(proxy_endpoint_parse_listen("example.org:80", &endpoint), PU_EINVAL);
	cr_assert_eq(proxy_endpoint_parse_listen("", &endpoint), PU_EINVAL);
}

Test(endpoint, knows_what_is_local)
{
	static const char *const local[] = {"localhost:1", "127.9.9.9:1", "[::1]:1", "unix:/x"};

	for (size_t i = 0; i < 4; i++) {
		struct proxy_endpoint endpoint;

		cr_assert_eq(proxy_endpoint_parse_listen(local[i], &endpoint), PU_OK);
		cr_assert(proxy_endpoint_is_local(&endpoint), "%s", local[i]);
	}
}

Test(endpoint, knows_addresses_without_a_lookup_except_of_host_names)
{
	struct proxy_endpoint endpoint;
	struct proxy_address addresses[2];

	cr_assert_eq(proxy_endpoint_parse_target("[::1]:22", &endpoint), PU_OK);
	cr_assert_eq(proxy_endpoint_addresses(&endpoint, addresses), 1);
	cr_assert_eq(addresses[0].len, sizeof(struct sockaddr_in6));
	cr_assert_eq(proxy_address_port(&addresses[0]), 22);
	proxy_address_set_port(&addresses[0], 23);
	cr_assert_eq(proxy_address_port(&addresses[0]), 23);
	cr_assert_eq(proxy_endpoint_parse_target("unix:/x", &endpoint), PU_OK);
	cr_assert_eq(proxy_endpoint_addresses(&endpoint, addresses), 1);
	cr_assert_eq(proxy_address_port(&addresses[0]), 0);
	cr_assert_eq(proxy_endpoint_parse_target("example.org:22", &endpoint), PU_OK);
	cr_assert_eq(proxy_endpoint_addresses(&endpoint, addresses), 0);
}

Test(endpoint, compares_host_names_without_case)
{
	struct proxy_endpoint a, b;

	cr_assert_eq(proxy_endpoint_parse_target("Nas:22", &a), PU_OK);
	cr_assert_eq(proxy_endpoint_parse_target("nas:22", &b), PU_OK);
	cr_assert(proxy_endpoint_eq(&a, &b));
	cr_assert_eq(proxy_endpoint_parse_target("nas:23", &b), PU_OK);
	cr_assert_not(proxy_endpoint_eq(&a, &b));
}
