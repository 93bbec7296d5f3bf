/* Knows the short ways to write where a relay is, and which multiaddrs they stand for. */
#include "relay_address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define HOST_MAX 253
#define LETTERS  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS   "0123456789"
#define P2P      "/p2p/"

struct place {
	char host[HOST_MAX + 1];
	uint16_t port;
};

/* 1 to 65535, or 0: something else. */
static uint16_t parse_port(const char *text)
{
	uint32_t port = 0;

	if (text[0] == '\0' || strlen(text) > 5 || text[strspn(text, DIGITS)] != '\0')
		return 0;
	for (; *text != '\0'; text++)
		port = port * 10 + (uint32_t)(*text - '0');
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* What begins behind the host, or NULL: "" or ":PORT". */
static const char *end_of_host(const char *text, const char **host, size_t *len)
{
	const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *colon = strchr(text, ':');

	*host = text;
	if (text[0] == '[') {
		if (bracket == NULL)
			return NULL;
		*host = text + 1;
		*len = (size_t)(bracket - text - 1);
		return bracket + 1;
	}
	if (colon == NULL || strchr(colon + 1, ':') != NULL) /* two colons: bare IPv6 */
		colon = text + strlen(text);
	*len = (size_t)(colon - text);
	return colon;
}

static enum pu_err split(const char *text, uint16_t default_port, struct place *place)
{
	const char *host, *rest;
	size_t len = 0;

	rest = end_of_host(text, &host, &len);
	if (rest == NULL || len == 0 || len > HOST_MAX || (rest[0] != '\0' && rest[0] != ':'))
		return PU_EINVAL;
	memcpy(place->host, host, len);
	place->host[len] = '\0';
	place->port = rest[0] == ':' ? parse_port(rest + 1) : default_port;
	if (place->port == 0 || (text[0] == '[' && strchr(place->host, ':') == NULL))
		return PU_EINVAL;
	return PU_OK;
}

/* A mistyped IPv4 address, such as 203.0.113, is no name: a name has a letter in its last
 * label. */
static bool is_name(const char *host)
{
	const char *last = strrchr(host, '.');

	if (host[0] == '-' || host[0] == '.' || host[strspn(host, LETTERS DIGITS ".-")] != '\0')
		return false;
	last = last != NULL && last[1] != '\0' ? last : host;
	return strpbrk(last, LETTERS) != NULL;
}

static const char *protocol_of(const char *host)
{
	struct in6_addr ip6;
	struct in_addr ip4;

	if (inet_pton(AF_INET, host, &ip4) == 1)
		return "ip4";
	if (inet_pton(AF_INET6, host, &ip6) == 1)
		return "ip6";
	return is_name(host) ? "dns" : NULL;
}

static enum pu_err put_address(const struct place *place, const char *end, bool udp,
                               struct pu_multiaddr *out)
{
	char text[HOST_MAX + 64];

	snprintf(text, sizeof(text), "/%s/%s/%s/%u%s", protocol_of(place->host), place->host,
	         udp ? "udp" : "tcp", place->port, end);
	return pu_multiaddr_parse(text, out);
}

static enum pu_err take_host(const char *text, uint16_t default_port,
                             struct cli_relay_address *out)
{
	struct place place;
	enum pu_err err = split(text, default_port, &place);

	if (err != PU_OK || protocol_of(place.host) == NULL)
		return PU_EINVAL;
	err = put_address(&place, "/quic-v1", true, &out->addresses[0]);
	if (err == PU_OK)
		err = put_address(&place, "", false, &out->addresses[1]);
	out->len = 2;
	return err == PU_OK ? PU_OK : PU_EINVAL;
}

static enum pu_err take_multiaddr(const char *text, struct cli_relay_address *out)
{
	struct pu_multiaddr *address = &out->addresses[0];

	if (pu_multiaddr_parse(text, address) != PU_OK ||
	    pu_multiaddr_carrier(address) == PU_CARRIER_NONE)
		return PU_EINVAL;
	if (pu_multiaddr_peer(address, &out->peer) == PU_OK)
		pu_multiaddr_strip_peer(address);
	out->len = 1;
	return PU_OK;
}

/* HOST/p2p/ID */
static enum pu_err take_short(const char *text, uint16_t default_port,
                              struct cli_relay_address *out)
{
	const char *p2p = strstr(text, P2P);
	char host[HOST_MAX + 16]; /* with brackets and a port */
	size_t len = p2p != NULL ? (size_t)(p2p - text) : strlen(text);

	if (len >= sizeof(host))
		return PU_EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (p2p != NULL && pu_peer_id_parse(p2p + strlen(P2P), &out->peer) != PU_OK)
		return PU_EINVAL;
	return take_host(host, default_port, out);
}

enum pu_err cli_relay_address_parse(const char *text, uint16_t default_port,
                                    struct cli_relay_address *out)
{
	struct cli_relay_address parsed = {0};
	enum pu_err err = text[0] == '/' ? take_multiaddr(text, &parsed)
	                                 : take_short(text, default_port, &parsed);

	if (err == PU_OK)
		*out = parsed;
	return err;
}

const char *cli_relay_address_print(const struct pu_multiaddr *address,
                                    const struct pu_peer_id *peer,
                                    char out[PU_MULTIADDR_TEXT_MAX])
{
	char id[PU_PEER_ID_TEXT_MAX];
	size_t len = strlen(pu_multiaddr_print(address, out));

	snprintf(out + len, PU_MULTIADDR_TEXT_MAX - len, P2P "%s", pu_peer_id_print(peer, id));
	return out;
}

bool cli_relay_address_split(const char *text, struct pu_multiaddr *address,
                             struct pu_peer_id *peer)
{
	if (pu_multiaddr_parse(text, address) != PU_OK || pu_multiaddr_peer(address, peer) != PU_OK)
		return false;
	pu_multiaddr_strip_peer(address);
	return true;
}
