/* `peerup completion SHELL`. */
#include "commands.h"

#include <stdio.h>

#include "cli.h"
#include "complete.h"

static enum cli_exit run(struct cli *cli)
{
	const char *script = cli_complete_script(cli_word(cli, 0));

	if (script == NULL)
		return cli_fail(cli, CLI_USAGE, "one of bash, zsh, fish",
		                "no completion for the shell \"%s\"", cli_word(cli, 0));
	fputs(script, stdout);
	return CLI_DONE;
}

static const struct cli_positional positionals[] = {
    {.name = "SHELL", .offer = CLI_OFFER_SHELL, .help = "bash, zsh or fish"},
};

const struct cli_command cli_cmd_completion = {
    .name = "completion",
    .summary = "print the completion script of a shell",
    .about = "Load it at the start of the shell:\n\n"
             "  source <(peerup completion bash)\n"
             "  source <(peerup completion zsh)\n"
             "  peerup completion fish | source",
    CLI_ROWS(positionals, positionals),
    .run = run,
};
