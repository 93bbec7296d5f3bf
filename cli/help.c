/* Knows how help looks on a terminal. */
#include "help.h"

#include <string.h>

#include "table.h"

#define HELP_COLUMNS 80

/* Words of `text` at this indent, wrapped; the first line starts where the cursor is. */
static void put_wrapped(FILE *out, const char *text, size_t indent)
{
	size_t column = indent;

	while (*text != '\0') {
		size_t len = strcspn(text, " \n");

		if (column > indent && column + 1 + len > HELP_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, len, out);
		column += len;
		text += len;
		text += *text != '\0';
	}
	fputc('\n', out);
}

static void put_title(FILE *out, const char *title, bool color)
{
	fprintf(out, "\n%s%s%s\n", cli_style_begin(CLI_TITLE, color), title, cli_style_end(color));
}

/* A paragraph that begins with spaces is an example: its lines stay as they are. */
static void put_about(FILE *out, const char *about)
{
	while (*about != '\0') {
		const char *end = strstr(about, "\n\n");
		size_t len = end != NULL ? (size_t)(end - about) : strlen(about);
		char paragraph[1024];

		snprintf(paragraph, sizeof(paragraph), "%.*s", (int)len, about);
		fputc('\n', out);
		if (paragraph[0] == ' ')
			fprintf(out, "%s\n", paragraph);
		else
			put_wrapped(out, paragraph, 0);
		about += len;
		about += strspn(about, "\n");
	}
}

static bool has_options(const struct cli_command *command)
{
	for (size_t i = 0; i < command->options_len; i++) {
		if (!command->options[i].hidden)
			return true;
	}
	return false;
}

void cli_help_synopsis(FILE *out, const struct cli_command *group,
                       const struct cli_command *command)
{
	if (group != NULL)
		fprintf(out, "%s ", group->name);
	fputs(command->name, out);
	for (size_t i = 0; i < command->positionals_len; i++) {
		const struct cli_positional *row = &command->positionals[i];

		fprintf(out, row->optional ? " [%s%s]" : " %s%s", row->name,
		        row->repeated ? "..." : "");
	}
	if (has_options(command))
		fputs(" [options]", out);
}

#define TERM_COLUMNS 26

static void put_row(FILE *out, const char *term, const char *text)
{
	size_t len = strlen(term);

	fprintf(out, "  %s", term);
	if (len + 4 > TERM_COLUMNS)
		fprintf(out, "\n%*s", TERM_COLUMNS, "");
	else
		fprintf(out, "%*s", (int)(TERM_COLUMNS - 2 - len), "");
	put_wrapped(out, text, TERM_COLUMNS);
}

static void put_options(FILE *out, const struct cli_option *rows, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char term[96], text[512];

		if (rows[i].hidden)
			continue;
		snprintf(term, sizeof(term), "%c%c%s--%s%s%s", rows[i].letter ? '-' : ' ',
		         rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? ", " : "  ",
		         rows[i].name, rows[i].kind == CLI_FLAG ? "" : " ",
		         rows[i].kind == CLI_FLAG ? "" : rows[i].value);
		snprintf(text, sizeof(text), rows[i].fallback != NULL ? "%s (default %s)" : "%s",
		         rows[i].help, rows[i].fallback);
		put_row(out, term, text);
	}
}

static void put_commands(FILE *out, const struct cli_command *const *commands, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!commands[i]->hidden)
			put_row(out, commands[i]->name, commands[i]->summary);
	}
}

void cli_help_all(FILE *out, bool color)
{
	fputs("peerup connects your own machines, through any network, without a third party.\n",
	      out);
	put_title(out, "usage: peerup COMMAND [ARGUMENT...] [options]", color);
	put_title(out, "commands", color);
	put_commands(out, cli_commands, cli_commands_len);
	put_title(out, "options of every command", color);
	put_options(out, cli_globals, cli_globals_len);
	fputs("\nMore about one of them: peerup help COMMAND\n", out);
}

void cli_help_command(FILE *out, const struct cli_command *group,
                      const struct cli_command *command, bool color)
{
	fprintf(out, "%s\n", command->summary);
	fprintf(out, "\n%susage:%s peerup ", cli_style_begin(CLI_TITLE, color),
	        cli_style_end(color));
	if (command->run != NULL) {
		cli_help_synopsis(out, group, command);
		fputc('\n', out);
	} else {
		fprintf(out, "%s COMMAND\n", command->name);
	}
	if (command->alias != NULL)
		fprintf(out, "Also known as: %s\n", command->alias);
	if (command->about != NULL)
		put_about(out, command->about);
	if (command->positionals_len > 0)
		put_title(out, "arguments", color);
	for (size_t i = 0; i < command->positionals_len; i++)
		put_row(out, command->positionals[i].name, command->positionals[i].help);
	if (has_options(command))
		put_title(out, "options", color);
	put_options(out, command->options, command->options_len);
	if (command->subs_len > 0)
		put_title(out, "commands", color);
	put_commands(out, command->subs, command->subs_len);
	put_title(out, "options of every command", color);
	put_options(out, cli_globals, cli_globals_len);
}
