/* Knows the shapes of names and addresses in a configuration, and says in words what was
 * expected when a value has another. */
#include "config/check.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"

enum {
	HOST_MAX = 255,
	PORT_DIGITS_MAX = 5,
	UNIX_PATH_MAX_LEN = 107, /* sun_path with its final NUL is 108 */
	PROTOCOL_ID_MAX = 255,
	TAG_MAX = 63,
};

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool consists_of(const char *value, const char *allowed, size_t max)
{
	size_t len = strlen(value);

	return len > 0 && len <= max && strspn(value, allowed) == len;
}

const char *pu_check_version(const char *value)
{
	return strcmp(value, "1") == 0 ? NULL
	                               : "1 (a file of a newer version needs a newer peerup)";
}

const char *pu_check_label(const char *value)
{
	if (!consists_of(value, LOWER DIGITS "-", PU_CONFIG_NAME_MAX) || value[0] == '-' ||
	    value[strlen(value) - 1] == '-')
		return "1 to 63 of a-z, 0-9 and -, with no - at either end";
	return NULL;
}

const char *pu_check_name(const char *value)
{
	if (!consists_of(value, LOWER UPPER DIGITS "-_.", PU_CONFIG_NAME_MAX) ||
	    strchr("-_.", value[0]) != NULL)
		return "1 to 63 letters, digits, -, _ and ., the first a letter or digit";
	if (pu_check_peer_id(value) == NULL)
		return "a name, which no peer ID is";
	return NULL;
}

const char *pu_check_peer_id(const char *value)
{
	struct pu_peer_id id;

	return pu_peer_id_parse(value, &id) == PU_OK ? NULL : "a peer ID (12D3Koo...)";
}

const char *pu_check_peer(const char *value)
{
	if (pu_check_name(value) == NULL || pu_check_peer_id(value) == NULL)
		return NULL;
	return "a peer's name or ID";
}

const char *pu_check_multiaddr(const char *value)
{
	struct pu_multiaddr addr;

	if (pu_multiaddr_parse(value, &addr) == PU_OK)
		return NULL;
	return "a multiaddr (/ip4/192.0.2.1/udp/4001/quic-v1)";
}

const char *pu_check_relay(const char *value)
{
	struct pu_multiaddr addr;
	struct pu_peer_id peer;

	if (pu_multiaddr_parse(value, &addr) == PU_OK && pu_multiaddr_peer(&addr, &peer) == PU_OK)
		return NULL;
	return "a multiaddr with the relay's peer ID "
	       "(/ip4/192.0.2.1/udp/4001/quic-v1/p2p/12D3K...)";
}

/* Decimal without leading zeros, or -1. */
static int parse_port(const char *text)
{
	int port = 0;

	if (!consists_of(text, DIGITS, PORT_DIGITS_MAX) || (text[0] == '0' && text[1] != '\0'))
		return -1;
	for (; *text != '\0'; text++)
		port = port * 10 + (*text - '0');
	return port <= UINT16_MAX ? port : -1;
}

static bool is_host(const char *host, size_t len)
{
	char copy[HOST_MAX + 1];
	bool bracketed = len >= 2 && host[0] == '[' && host[len - 1] == ']';

	if (bracketed) {
		host++;
		len -= 2;
	}
	if (len > HOST_MAX)
		return false;
	memcpy(copy, host, len);
	copy[len] = '\0';
	if (bracketed)
		return consists_of(copy, LOWER UPPER DIGITS ":.%-_", HOST_MAX) &&
		       strchr(copy, ':') != NULL;
	return consists_of(copy, LOWER UPPER DIGITS ".-_", HOST_MAX) && copy[0] != '-';
}

static bool is_endpoint(const char *value, int port_min)
{
	const char *colon = strrchr(value, ':');

	if (strncmp(value, "unix:", strlen("unix:")) == 0) {
		const char *path = value + strlen("unix:");

		return path[0] == '/' && path[1] != '\0' && strlen(path) <= UNIX_PATH_MAX_LEN;
	}
	return colon != NULL && parse_port(colon + 1) >= port_min &&
	       is_host(value, (size_t)(colon - value));
}

const char *pu_check_target(const char *value)
{
	return is_endpoint(value, 1) ? NULL : "host:port or unix:/path";
}

/* Only these say without a lookup on which of the machine's addresses to listen. */
static bool is_own_host(const char *host, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (len >= 2 && host[0] == '[') {
		host++;
		len -= 2;
	}
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, host, len);
	copy[len] = '\0';
	return strcasecmp(copy, "localhost") == 0 || inet_pton(AF_INET, copy, &address) == 1 ||
	       inet_pton(AF_INET6, copy, &address) == 1;
}

const char *pu_check_listen(const char *value)
{
	bool is_unix = strncmp(value, "unix:", strlen("unix:")) == 0;

	if (!is_endpoint(value, 0) ||
	    (!is_unix && !is_own_host(value, (size_t)(strrchr(value, ':') - value))))
		return "host:port (host an IP address or localhost, port 0 = any) or unix:/path";
	return NULL;
}

const char *pu_check_protocol_id(const char *value)
{
	size_t len = strlen(value);

	if (len < 2 || len > PROTOCOL_ID_MAX || value[0] != '/' ||
	    strpbrk(value, " \t\r\n") != NULL)
		return "a protocol ID (/pingpong/1.0.0)";
	return NULL;
}

const char *pu_check_tag(const char *value)
{
	if (!consists_of(value, LOWER UPPER DIGITS "-_.:/", TAG_MAX))
		return "a tag: 1 to 63 letters, digits and -_.:/";
	return NULL;
}
