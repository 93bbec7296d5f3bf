/* `peerup relay`: which commands it has. */
#include "commands.h"
#include "relay.h"

static const struct cli_command *const subs[] = {
    &cli_relay_add,        &cli_relay_list,  &cli_relay_remove,    &cli_relay_status,
    &cli_relay_setup,      &cli_relay_serve, &cli_relay_authorize, &cli_relay_deauthorize,
    &cli_relay_list_peers, &cli_relay_info,
};

const struct cli_command cli_cmd_relay = {
    .name = "relay",
    .summary = "reach peers through a relay of your own, or be one",
    .about =
        "A node that can only dial out is reached through a relay that it has a reservation "
        "at. The relay carries sealed bytes: it learns who talks to whom, when and how "
        "much, and nothing else.\n\n"
        "On a server: setup, serve, authorize, info. On the nodes: add. status shows "
        "either side.",
    CLI_ROWS(subs, subs),
};
