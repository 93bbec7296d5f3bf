/* `peerup version`. */
#include "commands.h"

#include <stdio.h>

#include "cli.h"
#include "json.h"

static enum cli_exit run(struct cli *cli)
{
	struct cli_json json;

	if (!cli->json) {
		puts("peerup " PEERUP_VERSION);
		return CLI_DONE;
	}
	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_str(&json, "version", PEERUP_VERSION);
	cli_json_end(&json);
	return CLI_DONE;
}

const struct cli_command cli_cmd_version = {
    .name = "version",
    .summary = "print the version",
    .run = run,
};
