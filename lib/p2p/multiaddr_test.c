#include "p2p/multiaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "p2p/test_vectors.h"

#define P2P_TEXT "/p2p/" ED25519_PEER_ID
#define P2P_HEX  "a503260024" ED25519_PUBLIC_PB

static const struct {
	const char *text, *hex;
} vectors[] = {
    {"/ip4/127.0.0.1/udp/4001/quic-v1", "047f00000191020fa1cd03"},
    {"/ip6/::1/tcp/4001", "2900000000000000000000000000000001060fa1"},
    {"/dnsaddr/example.com", "380b6578616d706c652e636f6d"},
    {"/dns4/example.com/tcp/443/tls/ws", "360b6578616d706c652e636f6d0601bbc003dd03"},
    {"/ip4/192.0.2.1/tcp/4001" P2P_TEXT "/p2p-circuit", "04c0000201060fa1" P2P_HEX "a202"},
    {"/ip4/1.2.3.4/tcp/443/tls/sni/a.b/http", "04010203040601bbc003c10303612e62e003"},
    {"/unix/%2Ftmp%2Fs.sock", "90030b2f746d702f732e736f636b"},
    {"/ip4/1.2.3.4/udp/9090/webrtc-direct", "0401020304910223829802"},
    {"/ip6zone/eth0/ip6/fe80::1/udp/1/quic-v1", "2a0465746830"
                                                "29fe8000000000000000000000000000019102"
                                                "0001cd03"},
    {"/ip4/10.0.0.0/ipcidr/8", "040a0000002b08"},
    {"/dns/a/tcp/1/wss", "35016106"
                         "0001de03"},
    {"/dns6/a/udp/1/quic", "370161910200"
                           "01cc03"},
    {"/memory/1234", "890600000000000004d2"},
    {"/ip4/1.2.3.4/tcp/80/http/http-path/a%2Fb%20c", "0401020304060050e003e10305612f622063"},
    {"/ip4/1.2.3.4/tcp/1/noise", "0401020304060001c603"},
    {"/ip4/1.2.3.4/udp/1/webrtc", "04010203049102000199"
                                  "02"},
    {"/ip4/1.2.3.4/tcp/1/https", "0401020304060001bb03"},
    {P2P_TEXT "/p2p-circuit" P2P_TEXT, P2P_HEX "a202" P2P_HEX},
};

Test(multiaddr, text_and_binary_agree)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(vectors); i++) {
		struct pu_bytes bytes = unhex(vectors[i].hex);
		struct pu_multiaddr from_text, from_bytes;
		char text[PU_MULTIADDR_TEXT_MAX];

		cr_assert_eq(pu_multiaddr_parse(vectors[i].text, &from_text), PU_OK, "%s",
		             vectors[i].text);
		cr_assert_eq(pu_multiaddr_decode(bytes, &from_bytes), PU_OK, "%s", vectors[i].text);
		cr_expect(pu_multiaddr_eq(&from_text, &from_bytes), "%s", vectors[i].text);
		cr_expect_str_eq(pu_multiaddr_print(&from_bytes, text), vectors[i].text);
		free_bytes(bytes);
	}
}

Test(multiaddr, survives_certhashes_and_onions)
{
	static const char *const texts[] = {
	    "/ip4/1.2.3.4/udp/4001/quic-v1/webtransport/certhash/"
	    "uEiAkH5a4DPGKUuOBjYw0CgwjvcJCJMD2K_1aluKR_tpevQ",
	    "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234",
	};
	struct pu_multiaddr addr;
	char text[PU_MULTIADDR_TEXT_MAX];

	for (size_t i = 0; i < PU_ARRAY_LEN(texts); i++) {
		cr_assert_eq(pu_multiaddr_parse(texts[i], &addr), PU_OK, "%s", texts[i]);
		cr_expect_str_eq(pu_multiaddr_print(&addr, text), texts[i]);
	}
	cr_assert_eq(pu_multiaddr_parse(texts[0], &addr), PU_OK);
	struct pu_bytes end = unhex("d103d203221220241f96");
	cr_expect_eq(memcmp(addr.bytes + 11, end.data, end.len), 0);
	cr_expect_eq(addr.bytes[addr.len - 1], 0xbd);
	free_bytes(end);
}

