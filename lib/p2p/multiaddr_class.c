/* Classes of addresses. This file knows the special ranges: one row each. */
#include "p2p/multiaddr_class.h"

#include <netinet/in.h>
#include <strings.h>

#include "base/alloc.h"

struct range {
	uint8_t prefix[16];
	uint8_t bits;
	enum pu_addr_class class;
};

/* clang-format off */
/* The first row that matches decides; no row: public. */
static const struct range ranges4[] = {
	{{0, 0, 0, 0},         32, PU_ADDR_UNSPECIFIED},
	{{127},                 8, PU_ADDR_LOOPBACK},
	{{10},                  8, PU_ADDR_PRIVATE},
	{{100, 64},            10, PU_ADDR_PRIVATE},
	{{172, 16},            12, PU_ADDR_PRIVATE},
	{{192, 168},           16, PU_ADDR_PRIVATE},
	{{169, 254},           16, PU_ADDR_PRIVATE},
	{{0},                   8, PU_ADDR_UNROUTABLE},
	{{192, 0, 0, 0},       26, PU_ADDR_UNROUTABLE},
	{{192, 0, 2},          24, PU_ADDR_UNROUTABLE},
	{{192, 88, 99},        24, PU_ADDR_UNROUTABLE},
	{{198, 18},            15, PU_ADDR_UNROUTABLE},
	{{198, 51, 100},       24, PU_ADDR_UNROUTABLE},
	{{203, 0, 113},        24, PU_ADDR_UNROUTABLE},
	{{224},                 4, PU_ADDR_UNROUTABLE},
	{{240},                 4, PU_ADDR_UNROUTABLE},
	{{0},                   0, PU_ADDR_PUBLIC},
};

/* No row: unroutable. */
static const struct range ranges6[] = {
	{{0},                                          128, PU_ADDR_UNSPECIFIED},
	{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, PU_ADDR_LOOPBACK},
	{{0xfc},                                         7, PU_ADDR_PRIVATE},
	{{0xfe, 0x80},                                  10, PU_ADDR_PRIVATE},
	{{0xff},                                         8, PU_ADDR_UNROUTABLE},
	{{0x20, 0x01, 0x0d, 0xb8},                      32, PU_ADDR_UNROUTABLE},
	{{0x20},                                         3, PU_ADDR_PUBLIC},
	{{0, 0x64, 0xff, 0x9b},                         96, PU_ADDR_PUBLIC},
	{{0, 0x64, 0xff, 0x9b, 0, 1},                   48, PU_ADDR_PUBLIC},
	{{0},                                            0, PU_ADDR_UNROUTABLE},
};
static const struct range nat64[] = {
	{{0, 0x64, 0xff, 0x9b},                         96, PU_ADDR_PUBLIC},
	{{0, 0x64, 0xff, 0x9b, 0, 1},                   48, PU_ADDR_PUBLIC},
};
static const struct range mapped4[] = {
	{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff},    96, PU_ADDR_PUBLIC},
};

static const struct name_row {
	const char *suffix; /* the name itself, or what stands behind a dot at its end */
	enum pu_addr_class class;
} name_rows[] = {
	{"localhost",  PU_ADDR_LOOPBACK},
	{"local",      PU_ADDR_PRIVATE},
	{"home.arpa",  PU_ADDR_PRIVATE},
	{"arpa",       PU_ADDR_UNROUTABLE},
	{"test",       PU_ADDR_UNROUTABLE},
	{"invalid",    PU_ADDR_UNROUTABLE},
};
/* clang-format on */

static bool matches(const struct range *range, const uint8_t *ip)
{
	size_t bytes = range->bits / 8;
	unsigned rest = range->bits % 8;

	if (memcmp(range->prefix, ip, bytes) != 0)
		return false;
	return rest == 0 || (range->prefix[bytes] ^ ip[bytes]) >> (8 - rest) == 0;
}

static const struct range *find_range(const struct range *ranges, size_t count,
                                      const uint8_t *ip)
{
	for (size_t i = 0; i < count; i++) {
		if (matches(&ranges[i], ip))
			return &ranges[i];
	}
	return NULL;
}

static enum pu_addr_class class_of_ip4(const uint8_t *ip)
{
	return find_range(ranges4, PU_ARRAY_LEN(ranges4), ip)->class;
}

static enum pu_addr_class class_of_ip6(const uint8_t *ip)
{
	if (find_range(mapped4, PU_ARRAY_LEN(mapped4), ip))
		return class_of_ip4(ip + 12);
	return find_range(ranges6, PU_ARRAY_LEN(ranges6), ip)->class;
}

