/* Knows how the program talks: what goes to which stream, in which form, when in colour. */
#include "cli.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/unit.h"
#include "json.h"
#include "table.h"
#include "text.h"

#define LINE_MAX_BYTES 2048

void cli_init(struct cli *cli)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	bool plain = (no_color != NULL && no_color[0] != '\0') || cli_flag(cli, "no-color") ||
	             (term != NULL && strcmp(term, "dumb") == 0);

	cli->json = cli_flag(cli, "json");
	cli->quiet = cli_flag(cli, "quiet");
	cli->color = !plain && !cli->json && isatty(STDOUT_FILENO) == 1;
	cli->err_color = !plain && isatty(STDERR_FILENO) == 1;
}

const char *cli_value(const struct cli *cli, const char *name)
{
	return cli_args_value(&cli->args, name);
}

const char *cli_nth(const struct cli *cli, const char *name, size_t i)
{
	return cli_args_nth(&cli->args, name, i);
}

bool cli_flag(const struct cli *cli, const char *name)
{
	return cli_value(cli, name) != NULL;
}

uint64_t cli_amount(const struct cli *cli, const char *name)
{
	const struct cli_command *command = cli->args.command;
	const struct cli_option *row =
	    cli_option_find(command->options, command->options_len, name, strlen(name));
	uint64_t amount = 0;
	enum pu_err err;

	assert(row != NULL);
	if (row->kind == CLI_DURATION)
		err = pu_duration_parse(cli_value(cli, name), &amount);
	else if (row->kind == CLI_SIZE)
		err = pu_size_parse(cli_value(cli, name), &amount);
	else
		err = cli_args_number(cli_value(cli, name), &amount);
	assert(err == PU_OK); /* checked by the parser */
	(void)err;
	return amount;
}

const char *cli_word(const struct cli *cli, size_t i)
{
	return i < cli->args.words_len ? cli->args.words[i] : NULL;
}

static void put_error(const struct cli *cli, const char *hint, const char *fmt, va_list list,
                      const char *reason) __attribute__((format(printf, 3, 0)));
static void say(const struct cli *cli, const char *fmt, va_list list)
    __attribute__((format(printf, 2, 0)));

static void put_error(const struct cli *cli, const char *hint, const char *fmt, va_list list,
                      const char *reason)
{
	char line[LINE_MAX_BYTES];

	vsnprintf(line, sizeof(line), fmt, list);
	cli_text_clean(line);
	fflush(stdout);
	fprintf(stderr, "%speerup:%s %s", cli_style_begin(CLI_BAD, cli->err_color),
	        cli_style_end(cli->err_color), line);
	if (reason != NULL) {
		snprintf(line, sizeof(line), "%s", reason);
		cli_text_clean(line);
		fprintf(stderr, ": %s", line);
	}
	fputc('\n', stderr);
	if (hint != NULL)
		fprintf(stderr, "%s  hint:%s %s\n", cli_style_begin(CLI_FAINT, cli->err_color),
		        cli_style_end(cli->err_color), hint);
}

enum cli_exit cli_fail(const struct cli *cli, enum cli_exit code, const char *hint,
                       const char *fmt, ...)
{
	va_list list;

	va_start(list, fmt);
	put_error(cli, hint, fmt, list, NULL);
	va_end(list);
	return code;
}

enum cli_exit cli_exit_of(enum pu_err err)
{
	if (err == PU_OK)
		return CLI_DONE;
	if (pu_err_is_denial(err))
		return CLI_DENIED;
	return err == PU_EUNREACHABLE ? CLI_UNREACHABLE : CLI_FAILED;
}

enum cli_exit cli_fail_err(const struct cli *cli, enum pu_err err, const char *hint,
                           const char *fmt, ...)
{
	va_list list;

	va_start(list, fmt);
	put_error(cli, hint, fmt, list, pu_strerror(err));
	va_end(list);
	return cli_exit_of(err);
}

void cli_warn(const struct cli *cli, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	va_list list;

	va_start(list, fmt);
	vsnprintf(line, sizeof(line), fmt, list);
	va_end(list);
	cli_text_clean(line);
	fflush(stdout);
	fprintf(stderr, "%speerup:%s %s\n", cli_style_begin(CLI_UNSURE, cli->err_color),
	        cli_style_end(cli->err_color), line);
}

static void say(const struct cli *cli, const char *fmt, va_list list)
{
	char line[LINE_MAX_BYTES];

	if (cli->quiet || cli->json)
		return;
	vsnprintf(line, sizeof(line), fmt, list);
	cli_text_clean(line);
	puts(line);
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
	va_list list;

	va_start(list, fmt);
	say(cli, fmt, list);
	va_end(list);
}

void cli_done(const struct cli *cli, const char *noun, const char *name, const char *action,
              const char *fmt, ...)
{
	struct cli_json json;
	va_list list;

	va_start(list, fmt);
	say(cli, fmt, list);
	va_end(list);
	if (!cli->json)
		return;
	cli_json_init(&json, stdout);
	cli_json_object(&json, NULL);
	cli_json_str(&json, noun, name);
	cli_json_str(&json, "done", action);
	cli_json_end(&json);
}
