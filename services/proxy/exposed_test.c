/* Tests of the table of services and of protocol IDs. */
#include "exposed.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "limits.h"

static struct proxy_exposed exposed;

static void set_up(void)
{
	proxy_exposed_init(&exposed);
}

static void tear_down(void)
{
	proxy_exposed_fini(&exposed);
}

TestSuite(exposed, .init = set_up, .fini = tear_down);

/* "Home" is a name; 12D... is an ID. */
static bool peer_id_of(const void *user, const char *text, char out[PROXY_PEER_ID_MAX])
{
	(void)user;
	if (strcmp(text, "Home") == 0)
		text = "12DHome";
	if (strncmp(text, "12D", 3) != 0)
		return false;
	snprintf(out, PROXY_PEER_ID_MAX, "%s", text);
	return true;
}

static enum pu_err add(const char *name, const char *target, bool enabled)
{
	struct pu_exposed about = {.name = name, .target = target, .enabled = enabled};
	size_t unknown;

	return proxy_exposed_add(&exposed, &about, peer_id_of, NULL, &unknown);
}

Test(exposed, finds_enabled_services_only)
{
	cr_assert_eq(add("web", "localhost:8000", true), PU_OK);
	cr_assert_eq(add("ssh", "unix:/run/ssh", false), PU_OK);
	cr_assert_eq(proxy_exposed_find(&exposed, "web")->target.port, 8000);
	cr_assert_null(proxy_exposed_find(&exposed, "ssh"));
	cr_assert_null(proxy_exposed_find(&exposed, "we"));
}

Test(exposed, refuses_bad_and_double_entries)
{
	cr_assert_eq(add("Web", "localhost:8000", true), PU_EINVAL);
	cr_assert_eq(add("web", "localhost", true), PU_EINVAL);
	cr_assert_eq(add("web", "localhost:8000", true), PU_OK);
	cr_assert_eq(add("web", "localhost:8001", true), PU_EEXIST);
	cr_assert_eq(pu_map_len(&exposed.names), 1);
}

Test(exposed, has_a_bound)
{
	static char names[PROXY_SERVICES_MAX][16];

	for (size_t i = 0; i < PROXY_SERVICES_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "s%zu", i);
		cr_assert_eq(add(names[i], "localhost:1", true), PU_OK);
	}
	cr_assert_eq(add("more", "localhost:1", true), PU_ELIMIT);
}

Test(exposed, lets_in_everybody_without_a_list)
{
	cr_assert_eq(add("web", "localhost:8000", true), PU_OK);
	cr_assert(proxy_service_allows(proxy_exposed_find(&exposed, "web"), "12DAny"));
}

Test(exposed, lets_in_only_who_is_listed_by_name_or_id)
{
	const char *peers[] = {"Home", "12DOther", "nobody"};
	struct pu_exposed about = {.name = "web",
	                           .target = "localhost:1",
	                           .enabled = true,
	                           .allowed_peers = {.items = peers, .len = 3}};
	const struct proxy_service *service;
	size_t unknown = 0;

	cr_assert_eq(proxy_exposed_add(&exposed, &about, peer_id_of, NULL, &unknown), PU_OK);
	cr_assert_eq(unknown, 1);
	service = proxy_exposed_find(&exposed, "web");
	cr_assert(proxy_service_allows(service, "12DHome"));
	cr_assert(proxy_service_allows(service, "12DOther"));
	cr_assert_not(proxy_service_allows(service, "12DAny"));
	cr_assert_not(proxy_service_allows(service, ""));
}

Test(exposed, lets_in_nobody_when_all_of_a_list_is_unknown)
{
	const char *peers[] = {"nobody"};
	struct pu_exposed about = {.name = "web",
	                           .target = "localhost:1",
	                           .enabled = true,
	                           .allowed_peers = {.items = peers, .len = 1}};
	size_t unknown = 0;

	cr_assert_eq(proxy_exposed_add(&exposed, &about, peer_id_of, NULL, &unknown), PU_OK);
	cr_assert_not(proxy_service_allows(proxy_exposed_find(&exposed, "web"), "12DAny"));
}

Test(protocol, is_exactly_a_label_of_version_1_0_0)
{
	char label[PROXY_LABEL_MAX], text[PROXY_PROTOCOL_MAX];

	cr_assert_eq(proxy_protocol_parse("/peerup/web-2/1.0.0", label), PU_OK);
	cr_assert_str_eq(label, "web-2");
	cr_assert_str_eq(proxy_protocol_print(label, text), "/peerup/web-2/1.0.0");
}

Test(protocol, refuses_everything_else)
{
	static const char *const bad[] = {
	    "",
	    "/peerup/",
	    "/peerup//1.0.0",
	    "/peerup/1.0.0",
	    "/peerup/web/1.0.1",
	    "/peerup/web/1.0.0/",
	    "/peerup/Web/1.0.0",
	    "/peerup/-web/1.0.0",
	    "/peerup/web-/1.0.0",
	    "/peerup/a/b/1.0.0",
	    "/peerup/a.b/1.0.0",
	    "/other/web/1.0.0",
	    "/peerup/0123456789012345678901234567890123456789012345678901234567890123/1.0.0",
	};
	char label[PROXY_LABEL_MAX] = "untouched";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(proxy_protocol_parse(bad[i], label), PU_EMALFORMED, "%s", bad[i]);
	cr_assert_str_eq(label, "untouched");
}

Test(protocol, refuses_a_good_id_cut_at_every_byte)
{
	const char *good = "/peerup/web/1.0.0";
	char cut[32], label[PROXY_LABEL_MAX];

	for (size_t len = 0; len < strlen(good); len++) {
		snprintf(cut, sizeof(cut), "%.*s", (int)len, good);
		cr_assert_eq(proxy_protocol_parse(cut, label), PU_EMALFORMED, "%s", cut);
	}
}
