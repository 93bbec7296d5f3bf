/* `peerup whoami`. */
#include "commands.h"

#include "identity.h"

static enum cli_exit run(struct cli *cli)
{
	struct cli_identity identity;
	enum cli_exit code = cli_identity_own(cli, &identity);

	if (code == CLI_DONE)
		cli_identity_print(cli, &identity);
	return code;
}

static const struct cli_option options[] = {
    {.name = "did", .kind = CLI_FLAG, .help = "print the did:key form"},
    {.name = "public", .kind = CLI_FLAG, .help = "print the public key in hexadecimal"},
};

const struct cli_command cli_cmd_whoami = {
    .name = "whoami",
    .summary = "print this node's peer ID",
    CLI_ROWS(options, options),
    .run = run,
};
