/* One run of one command: what was asked, and how to say things. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdint.h>

#include "args.h"
#include "base/error.h"
#include "command.h"

struct cli {
	struct cli_args args;
	bool json, quiet;
	bool color;                /* on stdout */
	bool err_color;            /* on stderr */
	const char *config;        /* instead of --config, once a command has chosen one; or NULL */
	struct cli_daemon *daemon; /* for commands that need it, else NULL */
};

void cli_init(struct cli *cli); /* args must be parsed */

/* Values of options, by name; see cli_args_value(). */
const char *cli_value(const struct cli *cli, const char *name);
/* Value i of an option that may be given several times, or NULL. */
const char *cli_nth(const struct cli *cli, const char *name, size_t i);
bool cli_flag(const struct cli *cli, const char *name);
/* Of a number; of a duration in milliseconds; of a size in bytes. The option must have
 * been given or have a fallback. */
uint64_t cli_amount(const struct cli *cli, const char *name);
/* Positional i, or NULL. */
const char *cli_word(const struct cli *cli, size_t i);

/* "peerup: <what happened>" and, unless hint is NULL, a second line that says what to do, on
 * stderr. Returns `code`. */
enum cli_exit cli_fail(const struct cli *cli, enum cli_exit code, const char *hint,
                       const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The same with the text of an error at the end of the line; the code comes from the error:
 * CLI_DENIED for PU_ENOTAUTHORIZED and PU_EFORBIDDEN, CLI_UNREACHABLE for PU_EUNREACHABLE, else
 * CLI_FAILED. */
enum cli_exit cli_fail_err(const struct cli *cli, enum pu_err err, const char *hint,
                           const char *fmt, ...) __attribute__((format(printf, 4, 5)));
enum cli_exit cli_exit_of(enum pu_err err);
/* A remark on stderr that is no failure. */
void cli_warn(const struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A line for people on stdout; nothing with --quiet or --json. */
void cli_say(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The end of a command that changed something: with --json {"<noun>": name, "done": action},
 * else the line for people. */
void cli_done(const struct cli *cli, const char *noun, const char *name, const char *action,
              const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