Test(multiaddr, reads_aliases_and_trailing_slashes)
{
	struct pu_multiaddr a, b;

	cr_assert_eq(pu_multiaddr_parse("/ip4/1.2.3.4/tcp/1/ipfs/" ED25519_PEER_ID "//", &a),
	             PU_OK);
	cr_assert_eq(
	    pu_multiaddr_parse("/ip4/1.2.3.4/tcp/1/p2p/"
	                       "bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2p"
	                       "zyt6",
	                       &b),
	    PU_OK);
	cr_expect(pu_multiaddr_eq(&a, &b));
	cr_assert_eq(pu_multiaddr_parse("/unix/tmp/s.sock", &a), PU_OK);
	cr_assert_eq(pu_multiaddr_parse("/unix/%2ftmp%2fs.sock", &b), PU_OK);
	cr_expect(pu_multiaddr_eq(&a, &b));
}

static const struct {
	const char *text;
	enum pu_err err;
} bad_texts[] = {
    {"", PU_EMALFORMED},
    {"/", PU_EMALFORMED},
    {"///", PU_EMALFORMED},
    {"ip4/1.2.3.4", PU_EMALFORMED},
    {"//ip4/1.2.3.4", PU_EMALFORMED},
    {"/ip4//tcp/1", PU_EMALFORMED},
    {"/ip4", PU_EMALFORMED},
    {"/ip4/1.2.3", PU_EMALFORMED},
    {"/ip4/1.2.3.256", PU_EMALFORMED},
    {"/ip4/::1", PU_EMALFORMED},
    {"/ip6/1.2.3.4", PU_EMALFORMED},
    {"/ip6/0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", PU_EMALFORMED},
    {"/tcp/65536", PU_EMALFORMED},
    {"/tcp/-1", PU_EMALFORMED},
    {"/tcp/1x", PU_EMALFORMED},
    {"/tcp/99999999999999999999999", PU_EMALFORMED},
    {"/ip4/1.2.3.4/ipcidr/129", PU_EMALFORMED},
    {"/p2p/nobody", PU_EMALFORMED},
    {"/dns/a b", PU_EMALFORMED},
    {"/dns/a\x1b[31m", PU_EMALFORMED},
    {"/onion3/abc", PU_EMALFORMED},
    {"/onion3/abc:1", PU_EMALFORMED},
    {"/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:99999", PU_EMALFORMED},
    {"/http-path/a%2", PU_EMALFORMED},
    {"/http-path/a%zz", PU_EMALFORMED},
    {"/http-path/%00", PU_EMALFORMED},
    {"/certhash/uAAE", PU_EMALFORMED},
    {"/memory/18446744073709551616", PU_EMALFORMED},
    {"/carrier-pigeon/1", PU_EUNSUPPORTED},
};

Test(multiaddr, refuses_other_text)
{
	struct pu_multiaddr addr;

	for (size_t i = 0; i < PU_ARRAY_LEN(bad_texts); i++)
		cr_expect_eq(pu_multiaddr_parse(bad_texts[i].text, &addr), bad_texts[i].err, "%s",
		             bad_texts[i].text);
}

static enum pu_err decode(const char *hex)
{
	struct pu_bytes bytes = unhex(hex);
	struct pu_multiaddr addr;
	enum pu_err err = pu_multiaddr_decode(bytes, &addr);

	free_bytes(bytes);
	return err;
}

Test(multiaddr, refuses_other_bytes)
{
	cr_expect_eq(decode(""), PU_EMALFORMED);
	cr_expect_eq(decode("047f000001"
	                    "07"),
	             PU_EUNSUPPORTED);
	cr_expect_eq(decode("8400"
	                    "7f000001"),
	             PU_EMALFORMED, "padded code");
	cr_expect_eq(decode("3500"), PU_EMALFORMED, "empty value");
	cr_expect_eq(decode("350161"
	                    "90030161"
	                    "060001"),
	             PU_EMALFORMED, "behind a path");
	cr_expect_eq(decode("9003022f00"), PU_EMALFORMED, "NUL in a path");
	cr_expect_eq(decode("3502ff41"), PU_EMALFORMED, "not UTF-8");
	cr_expect_eq(decode("3503e280ae"), PU_EMALFORMED, "right-to-left override");
	cr_expect_eq(decode("2b81"), PU_EMALFORMED, "129 bits");
	cr_expect_eq(decode("a50303616263"), PU_EMALFORMED, "no peer");
	cr_expect_eq(decode("d203040001"
	                    "6161"),
	             PU_EMALFORMED, "bytes behind the hash");
	cr_expect_eq(decode("358104"), PU_ELIMIT, "a value of 513 bytes");
}

