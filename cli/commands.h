/* The commands, one for each cmd_<name>.c. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "command.h"

/* clang-format off */
#define CLI_COMMANDS(X) \
	X(init) X(daemon) X(status) X(whoami) \
	X(auth) X(peer) X(relay) X(service) \
	X(services) X(proxy) X(ping) X(perf) X(resolve) \
	X(peers) X(connect) X(disconnect) \
	X(config) X(key) X(call) X(events) \
	X(completion) X(complete) X(version) X(help)
/* clang-format on */

#define CLI_DECLARE(name) extern const struct cli_command cli_cmd_##name;
CLI_COMMANDS(CLI_DECLARE)
#undef CLI_DECLARE

#endif
