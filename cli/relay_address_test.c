#include "relay_address.h"

#include <criterion/criterion.h>
#include <string.h>

#define ID "12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5"

static void assert_becomes(const char *text, const char *first, const char *second)
{
	struct cli_relay_address out;
	char printed[PU_MULTIADDR_TEXT_MAX];

	cr_assert_eq(cli_relay_address_parse(text, CLI_RELAY_PORT, &out), PU_OK, "%s", text);
	cr_assert_eq(out.len, second != NULL ? 2 : 1, "%s", text);
	cr_assert_str_eq(pu_multiaddr_print(&out.addresses[0], printed), first);
	if (second != NULL)
		cr_assert_str_eq(pu_multiaddr_print(&out.addresses[1], printed), second);
}

static void assert_refused(const char *text)
{
	struct cli_relay_address out = {.len = 7};

	cr_assert_eq(cli_relay_address_parse(text, CLI_RELAY_PORT, &out), PU_EINVAL, "%s", text);
	cr_assert_eq(out.len, 7, "%s", text);
}

Test(relay_address, makes_a_bare_host_two_addresses_of_the_default_port)
{
	assert_becomes("203.0.113.50", "/ip4/203.0.113.50/udp/4001/quic-v1",
	               "/ip4/203.0.113.50/tcp/4001");
	assert_becomes("2001:db8::5", "/ip6/2001:db8::5/udp/4001/quic-v1",
	               "/ip6/2001:db8::5/tcp/4001");
	assert_becomes("[2001:db8::5]", "/ip6/2001:db8::5/udp/4001/quic-v1",
	               "/ip6/2001:db8::5/tcp/4001");
	assert_becomes("relay.example.org", "/dns/relay.example.org/udp/4001/quic-v1",
	               "/dns/relay.example.org/tcp/4001");
	assert_becomes("relay", "/dns/relay/udp/4001/quic-v1", "/dns/relay/tcp/4001");
}

Test(relay_address, takes_a_port_behind_the_host)
{
	assert_becomes("203.0.113.50:9", "/ip4/203.0.113.50/udp/9/quic-v1",
	               "/ip4/203.0.113.50/tcp/9");
	assert_becomes("[::1]:65535", "/ip6/::1/udp/65535/quic-v1", "/ip6/::1/tcp/65535");
	assert_becomes("relay-1.example:443", "/dns/relay-1.example/udp/443/quic-v1",
	               "/dns/relay-1.example/tcp/443");
}

Test(relay_address, keeps_a_multiaddr_as_it_is_but_for_the_peer)
{
	assert_becomes("/ip4/203.0.113.50/udp/4001/quic-v1", "/ip4/203.0.113.50/udp/4001/quic-v1",
	               NULL);
	assert_becomes("/dns4/r.example/tcp/443/tls/ws/p2p/" ID, "/dns4/r.example/tcp/443/tls/ws",
	               NULL);
}

Test(relay_address, takes_the_peer_from_either_form)
{
	static const char *const texts[] = {"203.0.113.50/p2p/" ID, "[::1]:4002/p2p/" ID,
	                                    "/ip4/203.0.113.50/tcp/4001/p2p/" ID};
	struct cli_relay_address out;
	char printed[PU_PEER_ID_TEXT_MAX], full[PU_MULTIADDR_TEXT_MAX];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_eq(cli_relay_address_parse(texts[i], CLI_RELAY_PORT, &out), PU_OK);
		cr_assert_str_eq(pu_peer_id_print(&out.peer, printed), ID, "%s", texts[i]);
	}
	cr_assert_str_eq(cli_relay_address_print(&out.addresses[0], &out.peer, full), texts[2]);
	cr_assert_eq(cli_relay_address_parse("203.0.113.50", CLI_RELAY_PORT, &out), PU_OK);
	cr_assert_eq(out.peer.len, 0, "nobody is assumed");
}

Test(relay_address, refuses_what_cannot_be_dialed)
{
	assert_refused("");
	assert_refused("/");
	assert_refused("/ip4/203.0.113.50");
	assert_refused("/ip4/203.0.113.50/udp/4001");
	assert_refused("/ip4/203.0.113.50/tcp/4001/p2p/" ID "/p2p-circuit");
	assert_refused("/unix/run%2Fx");
	assert_refused("203.0.113.50/p2p/nobody");
	assert_refused("203.0.113.50/p2p/");
	assert_refused("/p2p/" ID);
}

Test(relay_address, refuses_ports_and_hosts_that_cannot_be)
{
	assert_refused("203.0.113.50:0");
	assert_refused("203.0.113.50:65536");
	assert_refused("203.0.113.50:");
	assert_refused("203.0.113.50:4001x");
	assert_refused("203.0.113");
	assert_refused("203.0.113.500");
	assert_refused("4001");
	assert_refused(":4001");
	assert_refused("[]:4001");
	assert_refused("[203.0.113.50]:4001");
	assert_refused("[::1");
	assert_refused("[::1]4001");
	assert_refused("fe80::1%eth0");
	assert_refused("-x.example");
	assert_refused(".example");
	assert_refused("a b");
	assert_refused("http://example.org");
	assert_refused("example.org/path");
}

Test(relay_address, refuses_what_is_too_long)
{
	char text[1024];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_refused(text);
	text[300] = '\0';
	assert_refused(text);
}

Test(relay_address, comes_apart_again_as_it_stands_in_the_configuration)
{
	struct pu_multiaddr address;
	struct pu_peer_id peer;
	char text[PU_MULTIADDR_TEXT_MAX];

	cr_assert(cli_relay_address_split("/ip4/203.0.113.50/tcp/4001/p2p/" ID, &address, &peer));
	cr_assert_str_eq(pu_multiaddr_print(&address, text), "/ip4/203.0.113.50/tcp/4001");
	cr_assert_str_eq(pu_peer_id_print(&peer, text), ID);
	cr_assert_not(cli_relay_address_split("/ip4/203.0.113.50/tcp/4001", &address, &peer));
	cr_assert_not(cli_relay_address_split("203.0.113.50", &address, &peer));
}
