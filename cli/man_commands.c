/* Knows the shape of peerup(1): one subsection for each command. */
#include "help.h"
#include "man.h"

static void put_options(FILE *out, const struct cli_option *rows, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char term[96], text[512], letter[] = {'-', rows[i].letter, ',', ' ', '\0'};

		if (rows[i].hidden)
			continue;
		snprintf(term, sizeof(term), "%s--%s%s%s", rows[i].letter ? letter : "", rows[i].name,
		         rows[i].kind == CLI_FLAG ? "" : " ",
		         rows[i].kind == CLI_FLAG ? "" : rows[i].value);
		snprintf(text, sizeof(text), rows[i].fallback != NULL ? "%s (default %s)." : "%s.",
		         rows[i].help, rows[i].fallback);
		cli_man_term(out, term, text);
	}
}

static void put_command(FILE *out, const struct cli_command *group,
                        const struct cli_command *command)
{
	char summary[256];

	if (command->run != NULL || command->about != NULL) {
		fputs(".SS peerup ", out);
		cli_help_synopsis(out, group, command);
		if (command->run == NULL)
			fputs(" COMMAND", out);
		snprintf(summary, sizeof(summary), "\n%s.%s%s%s", command->summary,
		         command->alias != NULL ? " Also known as " : "",
		         command->alias != NULL ? command->alias : "",
		         command->alias != NULL ? "." : "");
		cli_man_text(out, summary);
		fputc('\n', out);
		if (command->about != NULL)
			cli_man_paragraphs(out, command->about);
		for (size_t i = 0; i < command->positionals_len; i++)
			cli_man_term(out, command->positionals[i].name, command->positionals[i].help);
		put_options(out, command->options, command->options_len);
	}
	for (size_t i = 0; i < command->subs_len; i++)
		put_command(out, command, command->subs[i]);
}

static void put_exit_codes(FILE *out)
{
	cli_man_section(out, "EXIT STATUS");
	cli_man_term(out, "0", "Done.");
	cli_man_term(out, "1", "Failed.");
	cli_man_term(out, "2", "Wrong usage.");
	cli_man_term(out, "3", "The peer cannot be reached.");
	cli_man_term(out, "4", "Not authorized.");
	cli_man_term(out, "5", "The daemon is not running.");
}

static void put_surroundings(FILE *out)
{
	cli_man_section(out, "ENVIRONMENT");
	cli_man_term(out, "PEERUP_CONFIG",
	             "The configuration file, when --config does not say it.");
	cli_man_term(out, "NO_COLOR", "When set, no colours are used.");
	cli_man_term(out, "PEERUP_LIBEXEC",
	             "The folder with the programs of the services, when it "
	             "is not where they were installed.");
	cli_man_section(out, "SEE ALSO");
	cli_man_text(out, "peerup.yaml(5), peerup-supervisor(8), peerup-auth(8), "
	                  "peerup-transport(8),\npeerup-naming(8), peerup-proxy(8)\n");
}

void cli_man_commands(FILE *out)
{
	cli_man_head(out, "peerup", 1, "connect your own machines through any network");
	cli_man_section(out, "SYNOPSIS");
	fputs("\\fBpeerup\\fR \\fICOMMAND\\fR [\\fIARGUMENT\\fR...] [options]\n", out);
	cli_man_section(out, "DESCRIPTION");
	cli_man_paragraphs(
	    out, "A peerup node exposes local services to peers and reaches those of other nodes, "
	         "over encrypted connections between nodes that know each other by their keys. "
	         "Nobody in between is needed.\n\n"
	         "Options may stand anywhere after the command; -- ends them.");
	cli_man_section(out, "OPTIONS OF EVERY COMMAND");
	put_options(out, cli_globals, cli_globals_len);
	cli_man_section(out, "COMMANDS");
	for (size_t i = 0; i < cli_commands_len; i++) {
		if (!cli_commands[i]->hidden)
			put_command(out, NULL, cli_commands[i]);
	}
	put_exit_codes(out);
	put_surroundings(out);
}
