/* Multiaddrs and socket addresses. This file knows what our sockets are called in an address,
 * and what a resolver's answer changes in one. */
#include "p2p/multiaddr.h"

#include <netinet/in.h>
#include <stdio.h>

#define ZONE_TEXT_MAX 11

static enum pu_err append_ip6(struct pu_multiaddr *addr, const struct sockaddr_in6 *in6)
{
	char zone[ZONE_TEXT_MAX];
	enum pu_err err = PU_OK;

	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return pu_multiaddr_append(addr, PU_MA_IP4, pu_bytes(in6->sin6_addr.s6_addr + 12, 4));
	if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) && in6->sin6_scope_id != 0) {
		int len = snprintf(zone, sizeof(zone), "%u", (unsigned)in6->sin6_scope_id);
		err = pu_multiaddr_append(addr, PU_MA_IP6ZONE, pu_bytes(zone, (size_t)len));
	}
	if (err != PU_OK)
		return err;
	return pu_multiaddr_append(addr, PU_MA_IP6, pu_bytes(in6->sin6_addr.s6_addr, 16));
}

/* The IP components; `port` points at the two bytes of the port. */
static enum pu_err append_ip(struct pu_multiaddr *addr, const struct sockaddr *from,
                             struct pu_bytes *port)
{
	if (from->sa_family == AF_INET) {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)(const void *)from;
		*port = pu_bytes(&in4->sin_port, sizeof(in4->sin_port));
		return pu_multiaddr_append(addr, PU_MA_IP4, pu_bytes(&in4->sin_addr, 4));
	}
	if (from->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)from;
		*port = pu_bytes(&in6->sin6_port, sizeof(in6->sin6_port));
		return append_ip6(addr, in6);
	}
	return PU_EUNSUPPORTED;
}

/* What follows the IP address, and behind the port; NONE ends each row. */
static const enum pu_multiaddr_code carrier_parts[PU_CARRIERS][3] = {
    [PU_CARRIER_QUIC] = {PU_MA_UDP, PU_MA_QUIC_V1},
    [PU_CARRIER_TCP] = {PU_MA_TCP},
    [PU_CARRIER_WS] = {PU_MA_TCP, PU_MA_WS},
    [PU_CARRIER_WSS] = {PU_MA_TCP, PU_MA_TLS, PU_MA_WS},
};

enum pu_err pu_multiaddr_from_sockaddr(const struct sockaddr *addr, enum pu_carrier carrier,
                                       struct pu_multiaddr *out)
{
	const enum pu_multiaddr_code *parts = carrier_parts[carrier];
	struct pu_multiaddr made = {0};
	struct pu_bytes port;
	enum pu_err err = append_ip(&made, addr, &port);

	if (err == PU_OK && carrier == PU_CARRIER_NONE)
		err = PU_EUNSUPPORTED;
	for (size_t i = 0; err == PU_OK && i < 3 && parts[i] != 0; i++)
		err = pu_multiaddr_append(&made, parts[i], i == 0 ? port : pu_bytes(NULL, 0));
	if (err == PU_OK)
		*out = made;
	return err;
}

/* A zone that is an interface number; 0 = it is not. */
static uint32_t zone_number(struct pu_bytes zone)
{
	uint64_t number = 0;

	for (size_t i = 0; i < zone.len; i++) {
		if (zone.data[i] < '0' || zone.data[i] > '9')
			return 0;
		number = number * 10 + (zone.data[i] - (unsigned)'0');
		if (number > UINT32_MAX)
			return 0;
	}
	return (uint32_t)number;
}

union any_sockaddr {
	struct sockaddr_storage storage;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

/* Reads the IP components. Returns the sockaddr's length; 0 = no such components. */
static socklen_t read_ip(struct pu_bytes *cursor, union any_sockaddr *out)
{
	struct pu_multiaddr_part part;
	uint32_t scope = 0;

	if (!pu_multiaddr_next(cursor, &part))
		return 0;
	if (part.code == PU_MA_IP4) {
		out->in4.sin_family = AF_INET;
		memcpy(&out->in4.sin_addr, part.value.data, part.value.len);
		return sizeof(out->in4);
	}
	if (part.code == PU_MA_IP6ZONE) {
		scope = zone_number(part.value);
		if (scope == 0 || !pu_multiaddr_next(cursor, &part))
			return 0;
	}
	if (part.code != PU_MA_IP6)
		return 0;
	out->in6.sin6_family = AF_INET6;
	out->in6.sin6_scope_id = scope;
	memcpy(&out->in6.sin6_addr, part.value.data, part.value.len);
	return sizeof(out->in6);
}

enum pu_err pu_multiaddr_to_sockaddr(const struct pu_multiaddr *addr,
                                     struct sockaddr_storage *out, socklen_t *out_len)
{
	struct pu_bytes cursor = pu_multiaddr_bytes(addr);
	struct pu_multiaddr_part part;
	union any_sockaddr made = {0};
	socklen_t len = read_ip(&cursor, &made);
	in_port_t port;

	if (len == 0 || pu_multiaddr_carrier(addr) == PU_CARRIER_NONE ||
	    !pu_multiaddr_next(&cursor, &part))
		return PU_EUNSUPPORTED;
	memcpy(&port, part.value.data, sizeof(port));
	if (made.storage.ss_family == AF_INET)
		made.in4.sin_port = port;
	else
		made.in6.sin6_port = port;
	*out = made.storage;
	*out_len = len;
	return PU_OK;
}

bool pu_multiaddr_dns_host(const struct pu_multiaddr *addr, struct pu_multiaddr_part *out)
{
	struct pu_bytes cursor = pu_multiaddr_bytes(addr);
	struct pu_multiaddr_part first;

	if (!pu_multiaddr_next(&cursor, &first) ||
	    (first.code != PU_MA_DNS && first.code != PU_MA_DNS4 && first.code != PU_MA_DNS6 &&
	     first.code != PU_MA_DNSADDR))
		return false;
	*out = first;
	return true;
}

enum pu_err pu_multiaddr_resolved(const struct pu_multiaddr *addr, const struct sockaddr *ip,
                                  struct pu_multiaddr *out)
{
	struct pu_bytes cursor = pu_multiaddr_bytes(addr), port;
	struct pu_multiaddr_part part;
	struct pu_multiaddr made = {0};
	enum pu_err err;

	if (!pu_multiaddr_dns_host(addr, &part) || part.code == PU_MA_DNSADDR ||
	    !pu_multiaddr_next(&cursor, &part))
		return PU_EINVAL;
	if ((part.code == PU_MA_DNS4 && ip->sa_family != AF_INET) ||
	    (part.code == PU_MA_DNS6 && ip->sa_family != AF_INET6))
		return PU_EINVAL;
	err = append_ip(&made, ip, &port);
	while (err == PU_OK && pu_multiaddr_next(&cursor, &part))
		err = pu_multiaddr_append(&made, part.code, part.value);
	if (err == PU_OK)
		*out = made;
	return err;
}
