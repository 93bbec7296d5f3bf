#include "conn_limit.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>

static struct sockaddr_storage addr(const char *text)
{
	struct sockaddr_storage result = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&result;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&result;
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
		in->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
		in6->sin6_family = AF_INET6;
	return result;
}

static bool full(struct pu_map *sources, const char *text, unsigned max)
{
	struct sockaddr_storage storage = addr(text);
	return transport_source_full(sources, (struct sockaddr *)&storage, max);
}

static struct transport_source *hold(struct pu_map *sources, const char *text)
{
	struct sockaddr_storage storage = addr(text);
	return transport_source_hold(sources, (struct sockaddr *)&storage);
}

Test(conn_limit, counts_each_ipv4_address_by_itself)
{
	struct pu_map sources;
	pu_map_init(&sources);
	struct transport_source *a = hold(&sources, "45.0.0.1"), *b = hold(&sources, "45.0.0.1");
	cr_expect(full(&sources, "45.0.0.1", 2));
	cr_expect_not(full(&sources, "45.0.0.2", 2));
	transport_source_rele(&sources, a);
	cr_expect_not(full(&sources, "45.0.0.1", 2));
	transport_source_rele(&sources, b);
	cr_expect_eq(pu_map_len(&sources), 0);
	pu_map_fini(&sources);
}

Test(conn_limit, counts_an_ipv6_customer_as_one)
{
	struct pu_map sources;
	pu_map_init(&sources);
	struct transport_source *a = hold(&sources, "2600:45:0:100::1");
	cr_expect(full(&sources, "2600:45:0:1ff::9", 1), "same /56");
	cr_expect_not(full(&sources, "2600:45:0:200::1", 1), "another /56");
	transport_source_rele(&sources, a);
	pu_map_fini(&sources);
}

Test(conn_limit, lets_loopback_through)
{
	struct pu_map sources;
	pu_map_init(&sources);
	struct transport_source *a = hold(&sources, "127.0.0.1"), *b = hold(&sources, "::1");
	cr_expect_not(full(&sources, "127.0.0.1", 1));
	cr_expect_not(full(&sources, "::1", 1));
	transport_source_rele(&sources, a);
	transport_source_rele(&sources, b);
	pu_map_fini(&sources);
}