static bool ends_with_name(struct pu_bytes host, const char *suffix)
{
	size_t len = strlen(suffix);

	if (host.len < len || strncasecmp((const char *)host.data + host.len - len, suffix, len))
		return false;
	return host.len == len || host.data[host.len - len - 1] == '.';
}

static enum pu_addr_class class_of_name(struct pu_bytes host)
{
	if (host.len > 0 && host.data[host.len - 1] == '.')
		host.len--;
	for (size_t i = 0; i < PU_ARRAY_LEN(name_rows); i++) {
		if (ends_with_name(host, name_rows[i].suffix))
			return name_rows[i].class;
	}
	return PU_ADDR_PUBLIC;
}

enum pu_addr_class pu_multiaddr_class(const struct pu_multiaddr *addr)
{
	struct pu_bytes cursor = pu_multiaddr_bytes(addr);
	struct pu_multiaddr_part part;

	if (pu_multiaddr_dns_host(addr, &part))
		return class_of_name(part.value);
	if (!pu_multiaddr_next(&cursor, &part))
		return PU_ADDR_OTHER;
	if (part.code == PU_MA_IP6ZONE && !pu_multiaddr_next(&cursor, &part))
		return PU_ADDR_OTHER;
	if (part.code == PU_MA_IP4)
		return class_of_ip4(part.value.data);
	if (part.code == PU_MA_IP6)
		return class_of_ip6(part.value.data);
	return PU_ADDR_OTHER;
}

enum pu_addr_class pu_sockaddr_class(const struct sockaddr *addr)
{
	if (addr->sa_family == AF_INET) {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)(const void *)addr;
		return class_of_ip4((const uint8_t *)&in4->sin_addr);
	}
	if (addr->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)addr;
		return class_of_ip6(in6->sin6_addr.s6_addr);
	}
	return PU_ADDR_OTHER;
}

const char *pu_addr_class_name(enum pu_addr_class class)
{
	switch (class) {
	case PU_ADDR_PUBLIC:
		return "public";
	case PU_ADDR_PRIVATE:
		return "private";
	case PU_ADDR_LOOPBACK:
		return "loopback";
	case PU_ADDR_UNSPECIFIED:
		return "unspecified";
	case PU_ADDR_UNROUTABLE:
		return "unroutable";
	case PU_ADDR_OTHER:
		break;
	}
	return "other";
}

bool pu_multiaddr_is_nat64(const struct pu_multiaddr *addr)
{
	struct pu_multiaddr_part part;

	return pu_multiaddr_find(addr, PU_MA_IP6, &part) &&
	       find_range(nat64, PU_ARRAY_LEN(nat64), part.value.data);
}

bool pu_addr_class_may_tell(enum pu_addr_class addr, enum pu_addr_class remote)
{
	if (addr == PU_ADDR_UNSPECIFIED)
		return false;
	return addr != PU_ADDR_LOOPBACK || remote == PU_ADDR_LOOPBACK;
}

bool pu_addr_class_may_keep(enum pu_addr_class addr, enum pu_addr_class remote)
{
	if (addr == PU_ADDR_UNSPECIFIED)
		return false;
	if (remote == PU_ADDR_LOOPBACK)
		return true;
	if (remote == PU_ADDR_PRIVATE || remote == PU_ADDR_UNROUTABLE)
		return addr != PU_ADDR_LOOPBACK;
	return addr == PU_ADDR_PUBLIC;
}

static unsigned transport_rank(const struct pu_multiaddr *addr)
{
	static const enum pu_multiaddr_code order[] = {
	    /* What is more specific stands before what it is built on. */
	    PU_MA_WEBRTC_DIRECT, PU_MA_WEBRTC, PU_MA_WEBTRANSPORT, PU_MA_WS,
	    PU_MA_WSS,           PU_MA_TCP,    PU_MA_QUIC_V1,
	};
	static const unsigned ranks[] = {4, 4, 3, 2, 2, 1, 0};

	for (size_t i = 0; i < PU_ARRAY_LEN(order); i++) {
		if (pu_multiaddr_has(addr, order[i]))
			return ranks[i];
	}
	return 5;
}

unsigned pu_multiaddr_rank(const struct pu_multiaddr *addr)
{
	enum pu_addr_class class = pu_multiaddr_class(addr);
	unsigned group = class == PU_ADDR_PUBLIC ? 0 : class == PU_ADDR_PRIVATE ? 1 : 2;

	return group * 8 + transport_rank(addr);
}
