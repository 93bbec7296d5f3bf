#include "p2p/multiaddr_class.h"

#include <netinet/in.h>

#include "p2p/test_vectors.h"

static struct pu_multiaddr parse(const char *text)
{
	struct pu_multiaddr addr;

	cr_assert_eq(pu_multiaddr_parse(text, &addr), PU_OK, "%s", text);
	return addr;
}

static const struct {
	const char *text;
	enum pu_addr_class class;
} vectors[] = {
    {"/ip4/8.8.8.8/udp/1/quic-v1", PU_ADDR_PUBLIC},
    {"/ip4/127.1.2.3/tcp/1", PU_ADDR_LOOPBACK},
    {"/ip4/10.255.0.1/tcp/1", PU_ADDR_PRIVATE},
    {"/ip4/100.63.255.255/tcp/1", PU_ADDR_PUBLIC},
    {"/ip4/100.64.0.0/tcp/1", PU_ADDR_PRIVATE},
    {"/ip4/100.127.255.255/tcp/1", PU_ADDR_PRIVATE},
    {"/ip4/100.128.0.0/tcp/1", PU_ADDR_PUBLIC},
    {"/ip4/172.15.255.255/tcp/1", PU_ADDR_PUBLIC},
    {"/ip4/172.31.255.255/tcp/1", PU_ADDR_PRIVATE},
    {"/ip4/172.32.0.0/tcp/1", PU_ADDR_PUBLIC},
    {"/ip4/192.168.1.1/tcp/1", PU_ADDR_PRIVATE},
    {"/ip4/169.254.1.1/tcp/1", PU_ADDR_PRIVATE},
    {"/ip4/0.0.0.0/tcp/1", PU_ADDR_UNSPECIFIED},
    {"/ip4/0.0.0.1/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip4/192.0.0.1/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip4/192.0.0.64/tcp/1", PU_ADDR_PUBLIC},
    {"/ip4/192.0.2.1/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip4/192.88.99.1/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip4/198.19.255.255/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip4/198.51.100.1/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip4/203.0.113.1/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip4/224.0.0.1/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip4/255.255.255.255/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip6/2606:4700::1/tcp/1", PU_ADDR_PUBLIC},
    {"/ip6/::/tcp/1", PU_ADDR_UNSPECIFIED},
    {"/ip6/::1/tcp/1", PU_ADDR_LOOPBACK},
    {"/ip6/fd00::1/tcp/1", PU_ADDR_PRIVATE},
    {"/ip6/fe80::1/tcp/1", PU_ADDR_PRIVATE},
    {"/ip6zone/1/ip6/fe80::1/tcp/1", PU_ADDR_PRIVATE},
    {"/ip6/ff02::1/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip6/2001:db8::1/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip6/4000::1/tcp/1", PU_ADDR_UNROUTABLE},
    {"/ip6/64:ff9b::808:808/tcp/1", PU_ADDR_PUBLIC},
    {"/ip6/::ffff:10.0.0.1/tcp/1", PU_ADDR_PRIVATE},
    {"/dns4/example.com/tcp/1", PU_ADDR_PUBLIC},
    {"/dns/LocalHost/tcp/1", PU_ADDR_LOOPBACK},
    {"/dns/a.localhost./tcp/1", PU_ADDR_LOOPBACK},
    {"/dns/printer.local/tcp/1", PU_ADDR_PRIVATE},
    {"/dns/nas.home.arpa/tcp/1", PU_ADDR_PRIVATE},
    {"/dns/1.10.in-addr.arpa/tcp/1", PU_ADDR_UNROUTABLE},
    {"/dns/a.test/tcp/1", PU_ADDR_UNROUTABLE},
    {"/dns/contest/tcp/1", PU_ADDR_PUBLIC},
    {"/unix/%2Fx", PU_ADDR_OTHER},
    {"/ip6zone/1", PU_ADDR_OTHER},
    {"/p2p/" ED25519_PEER_ID "/p2p-circuit", PU_ADDR_OTHER},
    {"/ip4/8.8.8.8/tcp/1/p2p/" ED25519_PEER_ID "/p2p-circuit", PU_ADDR_PUBLIC},
};

Test(multiaddr_class, follows_the_special_ranges)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(vectors); i++) {
		struct pu_multiaddr addr = parse(vectors[i].text);

		cr_expect_str_eq(pu_addr_class_name(pu_multiaddr_class(&addr)),
		                 pu_addr_class_name(vectors[i].class), "%s", vectors[i].text);
	}
}

