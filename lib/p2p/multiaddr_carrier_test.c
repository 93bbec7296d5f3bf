#include <criterion/criterion.h>

#include "p2p/multiaddr.h"

#define ID            "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
#define JUST_ID       "/p2p/" ID
#define CIRCUIT_TO_ID CIRCUIT "/p2p/" ID
#define CIRCUIT       "/ip4/192.0.2.1/tcp/4001/p2p/" ID "/p2p-circuit"

static enum pu_carrier carrier_of(const char *text)
{
	struct pu_multiaddr addr;

	cr_assert_eq(pu_multiaddr_parse(text, &addr), PU_OK, "%s", text);
	return pu_multiaddr_carrier(&addr);
}

Test(multiaddr_carrier, knows_what_our_sockets_speak)
{
	cr_assert_eq(carrier_of("/ip4/192.0.2.1/udp/4001/quic-v1"), PU_CARRIER_QUIC);
	cr_assert_eq(carrier_of("/ip6/::1/udp/4001/quic-v1/p2p/" ID), PU_CARRIER_QUIC);
	cr_assert_eq(carrier_of("/ip6zone/3/ip6/fe80::1/tcp/4001"), PU_CARRIER_TCP);
	cr_assert_eq(carrier_of("/dns4/example.com/tcp/4001/p2p/" ID), PU_CARRIER_TCP);
	cr_assert_eq(carrier_of("/dns/example.com/tcp/80/ws"), PU_CARRIER_WS);
	cr_assert_eq(carrier_of("/dns4/example.com/tcp/443/tls/ws"), PU_CARRIER_WSS);
	cr_assert_eq(carrier_of("/dns4/example.com/tcp/443/wss"), PU_CARRIER_WSS);
	cr_assert_eq(carrier_of("/ip4/192.0.2.1/tcp/443/tls/sni/example.com/ws"), PU_CARRIER_WSS);
}

Test(multiaddr_carrier, leaves_all_others_alone)
{
	static const char *const others[] = {
	    "/ip4/192.0.2.1/udp/4001/quic",
	    "/ip4/192.0.2.1/udp/4001",
	    "/ip4/192.0.2.1/tcp/443/tls",
	    "/ip4/192.0.2.1/udp/4001/quic-v1/webtransport",
	    CIRCUIT,
	    CIRCUIT_TO_ID,
	    "/dnsaddr/example.com/tcp/4001",
	    "/unix/run/x",
	    JUST_ID,
	    "/ip4/192.0.2.1",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_assert_eq(carrier_of(others[i]), PU_CARRIER_NONE, "%s", others[i]);
}

static enum pu_err split(const char *text, char out[PU_MULTIADDR_TEXT_MAX])
{
	struct pu_multiaddr addr, relay;
	enum pu_err err;

	cr_assert_eq(pu_multiaddr_parse(text, &addr), PU_OK, "%s", text);
	err = pu_multiaddr_split_circuit(&addr, &relay);
	if (err == PU_OK)
		pu_multiaddr_print(&relay, out);
	return err;
}

Test(multiaddr_carrier, takes_relayed_addresses_apart)
{
	char relay[PU_MULTIADDR_TEXT_MAX];

	cr_assert_eq(split("/ip4/192.0.2.1/tcp/4001/p2p/" ID "/p2p-circuit/p2p/" ID, relay), PU_OK);
	cr_assert_str_eq(relay, "/ip4/192.0.2.1/tcp/4001/p2p/" ID);
	cr_assert_eq(split("/p2p/" ID "/p2p-circuit", relay), PU_OK);
	cr_assert_str_eq(relay, "/p2p/" ID);
	cr_assert_eq(split("/ip4/192.0.2.1/tcp/4001/p2p/" ID, relay), PU_ENOTFOUND);
	cr_assert_eq(split("/p2p-circuit/p2p/" ID, relay), PU_EINVAL);
	cr_assert_eq(split("/ip4/192.0.2.1/tcp/4001/p2p-circuit", relay), PU_EINVAL);
	cr_assert_eq(split("/p2p/" ID "/p2p-circuit/p2p/" ID "/p2p-circuit", relay), PU_EINVAL);
}

Test(multiaddr_carrier, tells_the_port)
{
	struct pu_multiaddr addr;

	cr_assert_eq(pu_multiaddr_parse("/dns4/example.com/tcp/443/tls/ws", &addr), PU_OK);
	cr_assert_eq(pu_multiaddr_port(&addr), 443);
	cr_assert_eq(pu_multiaddr_parse("/ip6/::1/udp/4001/quic-v1", &addr), PU_OK);
	cr_assert_eq(pu_multiaddr_port(&addr), 4001);
	cr_assert_eq(pu_multiaddr_parse("/ip4/192.0.2.1/udp/4001", &addr), PU_OK);
	cr_assert_eq(pu_multiaddr_port(&addr), 0);
}

static bool is_dialable(const char *text)
{
	struct pu_multiaddr addr;

	cr_assert_eq(pu_multiaddr_parse(text, &addr), PU_OK, "%s", text);
	return pu_multiaddr_is_dialable(&addr);
}

Test(multiaddr_carrier, tells_what_can_be_dialed)
{
	cr_assert(is_dialable("/ip4/192.0.2.1/udp/4001/quic-v1"));
	cr_assert(is_dialable("/dns/example.com/tcp/4001/p2p/" ID));
	cr_assert(is_dialable("/p2p/" ID "/p2p-circuit"));
	cr_assert_not(is_dialable("/ip4/192.0.2.1"));
	cr_assert_not(is_dialable("/ip4/192.0.2.1/udp/4001"));
	cr_assert_not(is_dialable("/p2p-circuit"));
	cr_assert_not(is_dialable("/p2p/" ID));
}
