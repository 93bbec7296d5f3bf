/* Knows how people write the address of a local service or listener, and which
 * socket addresses follow from it without asking anybody. */
#include "endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"

#define UNIX_PREFIX "unix:"
#define PORT_MAX    65535u

static enum pu_err parse_port(struct pu_bytes text, bool zero_too, uint16_t *out)
{
	unsigned port = 0;

	if (text.len == 0 || text.len > 5)
		return PU_EINVAL;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return PU_EINVAL;
		port = port * 10 + (unsigned)(text.data[i] - '0');
	}
	if (port > PORT_MAX || (port == 0 && !zero_too))
		return PU_EINVAL;
	*out = (uint16_t)port;
	return PU_OK;
}

static enum pu_err parse_unix(const char *path, struct proxy_endpoint *out)
{
	if (path[0] != '/')
		return PU_EINVAL;
	if (strlen(path) >= sizeof(out->path))
		return PU_ELIMIT;
	*out = (struct proxy_endpoint){0};
	memcpy(out->path, path, strlen(path));
	return PU_OK;
}

static bool is_host_byte(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' || byte == '_';
}

static bool is_ipv4(const char *host)
{
	struct in_addr addr;

	return inet_pton(AF_INET, host, &addr) == 1;
}

static bool is_ipv6(const char *host)
{
	struct in6_addr addr;

	return inet_pton(AF_INET6, host, &addr) == 1;
}

/* "[::1]" in brackets, everything else without a colon. */
static enum pu_err parse_host(struct pu_bytes text, struct proxy_endpoint *out)
{
	bool bracketed = text.len >= 2 && text.data[0] == '[' && text.data[text.len - 1] == ']';

	if (bracketed)
		text = pu_bytes(text.data + 1, text.len - 2);
	if (text.len == 0)
		return PU_EINVAL;
	if (text.len >= sizeof(out->host))
		return PU_ELIMIT;
	for (size_t i = 0; i < text.len && !bracketed; i++)
		if (!is_host_byte(text.data[i]))
			return PU_EINVAL;
	memset(out->host, 0, sizeof(out->host));
	memcpy(out->host, text.data, text.len);
	if (bracketed && !is_ipv6(out->host))
		return PU_EINVAL;
	return PU_OK;
}

static enum pu_err parse_tcp(const char *text, bool zero_too, struct proxy_endpoint *out)
{
	const char *colon = strrchr(text, ':');
	struct proxy_endpoint found = {0};
	enum pu_err err;

	if (colon == NULL)
		return PU_EINVAL;
	err = parse_port(pu_bytes_of_str(colon + 1), zero_too, &found.port);
	if (err != PU_OK)
		return err;
	err = parse_host(pu_bytes(text, (size_t)(colon - text)), &found);
	if (err != PU_OK)
		return err;
	*out = found;
	return PU_OK;
}

enum pu_err proxy_endpoint_parse_target(const char *text, struct proxy_endpoint *out)
{
	if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return parse_unix(text + strlen(UNIX_PREFIX), out);
	return parse_tcp(text, false, out);
}

static bool is_localhost(const char *host)
{
	return strcasecmp(host, "localhost") == 0;
}

enum pu_err proxy_endpoint_parse_listen(const char *text, struct proxy_endpoint *out)
{
	const char *port = text[0] == ':' ? text + 1 : text;
	struct proxy_endpoint found = {.host = "localhost"};
	enum pu_err err;

	if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return parse_unix(text + strlen(UNIX_PREFIX), out);
	if (strchr(port, ':') == NULL)
		err = parse_port(pu_bytes_of_str(port), true, &found.port);
	else
		err = parse_tcp(text, true, &found);
	if (err != PU_OK)
		return err;
	if (!is_localhost(found.host) && !is_ipv4(found.host) && !is_ipv6(found.host))
		return PU_EINVAL;
	*out = found;
	return PU_OK;
}