Test(multiaddr_class, is_the_same_for_socket_addresses)
{
	struct pu_multiaddr addr = {0};
	struct sockaddr_storage sockaddr;
	socklen_t len;

	cr_expect_eq(pu_multiaddr_class(&addr), PU_ADDR_OTHER);
	addr = parse("/ip4/10.0.0.1/udp/1/quic-v1");
	cr_assert_eq(pu_multiaddr_to_sockaddr(&addr, &sockaddr, &len), PU_OK);
	cr_expect_eq(pu_sockaddr_class((struct sockaddr *)&sockaddr), PU_ADDR_PRIVATE);
	addr = parse("/ip6/::1/udp/1/quic-v1");
	cr_assert_eq(pu_multiaddr_to_sockaddr(&addr, &sockaddr, &len), PU_OK);
	cr_expect_eq(pu_sockaddr_class((struct sockaddr *)&sockaddr), PU_ADDR_LOOPBACK);
	sockaddr.ss_family = AF_UNIX;
	cr_expect_eq(pu_sockaddr_class((struct sockaddr *)&sockaddr), PU_ADDR_OTHER);
}

Test(multiaddr_class, knows_nat64)
{
	struct pu_multiaddr well_known = parse("/ip6/64:ff9b::1/udp/1"),
	                    local = parse("/ip6/64:ff9b:1:2::1/udp/1"),
	                    other = parse("/ip6/64:ff9b:2::1/udp/1"),
	                    v4 = parse("/ip4/1.2.3.4/udp/1");

	cr_expect(pu_multiaddr_is_nat64(&well_known));
	cr_expect(pu_multiaddr_is_nat64(&local));
	cr_expect_not(pu_multiaddr_is_nat64(&other));
	cr_expect_not(pu_multiaddr_is_nat64(&v4));
}

Test(multiaddr_class, tells_loopback_only_over_loopback)
{
	cr_expect(pu_addr_class_may_tell(PU_ADDR_LOOPBACK, PU_ADDR_LOOPBACK));
	cr_expect_not(pu_addr_class_may_tell(PU_ADDR_LOOPBACK, PU_ADDR_PRIVATE));
	cr_expect(pu_addr_class_may_tell(PU_ADDR_PRIVATE, PU_ADDR_PUBLIC));
	cr_expect_not(pu_addr_class_may_tell(PU_ADDR_UNSPECIFIED, PU_ADDR_LOOPBACK));
}

Test(multiaddr_class, believes_no_more_than_the_remote_can_know)
{
	cr_expect(pu_addr_class_may_keep(PU_ADDR_LOOPBACK, PU_ADDR_LOOPBACK));
	cr_expect_not(pu_addr_class_may_keep(PU_ADDR_LOOPBACK, PU_ADDR_PRIVATE));
	cr_expect(pu_addr_class_may_keep(PU_ADDR_PRIVATE, PU_ADDR_PRIVATE));
	cr_expect(pu_addr_class_may_keep(PU_ADDR_UNROUTABLE, PU_ADDR_UNROUTABLE));
	cr_expect_not(pu_addr_class_may_keep(PU_ADDR_PRIVATE, PU_ADDR_PUBLIC));
	cr_expect(pu_addr_class_may_keep(PU_ADDR_PUBLIC, PU_ADDR_OTHER));
	cr_expect_not(pu_addr_class_may_keep(PU_ADDR_UNSPECIFIED, PU_ADDR_LOOPBACK));
}

Test(multiaddr_class, ranks_the_useful_first)
{
	static const char *const ordered[] = {
	    "/ip4/8.8.8.8/udp/1/quic-v1",       "/ip4/8.8.8.8/tcp/1",
	    "/ip4/8.8.8.8/tcp/1/tls/ws",        "/ip4/8.8.8.8/udp/1/quic-v1/webtransport",
	    "/ip4/8.8.8.8/udp/1/webrtc-direct", "/ip4/8.8.8.8/udp/1",
	    "/ip4/10.0.0.1/udp/1/quic-v1",      "/ip4/10.0.0.1/tcp/1",
	    "/ip4/127.0.0.1/udp/1/quic-v1",
	};

	for (size_t i = 1; i < PU_ARRAY_LEN(ordered); i++) {
		struct pu_multiaddr better = parse(ordered[i - 1]), worse = parse(ordered[i]);
		cr_expect_lt(pu_multiaddr_rank(&better), pu_multiaddr_rank(&worse), "%s", ordered[i]);
	}
}