Test(multiaddr, ends_where_a_component_ends)
{
	for (size_t i = 0; i < PU_ARRAY_LEN(vectors); i++) {
		struct pu_bytes whole = unhex(vectors[i].hex);

		for (size_t len = 0; len < whole.len; len++) {
			struct pu_bytes part = prefix_of(whole, len);
			struct pu_multiaddr addr;
			enum pu_err err = pu_multiaddr_decode(part, &addr);

			if (len == 0)
				cr_expect_eq(err, PU_EMALFORMED);
			else
				cr_expect(err == PU_OK || err == PU_ETRUNCATED, "%s at %zu", vectors[i].text,
				          len);
			free_bytes(part);
		}
		free_bytes(whole);
	}
}

Test(multiaddr, has_a_bound)
{
	uint8_t bytes[PU_MULTIADDR_MAX + 2];
	struct pu_multiaddr addr;
	char text[PU_MULTIADDR_TEXT_MAX];

	for (size_t i = 0; i + 1 < sizeof(bytes); i += 2) {
		bytes[i] = 0x98;
		bytes[i + 1] = 0x02;
	}
	cr_expect_eq(pu_multiaddr_decode(pu_bytes(bytes, sizeof(bytes)), &addr), PU_ELIMIT);
	cr_assert_eq(pu_multiaddr_decode(pu_bytes(bytes, PU_MULTIADDR_MAX), &addr), PU_OK);
	cr_expect_eq(strlen(pu_multiaddr_print(&addr, text)), PU_MULTIADDR_TEXT_MAX - 1);
	cr_expect_eq(pu_multiaddr_append(&addr, PU_MA_QUIC_V1, pu_bytes(NULL, 0)), PU_ELIMIT);
	cr_expect_eq(addr.len, PU_MULTIADDR_MAX);
}

/* Found by fuzzing: a fixed-size value was charged for a length that it does not carry. */
Test(multiaddr, a_component_that_just_fits_is_taken)
{
	struct pu_multiaddr addr = {0}, back;
	char text[PU_MULTIADDR_TEXT_MAX];

	for (size_t i = 0; i < PU_MULTIADDR_MAX / 2; i++)
		cr_assert_eq(pu_multiaddr_append(&addr, PU_MA_IPCIDR, pu_bytes("+", 1)), PU_OK);
	cr_expect_eq(addr.len, PU_MULTIADDR_MAX);
	cr_expect_eq(pu_multiaddr_parse(pu_multiaddr_print(&addr, text), &back), PU_OK);
	cr_expect(pu_multiaddr_eq(&addr, &back));
}

Test(multiaddr, gives_its_components_in_order)
{
	struct pu_multiaddr addr;
	struct pu_multiaddr_part part;

	cr_assert_eq(pu_multiaddr_parse("/ip4/1.2.3.4/udp/258/quic-v1" P2P_TEXT, &addr), PU_OK);
	struct pu_bytes cursor = pu_multiaddr_bytes(&addr);
	cr_expect(pu_multiaddr_next(&cursor, &part) && part.code == PU_MA_IP4);
	cr_expect(pu_bytes_eq(part.value, pu_bytes("\1\2\3\4", 4)));
	cr_expect(pu_multiaddr_next(&cursor, &part) && part.code == PU_MA_UDP);
	cr_expect(pu_bytes_eq(part.value, pu_bytes("\1\2", 2)));
	cr_expect(pu_multiaddr_next(&cursor, &part) && part.code == PU_MA_QUIC_V1);
	cr_expect_eq(part.value.len, 0);
	cr_expect(pu_multiaddr_next(&cursor, &part) && part.code == PU_MA_P2P);
	cr_expect_not(pu_multiaddr_next(&cursor, &part));
	cr_expect(pu_multiaddr_has(&addr, PU_MA_UDP));
	cr_expect_not(pu_multiaddr_has(&addr, PU_MA_P2P_CIRCUIT));
}

