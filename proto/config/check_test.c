#include "config/check.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/alloc.h"

typedef const char *check(const char *value);

static void good(check *ask, const char *const *values)
{
	for (; *values != NULL; values++)
		cr_assert_null(ask(*values), "%s", *values);
}

static void bad(check *ask, const char *const *values)
{
	for (; *values != NULL; values++)
		cr_assert_not_null(ask(*values), "%s", *values);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define TEN       "abcdefghij"
#define SIXTY     TEN TEN TEN TEN TEN TEN

Test(check, takes_dns_labels_only)
{
	good(pu_check_label, LIST("a", "web", "web-2", "0", SIXTY "abc"));
	bad(pu_check_label, LIST("", "-a", "a-", "Web", "a.b", "a_b", "a b", SIXTY "abcd"));
}

Test(check, takes_names_of_peers)
{
	good(pu_check_name, LIST("home", "Home-2", "my.nas", "a_b", "9"));
	bad(pu_check_name, LIST("12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5"));
	bad(pu_check_name, LIST("", ".a", "-a", "a b", "a/b", "Z\xc3\xbcrich", SIXTY "abcd"));
}

Test(check, takes_every_form_of_a_peer_id)
{
	static const char *const forms[] = {
	    "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq",
	    "bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2pzyt6",
	    "k51qzi5uqu5dgy8qsq67hbz73jqkw87l3fgf4a91qb0d9b5173tir7n4vxk1oe",
	    NULL,
	};

	good(pu_check_peer_id, forms);
	good(pu_check_peer, forms);
	good(pu_check_peer, LIST("home"));
	bad(pu_check_peer_id,
	    LIST("", "home", "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3p"));
	bad(pu_check_peer, LIST("", "a b"));
}

Test(check, takes_multiaddrs)
{
	good(pu_check_multiaddr,
	     LIST("/ip4/0.0.0.0/udp/0/quic-v1", "/dns4/example.org/tcp/443/tls/ws"));
	bad(pu_check_multiaddr,
	    LIST("", "/", "localhost:80", "/ip4/1.2.3/udp/1", "/ip4/1.2.3.4/udp"));
}

Test(check, takes_endpoints)
{
	static const char *const both[] = {
	    "localhost:8000",     "127.0.0.1:1",         "[::1]:65535", "[fe80::1%eth0]:22",
	    "unix:/run/web.sock", "nas.example.org:443", NULL};
	static const char *const neither[] = {"",
	                                      "localhost",
	                                      ":80",
	                                      "localhost:",
	                                      "localhost:65536",
	                                      "h:080",
	                                      "h:8 0",
	                                      "h h:80",
	                                      "::1:80",
	                                      "[localhost]:80",
	                                      "unix:",
	                                      "unix:run/x",
	                                      "unix:/",
	                                      "http://h:80",
	                                      "-h:80",
	                                      "h:-1",
	                                      "h:123456",
	                                      "[]:80",
	                                      "[:80",
	                                      "h/x:80",
	                                      "unix:/" SIXTY SIXTY,
	                                      NULL};

	good(pu_check_target, both);
	good(pu_check_listen,
	     LIST("localhost:0", "LOCALHOST:80", "0.0.0.0:80", "[::1]:80", "unix:/run/x"));
	bad(pu_check_listen, LIST("example.org:80", "[fe80::1%eth0]:22", "my-host:80"));
	bad(pu_check_target, LIST("localhost:0"));
	bad(pu_check_target, neither);
	bad(pu_check_listen, neither);
}

Test(check, takes_protocols_tags_and_the_version)
{
	good(pu_check_protocol_id, LIST("/pingpong/1.0.0"));
	bad(pu_check_protocol_id, LIST("", "/", "ping", "/a b"));
	good(pu_check_tag, LIST("http", "v1.2", "team:a"));
	bad(pu_check_tag, LIST("", "a b", SIXTY TEN));
	good(pu_check_version, LIST("1"));
	bad(pu_check_version, LIST("", "0", "2", "01"));
}
