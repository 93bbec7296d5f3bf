#include "help.h"
#include "man.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *text;
static size_t text_len;

static FILE *begin(void)
{
	return open_memstream(&text, &text_len);
}

static void assert_lines_fit(void)
{
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		cr_assert_leq(strlen(line), 80, "%s", line);
}

static void check_help(const struct cli_command *group, const struct cli_command *command)
{
	FILE *out = begin();

	cli_help_command(out, group, command, false);
	fclose(out);
	cr_assert_not_null(strstr(text, command->summary), "%s", command->name);
	assert_lines_fit();
	free(text);
	for (size_t i = 0; i < command->subs_len; i++)
		check_help(command, command->subs[i]);
}

Test(help, of_every_command_fits_80_columns)
{
	for (size_t i = 0; i < cli_commands_len; i++)
		check_help(NULL, cli_commands[i]);
}

Test(help, lists_all_commands_but_hidden_ones)
{
	FILE *out = begin();

	cli_help_all(out, false);
	fclose(out);
	for (size_t i = 0; i < cli_commands_len; i++)
		cr_assert_eq(strstr(text, cli_commands[i]->name) != NULL, !cli_commands[i]->hidden,
		             "%s", cli_commands[i]->name);
	free(text);
}

Test(help, has_no_heading_above_hidden_options)
{
	const struct cli_command *help = cli_command_find(cli_commands, cli_commands_len, "help");
	FILE *out = begin();

	cli_help_command(out, NULL, help, false);
	fclose(out);
	cr_assert_null(strstr(text, "\noptions\n"));
	cr_assert_null(strstr(text, "[options]"));
	cr_assert_not_null(strstr(text, "\n  -h, --help "));
	free(text);
}

Test(help, writes_the_synopsis_from_the_positionals)
{
	const struct cli_command *proxy = cli_command_find(cli_commands, cli_commands_len, "proxy");
	const struct cli_command *peer = cli_command_find(cli_commands, cli_commands_len, "peer");
	FILE *out = begin();

	cli_help_synopsis(out, NULL, proxy);
	fputc('\n', out);
	cli_help_synopsis(out, peer, peer->subs[0]);
	fclose(out);
	cr_assert_str_eq(text, "proxy PEER SERVICE [LISTEN]\npeer add PEER MULTIADDR... [options]");
	free(text);
}

Test(man, escapes_what_roff_would_interpret)
{
	FILE *out = begin();

	cli_man_text(out, ".dot\n'quote\nback\\slash a-b");
	fclose(out);
	cr_assert_str_eq(text, "\\&.dot\n\\&'quote\nback\\eslash a\\-b");
	free(text);
}

Test(man, has_every_command_and_option)
{
	FILE *out = begin();

	cr_assert(cli_man_print(out, "peerup"));
	fclose(out);
	cr_assert_not_null(strstr(text, ".SS peerup auth add PEERID [options]\n"));
	cr_assert_not_null(strstr(text, "\\fB\\-c, \\-\\-count N\\fR"));
	cr_assert_null(strstr(text, "__complete"));
	free(text);
}

Test(man, has_pages_for_services_and_configuration_and_no_other)
{
	static const char *const pages[] = {"peerup.yaml",   "peerup-supervisor",
	                                    "peerup-auth",   "peerup-transport",
	                                    "peerup-naming", "peerup-proxy"};
	FILE *out = begin();

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		cr_assert(cli_man_print(out, pages[i]), "%s", pages[i]);
	cr_assert_not(cli_man_print(out, "peerup-nothing"));
	fclose(out);
	cr_assert_not_null(strstr(text, "network.listen_addresses"));
	free(text);
}