Test(multiaddr, checks_what_is_appended)
{
	struct pu_multiaddr addr = {0};

	cr_expect_eq(pu_multiaddr_append(&addr, PU_MA_IP4, pu_bytes("\1\2\3", 3)), PU_EMALFORMED);
	cr_expect_eq(pu_multiaddr_append(&addr, (enum pu_multiaddr_code)7, pu_bytes(NULL, 0)),
	             PU_EUNSUPPORTED);
	cr_expect_eq(addr.len, 0);
	cr_expect_eq(pu_multiaddr_append(&addr, PU_MA_UNIX, pu_bytes_of_str("/x")), PU_OK);
	cr_expect_eq(pu_multiaddr_append(&addr, PU_MA_TLS, pu_bytes(NULL, 0)), PU_EMALFORMED);
}

Test(multiaddr, wears_and_sheds_its_peer)
{
	struct pu_multiaddr addr, bare;
	struct pu_peer_id id, other, found;

	cr_assert_eq(pu_peer_id_parse(ED25519_PEER_ID, &id), PU_OK);
	cr_assert_eq(pu_peer_id_parse(SECP256K1_PEER_ID, &other), PU_OK);
	cr_assert_eq(pu_multiaddr_parse("/ip4/1.2.3.4/udp/1/quic-v1", &bare), PU_OK);
	addr = bare;
	cr_expect_eq(pu_multiaddr_peer(&addr, &found), PU_ENOTFOUND);
	pu_multiaddr_strip_peer(&addr);
	cr_expect(pu_multiaddr_eq(&addr, &bare));
	cr_expect_eq(pu_multiaddr_add_peer(&addr, &id), PU_OK);
	cr_expect_eq(pu_multiaddr_add_peer(&addr, &id), PU_OK, "once is enough");
	cr_expect_eq(pu_multiaddr_add_peer(&addr, &other), PU_EINVAL);
	cr_expect_eq(pu_multiaddr_peer(&addr, &found), PU_OK);
	cr_expect(pu_peer_id_eq(&found, &id));
	pu_multiaddr_strip_peer(&addr);
	cr_expect_eq(memcmp(&addr, &bare, sizeof(bare)), 0);
}

Test(multiaddr, of_a_relayed_peer_does_not_end_with_the_relay)
{
	struct pu_multiaddr addr;
	struct pu_peer_id found;

	cr_assert_eq(pu_multiaddr_parse("/ip4/1.2.3.4/tcp/1" P2P_TEXT "/p2p-circuit", &addr),
	             PU_OK);
	cr_expect_eq(pu_multiaddr_peer(&addr, &found), PU_ENOTFOUND);
}

static void expect_same_socket(const char *text)
{
	struct pu_multiaddr addr, back;
	struct sockaddr_storage sockaddr;
	socklen_t len;
	char printed[PU_MULTIADDR_TEXT_MAX];

	cr_assert_eq(pu_multiaddr_parse(text, &addr), PU_OK);
	cr_assert_eq(pu_multiaddr_to_sockaddr(&addr, &sockaddr, &len), PU_OK, "%s", text);
	cr_assert_eq(
	    pu_multiaddr_from_sockaddr((struct sockaddr *)&sockaddr, PU_CARRIER_QUIC, &back),
	    PU_OK);
	cr_expect_str_eq(pu_multiaddr_print(&back, printed), text);
}

Test(multiaddr, becomes_a_socket_address_and_back)
{
	expect_same_socket("/ip4/1.2.3.4/udp/4001/quic-v1");
	expect_same_socket("/ip6/2001:db8::1/udp/65535/quic-v1");
	expect_same_socket("/ip6zone/3/ip6/fe80::1/udp/1/quic-v1");
}

Test(multiaddr, fills_the_socket_address)
{
	struct pu_multiaddr addr;
	struct sockaddr_storage sockaddr;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)&sockaddr;
	socklen_t len;

	cr_assert_eq(pu_multiaddr_parse("/ip4/1.2.3.4/udp/4001/quic-v1" P2P_TEXT, &addr), PU_OK);
	cr_assert_eq(pu_multiaddr_to_sockaddr(&addr, &sockaddr, &len), PU_OK);
	cr_expect_eq(len, sizeof(*in4));
	cr_expect_eq(in4->sin_family, AF_INET);
	cr_expect_eq(ntohs(in4->sin_port), 4001);
	cr_expect_eq(ntohl(in4->sin_addr.s_addr), 0x01020304);
}

