/* The commands of `peerup relay`, one file for each group of them. */
#ifndef CLI_RELAY_H
#define CLI_RELAY_H

#include "command.h"

extern const struct cli_command cli_relay_add, cli_relay_list, cli_relay_remove;
extern const struct cli_command cli_relay_status;
extern const struct cli_command cli_relay_setup, cli_relay_serve, cli_relay_info;
extern const struct cli_command cli_relay_authorize, cli_relay_deauthorize; /* cmd_auth.c */
extern const struct cli_command cli_relay_list_peers; /* cmd_auth_list.c */

#endif
