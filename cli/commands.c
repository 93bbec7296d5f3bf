/* Knows which commands there are, and what all of them understand. */
#include "commands.h"

#define CLI_LIST(name) &cli_cmd_##name,
const struct cli_command *const cli_commands[] = {CLI_COMMANDS(CLI_LIST)};
const size_t cli_commands_len = sizeof(cli_commands) / sizeof(cli_commands[0]);

const struct cli_option cli_globals[] = {
    {.name = "config",
     .kind = CLI_STRING,
     .value = "PATH",
     .offer = CLI_OFFER_FILE,
     .help = "the configuration file"},
    {.name = "json", .kind = CLI_FLAG, .help = "print data as JSON, one document per line"},
    {.name = "quiet", .letter = 'q', .kind = CLI_FLAG, .help = "print data and errors only"},
    {.name = "no-color", .kind = CLI_FLAG, .help = "no colours, also on a terminal"},
    {.name = "help", .letter = 'h', .kind = CLI_FLAG, .help = "show what the command does"},
};
const size_t cli_globals_len = sizeof(cli_globals) / sizeof(cli_globals[0]);