bool proxy_endpoint_is_unix(const struct proxy_endpoint *endpoint)
{
	return endpoint->path[0] != '\0';
}

bool proxy_endpoint_is_local(const struct proxy_endpoint *endpoint)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (proxy_endpoint_is_unix(endpoint) || is_localhost(endpoint->host))
		return true;
	if (inet_pton(AF_INET, endpoint->host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, endpoint->host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool proxy_endpoint_eq(const struct proxy_endpoint *a, const struct proxy_endpoint *b)
{
	return a->port == b->port && strcasecmp(a->host, b->host) == 0 &&
	       strcmp(a->path, b->path) == 0;
}

const char *proxy_endpoint_print(const struct proxy_endpoint *endpoint,
                                 char out[PROXY_ENDPOINT_MAX])
{
	bool brackets = strchr(endpoint->host, ':') != NULL;

	if (proxy_endpoint_is_unix(endpoint))
		snprintf(out, PROXY_ENDPOINT_MAX, UNIX_PREFIX "%s", endpoint->path);
	else
		snprintf(out, PROXY_ENDPOINT_MAX, "%s%s%s:%u", brackets ? "[" : "", endpoint->host,
		         brackets ? "]" : "", endpoint->port);
	return out;
}

static struct proxy_address address_of_unix(const char *path)
{
	struct proxy_address address = {.len = sizeof(struct sockaddr_un)};

	address.socket.unix_path.sun_family = AF_UNIX;
	memcpy(address.socket.unix_path.sun_path, path, strlen(path) + 1);
	return address;
}

static bool address_of_ip(const char *host, uint16_t port, struct proxy_address *out)
{
	struct proxy_address address = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&address.socket.storage;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&address.socket.storage;

	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		address.len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		address.len = sizeof(*v6);
	} else {
		return false;
	}
	*out = address;
	return true;
}

size_t proxy_endpoint_addresses(const struct proxy_endpoint *endpoint,
                                struct proxy_address out[2])
{
	if (proxy_endpoint_is_unix(endpoint)) {
		out[0] = address_of_unix(endpoint->path);
		return 1;
	}
	if (!is_localhost(endpoint->host))
		return address_of_ip(endpoint->host, endpoint->port, &out[0]) ? 1 : 0;
	if (!address_of_ip("127.0.0.1", endpoint->port, &out[0]) ||
	    !address_of_ip("::1", endpoint->port, &out[1]))
		return 0;
	return 2;
}

void proxy_address_set_port(struct proxy_address *address, uint16_t port)
{
	void *any = &address->socket;

	if (address->socket.any.sa_family == AF_INET)
		((struct sockaddr_in *)any)->sin_port = htons(port);
	else if (address->socket.any.sa_family == AF_INET6)
		((struct sockaddr_in6 *)any)->sin6_port = htons(port);
}

uint16_t proxy_address_port(const struct proxy_address *address)
{
	const void *any = &address->socket;

	if (address->socket.any.sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)any)->sin_port);
	if (address->socket.any.sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)any)->sin6_port);
	return 0;
}

const char *proxy_address_print(const struct proxy_address *address,
                                char out[PROXY_ENDPOINT_MAX])
{
	char host[INET6_ADDRSTRLEN] = "?";
	const void *any = &address->socket;
	bool is_v6 = address->socket.any.sa_family == AF_INET6;

	if (address->socket.any.sa_family == AF_UNIX) {
		snprintf(out, PROXY_ENDPOINT_MAX, UNIX_PREFIX "%s", address->socket.unix_path.sun_path);
		return out;
	}
	if (is_v6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)any)->sin6_addr, host, sizeof(host));
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)any)->sin_addr, host, sizeof(host));
	snprintf(out, PROXY_ENDPOINT_MAX, is_v6 ? "[%s]:%u" : "%s:%u", host,
	         proxy_address_port(address));
	return out;
}
