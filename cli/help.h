/* Help made from the command tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "command.h"

/* The list of commands. */
void cli_help_all(FILE *out, bool color);
/* One command, or one group with its commands; group is NULL unless `command` is a sub. */
void cli_help_command(FILE *out, const struct cli_command *group,
                      const struct cli_command *command, bool color);

/* "auth add PEERID [FILE...] [options]": what follows the program's name. */
void cli_help_synopsis(FILE *out, const struct cli_command *group,
                       const struct cli_command *command);

#endif
