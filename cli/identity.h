/* The public side of a key file, as text. */
#ifndef CLI_IDENTITY_H
#define CLI_IDENTITY_H

#include "cli.h"
#include "p2p/key.h"
#include "p2p/peer_id.h"

#define CLI_PUBLIC_HEX_MAX (2 * PU_ED25519_PUBLIC_LEN + 1)

struct cli_identity {
	char peer_id[PU_PEER_ID_TEXT_MAX];
	char did[PU_DID_KEY_TEXT_MAX];
	char public_hex[CLI_PUBLIC_HEX_MAX];
};

void cli_identity_of_key(const struct pu_key *key, struct cli_identity *out);
/* Reads the key file; says what is wrong with it when it cannot. */
enum cli_exit cli_identity_load(const struct cli *cli, const char *path,
                                struct cli_identity *out);
/* This node's own, of the key file in the configuration. */
enum cli_exit cli_identity_own(const struct cli *cli, struct cli_identity *out);
/* Prints one of them, for `whoami` and `key show`: the peer ID, with --did or --public that,
 * with --json all. */
void cli_identity_print(const struct cli *cli, const struct cli_identity *identity);

#endif
