#include "listen.h"

#include <criterion/criterion.h>

static void assert_listen(const char *text, const char *expected)
{
	char out[CLI_LISTEN_MAX] = "untouched";

	cr_assert_eq(cli_listen_parse(text, out), expected != NULL ? PU_OK : PU_EINVAL, "%s", text);
	cr_assert_str_eq(out, expected != NULL ? expected : "untouched");
}

Test(listen, makes_a_bare_port_one_of_localhost)
{
	assert_listen("8080", "localhost:8080");
	assert_listen("0", "localhost:0");
	assert_listen(NULL, "localhost:0");
}

Test(listen, keeps_full_addresses)
{
	assert_listen("127.0.0.1:80", "127.0.0.1:80");
	assert_listen("[::1]:0", "[::1]:0");
	assert_listen("0.0.0.0:65535", "0.0.0.0:65535");
	assert_listen("unix:/run/web.sock", "unix:/run/web.sock");
}

Test(listen, refuses_everything_else)
{
	assert_listen("", NULL);
	assert_listen("65536", NULL);
	assert_listen("99999999999999999999", NULL);
	assert_listen("localhost", NULL);
	assert_listen("localhost:", NULL);
	assert_listen("localhost:x", NULL);
	assert_listen("unix:", NULL);
	assert_listen("unix:relative", NULL);
}

Test(listen, wants_a_real_port_of_a_target)
{
	char out[CLI_LISTEN_MAX];

	cr_assert_eq(cli_target_parse("8000", out), PU_OK);
	cr_assert_str_eq(out, "localhost:8000");
	cr_assert_eq(cli_target_parse("0", out), PU_EINVAL);
	cr_assert_eq(cli_target_parse("unix:/run/app.sock", out), PU_OK);
}

Test(listen, refuses_what_is_too_long)
{
	char text[CLI_LISTEN_MAX + 1], out[CLI_LISTEN_MAX];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = '1';
	text[CLI_LISTEN_MAX] = '\0';
	cr_assert_eq(cli_listen_parse(text, out), PU_EINVAL);
}
