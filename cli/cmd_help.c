/* `peerup help`, and the man pages that the build asks for. */
#include "commands.h"

#include <stdio.h>

#include "cli.h"
#include "help.h"
#include "man.h"

/* `group` is NULL for a command that is in none. */
static enum cli_exit unknown(const struct cli *cli, const struct cli_command *group,
                             const char *name)
{
	const char *of = group != NULL ? group->name : "", *space = group != NULL ? " " : "";
	struct pu_suggest suggest;
	char hint[CLI_TEXT_MAX];

	pu_suggest_begin(&suggest, name);
	if (group != NULL)
		cli_command_suggest(&suggest, group->subs, group->subs_len);
	else
		cli_command_suggest(&suggest, cli_commands, cli_commands_len);
	if (pu_suggest_best(&suggest) != NULL)
		snprintf(hint, sizeof(hint), "did you mean: peerup help %s%s%s", of, space,
		         pu_suggest_best(&suggest));
	else
		snprintf(hint, sizeof(hint), "see: peerup help%s%s", space, of);
	if (group != NULL)
		return cli_fail(cli, CLI_USAGE, hint, "%s has no command \"%s\"", of, name);
	return cli_fail(cli, CLI_USAGE, hint, "there is no command \"%s\"", name);
}

static enum cli_exit run(struct cli *cli)
{
	const char *name = cli_word(cli, 0), *sub_name = cli_word(cli, 1);
	const char *page = cli_value(cli, "man");
	const struct cli_command *command, *sub;

	if (page != NULL)
		return cli_man_print(stdout, page)
		           ? CLI_DONE
		           : cli_fail(cli, CLI_USAGE, NULL, "there is no page \"%s\"", page);
	if (name == NULL) {
		cli_help_all(stdout, cli->color);
		return CLI_DONE;
	}
	command = cli_command_find(cli_commands, cli_commands_len, name);
	if (command == NULL)
		return unknown(cli, NULL, name);
	sub =
	    sub_name != NULL ? cli_command_find(command->subs, command->subs_len, sub_name) : NULL;
	if (sub_name != NULL && sub == NULL)
		return unknown(cli, command, sub_name);
	cli_help_command(stdout, sub != NULL ? command : NULL, sub != NULL ? sub : command,
	                 cli->color);
	return CLI_DONE;
}

static const struct cli_positional positionals[] = {
    {.name = "COMMAND", .optional = true, .offer = CLI_OFFER_COMMAND, .help = "which one"},
    {.name = "SUBCOMMAND",
     .optional = true,
     .offer = CLI_OFFER_SUB,
     .help = "which one of a group"},
};
static const struct cli_option options[] = {
    {.name = "man",
     .kind = CLI_STRING,
     .value = "PAGE",
     .hidden = true,
     .help = "print a man page's source"},
};

const struct cli_command cli_cmd_help = {
    .name = "help",
    .summary = "show all commands, or one",
    CLI_ROWS(positionals, positionals),
    CLI_ROWS(options, options),
    .run = run,
};
