/* Knows the addresses of host names for a while, and asks the system's resolver. */
#include "io_host.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/map.h"
#include "limits.h"

struct proxy_hosts {
	uv_loop_t *loop;
	struct pu_map names; /* to struct proxy_host */
};

struct proxy_host {
	struct proxy_hosts *hosts; /* NULL: the resolver still works, but nobody wants it */
	char name[PROXY_HOST_MAX];
	uv_getaddrinfo_t request;
	bool asking;
	struct pu_list waiting; /* struct proxy_lookup */
	uint64_t expires_ms;
	struct proxy_address addresses[PROXY_HOST_ADDRESSES];
	size_t addresses_len;
};

struct proxy_hosts *proxy_hosts_new(uv_loop_t *loop)
{
	struct proxy_hosts *hosts = PU_NEW(struct proxy_hosts);

	hosts->loop = loop;
	pu_map_init(&hosts->names);
	return hosts;
}

static void host_free(struct proxy_host *host)
{
	if (host->hosts != NULL)
		pu_map_del(&host->hosts->names, pu_bytes_of_str(host->name));
	host->hosts = NULL;
	PU_LIST_FOREACH(it, &host->waiting)
		proxy_hosts_cancel(PU_LIST_ENTRY(it, struct proxy_lookup, node));
	if (host->asking)
		(void)uv_cancel((uv_req_t *)&host->request); /* on_answer() frees it */
	else
		pu_free(host);
}

void proxy_hosts_free(struct proxy_hosts *hosts)
{
	void *host;

	for (size_t pos = 0; pu_map_next(&hosts->names, &pos, NULL, &host);)
		host_free(host);
	pu_map_fini(&hosts->names);
	pu_free(hosts);
}

static void keep_addresses(struct proxy_host *host, const struct addrinfo *found)
{
	host->addresses_len = 0;
	for (; found != NULL && host->addresses_len < PROXY_HOST_ADDRESSES;
	     found = found->ai_next) {
		struct proxy_address *address = &host->addresses[host->addresses_len];

		if (found->ai_family != AF_INET && found->ai_family != AF_INET6)
			continue;
		address->len = found->ai_addrlen;
		memcpy(&address->socket, found->ai_addr, found->ai_addrlen);
		host->addresses_len++;
	}
}

static void tell(struct proxy_host *host, struct proxy_lookup *lookup)
{
	bool found = host->addresses_len > 0;

	proxy_hosts_cancel(lookup);
	lookup->found(lookup, found ? PU_OK : PU_EUNREACHABLE, host->addresses,
	              host->addresses_len);
}

static void on_answer(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
	struct proxy_host *host = request->data;

	host->asking = false;
	if (host->hosts == NULL) {
		host_free(host);
	} else {
		keep_addresses(host, status == 0 ? found : NULL);
		host->expires_ms =
		    host->addresses_len == 0 ? 0 : uv_now(host->hosts->loop) + PROXY_HOST_TTL_MS;
		/* Whoever asks again from within a callback waits for the next answer. */
		while (!host->asking && !pu_list_empty(&host->waiting))
			tell(host, PU_LIST_ENTRY(pu_list_first(&host->waiting), struct proxy_lookup, node));
	}
	uv_freeaddrinfo(found);
}

static void ask(struct proxy_host *host)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

	host->request.data = host;
	host->asking = uv_getaddrinfo(host->hosts->loop, &host->request, on_answer, host->name,
	                              NULL, &hints) == 0;
}

static struct proxy_host *host_get(struct proxy_hosts *hosts, const char *name)
{
	struct proxy_host *host = pu_map_get(&hosts->names, pu_bytes_of_str(name));

	if (host != NULL)
		return host;
	if (pu_map_len(&hosts->names) >= PROXY_HOSTS_MAX)
		proxy_hosts_clear(hosts);
	if (pu_map_len(&hosts->names) >= PROXY_HOSTS_MAX || strlen(name) >= PROXY_HOST_MAX)
		return NULL;
	host = PU_NEW(struct proxy_host);
	host->hosts = hosts;
	snprintf(host->name, sizeof(host->name), "%s", name);
	pu_list_init(&host->waiting);
	pu_map_put(&hosts->names, pu_bytes_of_str(host->name), host);
	return host;
}

void proxy_hosts_lookup(struct proxy_hosts *hosts, const char *name,
                        struct proxy_lookup *lookup, proxy_found_fn found)
{
	struct proxy_host *host = host_get(hosts, name);

	lookup->found = found;
	if (host == NULL) {
		found(lookup, PU_ELIMIT, NULL, 0);
		return;
	}
	if (!host->asking && host->expires_ms <= uv_now(hosts->loop))
		ask(host);
	if (!host->asking) {
		tell(host, lookup);
		return;
	}
	lookup->host = host;
	pu_list_append(&host->waiting, &lookup->node);
}

void proxy_hosts_cancel(struct proxy_lookup *lookup)
{
	pu_list_remove(&lookup->node);
	lookup->host = NULL;
}

void proxy_hosts_expire(struct proxy_hosts *hosts, const char *name)
{
	struct proxy_host *host = pu_map_get(&hosts->names, pu_bytes_of_str(name));

	if (host != NULL)
		host->expires_ms = 0;
}

void proxy_hosts_clear(struct proxy_hosts *hosts)
{
	void *value;

	for (size_t pos = 0; pu_map_next(&hosts->names, &pos, NULL, &value);) {
		struct proxy_host *host = value;

		if (!host->asking)
			host_free(host);
	}
}
