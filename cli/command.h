/* A command is one const description: the parser, the help, the man pages and the shell
 * completion are all made from it. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/suggest.h"

struct cli;
struct cli_entry_kind;

/* What a command's process ends with. */
enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_UNREACHABLE = 3,
	CLI_DENIED = 4,
	CLI_NO_DAEMON = 5,
};

/* What an option's value must look like; checked while parsing. */
enum cli_kind {
	CLI_FLAG,     /* takes no value */
	CLI_STRING,   /* anything but empty */
	CLI_NUMBER,   /* up to 18 decimal digits */
	CLI_DURATION, /* "10s", "1h30m" */
	CLI_SIZE,     /* "100MB" */
};

/* What a shell offers in this place. */
enum cli_offer {
	CLI_OFFER_NOTHING,
	CLI_OFFER_FILE,
	CLI_OFFER_DIR,
	CLI_OFFER_PEER,    /* names in the config */
	CLI_OFFER_REMOTE,  /* services that forwards in the config name */
	CLI_OFFER_EXPOSED, /* services in the config */
	CLI_OFFER_FORWARD, /* forwards in the config */
	CLI_OFFER_RELAY,   /* addresses of relays in the config */
	CLI_OFFER_COMMAND,
	CLI_OFFER_SUB,     /* commands of the group that was typed before */
	CLI_OFFER_PROCESS, /* supervisor, auth, ... */
	CLI_OFFER_MESSAGE, /* requests to the service that was typed before */
	CLI_OFFER_SHELL,
	CLI_OFFER_CODING, /* of a key */
	CLI_OFFER_PING,   /* protocols */
};

struct cli_option {
	const char *name; /* without "--" */
	char letter;      /* 0 = none */
	enum cli_kind kind;
	const char *value;    /* how the help names the value */
	const char *fallback; /* when not given; NULL = none */
	enum cli_offer offer;
	const char *help;
	bool hidden;
};

struct cli_positional {
	const char *name;
	bool optional;
	bool repeated; /* only the last one */
	enum cli_offer offer;
	const char *help;
};

struct cli_command {
	const char *name;
	const char *alias;   /* NULL = none */
	const char *summary; /* one line, no full stop */
	const char *about;   /* the long help: paragraphs divided by an empty line; or NULL */
	const struct cli_option *options;
	size_t options_len;
	const struct cli_positional *positionals;
	size_t positionals_len;
	const struct cli_command *const *subs; /* commands of this group */
	size_t subs_len;
	const struct cli_entry_kind *entry; /* what it removes or switches; see entry.h */
	bool needs_daemon;                  /* cli->daemon; or CLI_NO_DAEMON without run() */
	bool hidden;
	enum cli_exit (*run)(struct cli *cli); /* NULL: only a group */
};

#define CLI_ROWS(field, array)                                                                 \
	.field = (array), .field##_len = sizeof(array) / sizeof((array)[0])

/* All commands in the order of the help. */
extern const struct cli_command *const cli_commands[];
extern const size_t cli_commands_len;

/* Options that every command takes. */
extern const struct cli_option cli_globals[];
extern const size_t cli_globals_len;

/* The command of that name or alias, or NULL. */
const struct cli_command *cli_command_find(const struct cli_command *const *commands,
                                           size_t len, const char *name);
/* Offers the names of all that are not hidden. */
void cli_command_suggest(struct pu_suggest *suggest, const struct cli_command *const *commands,
                         size_t len);
/* The option of that name, of which name_len bytes count, or NULL. A name of one byte is a
 * letter: no long name is that short. */
const struct cli_option *cli_option_find(const struct cli_option *rows, size_t len,
                                         const char *name, size_t name_len);

#endif
