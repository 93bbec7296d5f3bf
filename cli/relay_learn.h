/* Who a relay is, when only its address is known. */
#ifndef CLI_RELAY_LEARN_H
#define CLI_RELAY_LEARN_H

#include "cli.h"
#include "relay_address.h"

/* Asks the running daemon to connect to the addresses, one after the other, until one answers;
 * shows who did and asks whether that is right (--yes: it is). Sets relay->peer. Says what is
 * wrong when nobody answers, there is nobody to ask, or the answer is no. */
enum cli_exit cli_relay_learn(struct cli *cli, const char *typed,
                              struct cli_relay_address *relay);

#endif
