/* The argument parser: words in, a command with its options and positionals out. Pure. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "command.h"

#define CLI_OPTIONS_MAX 16 /* rows of one command, and of the globals */
#define CLI_TEXT_MAX    256

struct cli_given {
	const struct cli_option *row;
	const char *value;
};

/* What was typed. Strings belong to argv. */
struct cli_args {
	const struct cli_command *group;   /* the command that `command` is a sub of, or NULL */
	const struct cli_command *command; /* NULL: none was named */
	const char *values[CLI_OPTIONS_MAX];
	const char *globals[CLI_OPTIONS_MAX];
	const char **words; /* positionals */
	size_t words_len;
	struct cli_given *given; /* every value, in the order of the line */
	size_t given_len;
	bool help, version;
	char error[CLI_TEXT_MAX]; /* after PU_EINVAL */
	char hint[CLI_TEXT_MAX];
};

/* Reads argv without the program's name. Options may stand anywhere after their command,
 * "--" ends them. PU_EINVAL: wrong usage; error and hint say what and what to do; what was
 * understood before stays set. */
enum pu_err cli_args_parse(struct cli_args *args, const struct cli_command *const *commands,
                           size_t commands_len, const char *const *argv,
                           size_t argc) PU_MUST_CHECK;
void cli_args_fini(struct cli_args *args);

/* The value of an option that the command (or the globals) has: as typed, or its fallback,
 * or NULL. A flag that was given is "". */
const char *cli_args_value(const struct cli_args *args, const char *name);

/* Value i of an option that may be given several times, or NULL. */
const char *cli_args_nth(const struct cli_args *args, const char *name, size_t i);

/* Up to 18 decimal digits; PU_EINVAL for anything else. */
enum pu_err cli_args_number(const char *text, uint64_t *number) PU_MUST_CHECK;

/* "auth add". Returns `out`. */
const char *cli_args_path(const struct cli_args *args, char out[CLI_TEXT_MAX]);

#endif