Test(multiaddr, unmaps_ipv4_in_ipv6)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(1)};
	struct pu_multiaddr addr;
	char text[PU_MULTIADDR_TEXT_MAX];

	inet_pton(AF_INET6, "::ffff:1.2.3.4", &in6.sin6_addr);
	cr_assert_eq(pu_multiaddr_from_sockaddr((struct sockaddr *)&in6, PU_CARRIER_QUIC, &addr),
	             PU_OK);
	cr_expect_str_eq(pu_multiaddr_print(&addr, text), "/ip4/1.2.3.4/udp/1/quic-v1");
	in6.sin6_family = AF_UNIX;
	cr_expect_eq(pu_multiaddr_from_sockaddr((struct sockaddr *)&in6, PU_CARRIER_QUIC, &addr),
	             PU_EUNSUPPORTED);
}

Test(multiaddr, has_no_socket_address_in_any_other_form)
{
	static const char *const texts[] = {
	    "/ip4/1.2.3.4/tcp/1/http",
	    "/ip4/1.2.3.4/udp/1",
	    "/ip4/1.2.3.4/udp/1/quic",
	    "/ip4/1.2.3.4/udp/1/quic-v1/webtransport",
	    "/ip4/1.2.3.4/udp/1/quic-v1" P2P_TEXT "/p2p-circuit",
	    "/dns4/example.com/udp/1/quic-v1",
	    "/ip6zone/eth0/ip6/fe80::1/udp/1/quic-v1",
	    "/ip6zone/0/ip6/fe80::1/udp/1/quic-v1",
	    "/ip6zone/4294967296/ip6/fe80::1/udp/1/quic-v1",
	    "/ip6zone/1/ip4/1.2.3.4/udp/1/quic-v1",
	    "/ip6zone/1",
	    P2P_TEXT,
	};
	struct sockaddr_storage sockaddr;
	socklen_t len;

	for (size_t i = 0; i < PU_ARRAY_LEN(texts); i++) {
		struct pu_multiaddr addr;
		cr_assert_eq(pu_multiaddr_parse(texts[i], &addr), PU_OK, "%s", texts[i]);
		cr_expect_eq(pu_multiaddr_to_sockaddr(&addr, &sockaddr, &len), PU_EUNSUPPORTED, "%s",
		             texts[i]);
	}
}

Test(multiaddr, names_the_host_to_resolve)
{
	struct pu_multiaddr addr;
	struct pu_multiaddr_part host;

	cr_assert_eq(pu_multiaddr_parse("/dns6/example.com/udp/1/quic-v1", &addr), PU_OK);
	cr_expect(pu_multiaddr_dns_host(&addr, &host));
	cr_expect_eq(host.code, PU_MA_DNS6);
	cr_expect(pu_bytes_eq(host.value, pu_bytes_of_str("example.com")));
	cr_assert_eq(pu_multiaddr_parse("/ip4/1.2.3.4/udp/1/quic-v1", &addr), PU_OK);
	cr_expect_not(pu_multiaddr_dns_host(&addr, &host));
}

Test(multiaddr, takes_the_place_of_its_name)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x01020304)};
	struct pu_multiaddr addr, resolved;
	char text[PU_MULTIADDR_TEXT_MAX];

	cr_assert_eq(pu_multiaddr_parse("/dns/example.com/udp/1/quic-v1" P2P_TEXT, &addr), PU_OK);
	cr_assert_eq(pu_multiaddr_resolved(&addr, (struct sockaddr *)&in4, &resolved), PU_OK);
	cr_expect_str_eq(pu_multiaddr_print(&resolved, text),
	                 "/ip4/1.2.3.4/udp/1/quic-v1" P2P_TEXT);
	cr_assert_eq(pu_multiaddr_parse("/dns6/example.com/udp/1/quic-v1", &addr), PU_OK);
	cr_expect_eq(pu_multiaddr_resolved(&addr, (struct sockaddr *)&in4, &resolved), PU_EINVAL);
	cr_assert_eq(pu_multiaddr_parse("/dnsaddr/example.com", &addr), PU_OK);
	cr_expect_eq(pu_multiaddr_resolved(&addr, (struct sockaddr *)&in4, &resolved), PU_EINVAL);
	cr_expect_eq(pu_multiaddr_resolved(&resolved, (struct sockaddr *)&in4, &addr), PU_EINVAL);
}
