/* Where a local service is, or where a forward listens: host:port or unix:/path. */
#ifndef PROXY_ENDPOINT_H
#define PROXY_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"

#define PROXY_HOST_MAX     248 /* a DNS name with its NUL; host:port fits PU_FIELD_LISTEN_MAX */
#define PROXY_ENDPOINT_MAX 272 /* the text of any endpoint, with its NUL */

/* A value. `path` is empty for TCP; `host` is empty for Unix sockets. IPv6 addresses stand
 * without brackets. */
struct proxy_endpoint {
	char host[PROXY_HOST_MAX];
	uint16_t port;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/* A socket address and its length, as bind() and connect() take them. */
struct proxy_address {
	socklen_t len;
	union {
		struct sockaddr any;
		struct sockaddr_storage storage;
		struct sockaddr_un unix_path;
	} socket;
};

/* A target: "host:port", "[::1]:port" or "unix:/absolute/path"; the port is 1 to 65535.
 * PU_EINVAL otherwise, PU_ELIMIT for a name or path that is too long. */
enum pu_err proxy_endpoint_parse_target(const char *text,
                                        struct proxy_endpoint *out) PU_MUST_CHECK;
/* A listener: as above, or only "port" or ":port" (localhost), and port 0 means any. A host is
 * "localhost" or an IP address. */
enum pu_err proxy_endpoint_parse_listen(const char *text,
                                        struct proxy_endpoint *out) PU_MUST_CHECK;

bool proxy_endpoint_is_unix(const struct proxy_endpoint *endpoint);
/* Within the machine: localhost, 127.0.0.0/8, ::1 or a Unix socket. */
bool proxy_endpoint_is_local(const struct proxy_endpoint *endpoint);
bool proxy_endpoint_eq(const struct proxy_endpoint *a, const struct proxy_endpoint *b);
/* The form that the parsers read. Returns `out`. */
const char *proxy_endpoint_print(const struct proxy_endpoint *endpoint,
                                 char out[PROXY_ENDPOINT_MAX]);

/* The addresses that need no lookup, at most 2: a Unix path, an IP address, or both loopback
 * addresses (IPv4 first) for "localhost". 0 for any other name. */
size_t proxy_endpoint_addresses(const struct proxy_endpoint *endpoint,
                                struct proxy_address out[2]);
/* Does nothing to a Unix address. */
void proxy_address_set_port(struct proxy_address *address, uint16_t port);
/* The port of an IP address; 0 for others. */
uint16_t proxy_address_port(const struct proxy_address *address);
/* "127.0.0.1:80", "[::1]:80", "unix:/path". Returns `out`. */
const char *proxy_address_print(const struct proxy_address *address,
                                char out[PROXY_ENDPOINT_MAX]);

#endif
