/* Knows the short ways to write an address on this machine. */
#include "listen.h"

#include <stdio.h>
#include <string.h>

#include "config/check.h"

/* "8080" -> "localhost:8080". */
static enum pu_err expand(const char *text, const char *(*check)(const char *value),
                          char out[CLI_LISTEN_MAX])
{
	char full[CLI_LISTEN_MAX];
	bool is_port = text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';

	if (strlen(text) >= CLI_LISTEN_MAX - sizeof("localhost:"))
		return PU_EINVAL;
	snprintf(full, sizeof(full), "%s%s", is_port ? "localhost:" : "", text);
	if (check(full) != NULL)
		return PU_EINVAL;
	memcpy(out, full, sizeof(full));
	return PU_OK;
}

enum pu_err cli_listen_parse(const char *text, char out[CLI_LISTEN_MAX])
{
	return expand(text != NULL ? text : "0", pu_check_listen, out);
}

enum pu_err cli_target_parse(const char *text, char out[CLI_LISTEN_MAX])
{
	return expand(text, pu_check_target, out);
}
