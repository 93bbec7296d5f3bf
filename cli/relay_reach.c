/* Knows which of a machine's own addresses are worth telling to others. */
#include "relay_reach.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "p2p/multiaddr_class.h"
#include "relay_address.h"

static void add(struct cli_reach *reach, const struct pu_multiaddr *address,
                const char *peer_id)
{
	char text[PU_MULTIADDR_TEXT_MAX];
	char *item = pu_asprintf("%s/p2p/%s", pu_multiaddr_print(address, text), peer_id);

	for (size_t i = 0; i < reach->len; i++) {
		if (strcmp(reach->items[i], item) == 0 || reach->len == CLI_REACH_MAX) {
			pu_free(item);
			return;
		}
	}
	reach->items[reach->len++] = item;
}

static void set_port(struct sockaddr_storage *to, const struct sockaddr *from, uint16_t port)
{
	if (from->sa_family == AF_INET) {
		struct sockaddr_in ip4;

		memcpy(&ip4, from, sizeof(ip4));
		ip4.sin_port = htons(port);
		memcpy(to, &ip4, sizeof(ip4));
	} else {
		struct sockaddr_in6 ip6;

		memcpy(&ip6, from, sizeof(ip6));
		ip6.sin6_port = htons(port);
		memcpy(to, &ip6, sizeof(ip6));
	}
}

static bool is_usable(const struct ifaddrs *interface)
{
	struct sockaddr_in6 ip6;

	if (interface->ifa_addr == NULL || (interface->ifa_flags & IFF_UP) == 0 ||
	    (interface->ifa_flags & IFF_LOOPBACK) != 0)
		return false;
	if (interface->ifa_addr->sa_family == AF_INET)
		return true;
	if (interface->ifa_addr->sa_family != AF_INET6)
		return false;
	memcpy(&ip6, interface->ifa_addr, sizeof(ip6));
	return !IN6_IS_ADDR_LINKLOCAL(&ip6.sin6_addr);
}

/* An address that means every interface becomes those of the interfaces. */
static void add_interfaces(struct cli_reach *reach, const struct pu_multiaddr *listen,
                           int family, const char *peer_id)
{
	struct ifaddrs *interfaces = NULL;

	if (getifaddrs(&interfaces) != 0)
		return;
	for (const struct ifaddrs *at = interfaces; at != NULL; at = at->ifa_next) {
		struct sockaddr_storage address = {0};
		struct pu_multiaddr made;

		if (!is_usable(at) || at->ifa_addr->sa_family != family)
			continue;
		set_port(&address, at->ifa_addr, pu_multiaddr_port(listen));
		if (pu_multiaddr_from_sockaddr((const struct sockaddr *)&address,
		                               pu_multiaddr_carrier(listen), &made) == PU_OK)
			add(reach, &made, peer_id);
	}
	freeifaddrs(interfaces);
}

static void add_listen(struct cli_reach *reach, const char *text, const char *peer_id)
{
	struct sockaddr_storage address;
	struct pu_multiaddr listen;
	socklen_t len;

	if (pu_multiaddr_parse(text, &listen) != PU_OK || pu_multiaddr_port(&listen) == 0)
		return;
	pu_multiaddr_strip_peer(&listen);
	if (pu_multiaddr_class(&listen) != PU_ADDR_UNSPECIFIED)
		add(reach, &listen, peer_id);
	else if (pu_multiaddr_to_sockaddr(&listen, &address, &len) == PU_OK)
		add_interfaces(reach, &listen, address.ss_family, peer_id);
}

static enum pu_addr_class class_of(const char *text)
{
	struct pu_multiaddr address;

	return pu_multiaddr_parse(text, &address) == PU_OK ? pu_multiaddr_class(&address)
	                                                   : PU_ADDR_OTHER;
}

static bool is_public(enum pu_addr_class class)
{
	return class == PU_ADDR_PUBLIC;
}

static bool is_beyond_this_machine(enum pu_addr_class class)
{
	return class != PU_ADDR_LOOPBACK;
}

/* From `from` on, drops what is not as wanted; all stays when nothing is. */
static bool keep(struct cli_reach *reach, size_t from, bool (*wanted)(enum pu_addr_class))
{
	size_t kept = from;
	bool any = false;

	for (size_t i = 0; i < reach->len; i++)
		any = any || wanted(class_of(reach->items[i]));
	if (!any)
		return false;
	for (size_t i = from; i < reach->len; i++) {
		if (wanted(class_of(reach->items[i])))
			reach->items[kept++] = reach->items[i];
		else
			pu_free(reach->items[i]);
	}
	reach->len = kept;
	return true;
}

void cli_reach_find(struct cli_reach *reach, struct pu_strings external,
                    struct pu_strings listen, const char *peer_id)
{
	size_t told;

	*reach = (struct cli_reach){0};
	for (size_t i = 0; i < external.len; i++) {
		struct pu_multiaddr address;

		if (pu_multiaddr_parse(external.items[i], &address) != PU_OK)
			continue;
		pu_multiaddr_strip_peer(&address);
		add(reach, &address, peer_id);
	}
	told = reach->len;
	for (size_t i = 0; i < listen.len; i++)
		add_listen(reach, listen.items[i], peer_id);
	reach->is_public = keep(reach, told, is_public) || told > 0;
	(void)keep(reach, told, is_beyond_this_machine);
}

void cli_reach_fini(struct cli_reach *reach)
{
	for (size_t i = 0; i < reach->len; i++)
		pu_free(reach->items[i]);
	reach->len = 0;
}

static bool same_host(const struct sockaddr *a, const struct sockaddr *b)
{
	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return memcmp(&((const struct sockaddr_in *)(const void *)a)->sin_addr,
		              &((const struct sockaddr_in *)(const void *)b)->sin_addr,
		              sizeof(struct in_addr)) == 0;
	return a->sa_family == AF_INET6 &&
	       memcmp(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr,
	              &((const struct sockaddr_in6 *)(const void *)b)->sin6_addr,
	              sizeof(struct in6_addr)) == 0;
}

bool cli_reach_is_ours(const char *text)
{
	struct ifaddrs *interfaces = NULL;
	struct sockaddr_storage wanted;
	struct pu_multiaddr address;
	socklen_t len;
	bool found = false;

	if (pu_multiaddr_parse(text, &address) != PU_OK ||
	    pu_multiaddr_to_sockaddr(&address, &wanted, &len) != PU_OK ||
	    getifaddrs(&interfaces) != 0)
		return false;
	for (const struct ifaddrs *at = interfaces; at != NULL && !found; at = at->ifa_next)
		found =
		    at->ifa_addr != NULL && same_host(at->ifa_addr, (const struct sockaddr *)&wanted);
	freeifaddrs(interfaces);
	return found;
}
